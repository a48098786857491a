/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_IDLE_EVENTS_H
#define TANDEM_IDLE_EVENTS_H

#include <stdint.h>
#include <stdio.h>

/* More than any kernel has. */
#define MOST_CPUS	8192

/**
 * struct idle_cpu - a CPU between its events
 * @idle:	it is, since @since
 * @polled:	it left a poll, and who runs next is not known yet
 * @since:	ns
 * @until:	when it left the poll, ns
 */
struct idle_cpu {
	_Bool idle;
	_Bool polled;
	uint64_t since;
	uint64_t until;
};

/**
 * struct idle_events - lines of a trace, and what is made of them
 * @khz:	of the clock, where times are cycles; 0 = they must be seconds
 * @out:	where lines "WHO NS" go
 * @idles:	how many
 * @lost:	marks of events that the buffer lost
 * @cpu:	the CPUs
 */
struct idle_events {
	uint32_t khz;
	FILE *out;
	unsigned long idles;
	unsigned long lost;
	struct idle_cpu cpu[MOST_CPUS];
};

/*
 * A line in the format of tracefs. Events that are not for it are passed over. Returns
 * 0, or -1 where it is an event without a time that can be read.
 */
int idle_events_line(struct idle_events *e, const char *line);

#endif
