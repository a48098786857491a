// SPDX-License-Identifier: GPL-2.0
/*
 * A plan: which groups change places, one step at a time.
 *
 * Invariants:
 *
 * 1. The plan's sums (load, memory, sharers, lists of each node) are those of its
 *    groups' homes: only tandem_join() and part() change one.
 * 2. A group that is told to stay, or not allowed a node, never goes there. Nothing goes
 *    where its memory does not fit.
 * 3. Each step makes the pair (groups without a home, potential) smaller, in that order:
 *    a group that has a home never loses it, and of those that have one only what
 *    lowers the potential by gain_min, at least 1, changes places.
 * 4. A pair of nodes whose bit is not set has nothing to offer: it was tried, and neither
 *    of the two changed since.
 *
 * It ends: both numbers are whole and not negative, and by 3 each step lowers the pair.
 * With 4, what it ends in is a local optimum of all moves and all swaps of the picks.
 * Nothing is said of the next snapshot: its loads may differ. That a difference which is
 * only noise moves nothing is the work of tandem_doubt().
 */
#include "placement_check.h"
#include "placement_plan.h"
#include "placement_score.h"
#include "placement_share.h"

/* One part in so many of a node's memory stays free. */
#define MARGIN		32
/* What it takes to load a group, and more of it for each kind of sharers, each node. */
#define LOAD_WORK	4
#define KIND_WORK	1

static void start_node(struct tandem_plan *p, __u32 i)
{
	const struct tandem_node *n = &p->snapshot->node[i];
	__u32 capacity = tandem_capacity(n, p->knobs.smt_percent);
	__u32 all = p->snapshot->nr_nodes < 32 ? (1U << p->snapshot->nr_nodes) - 1 : ~0U;

	p->node[i] = (struct tandem_plan_node){
		.load = n->other,
		.variance = (__u64)n->noise * n->noise,
		.capacity = capacity,
		.inverse = capacity ? (1U << TANDEM_INVERSE_BITS) / capacity : 0,
		.limit_mib = n->free_mib,
		.first = TANDEM_GROUPS_MAX,
		.to_move = all & ~(1U << i),
		.to_swap = all & ~(1U << i),
	};
	p->load += n->other;
}

static void fail(struct tandem_plan *p, enum tandem_bad bad, __u32 at)
{
	p->stage = TANDEM_FAILED;
	p->bad = bad;
	p->bad_at = at;
}

static void start_kinds(struct tandem_plan *p)
{
	__u32 kind, n;

	p->nr_kinds = 0;
	for (kind = 0; kind < TANDEM_KINDS; kind++) {
		p->of_kind[kind] = 0;
		for (n = 0; n < TANDEM_NODES_MAX; n++)
			p->sharers[kind][n] = 0;
	}
}

/**
 * tandem_plan_start() - begin a plan
 * @p:		room for it; need not be zeroed
 * @snapshot:	what it is made from; neither it nor what it points to may change or
 *		go away until the plan is no longer used
 * @knobs:	how
 *
 * A snapshot that is bad is refused by the first step that finds it.
 *
 * Context: any; some 10,000 instructions.
 */
void tandem_plan_start(struct tandem_plan *p, const struct tandem_snapshot *snapshot,
		       const struct tandem_placement_knobs *knobs)
{
	enum tandem_bad bad;
	__u32 i, at;

	p->snapshot = snapshot;
	p->knobs = *knobs;
	p->stage = TANDEM_LOADING;
	p->cursor = 0;
	p->scan_next = TANDEM_GROUPS_MAX;
	p->swap_at = 0;
	p->load = 0;
	start_kinds(p);
	bad = tandem_check_host(snapshot, knobs, &at);
	if (bad) {
		fail(p, bad, at);
		return;
	}
	for (i = 0; i < snapshot->nr_nodes; i++)
		start_node(p, i);
}

/**
 * tandem_drift() - count what has no home, or no longer do
 * @p:		the plan
 * @g:		index of the group: it runs, and waits, wherever it may
 * @sign:	1 or -1
 */
void tandem_drift(struct tandem_plan *p, __u32 g, int sign)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	__u32 n, nodes = 0;

	for (n = 0; n < p->snapshot->nr_nodes; n++)
		nodes += group->allowed >> n & 1 && p->node[n].capacity;
	for (n = 0; n < p->snapshot->nr_nodes; n++) {
		if (group->allowed >> n & 1 && p->node[n].capacity)
			p->node[n].load += sign * (__s32)(group->load / nodes);
		p->node[n].used_mib += sign * (__s64)group->mib[n];
	}
}

/**
 * tandem_join() - count a group where its home is now
 * @p:		the plan
 * @g:		index of the group, which is counted nowhere
 * @node:	its home
 */
void tandem_join(struct tandem_plan *p, __u32 g, __u32 node)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	struct tandem_plan_node *n = &p->node[node];

	n->load += group->load;
	n->used_mib += p->group[g].claim_mib;
	n->variance += (__u64)group->noise * group->noise;
	n->nr++;
	p->group[g].next = n->first;
	n->first = g;
	p->group[g].home = node;
	if (p->group[g].kind < TANDEM_KINDS)
		p->sharers[p->group[g].kind][node]++;
}

