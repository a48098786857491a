// SPDX-License-Identifier: GPL-2.0
/*
 * How long does an idle CPU poll before it halts? Polling costs what it takes, times
 * a price. A halt costs an exit, a wake-up and often an IPI. So the lengths of idles
 * are counted, and that window is taken which would have made what was counted
 * cheapest: an idle that ends within it is polled to its end, any other costs all of
 * the window and a halt.
 *
 * What comes next depends on what came before: a phase of short idles goes on, and
 * some alternate. So lengths are counted apart for each context: which of the last two
 * idles were long. Where idles do not depend on each other, all contexts learn the same.
 *
 * The past need not go on. Who polls as long as a halt costs, and halts then, pays at
 * most twice what he would if he knew: the ski-rental rule. It is followed where
 * nothing was learned yet, and where what was learned proves worse: see charge(), which
 * bounds the cost of any row of idles, no matter who chose them.
 */
#include "poll_window.h"

/* The weight of one idle, so that it can fade in steps. */
#define ONE		64
/* So much is remembered of a context at most; a quarter is forgotten then. */
#define TOTAL_MAX	(512 * ONE)
/* A context that has seen less is not asked. */
#define TAUGHT		(4 * ONE)
/* The first rung is what is shorter than 1.5 times this power of 2, in ns. */
#define MIN_BIT		8
/* How slowly the high of a rung forgets a length that did not come again. */
#define HIGH_SHIFT	7
/* A window is chosen anew after so many idles in its context. */
#define FRESH_MAX	12
/* What may be spent on lengths that were not seen: these parts of all costs, */
#define UNSEEN_SHIFT	7
/* of the window, and of a halt. */
#define WINDOW_SHIFT	3
#define HALT_SHIFT	4
/* So many halts may be lost by learning until the ski-rental rule is followed. */
#define LIMIT_HALTS	16
/* Costs are in ns and per mille; what follows keeps all sums below 2^64. */
#define PER_MILLE	1000ULL
#define PRICE_MAX	1000000
#define EVEN_MAX	(1ULL << 42)

struct choice {
	__u64 window_ns;
	__u64 cost;
	__u64 rest;
};

