// SPDX-License-Identifier: GPL-2.0
/*
 * How long may a vCPU's page go unlooked at? A deadline costs an exit if its
 * reach, from the last look to the deadline, is shorter than the period, and a
 * period costs a look. So reaches are counted, by length, and that period is
 * taken which would have made what was counted cheapest.
 *
 * After a look that fires a deadline the guest arms the next ones at once, near
 * and far; after another it mostly waits for what it has armed. So the two have
 * their own counts. A look soon after one that fired sees what was armed since,
 * and the one after that may be far away.
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

static void fade(struct tandem_reaches *r)
{
	int i;

	r->elapsed_ns -= r->elapsed_ns / 4;
	r->total = 0;
	for (i = 0; i < TANDEM_RUNGS; i++) {
		/* Rounded down: what does not come again is forgotten in the end. */
		r->count[i] -= (r->count[i] + 3) / 4;
		r->total += r->count[i];
	}
}

/* Falls at once, rises slowly: a period above it would cost exits. */
static __u16 new_low(__u16 low, __u16 code)
{
	return code < low ? code : low + ((code - low) >> LOW_SHIFT);
}

static void count(struct tandem_reaches *r, __u16 code)
{
	int rung = code >> RUNG_SHIFT;

	if (r->total + ONE > TOTAL_MAX)
		fade(r);
	r->low[rung] = r->count[rung] ? new_low(r->low[rung], code) : code;
	r->count[rung] += ONE;
	r->total += ONE;
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
	struct tandem_reaches *r = &p->after[p->fired];
	__u64 ns = less_margin(typical_reach(p, reach_ns));

	if (r->fresh < FRESH_MAX)
		r->fresh++;
	if (ns >= p->floor_ns && ns >> REACH_MIN_BIT && !(ns >> REACH_MAX_BIT))
		count(r, encode(ns));
}

/**
 * tandem_period_ran() - the guest executed under the promise in force
 * @p:		what was learned of the vCPU
 * @elapsed_ns:	for so long
 */
void tandem_period_ran(struct tandem_period *p, __u64 elapsed_ns)
{
	struct tandem_reaches *r = &p->after[p->fired];

	r->elapsed_ns += elapsed_ns < ELAPSED_MAX ? elapsed_ns : ELAPSED_MAX;
	if (r->elapsed_ns >= ELAPSED_MAX)
		fade(r);
}

/* The longer one where they cost the same: it is tried last. */
static void consider(struct choice *best, const struct tandem_reaches *r, __u64 period_ns,
		     __u64 exit_cost)
{
	__u64 cost = exit_cost + r->elapsed_ns * ONE / period_ns;

	if (cost > best->cost)
		return;
	best->period_ns = period_ns;
	best->cost = cost;
}

/*
 * Between two reaches the longest period is best: only those are tried. What
 * costs no exit costs the look that fires it.
 */
static __u64 cheapest(const struct tandem_reaches *r, __u64 min_ns, __u64 max_ns,
		      __u32 exit_price)
{
	__u64 price = exit_price ? exit_price - 1 : 0, exit_cost = 0, low;
	struct choice best = { .cost = ~0ULL };
	int i;

	for (i = 0; i < TANDEM_RUNGS; i++) {
		if (!r->count[i])
			continue;
		low = decode(r->low[i]);
		if (low >= max_ns)
			break;
		if (low >= min_ns)
			consider(&best, r, low, exit_cost);
		exit_cost += r->count[i] * price;
	}
	consider(&best, r, max_ns, exit_cost);
	return best.period_ns;
}

static __u64 within(__u64 ns, __u64 min_ns, __u64 max_ns)
{
	if (ns < min_ns)
		return min_ns;
	return ns < max_ns ? ns : max_ns;
}

/**
 * tandem_period_next() - a look is made: when is the next
 * @p:		what was learned of the vCPU
 * @fires:	whether this look fires a deadline
 * @knobs:	bounds and price
 *
 * Return: the period, ns: @knobs->max_us at most; @knobs->min_us at least, less
 * a sixteenth so that a deadline which is @knobs->min_us away costs no exit. The
 * bounds where they are equal.
 */
__u64 tandem_period_next(struct tandem_period *p, _Bool fires,
			 const struct tandem_period_knobs *knobs)
{
	__u64 max_ns = knobs->max_us * 1000ULL, min_ns = knobs->min_us * 1000ULL;
	struct tandem_reaches *r = &p->after[fires];

	p->fired = fires;
	p->reach_ns = 0;
	if (min_ns >= max_ns)
		return max_ns;
	p->floor_ns = floor_of(min_ns);
	if (r->fresh < FRESH_MAX) {
		r->fresh++;
	} else {
		r->fresh = 0;
		r->period_ns = cheapest(r, p->floor_ns, max_ns, knobs->exit_price);
	}
	return within(r->period_ns ?: START_NS, p->floor_ns, max_ns);
}
