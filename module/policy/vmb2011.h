/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_VMB2011_H
#define TANDEM_POLICY_VMB2011_H

#include <linux/types.h>

/**
 * struct tandem_vmb_node - what the balancer of 2011 saw of a node
 * @nr_running:	tasks that run or wait there
 * @nr_cpus:	its CPUs, not 0
 */
struct tandem_vmb_node {
	__u32 nr_running;
	__u32 nr_cpus;
};

/**
 * struct tandem_vmb - what it decided
 * @high:	the node with the most tasks
 * @low:	the one with the fewest
 * @ratio:	of their loads, 1/1000000
 * @move:	the first VM of @high goes to @low
 */
struct tandem_vmb {
	__u32 high;
	__u32 low;
	__u64 ratio;
	_Bool move;
};

_Bool tandem_vmb2011(const struct tandem_vmb_node *node, __u32 nr, struct tandem_vmb *result);

#endif
