// SPDX-License-Identifier: GPL-2.0
/*
 * The first home of a group: of a VM that is new, or that was never managed. The
 * cheapest copy of memory is the one that is not needed because it was faulted in where
 * it belongs.
 */
#include "placement_plan.h"
#include "placement_score.h"

/* What it takes to look at a node as a home. */
#define HOME_WORK	10

static _Bool home_is_possible(const struct tandem_plan *p, __u32 g, __u32 node)
{
	return tandem_may_go(p, g, node) &&
	       tandem_fits(&p->node[node], p->node[node].used_mib + p->group[g].claim_mib);
}

static void rank_home(struct tandem_step *step, const struct tandem_choice *c)
{
	__u32 i, at = 0;

	while (at < step->nr_beaten && step->beaten[at].gain >= c->gain)
		at++;
	if (at == TANDEM_BEATEN)
		return;
	step->nr_beaten += step->nr_beaten < TANDEM_BEATEN;
	for (i = step->nr_beaten - 1; i > at; i--)
		step->beaten[i] = step->beaten[i - 1];
	step->beaten[at] = *c;
}

/**
 * tandem_find_home() - the best home for a group whose load is nowhere
 * @p:		the plan
 * @g:		index of the group
 * @step:	on return, if there is one: it, and what it beats
 */
_Bool tandem_find_home(const struct tandem_plan *p, __u32 g, struct tandem_step *step)
{
	struct tandem_choice c = { .group = { g }, .nr = 1, .from = TANDEM_NOWHERE };
	struct tandem_gain gain, best = { }, next = { };
	__u32 n;

	*step = (struct tandem_step){ .kind = TANDEM_DONE };
	for (n = 0; n < p->snapshot->nr_nodes; n++) {
		if (!home_is_possible(p, g, n))
			continue;
		c.to = n;
		c.gain = tandem_home_gain(p, g, n, &gain);
		c.mib = p->group[g].total_mib - p->snapshot->group[g].mib[n];
		step->urgent = 1;
		if (step->kind == TANDEM_DONE || c.gain > step->choice.gain) {
			if (step->kind == TANDEM_HOME)
				rank_home(step, &step->choice);
			step->choice = c;
			next = best;
			best = gain;
			step->kind = TANDEM_HOME;
		} else {
			rank_home(step, &c);
			if (step->beaten[0].to == n)
				next = gain;
		}
	}
	if (step->nr_beaten)
		step->reason = tandem_main_reason(&best, &next);
	return step->kind == TANDEM_HOME;
}

static _Bool home_group(struct tandem_plan *p, __u32 g, struct tandem_step *step)
{
	tandem_drift(p, g, -1);
	if (tandem_find_home(p, g, step)) {
		tandem_join(p, g, step->choice.to);
		return 1;
	}
	tandem_drift(p, g, 1);
	return 0;
}

/**
 * tandem_home_groups() - give the next group that has no home one
 * @p:		the plan
 * @step:	on return: what was done, or TANDEM_MORE
 *
 * Those that nothing can hold drift on.
 */
void tandem_home_groups(struct tandem_plan *p, struct tandem_step *step)
{
	__u32 g;

	while (p->cursor < p->snapshot->nr_groups && p->work) {
		g = p->cursor++;
		tandem_spend(p, 1);
		if (p->group[g].home != TANDEM_NOWHERE ||
		    p->snapshot->group[g].flags & TANDEM_STAYS)
			continue;
		if (home_group(p, g, step))
			return;
		tandem_spend(p, HOME_WORK * p->snapshot->nr_nodes);
	}
	if (p->cursor == p->snapshot->nr_groups)
		p->stage = TANDEM_IMPROVING;
	step->kind = TANDEM_MORE;
}
