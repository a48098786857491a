// SPDX-License-Identifier: GPL-2.0
/*
 * The rule of vmbalanced, a balancer of 2011, as its author gave it and as its trace
 * shows it: every 5 seconds one VM goes from the node with the most tasks to that with
 * the fewest. To be compared with; it need not come to an end.
 */
#include "vmb2011.h"

#define DIFFERENCE_MIN	2
#define RATIO_MIN	1100000
/* It divides by the low load and this much more, one in so many. */
#define EPSILON		10000

/* A node's load is nr_running / nr_cpus; rounded as it prints it. */
static __u64 ratio(const struct tandem_vmb_node *high, const struct tandem_vmb_node *low)
{
	__u64 numerator = (__u64)high->nr_running * low->nr_cpus * EPSILON;
	__u64 denominator = ((__u64)low->nr_running * EPSILON + low->nr_cpus) * high->nr_cpus;

	return (numerator * 1000000 + denominator / 2) / denominator;
}

/**
 * tandem_vmb2011() - one decision
 * @node:	the nodes, with at most 10,000 tasks and 1,000 CPUs each
 * @nr:		how many
 * @result:	on return: what it decided
 *
 * Of equal nodes the lower is taken.
 *
 * Return: false if a node is out of bounds, or there is none
 */
_Bool tandem_vmb2011(const struct tandem_vmb_node *node, __u32 nr, struct tandem_vmb *result)
{
	const struct tandem_vmb_node *high, *low;
	__u32 i;

	*result = (struct tandem_vmb){ };
	for (i = 0; i < nr; i++) {
		if (!node[i].nr_cpus || node[i].nr_cpus > 1000 || node[i].nr_running > 10000)
			return 0;
		if (node[i].nr_running > node[result->high].nr_running)
			result->high = i;
		if (node[i].nr_running < node[result->low].nr_running)
			result->low = i;
	}
	if (!nr)
		return 0;
	high = &node[result->high];
	low = &node[result->low];
	result->ratio = ratio(high, low);
	result->move = high->nr_running - low->nr_running >= DIFFERENCE_MIN &&
		       result->ratio > RATIO_MIN && high->nr_running > high->nr_cpus;
	return 1;
}
