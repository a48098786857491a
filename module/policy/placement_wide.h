/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_WIDE_H
#define TANDEM_POLICY_PLACEMENT_WIDE_H

#include "placement.h"

/**
 * enum tandem_width - how a new VM is to be placed
 * @TANDEM_NARROW:	as one group: a node can hold it
 * @TANDEM_WIDE:	as one group for each virtual node
 * @TANDEM_INTERLEAVED:	over all nodes: none can hold it, and how its guest would use
 *			several is not known
 * @TANDEM_HOMELESS:	not at all: no node, or no virtual node's node, can hold it
 */
enum tandem_width { TANDEM_NARROW, TANDEM_WIDE, TANDEM_INTERLEAVED, TANDEM_HOMELESS };

/**
 * struct tandem_vm_size - what a new VM, or one virtual node of it, may come to use
 * @vcpus:	its vCPUs
 * @mib:	its RAM, MiB
 */
struct tandem_vm_size {
	__u32 vcpus;
	__u32 mib;
};

enum tandem_width tandem_vm_width(const struct tandem_snapshot *s, __u32 allowed,
				  const struct tandem_vm_size *vm,
				  const struct tandem_vm_size *virtual, __u32 nr_virtual);
__u32 tandem_vm_parts(const struct tandem_snapshot *s, __u32 allowed,
		      const struct tandem_vm_size *vm, __u32 most);
__u32 tandem_part_of_vcpu(__u32 vcpu, __u32 vcpus, __u32 parts);
__u32 tandem_part_vcpus(__u32 part, __u32 vcpus, __u32 parts);
void tandem_newborn(struct tandem_group *g, const struct tandem_vm_size *size, __u32 allowed,
		    __u16 wide);

#endif
