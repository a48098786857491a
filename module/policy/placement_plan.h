/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_PLAN_H
#define TANDEM_POLICY_PLACEMENT_PLAN_H

#include "placement.h"
#include "placement_score.h"

/*
 * Work is counted in some 50 instructions: a step ends after so many and what it has
 * begun, which is never much. selftests/unit/placement_count holds it to 100,000.
 */
#define TANDEM_WORK	900

static inline void tandem_spend(struct tandem_plan *p, __u32 work)
{
	p->work -= work < p->work ? work : p->work;
}

void tandem_drift(struct tandem_plan *p, __u32 g, int sign);
void tandem_join(struct tandem_plan *p, __u32 g, __u32 node);
void tandem_change(struct tandem_plan *p, const struct tandem_choice *c);

_Bool tandem_find_home(const struct tandem_plan *p, __u32 g, struct tandem_step *step);
void tandem_home_groups(struct tandem_plan *p, struct tandem_step *step);

enum tandem_reason tandem_main_reason(const struct tandem_gain *best,
				      const struct tandem_gain *next);
void tandem_consider(struct tandem_plan *p, struct tandem_choice *c);
_Bool tandem_next_pair(const struct tandem_plan *p, _Bool swap, __u8 *from, __u8 *to);
void tandem_improve(struct tandem_plan *p, struct tandem_step *step);

__u32 tandem_picks(const struct tandem_plan *p, __u32 node, __u16 pick[TANDEM_PICKS]);
_Bool tandem_find_swap(struct tandem_plan *p);

#endif
