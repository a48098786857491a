// SPDX-License-Identifier: GPL-2.0
/*
 * Single moves: of each group, to each node. From the fullest to the emptiest node is
 * tried first, and of what is gained there the best is taken.
 */
#include "placement_plan.h"
#include "placement_score.h"

/* Of a node with more than FEW groups the best of so many is good enough, if it gains. */
#define ENOUGH		8
#define FEW		64
/* What it takes to begin with two nodes, to weigh a group, one with bonds, to rank. */
#define PAIR_WORK	8
#define WEIGH_WORK	3
#define BOND_WORK	8
#define RANK_WORK	6

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

/* What it gains of CPU even if loads are off: nothing if it is not sure who has more. */
static __s64 sure_gain(const struct tandem_plan *p, const struct tandem_choice *c)
{
	const struct tandem_group *group = p->snapshot->group;
	__u64 variance = 0;
	__s64 load = 0, gain;
	__u32 i;

	for (i = 0; i < c->nr; i++) {
		load += i ? -(__s64)group[c->group[i]].load : group[c->group[i]].load;
		variance += (__u64)group[c->group[i]].noise * group[c->group[i]].noise;
	}
	gain = tandem_sure_gain(&p->node[c->from], &p->node[c->to], p->doubt, load);
	if (variance * p->knobs.sigmas * p->knobs.sigmas > (__u64)(load * load))
		return gain < 0 ? gain : 0;
	return gain;
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
	struct tandem_gain gain, nothing = { };
	__s64 need = p->knobs.gain_min;
	_Bool first;
	__u32 i;

	c->gain = tandem_weigh(p, c, &gain);
	for (i = 0; i < c->nr; i++)
		tandem_spend(p, tandem_bound(p, c->group[i]) ? BOND_WORK : WEIGH_WORK);
	if (c->gain < need)
		return;
	tandem_spend(p, RANK_WORK);
	if (c->gain - gain.part[TANDEM_FOR_CPU] + sure_gain(p, c) < need) {
		p->node[c->from].unsure |= c->nr == 1 ? 1U << c->to : 0;
		return;
	}
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

/* How full a node is; one whose memory does not fit is fuller than any other. */
static __u64 fullness(const struct tandem_plan_node *n)
{
	return n->load * n->inverse + ((__u64)!tandem_fits_now(n) << 62);
}

/**
 * tandem_next_pair() - between which nodes to look next
 * @p:		the plan
 * @swap:	for swaps, or for moves
 * @from:	on return: the one
 * @to:		on return: the other
 *
 * From the fullest that is not done with to the emptiest that it was not tried with.
 *
 * Return: false if nothing is left to try
 */
_Bool tandem_next_pair(const struct tandem_plan *p, _Bool swap, __u8 *from, __u8 *to)
{
	__u64 most = 0, least = ~0ULL, full;
	__u32 n, open, at = TANDEM_NODES_MAX;

	for (n = 0; n < p->snapshot->nr_nodes; n++) {
		open = swap ? p->node[n].to_swap : p->node[n].to_move;
		full = fullness(&p->node[n]) + 1;
		if (!open || full <= most)
			continue;
		most = full;
		at = n;
	}
	if (at == TANDEM_NODES_MAX)
		return 0;
	*from = at;
	for (open = swap ? p->node[at].to_swap : p->node[at].to_move; open; open &= open - 1) {
		n = __builtin_ctz(open);
		if (fullness(&p->node[n]) >= least)
			continue;
		least = fullness(&p->node[n]);
		*to = n;
	}
	return 1;
}

static _Bool begin_scan(struct tandem_plan *p)
{
	if (!tandem_next_pair(p, 0, &p->scan_from, &p->scan_to))
		return 0;
	p->node[p->scan_from].unsure &= ~(1U << p->scan_to);
	p->best = (struct tandem_step){ .kind = TANDEM_DONE };
	p->doubt = tandem_doubt(&p->node[p->scan_from], &p->node[p->scan_to], p->knobs.sigmas);
	p->scan_next = p->node[p->scan_from].first;
	p->scanned = 0;
	tandem_spend(p, PAIR_WORK + p->snapshot->nr_nodes);
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

static void try_next(struct tandem_plan *p)
{
	try_move(p, p->scan_next);
	p->scan_next = p->group[p->scan_next].next;
	p->scanned++;
	tandem_spend(p, 1);
}

static _Bool enough(const struct tandem_plan *p)
{
	return p->best.kind != TANDEM_DONE && p->scanned >= ENOUGH &&
	       p->node[p->scan_from].nr > FEW;
}

/*
 * Returns true if @p->best is a move. Otherwise none is left if there is work left; if
 * there is not, the scan goes on where it is at the next call.
 */
static _Bool find_move(struct tandem_plan *p)
{
	while (p->work) {
		if (p->scan_next == TANDEM_GROUPS_MAX && !begin_scan(p))
			return 0;
		while (p->scan_next != TANDEM_GROUPS_MAX && p->work && !enough(p))
			try_next(p);
		if (p->best.kind != TANDEM_DONE && (p->work || enough(p))) {
			p->scan_next = TANDEM_GROUPS_MAX;
			return 1;
		}
		if (p->scan_next == TANDEM_GROUPS_MAX)
			p->node[p->scan_from].to_move &= ~(1U << p->scan_to);
	}
	return 0;
}

/* How much of a load a node's CPUs would run. */
static __s64 runs(const struct tandem_plan *p, __u32 node, __s64 load)
{
	__s64 cpus = (__s64)p->snapshot->node[node].cpus * TANDEM_CPU;

	return load < cpus ? load : cpus;
}

/* Does more run than is lost while memory is remote? */
static _Bool is_urgent(const struct tandem_plan *p, const struct tandem_choice *c)
{
	const struct tandem_group *group = p->snapshot->group;
	__s64 a = p->node[c->from].load, b = p->node[c->to].load, load = 0, moved = 0;
	__u32 i;

	for (i = 0; i < c->nr; i++) {
		load += i ? -(__s64)group[c->group[i]].load : group[c->group[i]].load;
		moved += group[c->group[i]].load;
	}
	return (runs(p, c->from, a - load) + runs(p, c->to, b + load) -
		runs(p, c->from, a) - runs(p, c->to, b)) * 100 > moved * TANDEM_REMOTE_PERCENT;
}

/**
 * tandem_improve() - the next move, or where none is left the next swap
 * @p:		the plan
 * @step:	on return: it, or TANDEM_MORE, or TANDEM_DONE
 */
void tandem_improve(struct tandem_plan *p, struct tandem_step *step)
{
	if (!find_move(p) && (!p->work || !tandem_find_swap(p))) {
		step->kind = p->work ? TANDEM_DONE : TANDEM_MORE;
		return;
	}
	p->best.urgent = is_urgent(p, &p->best.choice);
	tandem_change(p, &p->best.choice);
	*step = p->best;
}
