// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/period.c: against the best fixed period in hindsight, and with
 * whatever a hostile guest or user may bring.
 *
 * The guest here arms a timer when the last one fired, and never blocks. What is
 * announced costs it exit_price, each look costs one.
 */
#include <stdint.h>

#include "tap.h"
#include "period.h"
#include "steps.h"

#define US		1000ULL
#define MS		1000000ULL
#define ARMS		3000
/* With sanitizers, which take ten instructions for one. */
#define MOST_STEPS	6000

static const struct tandem_period_knobs defaults = { 100, 4000, 10 };
static const struct tandem_period_knobs low_min = { 20, 4000, 10 };

struct guest {
	const struct tandem_period_knobs *knobs;
	struct tandem_period policy;
	uint64_t fixed;		/* the period; 0: the policy's */
	uint64_t now;
	uint64_t promised;
	uint64_t next_look;
	unsigned int announced;
	unsigned int looks;
};

static void look(struct guest *g, uint64_t now, int fires)
{
	uint64_t period = g->fixed;

	if (!period) {
		tandem_period_ran(&g->policy, now - g->promised);
		period = tandem_period_next(&g->policy, fires, g->knobs);
	}
	g->looks++;
	g->promised = now;
	g->next_look = now + period;
}

static void idle(struct guest *g, uint64_t length)
{
	g->now += length;
	while (g->next_look <= g->now)
		look(g, g->next_look, 0);
}

/* Arms, and waits until it has fired. */
static void timer(struct guest *g, uint64_t length)
{
	uint64_t deadline = g->now + length;

	if (!g->fixed)
		tandem_period_saw(&g->policy, deadline - g->promised);
	g->now = deadline;
	if (deadline < g->next_look) {
		g->announced++;
		return;
	}
	while (g->next_look < deadline)
		look(g, g->next_look, 0);
	look(g, deadline, 1);
}

/* Clocks are off by up to a percent. */
static uint64_t about(unsigned long long *seed, uint64_t length)
{
	return length * (9900 + tap_random(seed) % 200) / 10000;
}

/* Sixteen steps are as good as a logarithm here: the mean is that of @mean. */
static uint64_t exponential(unsigned long long *seed, uint64_t mean)
{
	uint64_t length = 1 * US;

	while (tap_random(seed) % 16)
		length += tap_random(seed) % (mean / 8);
	return length;
}

enum shape { PERIODIC, EXPONENTIAL, MOSTLY_SHORT, HALF, BURSTS };

struct pattern {
	const char *name;
	enum shape shape;
	uint64_t length;
};

static uint64_t length_of(const struct pattern *p, unsigned long long *seed)
{
	unsigned int percent = tap_random(seed) % 100;

	switch (p->shape) {
	case EXPONENTIAL:
		return exponential(seed, p->length);
	case MOSTLY_SHORT:
		return about(seed, percent < 90 ? 30 * US : p->length);
	case HALF:
		return about(seed, percent < 50 ? p->length : 10 * p->length);
	default:
		return about(seed, p->length);
	}
}

static struct guest play(const struct pattern *p, const struct tandem_period_knobs *knobs,
			 uint64_t fixed)
{
	struct guest g = { .knobs = knobs, .fixed = fixed };
	unsigned long long seed = 1;

	look(&g, 0, 0);
	for (int i = 1; i <= ARMS; i++) {
		timer(&g, length_of(p, &seed));
		if (p->shape == BURSTS && i % 50 == 0)
			idle(&g, 20 * MS);
	}
	return g;
}

static double cost(const struct guest *g)
{
	return (double)g->announced * g->knobs->exit_price + g->looks;
}

/* Each period that the knobs allow, a percent apart. */
static double best_fixed(const struct pattern *p, const struct tandem_period_knobs *knobs)
{
	uint64_t max = knobs->max_us * US, period = knobs->min_us * US * 15 / 16;
	struct guest g = play(p, knobs, max);
	double best = cost(&g), c;

	for (; period < max; period += period / 100) {
		g = play(p, knobs, period);
		c = cost(&g);
		if (c < best)
			best = c;
	}
	return best;
}

