// SPDX-License-Identifier: GPL-2.0
/*
 * Single moves: of each group, to each node. Between which two nodes most could be
 * gained is tried first, and of what is gained there the best is taken.
 */
#include "placement_plan.h"
#include "placement_score.h"

/**
 * tandem_main_reason() - what speaks most for the best
 * @best:	what it gains
 * @next:	what the next best does, or zeroes
 */
enum tandem_reason tandem_main_reason(const struct tandem_gain *best,
				      const struct tandem_gain *next)
{
	enum tandem_reason r, most = TANDEM_FOR_CPU;

	for (r = 0; r < TANDEM_REASONS; r++)
		if (best->part[r] - next->part[r] > best->part[most] - next->part[most])
			most = r;
	return most;
}

/* Puts a choice among the best, the best first. */
static void rank(struct tandem_step *step, const struct tandem_choice *c, _Bool first)
{
	struct tandem_choice down = first ? step->choice : *c, other;
	__u32 i;

	if (first)
		step->choice = *c;
	for (i = 0; i < step->nr_beaten; i++) {
		if (!tandem_better(&down, &step->beaten[i]))
			continue;
		other = step->beaten[i];
		step->beaten[i] = down;
		down = other;
	}
	if (step->nr_beaten < TANDEM_BEATEN)
		step->beaten[step->nr_beaten++] = down;
}

/**
 * tandem_consider() - one more choice between two nodes
 * @p:		the plan, whose @best it may become
 * @c:		the choice, which nothing forbids
 *
 * It must lower the potential, and would have to if the loads were off.
 */
void tandem_consider(struct tandem_plan *p, struct tandem_choice *c)
{
	const struct tandem_group *group = p->snapshot->group;
	struct tandem_gain gain, nothing = { };
	__s64 load = group[c->group[0]].load;
	__s64 need = p->knobs.gain_min;
	_Bool first;
	__u32 i;

	c->gain = tandem_weigh(p, c, &gain);
	if (c->gain < need)
		return;
	for (i = 1; i < c->nr; i++)
		load -= group[c->group[i]].load;
	need += tandem_doubted(&p->node[c->from], &p->node[c->to], p->doubt, load);
	if (c->gain < need)
		return;
	if (p->best.kind == TANDEM_DONE) {
		p->best.choice = *c;
		first = 1;
	} else {
		first = tandem_better(c, &p->best.choice);
		rank(&p->best, c, first);
	}
	p->best.kind = c->nr > 1 ? TANDEM_SWAP : TANDEM_MOVE;
	if (first)
		p->best.reason = tandem_main_reason(&gain, &nothing);
}

/*
 * What could be gained between two nodes, were groups divisible: by half of what they
 * differ. Memory that does not fit goes first.
 */
static __u64 promise(const struct tandem_plan_node *a, const struct tandem_plan_node *b)
{
	__u64 here = a->load * a->inverse, there = b->load * b->inverse, load = 0;

	if (here > there && b->inverse)
		load = (here - there) / (a->inverse + b->inverse);
	return 1 + tandem_memory_cost(a, a->used_mib) + tandem_doubted(a, b, load, load);
}

/**
 * tandem_next_pair() - between which nodes to look next
 * @p:		the plan
 * @swap:	for swaps, or for moves
 * @from:	on return: the one
 * @to:		on return: the other
 *
 * Return: false if nothing is left to try
 */
_Bool tandem_next_pair(const struct tandem_plan *p, _Bool swap, __u8 *from, __u8 *to)
{
	__u64 most = 0, promised;
	__u32 a, b, open;

	for (a = 0; a < p->snapshot->nr_nodes; a++) {
		open = swap ? p->node[a].to_swap : p->node[a].to_move;
		for (; open; open &= open - 1) {
			b = __builtin_ctz(open);
			promised = promise(&p->node[a], &p->node[b]);
			if (promised <= most)
				continue;
			most = promised;
			*from = a;
			*to = b;
		}
	}
	return most;
}

static _Bool begin_scan(struct tandem_plan *p)
{
	if (!tandem_next_pair(p, 0, &p->scan_from, &p->scan_to))
		return 0;
	p->best = (struct tandem_step){ .kind = TANDEM_DONE };
	p->doubt = tandem_doubt(&p->node[p->scan_from], &p->node[p->scan_to], p->knobs.sigmas);
	p->scan_next = p->node[p->scan_from].first;
	return 1;
}

static void try_move(struct tandem_plan *p, __u32 g)
{
	const struct tandem_plan_node *to = &p->node[p->scan_to];
	struct tandem_choice c = {
		.group = { g }, .nr = 1, .from = p->scan_from, .to = p->scan_to,
	};

	if (!tandem_may_go(p, g, c.to) || !tandem_fits(to, to->used_mib + p->group[g].claim_mib))
		return;
	c.mib = p->group[g].total_mib - p->snapshot->group[g].mib[c.to];
	tandem_consider(p, &c);
}

/*
 * Returns true if @p->best is a move. Otherwise none is left if there is work left;
 * if there is not, the scan goes on where it is at the next call.
 */
static _Bool find_move(struct tandem_plan *p, __u32 *work)
{
	while (*work) {
		if (p->scan_next == TANDEM_GROUPS_MAX) {
			if (!begin_scan(p))
				return 0;
			*work -= *work < TANDEM_PAIR_WORK ? *work : TANDEM_PAIR_WORK;
		}
		for (; p->scan_next != TANDEM_GROUPS_MAX && *work; --*work) {
			try_move(p, p->scan_next);
			p->scan_next = p->group[p->scan_next].next;
		}
		if (p->scan_next != TANDEM_GROUPS_MAX)
			return 0;
		p->node[p->scan_from].to_move &= ~(1U << p->scan_to);
		if (p->best.kind != TANDEM_DONE)
			return 1;
	}
	return 0;
}

static void emit(struct tandem_plan *p, struct tandem_step *step)
{
	tandem_change(p, &p->best.choice);
	*step = p->best;
}

/* Returns true if a swap was found. */
static _Bool find_swap(struct tandem_plan *p, __u32 *work)
{
	while (*work && tandem_next_pair(p, 1, &p->scan_from, &p->scan_to)) {
		p->best = (struct tandem_step){ .kind = TANDEM_DONE };
		*work -= *work < TANDEM_SWAP_WORK ? *work : TANDEM_SWAP_WORK;
		tandem_try_swaps(p, p->scan_from, p->scan_to);
		p->node[p->scan_from].to_swap &= ~(1U << p->scan_to);
		if (p->best.kind != TANDEM_DONE)
			return 1;
	}
	return 0;
}

/**
 * tandem_improve() - the next move, or where none is left the next swap
 * @p:		the plan
 * @step:	on return: it, or TANDEM_MORE, or TANDEM_DONE
 */
void tandem_improve(struct tandem_plan *p, struct tandem_step *step)
{
	__u32 work = TANDEM_WORK;

	if (find_move(p, &work) || (work && find_swap(p, &work)))
		emit(p, step);
	else
		step->kind = work ? TANDEM_DONE : TANDEM_MORE;
}
