/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A made-up host: VMs, nodes and pages in memory, and the files below a folder that say
 * so. The calls of struct host_calls change it, time passes only where somebody sleeps.
 * It lies in shared memory: what a process did that was killed is seen by its parent.
 */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include "host.h"

#define FAKE_NODES	4
#define FAKE_VMS	8
#define FAKE_THREADS	1024
#define FAKE_PAGES	4096	/* of 4 KiB: each VM has 16 MiB */
#define FAKE_MIB	(FAKE_PAGES / 256)
#define FAKE_HUGE	512	/* of which a huge page has so many */
#define FAKE_ABSENT	0xff
#define FAKE_RAM	0x7f0000000000UL

struct fake_thread {
	int tid;
	char name[16];		/* "": as a vCPU's */
	bool kernel;
	bool busy;
	unsigned int percent;	/* of the time, while it is */
	uint64_t mask;
	uint64_t run_ns;
	uint64_t wait_ns;
};

struct fake_vm {
	bool there;
	int pid;
	uint64_t start;
	char name[32];
	unsigned int vcpus;
	unsigned int threads;
	struct fake_thread thread[FAKE_THREADS];
	uint8_t page[FAKE_PAGES];
	char policy[16];	/* of its memory */
	char group[64];		/* its cgroup; "": the root */
	char group_cpus[64];
	char group_mems[64];
	bool below;		/* of version 1: most threads are in groups below it */
};

struct fake {
	char root[64];
	struct host host;
	uint64_t now_ns;
	struct fake_node {
		bool there;
		uint64_t cpus;
		unsigned int mib;
		uint64_t busy_ns[64];
		uint64_t wait_ns[64];
		unsigned int others;	/* CPUs that run such things, */
		bool own;		/* which this process is */
	} node[FAKE_NODES];
	struct fake_vm vm[FAKE_VMS];
	unsigned int nodes;
	bool v1;		/* cpusets are of version 1 */
	bool columns;		/* those of the patches in /proc/stat */
	bool no_schedstat;	/* files, or fields, that another kernel lacks */
	bool no_cpus_allowed;
	bool no_ticks;		/* all are lost */
	bool no_stops;		/* /proc/schedstat has no task's time, as none stops */
	bool more_fields;	/* or has */
	int refuse_pid;		/* its threads can't be moved, */
	int refuse_error;	/* for this reason, */
	unsigned int refusals;	/* and were so often */
	int full_node;		/* has no free page; -1: none */
	int dies_pid;		/* ends at the first call that is for it */
	unsigned int moments;	/* two a call: before and after it did something */
	unsigned int kill_at;	/* it is the last; 0: none is */
	uint64_t slow_ns;	/* so long it takes to look at the clock */
	uint64_t uneven_ns;	/* and up to so much more, in which all else goes on */
	unsigned int gives_up;	/* a call that moves pages, after so many; 0: never */
	unsigned int shared;	/* pages of each VM that others have, too */
	unsigned int huge;	/* so many of each VM are parts of huge pages */
	unsigned int at_once;	/* pages that the last call was for */
	char log[4096];		/* c: affinity, p: pages, and what was written */
};

struct fake *fake_new(unsigned int nodes, unsigned int cpus_each);
void fake_free(struct fake *f);

/* With its threads free, and its memory on a node, or FAKE_NODES: scattered. */
struct fake_vm *fake_add(struct fake *f, const char *name, unsigned int busy,
			 unsigned int memory);
void fake_confine(struct fake_vm *vm, uint64_t mask);
/* Its own cpuset, which may say nothing of its own: "". */
void fake_own_group(struct fake_vm *vm, const char *cpus, const char *mems);
void fake_render(struct fake *f);
uint64_t fake_all_cpus(const struct fake *f);

/* Are all its threads on this node's CPUs, and no others? All its pages? */
bool fake_threads_at(const struct fake *f, const struct fake_vm *vm, unsigned int node);
bool fake_memory_at(const struct fake_vm *vm, unsigned int node);
/* The node all its threads are on, or FAKE_NODES. */
unsigned int fake_node_of(const struct fake *f, const struct fake_vm *vm);

void fake_write(struct fake *f, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