static void part(struct tandem_plan *p, __u32 g)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	struct tandem_plan_node *n = &p->node[p->group[g].home];
	__u16 *at = &n->first;

	n->load -= group->load;
	n->used_mib -= p->group[g].claim_mib;
	n->variance -= (__u64)group->noise * group->noise;
	n->nr--;
	while (*at != g)
		at = &p->group[*at].next;
	*at = p->group[g].next;
	if (p->group[g].kind < TANDEM_KINDS)
		p->sharers[p->group[g].kind][p->group[g].home]--;
}

static _Bool has_home(const struct tandem_plan *p, const struct tandem_group *group)
{
	return group->home != TANDEM_NOWHERE && p->node[group->home].capacity &&
	       (group->allowed >> group->home & 1 || group->flags & TANDEM_STAYS);
}

static void load_memory(struct tandem_plan *p, __u32 g)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	__u32 n, nodes = p->snapshot->nr_nodes, total = 0, fixed = 0;

	for (n = 0; n < nodes; n++) {
		total += group->mib[n];
		fixed += group->fixed_mib[n];
		p->node[n].limit_mib += (__u64)group->mib[n] + group->fixed_mib[n];
		p->node[n].used_mib += group->fixed_mib[n];
	}
	p->group[g].total_mib = total;
	p->group[g].claim_mib = total + group->grow_mib;
	for (n = 0; n < nodes; n++)
		p->group[g].toll[n] = tandem_toll(p->snapshot, group, total, fixed, n);
	tandem_spend(p, nodes + (fixed ? nodes * nodes / 6 : 0));
}

static void load_group(struct tandem_plan *p, __u32 g)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	enum tandem_bad bad = tandem_check_group(p->snapshot, g);

	if (!bad && p->load + group->load > TANDEM_LOAD_MAX)
		bad = TANDEM_BAD_LOAD;
	if (bad) {
		fail(p, bad, g);
		return;
	}
	p->load += group->load;
	load_memory(p, g);
	p->group[g].kind = tandem_kind_of(p, g);
	if (p->group[g].kind < TANDEM_KINDS)
		p->of_kind[p->group[g].kind]++;
	if (has_home(p, group)) {
		tandem_join(p, g, group->home);
	} else {
		p->group[g].home = TANDEM_NOWHERE;
		tandem_drift(p, g, 1);
	}
	tandem_spend(p, LOAD_WORK + p->nr_kinds * KIND_WORK);
}

/* What is free now, and what groups have: less what is to stay free. */
static void set_limits(struct tandem_plan *p)
{
	__u64 margin;
	__u32 n;

	for (n = 0; n < p->snapshot->nr_nodes; n++) {
		margin = p->snapshot->node[n].total_mib / MARGIN;
		p->node[n].limit_mib -= margin < p->node[n].limit_mib ? margin :
									p->node[n].limit_mib;
	}
}

static void load_groups(struct tandem_plan *p)
{
	while (p->cursor < p->snapshot->nr_groups && p->work && p->stage != TANDEM_FAILED)
		load_group(p, p->cursor++);
	if (p->stage == TANDEM_FAILED || p->cursor < p->snapshot->nr_groups)
		return;
	if (p->load > TANDEM_LOAD_MAX)
		fail(p, TANDEM_BAD_LOAD, 0);
	set_limits(p);
	p->cursor = 0;
	if (p->stage != TANDEM_FAILED)
		p->stage = TANDEM_HOMING;
}

/* What was tried with one of these nodes must be tried again. */
static void touch(struct tandem_plan *p, __u32 nodes)
{
	__u32 all = p->snapshot->nr_nodes < 32 ? (1U << p->snapshot->nr_nodes) - 1 : ~0U;
	__u32 n, to;

	for (n = 0; n < p->snapshot->nr_nodes; n++) {
		to = nodes >> n & 1 ? all : nodes;
		p->node[n].to_move |= to & ~(1U << n);
		p->node[n].to_swap |= to & ~(1U << n);
	}
}

/**
 * tandem_change() - carry a choice out, in the plan
 * @p:		the plan
 * @c:		who changes places; all have homes
 *
 * Where a wide VM's virtual node moves, its others may want to, wherever they are.
 */
void tandem_change(struct tandem_plan *p, const struct tandem_choice *c)
{
	__u32 i, nodes = 1U << c->from | 1U << c->to;

	for (i = 0; i < c->nr; i++) {
		part(p, c->group[i]);
		tandem_join(p, c->group[i], i ? c->from : c->to);
		if (p->snapshot->group[c->group[i]].wide)
			nodes = ~0U;
	}
	touch(p, nodes);
}

/**
 * tandem_plan_step() - the next step of a plan
 * @p:		the plan
 * @step:	on return: the step; of TANDEM_MORE and TANDEM_DONE only the kind
 *
 * The steps of a swap belong together. A plan that was refused stays so; one that is done
 * too.
 *
 * Context: any; at most 100,000 instructions.
 */
void tandem_plan_step(struct tandem_plan *p, struct tandem_step *step)
{
	*step = (struct tandem_step){ .kind = TANDEM_MORE };
	p->work = TANDEM_WORK;
	switch (p->stage) {
	case TANDEM_LOADING:
		load_groups(p);
		break;
	case TANDEM_HOMING:
		tandem_home_groups(p, step);
		break;
	case TANDEM_IMPROVING:
		tandem_improve(p, step);
		break;
	case TANDEM_FAILED:
		break;
	}
	if (p->stage != TANDEM_FAILED)
		return;
	step->kind = TANDEM_REFUSED;
	step->bad = p->bad;
	step->bad_at = p->bad_at;
}