static __u64 least(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

static __u64 price_of(const struct tandem_poll_knobs *knobs)
{
	return least(knobs->price, PRICE_MAX);
}

static __u64 halt_cost(const struct tandem_poll_knobs *knobs)
{
	return knobs->halt_cost_ns * PER_MILLE;
}

/* When polling has cost as much as a halt, ns. */
static __u64 break_even(const struct tandem_poll_knobs *knobs)
{
	return knobs->price ? halt_cost(knobs) / price_of(knobs) : EVEN_MAX;
}

static __u32 within(__u64 ns, const struct tandem_poll_knobs *knobs)
{
	return least(ns > knobs->min_ns ? ns : knobs->min_ns, knobs->max_ns);
}

/* TANDEM_POLL_RUNGS is what is too long for any window. */
static unsigned int rung_of(__u64 ns)
{
	unsigned int bit, rung;

	if (ns >> MIN_BIT == 0)
		return 0;
	bit = 63 - __builtin_clzll(ns);
	rung = 2 * (bit - MIN_BIT) + (ns >> (bit - 1) & 1);
	return rung < TANDEM_POLL_RUNGS ? rung : TANDEM_POLL_RUNGS;
}

/* Rounded down: what does not come again is forgotten in the end. */
static void fade_rung(struct tandem_poll_rung *rung)
{
	rung->count -= (rung->count + 3) / 4;
	rung->sum_ns -= rung->sum_ns / 4;
}

static void fade(struct tandem_poll_lengths *l)
{
	unsigned int i;

	l->longer -= (l->longer + 3) / 4;
	l->total = l->longer;
	l->used = 0;
	for (i = 0; i < TANDEM_POLL_RUNGS; i++) {
		fade_rung(&l->rung[i]);
		l->total += l->rung[i].count;
		l->used |= !!l->rung[i].count << i;
	}
}

/* Rises at once, falls slowly: a window below it would cost a halt. */
static __u32 new_high(__u32 high, __u32 ns)
{
	return ns > high ? ns : high - ((high - ns) >> HIGH_SHIFT);
}

static void count_rung(struct tandem_poll_rung *rung, __u32 ns)
{
	rung->high_ns = rung->count ? new_high(rung->high_ns, ns) : ns;
	rung->sum_ns += ns;
	rung->count += ONE;
}

static void count(struct tandem_poll_lengths *l, __u64 ns)
{
	unsigned int i = rung_of(ns);

	if (l->total + ONE > TOTAL_MAX)
		fade(l);
	l->total += ONE;
	if (i == TANDEM_POLL_RUNGS) {
		l->longer += ONE;
		return;
	}
	count_rung(&l->rung[i], ns);
	l->used |= 1U << i;
}

/*
 * A little longer than what was seen: what was not may be a little longer too, and then
 * costs a halt. It is paid for by the idles that reach beyond the window anyway, and
 * by one more, as there always may be one.
 */
static __u64 stretched(const struct choice *best, __u64 even)
{
	__u64 unseen = (best->cost >> UNSEEN_SHIFT) / (best->rest + ONE);
	__u64 most = least(best->window_ns >> WINDOW_SHIFT, even >> HALT_SHIFT);

	return best->window_ns + least(unseen, most);
}

/*
 * Only at the end of a length, or at 0, can a window be best. Costs are divided by the
 * price here: a halt costs @even ns. Of two windows that cost the same the shorter one.
 */
static __u64 cheapest(const struct tandem_poll_lengths *l, __u64 even, __u32 max_ns)
{
	__u64 polled = 0, rest = l->total, cost;
	struct choice best = { 0, rest * even, rest };
	const struct tandem_poll_rung *rung;
	__u32 used;

	for (used = l->used; used; used &= used - 1) {
		rung = &l->rung[__builtin_ctz(used)];
		if (rung->high_ns > max_ns)
			break;
		rest -= rung->count;
		polled += (__u64)rung->sum_ns * ONE;
		cost = polled + rest * (rung->high_ns + even);
		if (cost < best.cost)
			best = (struct choice){ rung->high_ns, cost, rest };
	}
	return best.window_ns ? stretched(&best, even) : 0;
}

/* To begin with: the ski-rental rule, but after a long idle comes another one. */
static __u64 untaught(const struct tandem_poll *p, __u64 even)
{
	return p->context & 1 ? 0 : even;
}

/* The knobs may change from one idle to the next; counts change but slowly. */
static _Bool is_stale(const struct tandem_poll_lengths *l, __u64 even, __u32 max_ns)
{
	return l->fresh >= FRESH_MAX || l->even_ns != even || l->max_ns != max_ns;
}

static void choose(struct tandem_poll_lengths *l, __u64 even, __u32 max_ns)
{
	l->window_ns = cheapest(l, even, max_ns);
	l->even_ns = even;
	l->max_ns = max_ns;
	l->fresh = 0;
}

static __u64 learned(struct tandem_poll *p, __u64 even, __u32 max_ns)
{
	struct tandem_poll_lengths *l = &p->after[p->context];

	if (l->total < TAUGHT)
		return untaught(p, even);
	if (is_stale(l, even, max_ns))
		choose(l, even, max_ns);
	return l->window_ns;
}

static __u64 debt_limit(const struct tandem_poll_knobs *knobs)
{
	return LIMIT_HALTS * halt_cost(knobs);
}

/**
 * tandem_poll_window() - a CPU is idle: how long may it poll before it halts
 * @p:		what was learned of the CPU
 * @knobs:	bounds, price, cost of a halt
 *
 * May be asked several times within one idle, with other knobs too. All else being
 * equal, a higher price never gives a longer window.
 *
 * Return: the window, ns from the beginning of the idle on; @knobs->max_ns at most.
 */
__u32 tandem_poll_window(struct tandem_poll *p, const struct tandem_poll_knobs *knobs)
{
	__u64 even = break_even(knobs), ns = knobs->max_ns;

	if (knobs->price)
		ns = learned(p, even, knobs->max_ns);
	p->learned_ns = within(ns, knobs);
	return p->debt > debt_limit(knobs) ? within(even, knobs) : p->learned_ns;
}

static __u64 cost_of(__u64 idle_ns, __u32 window_ns, const struct tandem_poll_knobs *knobs)
{
	__u64 price = price_of(knobs);

	return idle_ns <= window_ns ? idle_ns * price : window_ns * price + halt_cost(knobs);
}

/*
 * Debt is what learned windows would have cost more than the ski-rental rule since they
 * last were as good. As long as it is above the limit the rule is followed.
 *
 * So with constant knobs, from any idle on, the cost A is at most twice that of the
 * rule, S, and a constant. An idle under a learned window adds no more to A - S than to
 * the debt. One under the rule adds nothing to A - S, and takes no more off the debt
 * than it adds to S, as nothing costs less than nothing. Either way A - 2 S grows by no
 * more than the debt, which is 0 at least, and at most the limit and the dearest idle:
 * polled up to the ceiling, and halted.
 */
static void charge(struct tandem_poll *p, __u64 idle_ns, const struct tandem_poll_knobs *knobs)
{
	__u64 most = debt_limit(knobs) + cost_of(~0ULL, knobs->max_ns, knobs);
	__u64 paid = p->debt + cost_of(idle_ns, p->learned_ns, knobs);
	__u64 due = cost_of(idle_ns, within(break_even(knobs), knobs), knobs);

	p->debt = paid > due ? least(paid - due, most) : 0;
}

/* A short idle that would have been halted is news: the window is chosen anew. */
static void learn(struct tandem_poll *p, __u64 idle_ns, __u64 even)
{
	struct tandem_poll_lengths *l = &p->after[p->context];

	count(l, idle_ns);
	l->fresh = idle_ns > p->learned_ns && idle_ns <= even ? FRESH_MAX : l->fresh + 1;
	p->context = (p->context << 1 | (idle_ns > even)) % TANDEM_POLL_CONTEXTS;
}

/**
 * tandem_poll_saw() - an idle is over
 * @p:		what was learned of the CPU
 * @idle_ns:	its whole length: polled, and halted if it was
 * @knobs:	those that its window was asked with
 */
void tandem_poll_saw(struct tandem_poll *p, __u64 idle_ns, const struct tandem_poll_knobs *knobs)
{
	charge(p, idle_ns, knobs);
	learn(p, idle_ns, break_even(knobs));
}
