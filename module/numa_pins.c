// SPDX-License-Identifier: GPL-2.0
/*
 * What may not be touched. A user's pin is an affinity that is less than the thread's
 * cpuset allows, or a memory policy. A hint is neither, so nothing of ours looks like one.
 */
#include <linux/cpuset.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/home.h>
#include <linux/sched/signal.h>

#include "tandem.h"

static const char * const texts[TANDEM_NR_STAYS] = {
	[TANDEM_FREE]		= "free",
	[TANDEM_UNMANAGED]	= "not managed",
	[TANDEM_NO_VMM]		= "its process is not known",
	[TANDEM_SHARES_VMM]	= "another VM of its process is placed",
	[TANDEM_CPUS_CHOSEN]	= "its user chose its CPUs",
	[TANDEM_MEMORY_CHOSEN]	= "its user gave its memory a policy",
	[TANDEM_NO_NODE]	= "no node that can be used is allowed to all its threads",
	[TANDEM_TOO_WIDE]	= "no node can hold it, or a part of it",
};

/**
 * tandem_stays_text() - why a VM is left alone, in words
 * @stays:	why
 */
const char *tandem_stays_text(enum tandem_stays stays)
{
	return texts[stays];
}

/* What a process's threads have chosen. */
struct chosen {
	bool cpus;
	bool memory;
	u32 allowed;
};

/* Those where it may run, on a CPU for VMs, and take memory from. */
static u32 nodes_of(struct tandem_numa_host *h, struct task_struct *t)
{
	u32 nodes = 0;
	int node;

	cpumask_and(h->scratch, h->scratch, h->usable);
	for (node = 0; node < nr_node_ids; node++)
		if (node_isset(node, t->mems_allowed) &&
		    cpumask_intersects(cpumask_of_node(node), h->scratch))
			nodes |= 1U << node;
	return nodes;
}

static void look_at_thread(struct tandem_numa_host *h, struct task_struct *t,
			   struct chosen *c)
{
	sched_home_bound(t, h->scratch);
	c->cpus |= !cpumask_subset(h->scratch, &t->cpus_mask);
	c->memory |= !!READ_ONCE(t->mempolicy);
	c->allowed &= nodes_of(h, t);
}

static struct chosen look_at_threads(struct tandem_numa_host *h, struct pid *vmm)
{
	struct chosen c = { .allowed = ~0U };
	struct task_struct *leader, *t;

	guard(rcu)();
	leader = pid_task(vmm, PIDTYPE_TGID);
	if (!leader)
		return (struct chosen){ };
	for_each_thread(leader, t)
		look_at_thread(h, t, &c);
	return c;
}

static bool shares_vmm(struct tandem_numa_host *h, const struct tandem_vm *vm)
{
	unsigned int i;

	for (i = 0; i < h->nr_vms && h->vm[i] != vm; i++)
		if (h->vm[i]->numa.vmm == vm->numa.vmm)
			return true;
	return false;
}

static enum tandem_stays why(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;
	struct chosen c;

	if (!numa->vmm)
		return TANDEM_NO_VMM;
	c = look_at_threads(h, numa->vmm);
	numa->allowed = c.allowed;
	if (!numa->managed)
		return TANDEM_UNMANAGED;
	if (shares_vmm(h, vm))
		return TANDEM_SHARES_VMM;
	if (c.cpus)
		return TANDEM_CPUS_CHOSEN;
	if (c.memory || numa->memory_chosen)
		return TANDEM_MEMORY_CHOSEN;
	if (!c.allowed)
		return TANDEM_NO_NODE;
	return tandem_numa_fit(h, numa) ? TANDEM_FREE : TANDEM_TOO_WIDE;
}

/* One that is not managed is cut once, for who moves it by hand, and left alone then. */
static bool may_be_cut(const struct tandem_numa *numa)
{
	return numa->stays == TANDEM_FREE ||
	       (numa->stays == TANDEM_UNMANAGED && numa->parts == 1);
}

static bool is_lost(const struct tandem_numa *numa, const struct tandem_part *part)
{
	return part->home != NUMA_NO_NODE && !(numa->allowed >> part->home & 1);
}

/* Its user decides from now on, or a home has no CPU for it any more. */
static bool lost_home(const struct tandem_numa *numa)
{
	bool lost = numa->stays != TANDEM_FREE;
	unsigned int p;

	if (!tandem_numa_has_home(numa) || numa->stays == TANDEM_UNMANAGED)
		return false;
	for (p = 0; p < numa->parts; p++)
		lost |= is_lost(numa, &numa->part[p]);
	return lost;
}

/**
 * tandem_numa_judge() - may a VM be moved at all, where to, and whole?
 * @h:		the host, its nodes as they are now
 * @vm:		the VM, numa.lock held, not gone
 *
 * Context: may sleep, tandem_numa_lock held.
 */
void tandem_numa_judge(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;

	lockdep_assert_held(&tandem_numa_lock);
	lockdep_assert_held(&numa->lock);
	numa->stays = why(h, vm);
	if (may_be_cut(numa))
		tandem_numa_cut(vm, tandem_numa_fit(h, numa) ?: 1);
	if (!lost_home(numa))
		return;
	tandem_numa_release(vm);
	numa->reason = numa->stays == TANDEM_FREE ? "its home has no CPU for it" :
						    tandem_stays_text(numa->stays);
}
