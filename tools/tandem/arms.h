/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_ARMS_H
#define TANDEM_ARMS_H

#include <stddef.h>
#include <stdint.h>

/* A vCPU arms its timer, or it blocks, or has been woken. */
enum doing { ARM, HALT, RUN };

/**
 * struct arm - what a vCPU did
 * @at:		when, ns
 * @doing:	what
 * @deadline:	for when it armed, ns of the same clock; 0 cancels
 */
struct arm {
	uint64_t at;
	enum doing doing;
	uint64_t deadline;
};

/**
 * struct arms - what one vCPU did, in order
 * @name:	of the pattern
 * @arm:	the steps
 * @nr:		how many
 * @room:	for how many there is memory
 * @end:	when it was no longer watched, ns
 */
struct arms {
	char *name;
	struct arm *arm;
	size_t nr;
	size_t room;
	uint64_t end;
};

void arms_add(struct arms *arms, uint64_t at, enum doing doing, uint64_t deadline);
void arms_free(struct arms *arms);

/* A recorded pattern. Returns 0, or -1 after saying on stderr what is wrong. */
int arms_load(struct arms *arms, const char *path);

/* Patterns that are made, from 0 on. Returns -1 where there is no such number. */
int arms_make(struct arms *arms, unsigned int number);

#endif
