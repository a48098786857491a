/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_HOST_H
#define TANDEM_HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cpus.h"

struct host;

/**
 * struct host_calls - what changes a host, or waits; tests have their own
 * @set_affinity:	a thread may run on these CPUs; 0 or -errno
 * @write:		a value to a file of a cpuset, its path without the root; 0 or -errno
 * @move_pages:		as move_pages(2): without @node only asks; 0 or more, or -errno
 * @now_ns:		ns of a clock that does not go back
 * @sleep_ns:		until then; false: a signal wants an end
 */
struct host_calls {
	int (*set_affinity)(struct host *h, pid_t tid, const struct cpus *cpus);
	int (*write)(struct host *h, const char *path, const char *text);
	long (*move_pages)(struct host *h, pid_t pid, unsigned long count, void **page,
			   const int *node, int *status);
	uint64_t (*now_ns)(struct host *h);
	bool (*sleep_ns)(struct host *h, uint64_t until_ns);
};

/**
 * struct host - a running system, or a made-up one
 * @root:	before all paths; "" is the running system
 * @calls:	what can be done to it
 * @own:	of the calls
 */
struct host {
	const char *root;
	const struct host_calls *calls;
	void *own;
};

extern const struct host_calls real_calls;

/* Files that were copied from somewhere: nothing changes there, however long one waits. */
static inline bool host_is_recorded(const struct host *h)
{
	return *h->root && h->calls == &real_calls;
}

/* A path below the root; the caller frees. */
char *host_path(const struct host *h, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * What a small file holds, as much of it as there is room for, and a 0 after it: its
 * length, or -errno.
 */
ssize_t host_read(const struct host *h, char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A list of CPUs, or of nodes; false where there is none that can be read. */
bool host_list(const struct host *h, struct cpus *c, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
