// SPDX-License-Identifier: GPL-2.0
/*
 * What a placement costs: the potential, which each step of a plan lowers.
 *
 *   potential =  sum over nodes   load^2 / capacity, below it less	CPU
 *	       +  sum over nodes   memory beyond its limit		memory
 *	       +  sum over groups  toll of its home			locality
 *	       +  sum over kinds   pairs of sharers on two nodes	sharing
 *	       +  sum over pairs   of a VM's virtual nodes: distance	wide
 *
 * All in 1/65536 of a busy CPU, in whole numbers, none negative, and each a function
 * of where the groups' homes are and of nothing else. tandem_weigh() gives exactly
 * by how much it falls.
 */
#include "placement_score.h"

/*
 * Copying a MiB takes 1/300 s of a CPU (vmbalanced's trace: 256 to 419 MiB/s), and has
 * to pay within ten minutes: 65536 / 300 / 600 for a MiB, times 1024 for a GiB.
 */
#define COPY_GIB	373
/*
 * Of all pairs of a kind, over how many it has: at most twice this is gained by moving
 * one sharer, 1/16 CPU. No division leaves a rest that depends on where others are.
 */
#define SHARE		(TANDEM_COST_CPU / 32)
/* What a pair of virtual nodes costs at distance 20. */
#define WIDE		(TANDEM_COST_CPU / 64)
/* What a move costs besides its copying, as MiB: pushing threads, cold caches. */
#define MOVE_MIB	1024
#define CLAMP		0x7fffffffLL

/**
 * tandem_capacity() - what a node can run at full speed
 * @n:		the node
 * @smt_percent: what a second thread adds to a core, percent
 *
 * Return: 1/256 CPU
 */
__u32 tandem_capacity(const struct tandem_node *n, __u32 smt_percent)
{
	return n->cores * TANDEM_CPU + (n->cpus - n->cores) * TANDEM_CPU * smt_percent / 100;
}

/* What can't follow stays remote: a share of the group's CPU, by distance. */
static __u64 remote_toll(const struct tandem_snapshot *s, const struct tandem_group *g,
			 __u64 total_mib, __u32 at)
{
	__u64 far = 0;
	__u32 n;

	for (n = 0; n < s->nr_nodes; n++)
		if (g->fixed_mib[n])
			far += (__u64)g->fixed_mib[n] * (s->node[at].distance[n] - 10);
	/* load * 256 is in 1/65536 CPU; far / total / 10 is 1 at distance 20 */
	return far / 10 * TANDEM_REMOTE_PERCENT * 256 / total_mib * g->load / 100;
}

/**
 * tandem_toll() - what a group's memory costs where its home is
 * @s:		the snapshot
 * @g:		the group
 * @total_mib:	its memory that can be moved, MiB
 * @fixed_mib:	and that can't, MiB
 * @at:		the home
 *
 * Return: 1/65536 CPU
 */
__u32 tandem_toll(const struct tandem_snapshot *s, const struct tandem_group *g, __u32 total_mib,
		  __u32 fixed_mib, __u32 at)
{
	__u64 toll = (__u64)(total_mib - g->mib[at]) * COPY_GIB / 1024;

	if (fixed_mib)
		toll += remote_toll(s, g, (__u64)total_mib + fixed_mib, at);
	return toll < CLAMP ? toll : CLAMP;
}

/**
 * tandem_may_go() - does anything but memory forbid a move?
 * @p:		the plan
 * @g:		index of the group
 * @to:		the node
 */
_Bool tandem_may_go(const struct tandem_plan *p, __u32 g, __u32 to)
{
	const struct tandem_group *group = &p->snapshot->group[g];

	return !(group->flags & TANDEM_STAYS) && group->allowed >> to & 1 &&
	       p->node[to].capacity;
}

static __s64 sum(const struct tandem_gain *gain)
{
	__s64 all = 0;
	int i;

	for (i = 0; i < TANDEM_REASONS; i++)
		all += gain->part[i];
	return all;
}

/* What moving one sharer between two nodes does to the sum of squares of its kind. */
static __s64 share_gain(const struct tandem_plan *p, __u32 kind, __u32 from, __u32 to)
{
	__s64 squares = 2 * (p->sharers[kind][to] - p->sharers[kind][from] + 1);

	return SHARE / p->of_kind[kind] * squares;
}

static void share_move(struct tandem_plan *p, __u32 kind, __u32 from, __u32 to)
{
	p->sharers[kind][from]--;
	p->sharers[kind][to]++;
}

static __s64 pair_cost(const struct tandem_plan *p, __u32 a, __u32 b)
{
	return (p->snapshot->node[a].distance[b] - 10) * (WIDE / 10);
}

