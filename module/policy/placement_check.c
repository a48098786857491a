// SPDX-License-Identifier: GPL-2.0
/* What a snapshot must be for a plan to be made from it. */
#include "placement_check.h"
#include "placement_score.h"

/* With TANDEM_LOAD_MAX and those, no sum and no product exceeds 64 bits. */
#define CPUS_MAX	8192
#define SIGMAS_MAX	16

static _Bool good_distances(const struct tandem_snapshot *s, __u32 node)
{
	const __u8 *distance = s->node[node].distance;
	__u32 to;

	for (to = 0; to < s->nr_nodes; to++)
		if (to == node ? distance[to] != 10 : distance[to] < 11 || distance[to] > 254)
			return 0;
	return 1;
}

static enum tandem_bad check_node(const struct tandem_snapshot *s, __u32 node)
{
	const struct tandem_node *n = &s->node[node];

	if (n->cpus > CPUS_MAX)
		return TANDEM_BAD_CPUS;
	if (n->cores > n->cpus || (n->cpus && !n->cores))
		return TANDEM_BAD_CORES;
	if (n->free_mib > n->total_mib || n->total_mib > TANDEM_MIB_MAX)
		return TANDEM_BAD_MEMORY;
	if (n->other > TANDEM_LOAD_MAX || n->noise > TANDEM_LOAD_MAX)
		return TANDEM_BAD_LOAD;
	return good_distances(s, node) ? TANDEM_GOOD : TANDEM_BAD_DISTANCE;
}

static _Bool good_knobs(const struct tandem_placement_knobs *k)
{
	return k->smt_percent <= 100 && k->gain_min && k->sigmas <= SIGMAS_MAX;
}

/**
 * tandem_check_host() - are a snapshot's nodes and bounds good?
 * @s:		the snapshot
 * @knobs:	and those
 * @at:		on return: which node is bad
 */
enum tandem_bad tandem_check_host(const struct tandem_snapshot *s,
				  const struct tandem_placement_knobs *knobs, __u32 *at)
{
	enum tandem_bad bad;
	__u32 cpus = 0;

	*at = 0;
	if (!s->nr_nodes || s->nr_nodes > TANDEM_NODES_MAX)
		return TANDEM_BAD_NODES;
	if (s->nr_groups > TANDEM_GROUPS_MAX)
		return TANDEM_BAD_GROUPS;
	if (!good_knobs(knobs))
		return TANDEM_BAD_KNOBS;
	for (; *at < s->nr_nodes; ++*at) {
		bad = check_node(s, *at);
		if (bad)
			return bad;
		cpus += s->node[*at].cpus;
	}
	*at = 0;
	return cpus ? TANDEM_GOOD : TANDEM_BAD_CPUS;
}

static _Bool good_width(const struct tandem_snapshot *s, __u32 g)
{
	const struct tandem_group *group = s->group;

	return !group[g].wide || g < TANDEM_WIDE_MAX ||
	       group[g - TANDEM_WIDE_MAX].wide != group[g].wide;
}

static _Bool good_size(const struct tandem_snapshot *s, const struct tandem_group *g)
{
	__u64 mib = 0;
	__u32 n;

	for (n = 0; n < s->nr_nodes; n++)
		mib += (__u64)g->mib[n] + g->fixed_mib[n];
	mib += g->grow_mib;
	return mib <= TANDEM_MIB_MAX;
}

/**
 * tandem_check_group() - is one group of a snapshot good?
 * @s:		the snapshot, whose nodes are good
 * @at:		its index
 */
enum tandem_bad tandem_check_group(const struct tandem_snapshot *s, __u32 at)
{
	const struct tandem_group *g = &s->group[at];
	__u32 nodes = s->nr_nodes < 32 ? (1U << s->nr_nodes) - 1 : ~0U;

	if (g->load > TANDEM_LOAD_MAX || g->noise > TANDEM_LOAD_MAX)
		return TANDEM_BAD_LOAD;
	if (!g->allowed || g->allowed & ~nodes)
		return TANDEM_BAD_ALLOWED;
	if (g->home != TANDEM_NOWHERE && g->home >= s->nr_nodes)
		return TANDEM_BAD_HOME;
	if (g->flags & ~TANDEM_STAYS)
		return TANDEM_BAD_FLAGS;
	if (!good_width(s, at))
		return TANDEM_BAD_WIDE;
	return good_size(s, g) ? TANDEM_GOOD : TANDEM_BAD_SIZE;
}

/**
 * tandem_bad_text() - what is wrong, and what is allowed
 * @bad:	what
 */
const char *tandem_bad_text(enum tandem_bad bad)
{
	switch (bad) {
	case TANDEM_GOOD:
		return "nothing is wrong";
	case TANDEM_BAD_NODES:
		return "there must be 1 to 32 nodes";
	case TANDEM_BAD_GROUPS:
		return "there may be at most 2048 groups, virtual nodes counted";
	case TANDEM_BAD_KNOBS:
		return "smt_percent is 0 to 100, gain_min 1 or more, sigmas 0 to 16";
	case TANDEM_BAD_CPUS:
		return "a node has at most 8192 CPUs, and one of them at least one";
	case TANDEM_BAD_CORES:
		return "a node has at most as many cores as CPUs, and one if it has CPUs";
	case TANDEM_BAD_MEMORY:
		return "a node has at most 2^31 MiB, and no more free than it has";
	case TANDEM_BAD_DISTANCE:
		return "distances are 10 to the node itself, 11 to 254 to others";
	case TANDEM_BAD_LOAD:
		return "loads are at most 16384 CPUs, all of them together";
	case TANDEM_BAD_ALLOWED:
		return "a group is allowed one node at least, and only nodes that exist";
	case TANDEM_BAD_HOME:
		return "a group's home is a node that exists, or 255";
	case TANDEM_BAD_FLAGS:
		return "a group has no other flags than 15";
	case TANDEM_BAD_WIDE:
		return "a VM has at most 32 virtual nodes";
	case TANDEM_BAD_SIZE:
		return "a group has at most 2^31 MiB";
	}
	return "nothing that is known";
}
