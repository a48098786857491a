// SPDX-License-Identifier: GPL-2.0
/*
 * Swaps: one group of a node for one, two or three of another. Trying all would take a
 * number of steps that grows with the fourth power of the groups. So each node picks a
 * few: where there are more, the lightest to copy in each of eight classes of load, so
 * that what is picked differs in load as much as it can.
 */
#include "placement_plan.h"
#include "placement_score.h"

/* Of a node's groups at most so many are looked at for picks. */
#define PICK_FROM	256
/* Four products are rounded, and an evening out. */
#define ROUNDING	64
/* What it takes to look at a pair of nodes, and to try one swap. */
#define PAIR_WORK	30
#define SWAP_WORK	3
/* All sets of picks, as bits. */
#define SETS		(1U << TANDEM_PICKS)

struct range {
	__u32 least;
	__u32 most;
	__u32 nr;
};

static _Bool can_swap(const struct tandem_plan *p, __u32 g)
{
	return !(p->snapshot->group[g].flags & TANDEM_STAYS);
}

static struct range load_range(const struct tandem_plan *p, __u32 node)
{
	struct range r = { .least = ~0U };
	__u32 g = p->node[node].first, seen, load;

	for (seen = 0; g != TANDEM_GROUPS_MAX && seen < PICK_FROM; g = p->group[g].next, seen++) {
		if (!can_swap(p, g))
			continue;
		load = p->snapshot->group[g].load;
		r.least = load < r.least ? load : r.least;
		r.most = load > r.most ? load : r.most;
		r.nr++;
	}
	return r;
}

/* In which place a group stands: of its class, or, where there are few, the next. */
static __u32 place(const struct tandem_plan *p, __u32 g, const struct range *r, __u32 next)
{
	if (r->nr <= TANDEM_PICKS)
		return next;
	return (__u64)(p->snapshot->group[g].load - r->least) * TANDEM_PICKS /
	       (r->most - r->least + 1U);
}

/**
 * tandem_picks() - which groups of a node may be swapped
 * @p:		the plan
 * @node:	the node
 * @pick:	on return: their indices
 *
 * Return: how many
 */
__u32 tandem_picks(const struct tandem_plan *p, __u32 node, __u16 pick[TANDEM_PICKS])
{
	struct range r = load_range(p, node);
	__u32 g = p->node[node].first, i, seen, nr = 0;
	__u16 in[TANDEM_PICKS];

	for (i = 0; i < TANDEM_PICKS; i++)
		in[i] = TANDEM_GROUPS_MAX;
	for (seen = 0; g != TANDEM_GROUPS_MAX && seen < PICK_FROM; g = p->group[g].next, seen++) {
		if (!can_swap(p, g))
			continue;
		i = place(p, g, &r, nr++);
		if (in[i] == TANDEM_GROUPS_MAX || p->group[g].total_mib < p->group[in[i]].total_mib)
			in[i] = g;
	}
	for (i = nr = 0; i < TANDEM_PICKS; i++)
		if (in[i] != TANDEM_GROUPS_MAX)
			pick[nr++] = in[i];
	return nr;
}

/**
 * struct swap - what is tried between two nodes
 * @p:		the plan
 * @from:	where one group is
 * @to:		where the others are
 * @one:	the picks of @from
 * @other:	the picks of @to
 * @nr_one:	how many
 * @nr_other:	how many
 * @choice:	that is tried
 * @load:	that it takes from @from
 * @mib:	memory that it takes from @from
 * @toll:	that it gains
 * @slack:	what bonds to other groups may add for each group, at most
 */
struct swap {
	struct tandem_plan *p;
	const struct tandem_plan_node *from;
	const struct tandem_plan_node *to;
	__u16 one[TANDEM_PICKS];
	__u16 other[TANDEM_PICKS];
	__u32 nr_one;
	__u32 nr_other;
	struct tandem_choice choice;
	__s64 load;
	__s64 mib;
	__s64 toll;
	__s64 slack;
};

