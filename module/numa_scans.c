// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's NUMA balancing takes pages away from page tables now and then, to see who
 * asks for them back: each is an exit of a vCPU. Memory that follows its VM anyway need not
 * pay for that. A scan begins when mm->numa_next_scan has passed; each look moves it on.
 */
#include <linux/jiffies.h>
#include <linux/mm_types.h>

#include "tandem.h"

/* Beyond the time between two looks, which may be late. */
#define GRACE_MS	10000

static bool is_managed(const struct tandem_numa *numa)
{
	return numa->parts == 1 && tandem_numa_has_home(numa) && numa->stays == TANDEM_FREE;
}

/**
 * tandem_numa_hold_scans() - a VM's memory is not scanned until after the next look
 * @vm:		the VM, numa.lock held, not gone
 *
 * One that is not managed, or whose memory does not follow it, is. Where nobody holds scans
 * any more they go on by themselves.
 */
void tandem_numa_hold_scans(struct tandem_vm *vm)
{
	unsigned long ms = 2UL * tandem_placement_interval_ms() + GRACE_MS;

	lockdep_assert_held(&vm->numa.lock);
	if (is_managed(&vm->numa) && tandem_memory_follows())
		WRITE_ONCE(vm->kvm->mm->numa_next_scan, jiffies + msecs_to_jiffies(ms));
}

/**
 * tandem_numa_resume_scans() - a VM's memory may be scanned from now on
 * @vm:		the VM, numa.lock held; KVM still has it
 */
void tandem_numa_resume_scans(struct tandem_vm *vm)
{
	lockdep_assert_held(&vm->numa.lock);
	WRITE_ONCE(vm->kvm->mm->numa_next_scan, jiffies);
}
