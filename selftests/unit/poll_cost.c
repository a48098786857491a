// SPDX-License-Identifier: GPL-2.0
/*
 * Updates of module/policy/poll_window.c, a window asked for and the idle seen: for
 * poll_cost to count their instructions, or which takes most of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "poll_window.h"
#include "steps.h"

#define US	1000ULL

/* Any length from 0.1 us to 4 ms, so that all rungs are in use. */
static __u64 any(unsigned long long *seed, unsigned int i)
{
	(void)i;
	return tap_random(seed) >> (42 + tap_random(seed) % 16);
}

static __u64 steady(unsigned long long *seed, unsigned int i)
{
	(void)i;
	return 5 * US + tap_random(seed) % 100;
}

static __u64 by_turns(unsigned long long *seed, unsigned int i)
{
	return (i / 100 % 2 ? 300 * US : 5 * US) + tap_random(seed) % (2 * US);
}

static const struct {
	const char *name;
	__u64 (*length)(unsigned long long *seed, unsigned int i);
} patterns[] = {
	{ "any", any }, { "steady", steady }, { "by-turns", by_turns },
};

static const struct tandem_poll_knobs knobs = { 0, 1000 * US, 100, 20 * US };

static void update(struct tandem_poll *p, __u64 ns)
{
	tandem_poll_window(p, &knobs);
	tandem_poll_saw(p, ns, &knobs);
}

static unsigned int stepped(struct tandem_poll *p, __u64 ns)
{
	steps_begin();
	update(p, ns);
	return steps_end();
}

/* The dearest update of so many. */
static void print_worst(unsigned int n, unsigned int number)
{
	struct tandem_poll p = { };
	unsigned long long seed = 1;
	unsigned int worst = 0, steps;

	for (unsigned int i = 0; i < number; i++) {
		steps = stepped(&p, patterns[n].length(&seed, i));
		worst = steps > worst ? steps : worst;
	}
	printf("%u\n", worst);
}

static void count(unsigned int n, unsigned int number)
{
	struct tandem_poll p = { };
	unsigned long long seed = 1;

	for (unsigned int i = 0; i < number; i++)
		update(&p, patterns[n].length(&seed, i));
}

static int run(void (*what)(unsigned int n, unsigned int number), char **argv)
{
	for (size_t n = 0; n < sizeof(patterns) / sizeof(*patterns); n++) {
		if (!strcmp(argv[2], patterns[n].name)) {
			what(n, atoi(argv[3]));
			return 0;
		}
	}
	return 2;
}

int main(int argc, char **argv)
{
	int ret = 2;

	if (argc == 4 && !strcmp(argv[1], "worst"))
		ret = run(print_worst, argv);
	else if (argc == 4 && !strcmp(argv[1], "count"))
		ret = run(count, argv);
	if (ret)
		fputs("usage: poll_cost count|worst any|steady|by-turns UPDATES\n", stderr);
	return ret;
}
