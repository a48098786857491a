/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_CPUS_H
#define TANDEM_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#define CPUS_MAX	8192

/* A set of CPUs, or of nodes. */
struct cpus {
	uint64_t bit[CPUS_MAX / 64];
};

static inline bool cpus_has(const struct cpus *c, unsigned int cpu)
{
	return cpu < CPUS_MAX && c->bit[cpu / 64] >> cpu % 64 & 1;
}

/* "0-3,8", as the kernel prints it, "" for none; false where it is anything else. */
bool cpus_parse(struct cpus *c, const char *list);

/* The caller frees. */
char *cpus_list(const struct cpus *c);

void cpus_add(struct cpus *c, unsigned int cpu);
void cpus_and(struct cpus *c, const struct cpus *with);
void cpus_and_not(struct cpus *c, const struct cpus *without);
void cpus_or(struct cpus *c, const struct cpus *with);
bool cpus_empty(const struct cpus *c);
bool cpus_equal(const struct cpus *a, const struct cpus *b);
bool cpus_within(const struct cpus *a, const struct cpus *b);
bool cpus_meet(const struct cpus *a, const struct cpus *b);
unsigned int cpus_count(const struct cpus *c);

#endif