/* The other virtual nodes of its VM stand beside it in the snapshot. */
/**
 * tandem_bond_max() - what its bonds to others can gain a group that moves, at most
 * @p:		the plan
 * @g:		index of the group
 */
__s64 tandem_bond_max(const struct tandem_plan *p, __u32 g)
{
	__s64 most = p->group[g].kind < TANDEM_KINDS ? 2 * SHARE : 0;

	if (p->snapshot->group[g].wide)
		most += (TANDEM_WIDE_MAX - 1) * (254 - 10) * (WIDE / 10);
	return most;
}

static __s64 wide_cost(const struct tandem_plan *p, __u32 g, __u32 at)
{
	const struct tandem_group *group = p->snapshot->group;
	__s64 cost = 0;
	__u32 i = g;

	while (i && group[i - 1].wide == group[g].wide)
		i--;
	for (; i < p->snapshot->nr_groups && group[i].wide == group[g].wide; i++)
		if (i != g && p->group[i].home != TANDEM_NOWHERE)
			cost += pair_cost(p, at, p->group[i].home);
	return cost;
}

/**
 * tandem_bound() - does where it is matter to others?
 * @p:		the plan
 * @g:		index of the group
 */
_Bool tandem_bound(const struct tandem_plan *p, __u32 g)
{
	return p->group[g].kind < TANDEM_KINDS || p->snapshot->group[g].wide;
}

/**
 * tandem_home_gain() - what a group without a home would gain by one
 * @p:		the plan, in which the group's load is nowhere
 * @g:		index of the group
 * @to:		the node
 * @gain:	by what, on return; what it costs is negative
 *
 * Return: 1/65536 CPU
 */
__s64 tandem_home_gain(const struct tandem_plan *p, __u32 g, __u32 to, struct tandem_gain *gain)
{
	const struct tandem_group *group = &p->snapshot->group[g];
	const struct tandem_plan_node *n = &p->node[to];
	__u32 kind = p->group[g].kind;

	*gain = (struct tandem_gain){ };
	gain->part[TANDEM_FOR_CPU] = tandem_load_cost(n, n->load) -
				     tandem_load_cost(n, n->load + group->load);
	gain->part[TANDEM_FOR_LOCALITY] = -(__s64)p->group[g].toll[to];
	if (kind < TANDEM_KINDS)
		gain->part[TANDEM_FOR_SHARING] = SHARE / p->of_kind[kind] *
						 (2 * p->sharers[kind][to] + 1);
	if (group->wide)
		gain->part[TANDEM_FOR_WIDE] = -wide_cost(p, g, to);
	return sum(gain);
}

/* Moves a group as far as others care that are bound to it. */
static void bonds_move(struct tandem_plan *p, __u32 g, __u32 from, __u32 to)
{
	if (p->group[g].kind < TANDEM_KINDS)
		share_move(p, p->group[g].kind, from, to);
	p->group[g].home = to;
}

static void bonds_gain(struct tandem_plan *p, __u32 g, __u32 from, __u32 to,
		       struct tandem_gain *gain)
{
	if (p->group[g].kind < TANDEM_KINDS)
		gain->part[TANDEM_FOR_SHARING] += share_gain(p, p->group[g].kind, from, to);
	if (p->snapshot->group[g].wide)
		gain->part[TANDEM_FOR_WIDE] += wide_cost(p, g, from) - wide_cost(p, g, to);
	bonds_move(p, g, from, to);
}

/* Nodes a and b, when so much load and memory goes from a to b. */
static void nodes_gain(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		       __s64 load, __s64 mib, struct tandem_gain *gain)
{
	gain->part[TANDEM_FOR_CPU] = tandem_load_cost(a, a->load) + tandem_load_cost(b, b->load) -
				     tandem_load_cost(a, a->load - load) -
				     tandem_load_cost(b, b->load + load);
	gain->part[TANDEM_FOR_MEMORY] = tandem_memory_cost(a, a->used_mib) +
					tandem_memory_cost(b, b->used_mib) -
					tandem_memory_cost(a, a->used_mib - mib) -
					tandem_memory_cost(b, b->used_mib + mib);
}

/**
 * tandem_weigh() - by how much the potential falls
 * @p:		the plan; is as it was on return
 * @c:		who would change places; all have homes
 * @gain:	by what it falls, on return
 *
 * Context: some 100 instructions for each group that changes places.
 *
 * Return: 1/65536 CPU; negative: it rises
 */
