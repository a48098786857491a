// SPDX-License-Identifier: GPL-2.0
/*
 * What may not be touched. A user's pin is an affinity that is less than cpuset and host
 * allow, or a memory policy. Our own work looks the same: only the claim tells them apart.
 */
#include "vm.h"

const char *vm_stays_text(enum vm_stays stays)
{
	switch (stays) {
	case FREE:
		return "free";
	case PINNED_CPUS:
		return "its user chose its CPUs";
	case PINNED_MEMORY:
		return "its user gave its memory a policy";
	case NO_CPUS:
		return "its cpuset leaves it no CPU or no memory that can be used";
	case WIDE:
		return "it is larger than a node";
	case LEAVING:
		return "it is being migrated to another host";
	case TAKEN:
		return "somebody else changed its placement after tandem balance did";
	case UNREADABLE:
		return "/proc does not say enough about it";
	}
	return "";
}

static const struct cpus *mask_of(const struct vm *vm, const struct vm_thread *thread)
{
	static const struct cpus none;

	return thread->cpus < MASKS_MAX ? &vm->masks[thread->cpus] : &none;
}

bool vm_thread_is_set(const struct vm *vm, const struct vm_thread *thread)
{
	return cpus_equal(mask_of(vm, thread), &vm->claim.cpus);
}

/* Does its affinity take nothing away from what it could have? */
static bool is_free(const struct vm *vm, const struct vm_thread *thread)
{
	return cpus_within(&vm->bound, mask_of(vm, thread));
}

/* One that we set, and that is elsewhere now, was moved by somebody else. */
static bool is_ours(const struct vm *vm, const struct vm_thread *thread)
{
	const struct cpus *mask = mask_of(vm, thread);

	if (thread->cpus == MASKS_MAX)
		return false;
	if (vm_thread_is_set(vm, thread))
		return true;
	return !thread->set && (cpus_equal(mask, &vm->claim.before) ||
				cpus_equal(mask, &vm->claim.last) || is_free(vm, thread));
}

static bool group_is_ours(const struct host *h, const struct vm *vm)
{
	const struct claim *c = &vm->claim;
	struct cpus cpus, mems;

	if (!vm->cpuset.path || !cpuset_list(h, &vm->cpuset, "cpuset.cpus", &cpus) ||
	    !cpuset_list(h, &vm->cpuset, "cpuset.mems", &mems))
		return false;
	return (cpus_equal(&cpus, &c->cpus) || cpus_equal(&cpus, &c->last) ||
		cpus_equal(&cpus, &c->before)) &&
	       (cpus_equal(&mems, &c->mems) || cpus_equal(&mems, &c->mems_before));
}

/* Threads none of whose CPUs is online any more were set free by the kernel. */
static bool is_taken(const struct host *h, const struct topology *t, const struct vm *vm)
{
	if (vm->claim.taken)
		return true;
	if (vm->claim.group)
		return !group_is_ours(h, vm);
	if (!cpus_meet(&vm->claim.cpus, &t->online))
		return false;
	for (unsigned int i = 0; i < vm->nr_threads; i++)
		if (!is_ours(vm, &vm->thread[i]))
			return true;
	return false;
}

static bool is_pinned(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->nr_threads; i++)
		if (!is_free(vm, &vm->thread[i]))
			return true;
	return false;
}

/* Where it can be at all, if that is one node. */
static uint8_t only_node(const struct topology *t, const struct vm *vm)
{
	uint32_t nodes = 0;

	for (unsigned int i = 0; i < vm->nr_threads; i++)
		nodes |= topology_nodes(t, mask_of(vm, &vm->thread[i]));
	if (!nodes || nodes & (nodes - 1))
		return TANDEM_NOWHERE;
	return t->node[__builtin_ctz(nodes)].id;
}

static enum vm_stays why(const struct host *h, const struct topology *t, const struct vm *vm)
{
	if (vm->stays == UNREADABLE)
		return UNREADABLE;
	if (!vm->allowed)
		return NO_CPUS;
	if (vm->claimed && is_taken(h, t, vm))
		return TAKEN;
	if (!vm->claimed && is_pinned(vm))
		return PINNED_CPUS;
	if (vm->policy)
		return PINNED_MEMORY;
	return vm->leaving ? LEAVING : FREE;
}

void vm_judge(const struct host *h, const struct topology *t, struct vm *vm)
{
	vm->stays = why(h, t, vm);
	if (vm->stays == FREE && vm->claimed)
		vm->home = topology_find(t, vm->claim.home) == TANDEM_NOWHERE ? TANDEM_NOWHERE :
									     vm->claim.home;
	else
		vm->home = only_node(t, vm);
}
