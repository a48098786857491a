// SPDX-License-Identifier: GPL-2.0
/*
 * Patterns that are made: the same each time. A timer is armed again a little
 * after it fired, as handlers do, unless it says otherwise.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arms.h"

#define US		1000ULL
#define MS		1000000ULL
#define HANDLER		(2 * US)
#define LENGTH		(4000 * MS)
#define MOST		40000

struct maker {
	struct arms *arms;
	uint64_t state;
	uint64_t now;
};

/* Below 1, from a fixed sequence. */
static double chance(struct maker *m)
{
	uint64_t z = (m->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return ((z ^ z >> 31) >> 11) / (double)(1ULL << 53);
}

static int more(const struct maker *m)
{
	return m->now < LENGTH && m->arms->nr < MOST;
}

/* A timer that fires, @after the one before it; clocks are off by half a percent. */
static void tick(struct maker *m, double after)
{
	uint64_t deadline = m->now + after * (0.995 + 0.01 * chance(m));

	arms_add(m->arms, m->now + HANDLER, ARM, deadline);
	m->now = deadline;
}

static double exponential(struct maker *m, double mean)
{
	return 5 * US - mean * log(1 - chance(m));
}

static void periodic(struct maker *m, double period)
{
	while (more(m))
		tick(m, period);
}

static void random_lengths(struct maker *m, double mean)
{
	while (more(m))
		tick(m, exponential(m, mean));
}

static void mostly_short(struct maker *m, double length)
{
	while (more(m))
		tick(m, chance(m) < 0.9 ? 30 * US : length);
}

static void half_and_half(struct maker *m, double length)
{
	while (more(m))
		tick(m, chance(m) < 0.5 ? length : 10 * length);
}

/* Fifty in a row, then 20 ms of nothing. */
static void bursts(struct maker *m, double length)
{
	while (more(m)) {
		for (int i = 0; i < 50; i++)
			tick(m, length);
		m->now += 20 * MS;
	}
}

/* Now and then one, at no special time: looks are in between. */
static void now_and_then(struct maker *m, double length)
{
	while (more(m)) {
		m->now += exponential(m, 10 * length);
		tick(m, length);
	}
}

/* A timeout that is put off before it expires, as those of a network are. */
static void put_off(struct maker *m, double length)
{
	while (more(m)) {
		arms_add(m->arms, m->now, ARM, m->now + length);
		m->now += exponential(m, length / 20);
	}
}

/* What the tick leaves and others arm: the earlier one of the two each time. */
static void tick_and_random(struct maker *m, double period)
{
	double tick_at = m->now + period, other;

	while (more(m)) {
		other = m->now + exponential(m, period);
		if (other < tick_at) {
			tick(m, other - m->now);
			continue;
		}
		if (tick_at > m->now + US)
			tick(m, tick_at - m->now);
		tick_at += period;
	}
}

static void phases(struct maker *m, double length)
{
	while (more(m)) {
		for (int i = 0; i < 500; i++)
			tick(m, length);
		for (int i = 0; i < 500; i++)
			tick(m, length / 10);
	}
}

/* Armed once, for much later. */
static void nothing(struct maker *m, double length)
{
	arms_add(m->arms, m->now, ARM, m->now + length);
}

static const struct {
	const char *name;
	void (*make)(struct maker *m, double length);
	double length;
} patterns[] = {
	{ "periodic-20us", periodic, 20 * US },
	{ "periodic-50us", periodic, 50 * US },
	{ "periodic-100us", periodic, 100 * US },
	{ "periodic-250us", periodic, 250 * US },
	{ "periodic-500us", periodic, 500 * US },
	{ "periodic-1ms", periodic, 1 * MS },
	{ "periodic-4ms", periodic, 4 * MS },
	{ "periodic-10ms", periodic, 10 * MS },
	{ "random-100us", random_lengths, 100 * US },
	{ "random-1ms", random_lengths, 1 * MS },
	{ "random-10ms", random_lengths, 10 * MS },
	{ "mostly-30us-10ms", mostly_short, 10 * MS },
	{ "mostly-30us-300us", mostly_short, 300 * US },
	{ "half-50us-500us", half_and_half, 50 * US },
	{ "half-200us-2ms", half_and_half, 200 * US },
	{ "bursts-100us", bursts, 100 * US },
	{ "bursts-1ms", bursts, 1 * MS },
	{ "now-and-then-200us", now_and_then, 200 * US },
	{ "now-and-then-1ms", now_and_then, 1 * MS },
	{ "put-off-200ms", put_off, 200 * MS },
	{ "put-off-3ms", put_off, 3 * MS },
	{ "tick-4ms-random", tick_and_random, 4 * MS },
	{ "tick-1ms-random", tick_and_random, 1 * MS },
	{ "phases-1ms-100us", phases, 1 * MS },
	{ "nothing", nothing, 3600e9 },
};

int arms_make(struct arms *arms, unsigned int number)
{
	struct maker m = { .arms = arms, .state = number, .now = MS };

	if (number >= sizeof(patterns) / sizeof(*patterns))
		return -1;
	arms->name = strdup(patterns[number].name);
	if (!arms->name)
		abort();
	patterns[number].make(&m, patterns[number].length);
	arms->end = m.now < LENGTH && arms->nr < MOST ? LENGTH : m.now;
	return 0;
}
