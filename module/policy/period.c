// SPDX-License-Identifier: GPL-2.0
/*
 * How long may a vCPU's page go unlooked at? A deadline costs an exit if its
 * reach, from the last look to the deadline, is shorter than the period, and a
 * period costs a look. So reaches are counted, by length, and that period is
 * taken which would have made what was counted cheapest.
 *
 * Nothing is tried out: a guest whose timers all reach a millisecond never
 * pays an exit to learn what a longer period would cost.
 */
#include "period.h"

/* The weight of one deadline, so that it can fade in steps. */
#define ONE		64
/* So much is remembered at most; a quarter is forgotten then. */
#define TOTAL_MAX	(48 * ONE)
#define ELAPSED_MAX	(64ULL * 1000000)
/* A period is chosen after so many looks and deadlines. */
#define FRESH_MAX	8
/* The first period, and the bounds of the rungs. */
#define START_NS	250000
#define REACH_MIN_BIT	14
#define REACH_MAX_BIT	(REACH_MIN_BIT + TANDEM_RUNGS / 2)
/* A reach as 4 bits of octave and 12 of fraction; the first bit is the rung's. */
#define FRACTION_BITS	12
#define FRACTION	(1U << FRACTION_BITS)
#define RUNG_SHIFT	(FRACTION_BITS - 1)
/* How slowly the low of a rung forgets a reach that did not come again. */
#define LOW_SHIFT	5
/* Steps of this, modulo 2^16, fall evenly, however many there are. */
#define GOLDEN		40503

struct choice {
	__u64 period_ns;
	__u64 cost;
};

/* Clocks are rounded: a period is a little shorter than the reach it is for. */
static __u64 less_margin(__u64 ns)
{
	return ns - ns / 32;
}

/* More so at the bound that users set, where a reach may be shorter than meant. */
static __u64 floor_of(__u64 min_ns)
{
	return min_ns - min_ns / 16;
}

static __u16 encode(__u64 ns)
{
	int bit = 63 - __builtin_clzll(ns);

	return (bit - REACH_MIN_BIT) << FRACTION_BITS |
	       ((ns >> (bit - FRACTION_BITS)) & (FRACTION - 1));
}

/* Rounds down: the period is not longer than what was seen. */
static __u64 decode(__u16 code)
{
	__u64 fraction = FRACTION | (code & (FRACTION - 1));

	return fraction << ((code >> FRACTION_BITS) + REACH_MIN_BIT - FRACTION_BITS);
}

static void fade(struct tandem_period *p)
{
	int i;

	p->elapsed_ns -= p->elapsed_ns / 4;
	p->total = 0;
	for (i = 0; i < TANDEM_RUNGS; i++) {
		/* Rounded down: what does not come again is forgotten in the end. */
		p->count[i] -= (p->count[i] + 3) / 4;
		p->total += p->count[i];
	}
}

/* Falls at once, rises slowly: a period above it would cost exits. */
static __u16 new_low(__u16 low, __u16 code)
{
	return code < low ? code : low + ((code - low) >> LOW_SHIFT);
}

/*
 * What the reach of a deadline would be in general. The first one after a promise
 * was likely armed when the last timer fired, as the promise was made: its reach
 * is what it is, whatever the period. One after that, armed a length before it is
 * due, has longer reaches under longer periods: with looks at any time, none is
 * made in that length with a probability of 1 - length / P. So it counts as if it
 * had a reach of length / u, with u anywhere between 0 and 1: the probability that
 * this is shorter than P is the same.
 */
static __u64 typical_reach(struct tandem_period *p, __u64 reach_ns)
{
	__u64 before = p->reach_ns;

	p->reach_ns = reach_ns;
	if (!before || before >= reach_ns || reach_ns >> REACH_MAX_BIT)
		return reach_ns;
	p->u += GOLDEN;
	return ((reach_ns - before) << 16) / (p->u + 1U);
}

