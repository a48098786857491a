// SPDX-License-Identifier: GPL-2.0
/*
 * VMs come and go. A new one gets its home before its memory is touched: pages that fault
 * in where they belong need never be copied. The hint does that: threads run at home, and
 * where one does not for a moment its memory is still taken from there.
 */
#include <linux/mempolicy.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/home.h>

#include "tandem.h"
#include "stats.h"
#include "trace.h"
#include "policy/placement_wide.h"

/**
 * tandem_numa_init() - nothing is known of a VM
 * @vm:		zeroed
 */
void tandem_numa_init(struct tandem_vm *vm)
{
	mutex_init(&vm->numa.lock);
	vm->numa.part[0].home = NUMA_NO_NODE;
	vm->numa.parts = 1;
	vm->numa.managed = true;
	vm->numa.stays = TANDEM_NO_VMM;
	vm->numa.reason = "none";
}

/**
 * tandem_numa_free() - its record goes
 * @vm:		the VM's; it has no home
 */
void tandem_numa_free(struct tandem_vm *vm)
{
	put_pid(vm->numa.vmm);
	kfree(vm->numa.time);
}

/* Of its size nothing is known yet but that it will run. */
static void fill_newborn(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct tandem_vm_size size = { .vcpus = 1 };
	unsigned int g = h->snapshot.nr_groups++;

	h->of[g] = (struct tandem_member){ vm, 0 };
	tandem_newborn(&h->group[g], &size, vm->numa.allowed, 0);
}

/* Who has a home keeps it, and who has none has been looked at. */
static void hold_others(struct tandem_numa_host *h)
{
	unsigned int g;

	for (g = 0; g < h->snapshot.nr_groups; g++)
		h->group[g].flags |= TANDEM_RESTING;
}

static bool find_home(struct tandem_numa_host *h, struct tandem_step *step)
{
	tandem_numa_plan(h, TANDEM_WHY_BIRTH, &h->knobs);
	do {
		tandem_numa_step(h, step);
		cond_resched();
	} while (step->kind == TANDEM_MORE && h->plan.stage != TANDEM_IMPROVING);
	return step->kind == TANDEM_HOME;
}

static void house(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	const struct tandem_member who = { vm, 0 };
	struct tandem_step step;

	hold_others(h);
	fill_newborn(h, vm);
	if (!find_home(h, &step))
		return;
	tandem_numa_move(h, &who, step.choice.to, "new", tandem_reason_text(step.reason),
			 step.choice.gain);
	if (tandem_numa_has_home(&vm->numa))
		tandem_count(TANDEM_PLACED);
}

/*
 * What others found at the last look, what is free now, and who is new since then: those
 * have their homes, too.
 */
static void look_again(struct tandem_numa_host *h, struct tandem_vm *newborn)
{
	unsigned int i, all = tandem_vms_hold(h->vm, TANDEM_GROUPS_MAX);

	tandem_numa_look_nodes(h);
	h->nr_vms = 0;
	for (i = 0; i < all; i++) {
		if (h->vm[i] == newborn)
			tandem_vm_drop(newborn);
		else
			h->vm[h->nr_vms++] = h->vm[i];
	}
	tandem_numa_fill(h);
}

static void place(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	look_again(h, vm);
	if (h->snapshot.nr_groups < TANDEM_GROUPS_MAX) {
		scoped_guard(mutex, &vm->numa.lock)
			tandem_numa_judge(h, vm);
		/* It may have been found, and given one, before this call. */
		if (vm->numa.stays == TANDEM_FREE && !tandem_numa_has_home(&vm->numa))
			house(h, vm);
	}
	tandem_numa_forget(h);
}

/**
 * tandem_numa_born() - a VM was created by the current task
 * @vm:		its record
 *
 * Context: may sleep, for a look of the worker at the longest.
 */
void tandem_numa_born(struct tandem_vm *vm)
{
	struct tandem_numa_host *h;

	guard(mutex)(&tandem_numa_lock);
	scoped_guard(mutex, &vm->numa.lock) {
		if (!vm->numa.vmm)
			vm->numa.vmm = get_task_pid(current, PIDTYPE_TGID);
		vm->numa.born_ns = ktime_get_ns();
	}
	h = tandem_numa_host();
	if (h)
		place(h, vm);
}

/**
 * tandem_numa_dead() - a VM is being destroyed
 * @vm:		its record
 *
 * Context: may sleep, for as long as it is being looked at, or moved.
 */
void tandem_numa_dead(struct tandem_vm *vm)
{
	guard(mutex)(&vm->numa.lock);
	vm->numa.gone = true;
	tandem_numa_release(vm);
}
