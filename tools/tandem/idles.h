/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_IDLES_H
#define TANDEM_IDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct idles - how long one CPU was idle, time after time
 * @name:	of the pattern
 * @changing:	its lengths do not come from one distribution, each by itself
 * @ns:		the lengths, polled or halted, in order
 * @nr:		how many
 * @room:	for how many there is memory
 */
struct idles {
	char *name;
	bool changing;
	uint64_t *ns;
	size_t nr;
	size_t room;
};

void idles_add(struct idles *idles, uint64_t ns);
void idles_free(struct idles *idles);

/* Patterns that are made, from 0 on. Returns -1 where there is no such number. */
int idles_make(struct idles *idles, unsigned int number, uint64_t seed);

/**
 * struct idle_trace - patterns, one for each CPU
 * @cpu:	the patterns
 * @nr:		how many
 */
struct idle_trace {
	struct idles *cpu;
	size_t nr;
};

/*
 * A recorded file is added to an empty trace. Returns 0, or -1 after saying on stderr
 * what is wrong.
 */
int idle_trace_load(struct idle_trace *trace, const char *path);
void idle_trace_free(struct idle_trace *trace);

#endif
