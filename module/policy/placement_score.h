/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_SCORE_H
#define TANDEM_POLICY_PLACEMENT_SCORE_H

#include "placement.h"

/* Of a host, 1/256 CPU: with it no product here exceeds 64 bits. */
#define TANDEM_LOAD_MAX		(1U << 22)
/*
 * Bonds to other groups gain at most so much for one that moves: 2 * SHARE, or 31 times
 * WIDE for each ten that 254 is above 10.
 */
#define TANDEM_BOND_MAX		(31 * 244 * (TANDEM_COST_CPU / 640))
/* Of a group, MiB. */
#define TANDEM_MIB_MAX		(1U << 31)

/**
 * struct tandem_gain - what a choice gains, 1/65536 CPU, by what it gains it
 * @part:	by enum tandem_reason; may be negative
 */
struct tandem_gain {
	__s64 part[TANDEM_REASONS];
};

__u32 tandem_capacity(const struct tandem_node *n, __u32 smt_percent);
__u32 tandem_toll(const struct tandem_snapshot *s, const struct tandem_group *g, __u32 total_mib,
		  __u32 fixed_mib, __u32 at);
__s64 tandem_load_cost(const struct tandem_plan_node *n, __u32 load);
__s64 tandem_memory_cost(const struct tandem_plan_node *n, __u64 used_mib);
_Bool tandem_fits(const struct tandem_plan_node *n, __u64 used_mib);
_Bool tandem_may_go(const struct tandem_plan *p, __u32 g, __u32 to);

_Bool tandem_bound(const struct tandem_plan *p, __u32 g);
__s64 tandem_home_gain(const struct tandem_plan *p, __u32 g, __u32 to, struct tandem_gain *gain);
__s64 tandem_weigh(struct tandem_plan *p, const struct tandem_choice *c, struct tandem_gain *gain);
__u64 tandem_doubt(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		   __u32 sigmas);
__s64 tandem_doubted(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		     __u64 doubt, __s64 load);
_Bool tandem_better(const struct tandem_choice *a, const struct tandem_choice *b);

#endif
