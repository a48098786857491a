// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that is larger than a node is cut into equal parts, by the index of its vCPUs: what is
 * near each other in a guest has neighbouring numbers. All threads that are no vCPU belong to
 * the first part.
 */
#include <linux/pid.h>
#include <linux/sched.h>

#include "tandem.h"
#include "policy/placement_wide.h"

/**
 * tandem_numa_fit() - into how many parts must a VM be cut?
 * @h:		the host, its nodes as they are now
 * @numa:	the VM's
 *
 * Return: 1: a node can hold it; 0: no node can hold even a part.
 */
unsigned int tandem_numa_fit(struct tandem_numa_host *h, const struct tandem_numa *numa)
{
	struct tandem_vm_size size = { numa->vcpus, numa->ram_mib };

	return tandem_vm_parts(&h->snapshot, numa->allowed, &size, TANDEM_PARTS_MAX);
}

/**
 * tandem_numa_cut() - cut a VM anew, where that changes anything
 * @vm:		the VM, numa.lock held, not gone
 * @parts:	into so many
 *
 * Homes stay: parts that are new are where the first one is. What was known of the parts is
 * of other threads, and forgotten.
 *
 * Context: may sleep.
 */
void tandem_numa_cut(struct tandem_vm *vm, unsigned int parts)
{
	struct tandem_numa *numa = &vm->numa;
	unsigned int p;

	lockdep_assert_held(&numa->lock);
	if (parts == numa->parts && (parts == 1 || numa->cut == numa->vcpus))
		return;
	tandem_numa_stay(vm);
	for (p = 0; p < parts; p++)
		numa->part[p] = (struct tandem_part){
			.home = numa->part[p < numa->parts ? p : 0].home,
			.chosen = p < numa->parts && numa->part[p].chosen,
		};
	for (p = parts; p < numa->parts; p++)
		numa->part[p].home = NUMA_NO_NODE;
	numa->parts = parts;
	numa->cut = numa->vcpus;
	tandem_numa_tell(vm);
}

/**
 * tandem_numa_has_home() - has a VM, or a part of it, a home?
 * @numa:	the VM's
 */
bool tandem_numa_has_home(const struct tandem_numa *numa)
{
	unsigned int p;

	for (p = 0; p < numa->parts; p++)
		if (READ_ONCE(numa->part[p].home) != NUMA_NO_NODE)
			return true;
	return false;
}

/**
 * tandem_numa_vcpus() - how many vCPUs has a part?
 * @numa:	the VM's
 * @part:	which
 */
unsigned int tandem_numa_vcpus(const struct tandem_numa *numa, unsigned int part)
{
	return numa->parts == 1 ? numa->vcpus : tandem_part_vcpus(part, numa->cut, numa->parts);
}

/**
 * tandem_numa_part() - which part does a vCPU belong to?
 * @numa:	the VM's
 * @vcpu:	its index; one that is new since the VM was cut is the first part's
 */
unsigned int tandem_numa_part(const struct tandem_numa *numa, unsigned long vcpu)
{
	if (numa->parts == 1 || vcpu >= numa->cut)
		return 0;
	return tandem_part_of_vcpu(vcpu, numa->cut, numa->parts);
}

static bool runs_vcpu(struct kvm *kvm, unsigned long vcpu, struct task_struct *t)
{
	struct kvm_vcpu *v = kvm_get_vcpu(kvm, vcpu);

	return v && rcu_access_pointer(v->pid) == task_pid(t);
}

/**
 * tandem_numa_part_of() - which part does a thread belong to?
 * @vm:		the VM, numa.lock held, not gone
 * @t:		a thread of its process
 * @next:	the vCPU that is looked at first, 0 at first; on return: the one after that
 *		which was found. Threads come in the order in which they were made, and so do
 *		most vCPUs
 *
 * Context: RCU's lock held.
 */
unsigned int tandem_numa_part_of(struct tandem_vm *vm, struct task_struct *t,
				 unsigned long *next)
{
	const struct tandem_numa *numa = &vm->numa;
	unsigned long n, vcpu;

	if (numa->parts == 1)
		return 0;
	for (n = 0; n < numa->cut; n++) {
		vcpu = (*next + n) % numa->cut;
		if (!runs_vcpu(vm->kvm, vcpu, t))
			continue;
		*next = vcpu + 1;
		return tandem_numa_part(numa, vcpu);
	}
	return 0;
}