__s64 tandem_weigh(struct tandem_plan *p, const struct tandem_choice *c, struct tandem_gain *gain)
{
	__s64 load = 0, mib = 0;
	__u32 i, g, from, to;

	*gain = (struct tandem_gain){ };
	for (i = 0; i < c->nr; i++) {
		g = c->group[i];
		from = i ? c->to : c->from;
		to = i ? c->from : c->to;
		load += i ? -(__s64)p->snapshot->group[g].load : p->snapshot->group[g].load;
		mib += i ? -(__s64)p->group[g].claim_mib : p->group[g].claim_mib;
		gain->part[TANDEM_FOR_LOCALITY] += (__s64)p->group[g].toll[from] -
						   p->group[g].toll[to];
		if (tandem_bound(p, g))
			bonds_gain(p, g, from, to, gain);
	}
	while (i--)
		if (tandem_bound(p, c->group[i]))
			bonds_move(p, c->group[i], i ? c->from : c->to, i ? c->to : c->from);
	nodes_gain(&p->node[c->from], &p->node[c->to], load, mib, gain);
	return sum(gain);
}

static __u64 root(__u64 square)
{
	__u64 bit = 1ULL << 62, r = 0;

	while (bit > square)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (square >= r + bit) {
			square -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

/**
 * tandem_doubt() - by how much two nodes' loads may be off, against each other
 * @a:		a node
 * @b:		another
 * @sigmas:	how many standard errors
 *
 * Return: 1/256 CPU, TANDEM_LOAD_MAX at most
 */
__u64 tandem_doubt(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		   __u32 sigmas)
{
	__u64 off = sigmas * root(a->variance + b->variance);

	return off < TANDEM_LOAD_MAX ? off : TANDEM_LOAD_MAX;
}

/**
 * tandem_sure_gain() - what evening out load gains, even if the loads are off
 * @a:		where load is taken from, or given to
 * @b:		the other
 * @doubt:	of tandem_doubt()
 * @load:	how much goes from @a to @b, 1/256 CPU; negative: back
 *
 * As if the one that gives had less by @doubt: by convexity it gains less then.
 *
 * Return: 1/65536 CPU
 */
__s64 tandem_sure_gain(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		       __u64 doubt, __s64 load)
{
	const struct tandem_plan_node *giver = load < 0 ? b : a, *taker = load < 0 ? a : b;
	__u32 much = load < 0 ? -load : load, has;

	has = giver->load > much + doubt ? giver->load - doubt : much;
	return tandem_load_cost(giver, has) - tandem_load_cost(giver, has - much) +
	       tandem_load_cost(taker, taker->load) - tandem_load_cost(taker, taker->load + much);
}

static __u64 clamp(__u64 value)
{
	return value < CLAMP ? value : CLAMP;
}

/**
 * tandem_better() - does one choice free more for what it costs?
 * @a:		a choice that gains
 * @b:		another
 *
 * Gain for each MiB copied, where the move itself counts as MOVE_MIB.
 */
_Bool tandem_better(const struct tandem_choice *a, const struct tandem_choice *b)
{
	return clamp(a->gain) * (clamp(b->mib) + MOVE_MIB) >
	       clamp(b->gain) * (clamp(a->mib) + MOVE_MIB);
}

static __s64 share_cost(const struct tandem_plan *p, __u32 kind)
{
	__s64 of = p->of_kind[kind], squares = 0;
	__u32 n;

	for (n = 0; n < p->snapshot->nr_nodes; n++)
		squares += (__s64)p->sharers[kind][n] * p->sharers[kind][n];
	return SHARE / of * (of * of - squares);
}

/**
 * tandem_plan_potential() - what the placement costs, as planned so far
 * @p:		a plan that is loaded
 *
 * Return: 1/65536 CPU, never negative
 */
__s64 tandem_plan_potential(const struct tandem_plan *p)
{
	__s64 cost = 0, wide = 0;
	__u32 i;

	for (i = 0; i < p->snapshot->nr_nodes; i++)
		cost += tandem_load_cost(&p->node[i], p->node[i].load) +
			tandem_memory_cost(&p->node[i], p->node[i].used_mib);
	for (i = 0; i < p->nr_kinds; i++)
		cost += share_cost(p, i);
	for (i = 0; i < p->snapshot->nr_groups; i++) {
		if (p->group[i].home == TANDEM_NOWHERE)
			continue;
		cost += p->group[i].toll[p->group[i].home];
		if (p->snapshot->group[i].wide)
			wide += wide_cost(p, i, p->group[i].home);
	}
	return cost + wide / 2;
}

/**
 * tandem_reason_text() - what a step gains most by, in words
 * @reason:	what
 */
const char *tandem_reason_text(enum tandem_reason reason)
{
	switch (reason) {
	case TANDEM_FOR_CPU:
		return "even load";
	case TANDEM_FOR_MEMORY:
		return "memory that does not fit";
	case TANDEM_FOR_LOCALITY:
		return "memory that is there";
	case TANDEM_FOR_SHARING:
		return "pages shared there";
	case TANDEM_FOR_WIDE:
		return "the rest of its VM is near";
	case TANDEM_REASONS:
		break;
	}
	return "unknown";
}