static __s64 nodes_gain(const struct swap *s)
{
	const struct tandem_plan_node *a = s->from, *b = s->to;

	return tandem_load_cost(a, a->load) + tandem_load_cost(b, b->load) -
	       tandem_load_cost(a, a->load - s->load) - tandem_load_cost(b, b->load + s->load) +
	       tandem_memory_cost(a, a->used_mib) + tandem_memory_cost(b, b->used_mib) -
	       tandem_memory_cost(a, a->used_mib - s->mib) -
	       tandem_memory_cost(b, b->used_mib + s->mib);
}

static __u64 copied(const struct swap *s)
{
	const struct tandem_choice *c = &s->choice;
	__u64 mib = 0;
	__u32 i, at;

	for (i = 0; i < c->nr; i++) {
		at = i ? c->from : c->to;
		mib += s->p->group[c->group[i]].total_mib -
		       s->p->snapshot->group[c->group[i]].mib[at];
	}
	return mib;
}

/* Most have nothing to offer: a cheap look first. */
static void try_choice(struct swap *s)
{
	struct tandem_choice c;

	if (nodes_gain(s) + s->toll + s->slack * s->choice.nr < s->p->knobs.gain_min)
		return;
	if (!tandem_fits(s->from, s->from->used_mib - s->mib) ||
	    !tandem_fits(s->to, s->to->used_mib + s->mib))
		return;
	c = s->choice;
	c.mib = copied(s);
	tandem_consider(s->p, &c);
}

static void take(struct swap *s, __u32 g, int sign)
{
	const struct tandem_plan_group *group = &s->p->group[g];
	__u32 here = sign > 0 ? s->choice.from : s->choice.to;
	__u32 there = sign > 0 ? s->choice.to : s->choice.from;

	s->load += sign * (__s64)s->p->snapshot->group[g].load;
	s->mib += sign * (__s64)group->claim_mib;
	s->toll += (__s64)group->toll[here] - group->toll[there];
	s->choice.group[s->choice.nr++] = g;
}

static __u32 less_lowest(__u32 set)
{
	return set & (set - 1);
}

/* All sets of one to three of TANDEM_PICKS, in an order that is as good as any. */
static __u32 next_set(__u32 set)
{
	do {
		set++;
	} while (less_lowest(less_lowest(less_lowest(set))));
	return set;
}

/* Those that may go where the others are. */
static __u32 allowed_picks(const struct tandem_plan *p, __u32 node, __u32 to,
			   __u16 pick[TANDEM_PICKS])
{
	__u32 nr = tandem_picks(p, node, pick), i, kept = 0;

	for (i = 0; i < nr; i++)
		if (tandem_may_go(p, pick[i], to))
			pick[kept++] = pick[i];
	return kept;
}

static __s64 most_bond(const struct tandem_plan *p, const __u16 *pick, __u32 nr, __s64 most)
{
	__s64 bond;

	while (nr--) {
		bond = tandem_bond_max(p, pick[nr]);
		most = bond > most ? bond : most;
	}
	return most;
}

/* By how much the toll of one that moves can fall at most; below 0: it rises. */
static __s64 best_toll(const struct tandem_plan *p, const __u16 *pick, __u32 nr, __u32 from,
		       __u32 to)
{
	__s64 best = -(1LL << 32), toll;
	__u32 i;

	for (i = 0; i < nr; i++) {
		toll = (__s64)p->group[pick[i]].toll[from] - p->group[pick[i]].toll[to];
		best = toll > best ? toll : best;
	}
	return best;
}

/* The derivative of tandem_load_cost(), times 2^26 / 2. */
static __u64 slope(const struct tandem_plan_node *n, __u32 load)
{
	return (load + (TANDEM_IDLE - 1ULL) * tandem_over(n, load)) * n->inverse / TANDEM_IDLE;
}

/*
 * The gain of evening out two nodes exactly, were @a lighter by @doubt. With slopes that
 * differ by d, and a curvature of c at both together and at least, it is d^2 / 2c at
 * most. While both are above their capacities the curvature is not the least.
 */