/**
 * tandem_period_saw() - a deadline was armed
 * @p:		what was learned of the vCPU
 * @reach_ns:	how long after the promise in force was published it is due
 *
 * One that is too short for any period, or too long, says nothing about which
 * is best. To be called once for each deadline, when it is announced or found by
 * a look.
 */
void tandem_period_saw(struct tandem_period *p, __u64 reach_ns)
{
	__u64 ns = less_margin(typical_reach(p, reach_ns));
	__u16 code;
	int rung;

	if (p->fresh < FRESH_MAX)
		p->fresh++;
	if (ns < p->floor_ns || ns >> REACH_MIN_BIT == 0 || ns >> REACH_MAX_BIT)
		return;
	if (p->total + ONE > TOTAL_MAX)
		fade(p);
	code = encode(ns);
	rung = code >> RUNG_SHIFT;
	p->low[rung] = p->count[rung] ? new_low(p->low[rung], code) : code;
	p->count[rung] += ONE;
	p->total += ONE;
}

/* The longer one where they cost the same: it is tried last. */
static void consider(struct choice *best, const struct tandem_period *p, __u64 period_ns,
		     __u64 exit_cost)
{
	__u64 cost = exit_cost + p->elapsed_ns * ONE / period_ns;

	if (cost > best->cost)
		return;
	best->period_ns = period_ns;
	best->cost = cost;
}

/*
 * Between two reaches the longest period is best: only those are tried. What
 * costs no exit costs the look that fires it.
 */
static __u64 cheapest(const struct tandem_period *p, __u64 max_ns, __u32 exit_price)
{
	__u64 price = exit_price ? exit_price - 1 : 0, exit_cost = 0, low;
	struct choice best = { .cost = ~0ULL };
	int i;

	for (i = 0; i < TANDEM_RUNGS; i++) {
		if (!p->count[i])
			continue;
		low = decode(p->low[i]);
		if (low >= max_ns)
			break;
		if (low >= p->floor_ns)
			consider(&best, p, low, exit_cost);
		exit_cost += p->count[i] * price;
	}
	consider(&best, p, max_ns, exit_cost);
	return best.period_ns;
}

static __u64 within(__u64 ns, __u64 min_ns, __u64 max_ns)
{
	if (ns < min_ns)
		return min_ns;
	return ns < max_ns ? ns : max_ns;
}

static void spend(struct tandem_period *p, __u64 elapsed_ns)
{
	p->elapsed_ns += elapsed_ns < ELAPSED_MAX ? elapsed_ns : ELAPSED_MAX;
	if (p->elapsed_ns >= ELAPSED_MAX)
		fade(p);
	if (p->fresh < FRESH_MAX)
		p->fresh++;
}

/**
 * tandem_period_next() - a look was made: when is the next
 * @p:		what was learned of the vCPU
 * @elapsed_ns:	execution since the last look
 * @knobs:	bounds and price
 *
 * Return: the period, ns: @knobs->max_us at most; @knobs->min_us at least, less
 * a sixteenth so that a deadline which is @knobs->min_us away costs no exit. The
 * bounds where they are equal.
 */
__u64 tandem_period_next(struct tandem_period *p, __u64 elapsed_ns,
			 const struct tandem_period_knobs *knobs)
{
	__u64 max_ns = knobs->max_us * 1000ULL, min_ns = knobs->min_us * 1000ULL;
	__u64 period_ns = p->period_ns ? p->period_ns : START_NS;

	spend(p, elapsed_ns);
	p->reach_ns = 0;
	if (min_ns >= max_ns)
		return max_ns;
	p->floor_ns = floor_of(min_ns);
	if (p->fresh >= FRESH_MAX) {
		period_ns = cheapest(p, max_ns, knobs->exit_price);
		p->fresh = 0;
	}
	p->period_ns = within(period_ns, p->floor_ns, max_ns);
	return p->period_ns;
}
