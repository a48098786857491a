/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TRACING_H
#define TANDEM_TRACING_H

#include <stdint.h>

/**
 * struct tracing - a trace of our own, beside whatever else is traced
 * @folder:	of its files
 * @khz:	of its clock, from tracing_stop() on; 0 = the times are seconds
 * @tsc:	when it began, cycles
 * @ns:		when it began, ns
 */
struct tracing {
	char *folder;
	uint32_t khz;
	uint64_t tsc;
	uint64_t ns;
};

/**
 * struct tracepoint - what to record
 * @name:	"system/event"
 * @filter:	a condition on its fields, or NULL
 */
struct tracepoint {
	const char *name;
	const char *filter;
};

/*
 * Makes it, with tracepoints up to one without a name. Returns 0, or -1 after saying on
 * stderr what is wrong; then there is nothing to end.
 */
int tracing_begin(struct tracing *t, const char *root, const struct tracepoint *tracepoints,
		  uint32_t buffer_kb);

int tracing_start(struct tracing *t);
int tracing_stop(struct tracing *t);

/* The path of what was recorded; the caller frees. */
char *tracing_path(const struct tracing *t, const char *file);

/* Takes it away. */
void tracing_end(struct tracing *t);

#endif
