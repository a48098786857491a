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
 * @choice:	that is tried: as many as the search is deep
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

/* One that is already part of the choice, with what it changed. */
struct undo {
	__s64 load;
	__s64 mib;
	__s64 toll;
};

static struct undo remember(const struct swap *s)
{
	return (struct undo){ s->load, s->mib, s->toll };
}

static void give_back(struct swap *s, const struct undo *u)
{
	s->load = u->load;
	s->mib = u->mib;
	s->toll = u->toll;
	s->choice.nr--;
}

/* Adds others from index @i on, until the choice is full: three loops, one in another. */
static void try_others(struct swap *s, __u32 first)
{
	struct undo u[TANDEM_STEP_GROUPS];
	__u32 at[TANDEM_STEP_GROUPS], depth = 1, i = first;

	for (;;) {
		if (i < s->nr_other && depth < TANDEM_STEP_GROUPS) {
			u[depth] = remember(s);
			at[depth++] = i;
			take(s, s->other[i++], -1);
			try_choice(s);
		} else if (--depth) {
			give_back(s, &u[depth]);
			i = at[depth] + 1;
		} else {
			return;
		}
	}
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

static _Bool any_bonds(const struct swap *s)
{
	__u32 i;

	for (i = 0; i < s->nr_one; i++)
		if (tandem_bound(s->p, s->one[i]))
			return 1;
	for (i = 0; i < s->nr_other; i++)
		if (tandem_bound(s->p, s->other[i]))
			return 1;
	return 0;
}

/**
 * tandem_try_swaps() - one of @from for one to three of @to
 * @p:		the plan, whose @best becomes the best of them that gains
 * @from:	a node
 * @to:		another
 *
 * Context: some 50,000 instructions.
 */
void tandem_try_swaps(struct tandem_plan *p, __u8 from, __u8 to)
{
	struct swap s = {
		.p = p, .from = &p->node[from], .to = &p->node[to],
		.choice = { .from = from, .to = to },
	};
	struct undo u;
	__u32 i;

	s.nr_one = allowed_picks(p, from, to, s.one);
	s.nr_other = allowed_picks(p, to, from, s.other);
	s.slack = any_bonds(&s) ? TANDEM_BOND_MAX : 0;
	p->doubt = tandem_doubt(s.from, s.to, p->knobs.sigmas);
	for (i = 0; i < s.nr_one; i++) {
		u = remember(&s);
		take(&s, s.one[i], 1);
		try_others(&s, 0);
		give_back(&s, &u);
	}
}
