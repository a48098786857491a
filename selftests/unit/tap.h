/* SPDX-License-Identifier: GPL-2.0 */
/* Just enough TAP for tests of pure functions. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>
#include <stdlib.h>

static unsigned int tap_count, tap_failed;

static inline void tap_plan(unsigned int n)
{
	printf("TAP version 13\n1..%u\n", n);
}

static inline void tap_ok(int ok, const char *name)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", ++tap_count, name);
	tap_failed += !ok;
}

static inline int tap_end(void)
{
	return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A fixed sequence for a seed: failures are repeatable. */
static inline unsigned long long tap_random(unsigned long long *state)
{
	unsigned long long z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

#endif
