// SPDX-License-Identifier: GPL-2.0
/*
 * Patterns of idles that are made: the same each time for one seed. First those
 * whose lengths come from one distribution, each by itself; then those that change.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "idles.h"

#define US	1e3
#define MS	1e6
#define IDLES	40000

struct maker {
	struct idles *idles;
	uint64_t state;
};

/* Between 0 and 1, both left out, from a fixed sequence. */
static double chance(struct maker *m)
{
	uint64_t z = (m->state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return ((z >> 11) + 0.5) / (double)(1ULL << 53);
}

/* A day at most. */
static void add(struct maker *m, double ns)
{
	idles_add(m->idles, ns < 86400e9 ? ns : 86400e9);
}

static bool more(const struct maker *m)
{
	return m->idles->nr < IDLES;
}

/* Clocks are off by a percent. */
static double exactly(struct maker *m, double ns)
{
	return ns * (0.99 + 0.02 * chance(m));
}

static double about(struct maker *m, double ns)
{
	return ns * (0.75 + 0.5 * chance(m));
}

static double exponential(struct maker *m, double mean)
{
	return -mean * log(chance(m));
}

static double normal(struct maker *m)
{
	return sqrt(-2 * log(chance(m))) * cos(2 * M_PI * chance(m));
}

static double log_normal(struct maker *m, double median, double sigma)
{
	return median * exp(sigma * normal(m));
}

/* Marsaglia and Tsang, 2000; for a shape below 1 the power of a chance more. */
static double gamma_of(struct maker *m, double shape)
{
	double d = (shape < 1 ? shape + 1 : shape) - 1 / 3.0, c = 1 / sqrt(9 * d), x, v;

	do {
		x = normal(m);
		v = (1 + c * x) * (1 + c * x) * (1 + c * x);
	} while (v <= 0 || log(chance(m)) > x * x / 2 + d - d * v + d * log(v));
	return d * v * (shape < 1 ? pow(chance(m), 1 / shape) : 1);
}

static void steady(struct maker *m, double length)
{
	while (more(m))
		add(m, exactly(m, length));
}

static void exponentials(struct maker *m, double mean)
{
	while (more(m))
		add(m, exponential(m, mean));
}

static void mostly_5us(struct maker *m, double length)
{
	while (more(m))
		add(m, about(m, chance(m) < 0.9 ? 5 * US : length));
}

static void half_14us(struct maker *m, double length)
{
	while (more(m))
		add(m, about(m, chance(m) < 0.5 ? 14 * US : length));
}

static void paretos(struct maker *m, double shape)
{
	while (more(m))
		add(m, 5 * US * pow(chance(m), -1 / shape));
}

static void log_normals(struct maker *m, double sigma)
{
	while (more(m))
		add(m, log_normal(m, 20 * US, sigma));
}

static void weibulls(struct maker *m, double shape)
{
	while (more(m))
		add(m, 30 * US * pow(-log(chance(m)), 1 / shape));
}

static void gammas(struct maker *m, double shape)
{
	while (more(m))
		add(m, 30 * US / shape * gamma_of(m, shape));
}

static void three_clusters(struct maker *m, double longest)
{
	double u;

	while (more(m)) {
		u = chance(m);
		add(m, about(m, u < 0.5 ? 4 * US : u < 0.8 ? longest / 10 : longest));
	}
}

static void three_exponentials(struct maker *m, double longest)
{
	double u;

	while (more(m)) {
		u = chance(m);
		add(m, exponential(m, u < 0.5 ? 4 * US : u < 0.8 ? longest / 10 : longest));
	}
}

/* The other side takes 4 us and its think time; one in a hundred is a tick's. */
static void ping_pong(struct maker *m, double think)
{
	while (more(m))
		add(m, chance(m) < 0.01 ? 4 * MS * chance(m) :
		    4 * US + log_normal(m, think, 0.1));
}

/* In turns of 500. */
static void turns_5us_500us(struct maker *m, double turn)
{
	while (more(m))
		add(m, about(m, fmod(m->idles->nr, 2 * turn) < turn ? 5 * US : 500 * US));
}

static void turns_exponential(struct maker *m, double turn)
{
	while (more(m))
		add(m, exponential(m, fmod(m->idles->nr, 2 * turn) < turn ? 8 * US : 400 * US));
}

static void turns_mixed(struct maker *m, double turn)
{
	while (more(m)) {
		if (fmod(m->idles->nr, 2 * turn) < turn)
			add(m, about(m, chance(m) < 0.9 ? 5 * US : 1 * MS));
		else
			add(m, about(m, chance(m) < 0.1 ? 5 * US : 1 * MS));
	}
}

/* In turns that end by chance. */
static void random_turns(struct maker *m, double mean)
{
	bool is_short = true;

	while (more(m)) {
		add(m, about(m, is_short ? 8 * US : 250 * US));
		if (chance(m) < 1 / mean)
			is_short = !is_short;
	}
}

static void turns_15us_60us(struct maker *m, double turn)
{
	while (more(m))
		add(m, exactly(m, fmod(m->idles->nr, 2 * turn) < turn ? 15 * US : 60 * US));
}

/* Three in ten are long, and of the others the length changes. */
static void turns_clusters(struct maker *m, double turn)
{
	double length;

	while (more(m)) {
		length = fmod(m->idles->nr, 2 * turn) < turn ? 5 * US : 15 * US;
		add(m, about(m, chance(m) < 0.3 ? 300 * US : length));
	}
}

/* Twice as long each time, from 1 us on, and again. */
static void steps(struct maker *m, double length)
{
	while (more(m))
		add(m, about(m, 1 * US * exp2((size_t)(m->idles->nr / length) % 10)));
}

/* Each think time of a bench, in turns. */
static void turns_ping_pong(struct maker *m, double turn)
{
	static const double think[] = { 1, 20, 50, 100, 200 };

	while (more(m))
		add(m, 4 * US + log_normal(m, think[(size_t)(m->idles->nr / turn) % 5] * US, 0.1));
}

/* Short ones, and a long one each time. */
static void periodic(struct maker *m, double period)
{
	while (more(m))
		add(m, about(m, fmod(m->idles->nr, period) ? 6 * US : 300 * US));
}

/* From 2 us to 400 us and back. */
static void drift(struct maker *m, double period)
{
	while (more(m))
		add(m, about(m, 28 * US * pow(14, sin(2 * M_PI * m->idles->nr / period))));
}

/* Nothing for long, then a request with many short waits. */
static void bursts(struct maker *m, double length)
{
	while (more(m)) {
		for (int i = 0; i < length; i++)
			add(m, exponential(m, 6 * US));
		add(m, exponential(m, 20 * MS));
	}
}

static const struct {
	const char *name;
	void (*make)(struct maker *m, double what);
	double what;
	bool changing;
} patterns[] = {
	{ "steady-5us", steady, 5 * US, false },
	{ "steady-19us", steady, 19 * US, false },
	{ "steady-45us", steady, 45 * US, false },
	{ "steady-60us", steady, 60 * US, false },
	{ "steady-150us", steady, 150 * US, false },
	{ "steady-1ms", steady, 1 * MS, false },
	{ "exponential-10us", exponentials, 10 * US, false },
	{ "exponential-20us", exponentials, 20 * US, false },
	{ "exponential-100us", exponentials, 100 * US, false },
	{ "exponential-1ms", exponentials, 1 * MS, false },
	{ "mostly-5us-1ms", mostly_5us, 1 * MS, false },
	{ "mostly-5us-50us", mostly_5us, 50 * US, false },
	{ "half-14us-500us", half_14us, 500 * US, false },
	{ "pareto-1.2", paretos, 1.2, false },
	{ "pareto-0.7", paretos, 0.7, false },
	{ "log-normal-1", log_normals, 1, false },
	{ "log-normal-2", log_normals, 2, false },
	{ "weibull-0.5", weibulls, 0.5, false },
	{ "weibull-2", weibulls, 2, false },
	{ "gamma-0.5", gammas, 0.5, false },
	{ "gamma-4", gammas, 4, false },
	{ "three-4-30-300us", three_clusters, 300 * US, false },
	{ "three-4-150us-1.5ms", three_clusters, 1500 * US, false },
	{ "three-exponentials", three_exponentials, 400 * US, false },
	{ "ping-pong-1us", ping_pong, 1 * US, false },
	{ "ping-pong-20us", ping_pong, 20 * US, false },
	{ "ping-pong-50us", ping_pong, 50 * US, false },
	{ "ping-pong-100us", ping_pong, 100 * US, false },
	{ "ping-pong-200us", ping_pong, 200 * US, false },
	{ "turns-of-500", turns_5us_500us, 500, true },
	{ "turns-of-50", turns_5us_500us, 50, true },
	{ "turns-exponential", turns_exponential, 500, true },
	{ "turns-mixed", turns_mixed, 500, true },
	{ "turns-ping-pong", turns_ping_pong, 400, true },
	{ "turns-15us-60us", turns_15us_60us, 200, true },
	{ "turns-at-random", random_turns, 30, true },
	{ "turns-of-clusters", turns_clusters, 500, true },
	{ "steps", steps, 300, true },
	{ "periodic-2", periodic, 2, true },
	{ "periodic-5", periodic, 5, true },
	{ "drift", drift, 5000, true },
	{ "bursts-of-3", bursts, 3, true },
	{ "bursts-of-30", bursts, 30, true },
};

#define NR_PATTERNS	(sizeof(patterns) / sizeof(*patterns))

int idles_make(struct idles *idles, unsigned int number, uint64_t seed)
{
	struct maker m = { .idles = idles, .state = seed * 1000003 + number };

	if (number >= NR_PATTERNS)
		return -1;
	idles->name = strdup(patterns[number].name);
	if (!idles->name)
		abort();
	idles->changing = patterns[number].changing;
	patterns[number].make(&m, patterns[number].what);
	return 0;
}