static const struct pattern patterns[] = {
	{ "periodic 20 us", PERIODIC, 20 * US },
	{ "periodic 50 us", PERIODIC, 50 * US },
	{ "periodic 100 us", PERIODIC, 100 * US },
	{ "periodic 250 us", PERIODIC, 250 * US },
	{ "periodic 500 us", PERIODIC, 500 * US },
	{ "periodic 1 ms", PERIODIC, 1 * MS },
	{ "periodic 4 ms", PERIODIC, 4 * MS },
	{ "periodic 10 ms", PERIODIC, 10 * MS },
	{ "random, mean 100 us", EXPONENTIAL, 100 * US },
	{ "random, mean 1 ms", EXPONENTIAL, 1 * MS },
	{ "random, mean 10 ms", EXPONENTIAL, 10 * MS },
	{ "90 % 30 us, 10 % 300 us", MOSTLY_SHORT, 300 * US },
	{ "90 % 30 us, 10 % 10 ms", MOSTLY_SHORT, 10 * MS },
	{ "half 50 us, half 500 us", HALF, 50 * US },
	{ "half 200 us, half 2 ms", HALF, 200 * US },
	{ "bursts of 50 times 100 us", BURSTS, 100 * US },
	{ "bursts of 50 times 1 ms", BURSTS, 1 * MS },
};

#define NR_PATTERNS	(sizeof(patterns) / sizeof(*patterns))

static void test_pattern(const struct pattern *p, const struct tandem_period_knobs *knobs)
{
	struct guest g = play(p, knobs, 0);
	double ratio = cost(&g) / best_fixed(p, knobs);
	char name[100];

	snprintf(name, sizeof(name), "%s, %u to %u us: at most 1.1 of the best fixed period",
		 p->name, knobs->min_us, knobs->max_us);
	printf("# %.3f exits and %.3f looks a timer, %.3f of the best\n",
	       (double)g.announced / ARMS, (double)g.looks / ARMS, ratio);
	tap_ok(ratio <= 1.1, name);
}

static void timers(struct guest *g, unsigned int n, uint64_t length)
{
	unsigned long long seed = n;

	while (n--)
		timer(g, about(&seed, length));
}

/* No exit is spent to find out what another period would cost. */
static void test_no_probing(void)
{
	static const uint64_t lengths[] = { 100 * US, 250 * US, 1 * MS, 3 * MS, 10 * MS };
	char name[100];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct guest g = { .knobs = &defaults };

		look(&g, 0, 0);
		timers(&g, 40, lengths[i]);
		g.announced = 0;
		timers(&g, 20000, lengths[i]);
		snprintf(name, sizeof(name), "periodic %llu us: settled, 20,000 timers, no exit",
			 (unsigned long long)lengths[i] / US);
		tap_ok(!g.announced, name);
	}
}

/*
 * A tick of 4 ms among timers of 1 ms: what is due next is near after some, far
 * after others. One look soon after each that fired sees what there is.
 */
static void test_tick(void)
{
	static const uint64_t lengths[] = { 300 * US, 700 * US, 1 * MS, 1 * MS, 1 * MS };
	struct guest g = { .knobs = &defaults };
	unsigned int looks;

	look(&g, 0, 0);
	for (int i = 0; i < 100; i++)
		timer(&g, lengths[i % 5]);
	g.announced = 0;
	looks = g.looks;
	for (int i = 0; i < 5000; i++)
		timer(&g, lengths[i % 5]);
	printf("# %u exits and %u looks for 5000 timers\n", g.announced, g.looks - looks);
	tap_ok(!g.announced, "a tick among timers of 1 ms: settled, no exit");
	tap_ok(g.looks - looks <= 2 * 5000, "... and two looks a timer");
}

static void test_phases(void)
{
	struct guest g = { .knobs = &defaults };
	unsigned int before, looks;

	look(&g, 0, 0);
	timers(&g, 500, 1 * MS);
	before = g.announced;
	timers(&g, 60, 100 * US);
	printf("# 1 ms to 100 us: %u exits\n", g.announced - before);
	before = g.announced;
	timers(&g, 500, 100 * US);
	tap_ok(g.announced == before, "from 1 ms to 100 us: no more exits after 60 timers");
	timers(&g, 60, 1 * MS);
	looks = g.looks;
	timers(&g, 500, 1 * MS);
	tap_ok(g.looks - looks <= 2 * 500, "and back: two looks a timer after 60 timers");
	tap_ok(g.announced == before, "... and no exit");
	idle(&g, 200 * MS);
	looks = g.looks;
	idle(&g, 400 * MS);
	tap_ok(g.looks - looks == 100, "nothing armed: looks as rare as allowed");
	before = g.announced;
	timers(&g, 100, 100 * US);
	printf("# nothing to 100 us: %u exits\n", g.announced - before);
	before = g.announced;
	timers(&g, 500, 100 * US);
	tap_ok(g.announced == before, "from nothing to 100 us: no more exits after 100 timers");
}

