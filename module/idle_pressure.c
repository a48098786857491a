// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody else wants the CPU of a vCPU whose guest may be polling: tell it at once.
 *
 * The scheduler calls under rq->lock, from any CPU. So nothing here may wait for a lock
 * that is held anywhere while a task is woken: not tv->lock, under which interrupts are
 * injected, and not the mapping's, which is only tried. Where that fails, the vCPU is
 * made to exit, and publishes on its way back.
 *
 * Which vCPU a CPU has:
 *
 *   here.loaded		tandem_pressure_load() and _unload(), on that CPU, in
 *				the vCPU's context; here.lock
 *
 * A vCPU that is loaded has a page, and keeps it: giving up a page is the vCPU's own
 * doing, and sets tv->page to NULL before it unloads, so that no other load, in case the
 * thread is scheduled in between, brings it back. It lives, and its VM does, as it can't
 * be destroyed while its thread has it.
 *
 * Lock order: rq->lock, here.lock; below it the mapping's lock is tried.
 */
#include <linux/percpu.h>
#include <linux/sched/runnable_hook.h>
#include <linux/smp.h>
#include <trace/events/ipi.h>

#include "tandem.h"
#include "idle.h"
#include "stats.h"

struct here {
	raw_spinlock_t lock;
	struct tandem_vcpu *loaded;
};

static DEFINE_PER_CPU(struct here, here) = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(here.lock),
};

/* Not kvm_tandem_kick(): that may wake a task. The vCPU is on @cpu. */
static void make_exit(struct tandem_vcpu *tv, int cpu)
{
	tandem_count(TANDEM_PRESSURE_IPIS);
	kvm_make_request(KVM_REQ_TANDEM, tv->vcpu);
	smp_send_reschedule(cpu);
}

static void raise(struct tandem_vcpu *tv, int cpu)
{
	if (!tv->idle.guest_polls)
		return;
	tandem_count(TANDEM_PRESSURE_RAISED);
	if (!tandem_page_raise(tv))
		make_exit(tv, cpu);
}

static void runnable(int cpu)
{
	struct here *h = per_cpu_ptr(&here, cpu);

	/*
	 * The task was counted before what follows. Who is just being loaded, and not seen
	 * here, finds it, and so does who lowers the flag after it was raised here. Pairs
	 * with set_loaded() and publish_flags(). Most CPUs have no vCPU.
	 */
	smp_mb();
	if (!READ_ONCE(h->loaded))
		return;
	raw_spin_lock(&h->lock);
	if (h->loaded)
		raise(h->loaded, cpu);
	raw_spin_unlock(&h->lock);
}

static void set_loaded(struct tandem_vcpu *tv)
{
	struct here *h = this_cpu_ptr(&here);
	unsigned long flags;

	raw_spin_lock_irqsave(&h->lock, flags);
	WRITE_ONCE(h->loaded, tv);
	raw_spin_unlock_irqrestore(&h->lock, flags);
	/* Before the CPU is looked at. Pairs with that of runnable(). */
	smp_mb();
}

/* Where the page can't be reached now it is before the guest executes. */
static void publish_here(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;

	if (tandem_page_trylock(tv, &hold)) {
		kvm_make_request(KVM_REQ_TANDEM, tv->vcpu);
		return;
	}
	tandem_idle_publish(tv, hold.entry);
	tandem_page_unlock(tv, &hold);
}

/**
 * tandem_pressure_load() - the vCPU has got this CPU
 * @tv:		the vCPU
 *
 * Who else wants the CPU already is seen here, who comes later by the scheduler's call.
 *
 * Context: the vCPU's, atomic, without rq->lock.
 */
void tandem_pressure_load(struct tandem_vcpu *tv)
{
	if (!READ_ONCE(tv->page) || !tv->idle.guest_polls)
		return;
	set_loaded(tv);
	if (tv->executing)
		publish_here(tv);
}

/**
 * tandem_pressure_unload() - the vCPU loses this CPU, or its page
 * @tv:		the vCPU
 *
 * Context: the vCPU's, also under rq->lock.
 */
void tandem_pressure_unload(struct tandem_vcpu *tv)
{
	preempt_disable();
	/* Written on this CPU only. */
	if (this_cpu_read(here.loaded) == tv)
		set_loaded(NULL);
	preempt_enable();
}

/**
 * tandem_pressure_start() - be called by the scheduler
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tandem_pressure_start(void)
{
	return sched_runnable_hook(runnable);
}

/**
 * tandem_pressure_stop() - not any more, and no call is under way
 *
 * Context: may sleep.
 */
void tandem_pressure_stop(void)
{
	sched_runnable_unhook(runnable);
}
