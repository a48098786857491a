/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_SCORE_H
#define TANDEM_POLICY_PLACEMENT_SCORE_H

#include "placement.h"

/* Of a host, 1/256 CPU: with it no product here exceeds 64 bits. */
#define TANDEM_LOAD_MAX		(1U << 22)
/* Of a group, MiB. */
#define TANDEM_MIB_MAX		(1U << 31)

/* 2^26 / capacity keeps load^2 / capacity below 2^62 for a node of one CPU. */
#define TANDEM_INVERSE_BITS	26
/* From 1/256 CPU, times 2^TANDEM_INVERSE_BITS / (1/256 CPU), to 1/65536 CPU. */
#define TANDEM_COST_SHIFT	(TANDEM_INVERSE_BITS - 8)

/*
 * What a VM loses whose memory is all on a node at distance 20, percent of its CPU:
 * the constant fitted to Theurer's figures, see Documentation/placement-model.rst.
 */
#define TANDEM_REMOTE_PERCENT	40
/* What is uneven below the capacity counts one in so many. */
#define TANDEM_IDLE		4
/* Memory that is not there costs far more than any imbalance: 16 CPUs a GiB. */
#define TANDEM_OVER_MIB	(TANDEM_COST_CPU / 64)

/**
 * struct tandem_gain - what a choice gains, 1/65536 CPU, by what it gains it
 * @part:	by enum tandem_reason; may be negative
 */
struct tandem_gain {
	__s64 part[TANDEM_REASONS];
};

static inline __u32 tandem_over(const struct tandem_plan_node *n, __u32 load)
{
	return load > n->capacity ? load - n->capacity : 0;
}

/**
 * tandem_load_cost() - the CPU part of the potential, for one node
 * @n:		the node
 * @load:	1/256 CPU, TANDEM_LOAD_MAX at most
 *
 * Convex: taking load from where there is more for its capacity lowers the sum. Below
 * the capacity nobody waits, and only caches and memory are shared: it counts little.
 */
static inline __s64 tandem_load_cost(const struct tandem_plan_node *n, __u32 load)
{
	__u64 over = tandem_over(n, load);

	return (((__u64)load * load + (TANDEM_IDLE - 1) * over * over) / TANDEM_IDLE *
		n->inverse) >> TANDEM_COST_SHIFT;
}

/**
 * tandem_memory_cost() - the memory part of the potential, for one node
 * @n:		the node
 * @used_mib:	by groups, MiB
 */
static inline __s64 tandem_memory_cost(const struct tandem_plan_node *n, __u64 used_mib)
{
	return used_mib > n->limit_mib ? (used_mib - n->limit_mib) * TANDEM_OVER_MIB : 0;
}

static inline _Bool tandem_fits_now(const struct tandem_plan_node *n)
{
	return n->used_mib <= n->limit_mib;
}

/**
 * tandem_fits() - may a node's use of memory become this?
 * @n:		the node
 * @used_mib:	by groups, MiB
 */
static inline _Bool tandem_fits(const struct tandem_plan_node *n, __u64 used_mib)
{
	return used_mib <= n->limit_mib || used_mib <= n->used_mib;
}

__u32 tandem_capacity(const struct tandem_node *n, __u32 smt_percent);
__u32 tandem_toll(const struct tandem_snapshot *s, const struct tandem_group *g, __u32 total_mib,
		  __u32 fixed_mib, __u32 at);
_Bool tandem_may_go(const struct tandem_plan *p, __u32 g, __u32 to);

__s64 tandem_bond_max(const struct tandem_plan *p, __u32 g);
_Bool tandem_bound(const struct tandem_plan *p, __u32 g);
__s64 tandem_home_gain(const struct tandem_plan *p, __u32 g, __u32 to, struct tandem_gain *gain);
__s64 tandem_weigh(struct tandem_plan *p, const struct tandem_choice *c, struct tandem_gain *gain);
__u64 tandem_doubt(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		   __u32 sigmas);
__s64 tandem_sure_gain(const struct tandem_plan_node *a, const struct tandem_plan_node *b,
		       __u64 doubt, __s64 load);
_Bool tandem_better(const struct tandem_choice *a, const struct tandem_choice *b);

#endif
