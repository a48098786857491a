// SPDX-License-Identifier: GPL-2.0
/*
 * New VMs, and VMs that are larger than a node. Each virtual node of those is treated
 * as a small VM: the guest keeps its own threads and memory together there.
 */
#include "placement_wide.h"

static _Bool holds(const struct tandem_node *n, const struct tandem_vm_size *size)
{
	return n->cpus && size->vcpus <= n->cpus && size->mib <= n->total_mib;
}

static _Bool any_holds(const struct tandem_snapshot *s, __u32 allowed,
		       const struct tandem_vm_size *size)
{
	__u32 n;

	for (n = 0; n < s->nr_nodes; n++)
		if (allowed >> n & 1 && holds(&s->node[n], size))
			return 1;
	return 0;
}

static _Bool all_hold(const struct tandem_snapshot *s, __u32 allowed,
		      const struct tandem_vm_size *size, __u32 nr)
{
	while (nr--)
		if (!any_holds(s, allowed, &size[nr]))
			return 0;
	return 1;
}

static _Bool together_hold(const struct tandem_snapshot *s, __u32 allowed, __u32 mib)
{
	__u64 all = 0;
	__u32 n;

	for (n = 0; n < s->nr_nodes; n++)
		if (allowed >> n & 1)
			all += s->node[n].total_mib;
	return mib <= all;
}

/**
 * tandem_vm_width() - is a new VM larger than a node, and what then?
 * @s:		the host; its groups are not looked at
 * @allowed:	nodes that the VM's cpuset allows, a bit each
 * @vm:		all of the VM
 * @virtual:	its virtual nodes, where they are known
 * @nr_virtual:	how many, 0: not known; more than TANDEM_WIDE_MAX are not used
 *
 * By what nodes have, not by what is free now: a VM that fits nowhere today is not
 * for that reason wide.
 */
enum tandem_width tandem_vm_width(const struct tandem_snapshot *s, __u32 allowed,
				  const struct tandem_vm_size *vm,
				  const struct tandem_vm_size *virtual, __u32 nr_virtual)
{
	if (any_holds(s, allowed, vm))
		return TANDEM_NARROW;
	if (!together_hold(s, allowed, vm->mib))
		return TANDEM_HOMELESS;
	if (nr_virtual < 2 || nr_virtual > TANDEM_WIDE_MAX)
		return TANDEM_INTERLEAVED;
	return all_hold(s, allowed, virtual, nr_virtual) ? TANDEM_WIDE : TANDEM_INTERLEAVED;
}

/* As the largest of so many equal parts. */
static _Bool cut_fits(const struct tandem_snapshot *s, __u32 allowed,
		      const struct tandem_vm_size *vm, __u32 parts)
{
	struct tandem_vm_size part[TANDEM_WIDE_MAX];
	__u32 p;

	for (p = 0; p < parts; p++) {
		part[p].vcpus = (vm->vcpus + parts - 1) / parts;
		part[p].mib = vm->mib / parts + !!(vm->mib % parts);
	}
	return tandem_vm_width(s, allowed, vm, part, parts) <= TANDEM_WIDE;
}

/**
 * tandem_vm_parts() - into how many equal parts is a VM to be cut?
 * @s:		the host; its groups are not looked at
 * @allowed:	nodes that the VM's cpuset allows, a bit each
 * @vm:		all of the VM
 * @most:	that are not too many, 1..TANDEM_WIDE_MAX
 *
 * Return: as few as nodes can hold, each with a vCPU; 1: a node can hold it; 0: nothing
 * fits
 */
__u32 tandem_vm_parts(const struct tandem_snapshot *s, __u32 allowed,
		      const struct tandem_vm_size *vm, __u32 most)
{
	__u32 parts;

	for (parts = 1; parts <= most && (parts == 1 || parts <= vm->vcpus); parts++)
		if (cut_fits(s, allowed, vm, parts))
			return parts;
	return 0;
}

/**
 * tandem_part_of_vcpu() - which part of a VM does a vCPU belong to?
 * @vcpu:	its index, below @vcpus
 * @vcpus:	how many there are
 * @parts:	into so many equal parts the VM is cut, @vcpus at most
 *
 * Those of a part have indices that follow each other.
 */
__u32 tandem_part_of_vcpu(__u32 vcpu, __u32 vcpus, __u32 parts)
{
	return vcpu * parts / vcpus;
}

/**
 * tandem_part_vcpus() - how many vCPUs has a part?
 * @part:	which
 * @vcpus:	how many there are
 * @parts:	into so many equal parts the VM is cut
 */
__u32 tandem_part_vcpus(__u32 part, __u32 vcpus, __u32 parts)
{
	return ((part + 1) * vcpus + parts - 1) / parts - (part * vcpus + parts - 1) / parts;
}

/**
 * tandem_newborn() - a group of which nothing is known but its size
 * @g:		on return: the group, for a snapshot; a plan gives it a home
 * @size:	of the VM, or of its virtual node
 * @allowed:	nodes that its cpuset allows
 * @wide:	0, or which wide VM it is a virtual node of
 *
 * It is taken to use all its CPUs, and all its memory, until it shows otherwise.
 */
void tandem_newborn(struct tandem_group *g, const struct tandem_vm_size *size, __u32 allowed,
		    __u16 wide)
{
	*g = (struct tandem_group){
		.load = size->vcpus < 8192 ? size->vcpus * TANDEM_CPU : 8192 * TANDEM_CPU,
		.allowed = allowed,
		.wide = wide,
		.home = TANDEM_NOWHERE,
		.grow_mib = size->mib,
	};
}