/* The rule of 2017, as a setting. */
static void test_fixed(void)
{
	static const struct tandem_period_knobs fixed = { 250, 250, 10 };
	static const struct tandem_period_knobs crossed = { 300, 250, 10 };
	struct tandem_period p = { };
	unsigned long long seed = 1;
	int good = 1;

	for (int i = 0; i < 100000; i++) {
		tandem_period_saw(&p, tap_random(&seed) >> tap_random(&seed) % 64);
		tandem_period_ran(&p, tap_random(&seed) % MS);
		good &= tandem_period_next(&p, i & 1, &fixed) == 250 * US;
	}
	tap_ok(good, "250 to 250 us: 250 us, always");
	tap_ok(tandem_period_next(&p, 0, &crossed) == 250 * US, "bounds crossed: the upper one");
}

static void test_start(void)
{
	static const struct {
		struct tandem_period_knobs knobs;
		uint64_t first;
		const char *name;
	} t[] = {
		{ { 100, 4000, 10 }, 250 * US, "nothing learned: 250 us" },
		{ { 20, 100, 10 }, 100 * US, "... not above the upper bound" },
		{ { 1600, 4000, 10 }, 1500 * US, "... not below the lower, less a sixteenth" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		struct tandem_period p = { };

		tap_ok(tandem_period_next(&p, 0, &t[i].knobs) == t[i].first, t[i].name);
	}
}

/* The price decides: the same timers, looked for or left to exits. */
static void test_price(void)
{
	struct tandem_period_knobs knobs = { 20, 4000, 1 };
	struct guest dear, cheap = { .knobs = &knobs };

	look(&cheap, 0, 0);
	timers(&cheap, 2000, 200 * US);
	knobs.exit_price = 10;
	dear = (struct guest){ .knobs = &knobs };
	look(&dear, 0, 0);
	timers(&dear, 2000, 200 * US);
	tap_ok(cheap.announced > 1800, "an exit as cheap as a look: exits");
	tap_ok(dear.announced < 20, "ten times as dear: looks");
}

static uint64_t hostile(unsigned long long *seed)
{
	uint64_t value = tap_random(seed) >> tap_random(seed) % 64;

	switch (tap_random(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return ~0ULL - value % 3;
	default:
		return value;
	}
}

static int in_bounds(const struct tandem_period_knobs *k, uint64_t period)
{
	uint64_t min = k->min_us * US, max = k->max_us * US;

	if (min >= max)
		return period == max;
	return period && period >= min - min / 16 && period <= max;
}

/* UBSan sees what overflows; the struct may hold anything that it got to. */
static void test_hostile(void)
{
	unsigned long long seed = 1;
	int good = 1;

	for (int game = 0; game < 300; game++) {
		struct tandem_period p = { };
		struct tandem_period_knobs k = { hostile(&seed), hostile(&seed), hostile(&seed) };

		for (int i = 0; i < 1000; i++) {
			if (tap_random(&seed) % 100 == 0)
				k.min_us = hostile(&seed) % 20000;
			if (tap_random(&seed) % 3)
				tandem_period_saw(&p, hostile(&seed));
			else
				good &= in_bounds(&k, tandem_period_next(&p, i & 1, &k));
			tandem_period_ran(&p, hostile(&seed));
		}
	}
	tap_ok(good, "any reaches, times and knobs: within the bounds");
	tap_ok(sizeof(struct tandem_period) <= 280, "at most 280 bytes for a vCPU");
}

static unsigned int most(unsigned int a, unsigned int b)
{
	return a > b ? a : b;
}

/* Each call, instruction by instruction, from states with all rungs in use. */
static void test_work(void)
{
	unsigned int worst_saw = 0, worst_next = 0;
	struct tandem_period p = { };
	unsigned long long seed = 1;

	for (int i = 0; i < 300; i++) {
		uint64_t reach = tap_random(&seed) >> (37 + i % 14);
		uint64_t elapsed = tap_random(&seed) % (i < 150 ? 1 * US : 8 * MS);

		steps_begin();
		tandem_period_saw(&p, reach);
		worst_saw = most(worst_saw, steps_end());
		steps_begin();
		tandem_period_ran(&p, elapsed);
		tandem_period_next(&p, i & 1, &low_min);
		worst_next = most(worst_next, steps_end());
	}
	printf("# at most %u and %u instructions, with sanitizers\n", worst_saw, worst_next);
	tap_ok(worst_saw && worst_saw < MOST_STEPS, "saw: bounded work");
	tap_ok(worst_next && worst_next < MOST_STEPS, "next: bounded work");
}

int main(void)
{
	tap_plan(2 * NR_PATTERNS + 5 + 2 + 5 + 2 + 3 + 2 + 2 + 2);
	for (size_t i = 0; i < NR_PATTERNS; i++) {
		test_pattern(&patterns[i], &defaults);
		test_pattern(&patterns[i], &low_min);
	}
	test_no_probing();
	test_tick();
	test_phases();
	test_fixed();
	test_start();
	test_price();
	test_hostile();
	test_work();
	return tap_end();
}