static __s64 evening_gain(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
			  __u64 doubt)
{
	__u32 has = a->load > doubt ? a->load - doubt : 0;
	__u64 here = slope(a, has), there = slope(b, b->load), load;
	__u64 least = tandem_over(a, has) && tandem_over(b, b->load) ? 1 : TANDEM_IDLE;

	if (here <= there)
		return 0;
	load = (here - there) / (a->inverse + b->inverse) + 1;
	load = load < TANDEM_LOAD_MAX ? load : TANDEM_LOAD_MAX;
	return ((load * load * (a->inverse + b->inverse)) >> TANDEM_COST_SHIFT) * least;
}

/*
 * Where a move would do, were the loads sure, they will be soon: a swap can't know
 * better, and moves more. And what no swap can exceed: an evening out, three times
 * the best toll, and the best bonds.
 */
static _Bool hopeless(const struct swap *s)
{
	__s64 one, other;

	if (s->from->unsure >> s->choice.to & 1 || s->to->unsure >> s->choice.from & 1)
		return 1;
	if (!tandem_fits_now(s->from) || !tandem_fits_now(s->to))
		return 0;
	one = best_toll(s->p, s->one, s->nr_one, s->choice.from, s->choice.to);
	other = best_toll(s->p, s->other, s->nr_other, s->choice.to, s->choice.from);
	other *= other > 0 ? TANDEM_STEP_GROUPS - 1 : 1;
	return evening_gain(s->from, s->to, s->p->doubt) +
	       evening_gain(s->to, s->from, s->p->doubt) + ROUNDING + one + other +
	       TANDEM_STEP_GROUPS * s->slack < s->p->knobs.gain_min;
}

/* The next swap: one of the picks for a set of others. Returns false after the last. */
static _Bool try_next(struct swap *s)
{
	__u32 at = s->p->swap_at - 1, set = at % SETS, one = at / SETS, i;

	if (one >= s->nr_one)
		return 0;
	s->load = 0;
	s->mib = 0;
	s->toll = 0;
	s->choice.nr = 0;
	take(s, s->one[one], 1);
	for (i = 0; i < s->nr_other; i++)
		if (set >> i & 1)
			take(s, s->other[i], -1);
	try_choice(s);
	set = next_set(set);
	s->p->swap_at = 1 + (set >> s->nr_other ? (one + 1) * SETS + 1 : one * SETS + set);
	return 1;
}

/* Goes on with a pair of nodes; the picks are what they were. */
static void try_swaps(struct tandem_plan *p)
{
	struct swap s = {
		.p = p, .from = &p->node[p->scan_from], .to = &p->node[p->scan_to],
		.choice = { .from = p->scan_from, .to = p->scan_to },
	};

	tandem_spend(p, PAIR_WORK + p->snapshot->nr_nodes + (s.from->nr + s.to->nr) / 2);
	if (s.from->nr && s.to->nr) {
		s.nr_one = allowed_picks(p, p->scan_from, p->scan_to, s.one);
		s.nr_other = allowed_picks(p, p->scan_to, p->scan_from, s.other);
	}
	s.slack = most_bond(p, s.one, s.nr_one, most_bond(p, s.other, s.nr_other, 0));
	if (s.nr_one && s.nr_other && !hopeless(&s))
		while (p->work && try_next(&s))
			tandem_spend(p, SWAP_WORK);
	if (p->work)
		p->swap_at = 0;
}

static _Bool begin_pair(struct tandem_plan *p)
{
	if (!tandem_next_pair(p, 1, &p->scan_from, &p->scan_to))
		return 0;
	p->best = (struct tandem_step){ .kind = TANDEM_DONE };
	p->doubt = tandem_doubt(&p->node[p->scan_from], &p->node[p->scan_to], p->knobs.sigmas);
	p->swap_at = 2;
	return 1;
}

/**
 * tandem_find_swap() - look on for a swap
 * @p:		the plan, in which no move is left
 *
 * Return: true if @p->best is one. Otherwise none is left if there is work left.
 */
_Bool tandem_find_swap(struct tandem_plan *p)
{
	while (p->work) {
		if (!p->swap_at && !begin_pair(p))
			return 0;
		try_swaps(p);
		if (p->swap_at)
			return 0;
		if (p->best.kind != TANDEM_DONE)
			return 1;
		p->node[p->scan_from].to_swap &= ~(1U << p->scan_to);
	}
	return 0;
}
