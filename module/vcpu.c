// SPDX-License-Identifier: GPL-2.0
/*
 * The vCPUs: what KVM calls, what guests register, and who lives how long.
 *
 * Teardown of one vCPU's registration, in the vCPU's context:
 *  1. Its timer is not served, and only this context could start to serve it.
 *  2. hrtimer_cancel(watch): nobody starts a watch that isn't served, but itself.
 *  3. Its agent forgets it: only the watch could have made it join.
 *  4. Now nobody but this context knows the page: it is given up.
 *
 * Unloading, with guests running:
 *  1. New registrations are refused; tandem_enabled() is false.
 *  2. Each vCPU is kicked and drains itself into KVM's timer; wait for all. One
 *     that doesn't execute is drained already, and can't be served again.
 *  3. The watches are cancelled. Nobody starts one that isn't served, so none
 *     makes its vCPU join an agent any more, or wakes one.
 *  4. The agents are stopped: no IPI, timer, or thread of theirs is left.
 *  5. Each vCPU is detached: forgotten by its agent, its mapping taken away while
 *     the VM surely lives (&kvm_tandem_ops.destroy waits for vcpus_lock), and
 *     vcpu->arch.tandem = NULL, so KVM calls no more.
 *  6. kvm_tandem_unregister() waits for the calls that are under way.
 *  7. Then nobody can reach vCPUs and agents, and they are freed.
 */
#include <linux/delay.h>
#include <asm/tsc.h>

#include "tandem.h"
#include "agent.h"
#include "stats.h"
#include "trace.h"

static DEFINE_MUTEX(vcpus_lock);
static LIST_HEAD(vcpus);
static bool unloading;		/* vcpus_lock */

static struct tandem_vcpu *to_tandem(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->arch.tandem);
}

/* Unloading looks at tv->page too: detach(). */
static void give_up_page(struct tandem_vcpu *tv)
{
	struct tandem_page *page;

	lockdep_assert_held(&vcpus_lock);
	if (!tv->page)
		return;
	tandem_timer_forget(tv);
	hrtimer_cancel(&tv->watch);
	tandem_agent_forget(tv);
	page = tv->page;
	WRITE_ONCE(tv->page, NULL);
	/* A thread that is scheduled in from here on has no page to be told by. */
	tandem_pressure_unload(tv);
	tandem_page_put(page);
}

static void unregister(struct tandem_vcpu *tv)
{
	guard(mutex)(&vcpus_lock);
	give_up_page(tv);
}

static struct tandem_vcpu *new_vcpu(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = kzalloc(sizeof(*tv), GFP_KERNEL_ACCOUNT);

	lockdep_assert_held(&vcpus_lock);
	if (!tv)
		return NULL;
	tv->vm = tandem_vm_get(vcpu->kvm);
	if (!tv->vm) {
		kfree(tv);
		return NULL;
	}
	tv->vcpu = vcpu;
	tandem_timer_init(tv);
	list_add(&tv->node, &vcpus);
	WRITE_ONCE(vcpu->arch.tandem, tv);
	return tv;
}

/* Neither KVM nor an agent leads to it any more. */
static void free_vcpu(struct tandem_vcpu *tv)
{
	tandem_vm_put(tv->vm);
	kfree(tv);
}

static bool valid(u64 data)
{
	gpa_t gpa = data & ~(u64)(TANDEM_ALIGN - 1);

	return data & TANDEM_ENABLE && !(data & TANDEM_RESERVED) &&
	       offset_in_page(gpa) + sizeof(struct tandem_entry) <= PAGE_SIZE;
}

/* Its LAPIC is in the kernel, its memory not encrypted, its TSC the host's. */
static bool supported(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.apic && !vcpu->arch.guest_state_protected &&
	       !vcpu->arch.tsc_always_catchup && !check_tsc_unstable();
}

/* The vCPU has its CPU already. */
static void load(struct tandem_vcpu *tv)
{
	preempt_disable();
	tandem_pressure_load(tv);
	preempt_enable();
}

static int register_entry(struct kvm_vcpu *vcpu, gpa_t gpa)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);
	struct tandem_page *page;

	guard(mutex)(&vcpus_lock);
	if (unloading)
		return -ENODEV;
	if (tv && tv->page && tv->gpa == gpa)
		return 0;
	page = tandem_page_get(vcpu->kvm, gpa & PAGE_MASK);
	if (IS_ERR(page))
		return 1;
	if (!tv)
		tv = new_vcpu(vcpu);
	if (!tv) {
		tandem_page_put(page);
		return 1;
	}
	tandem_timer_leave(tv);
	give_up_page(tv);
	tv->page = page;
	tv->gpa = gpa;
	tandem_timer_greet(tv);
	load(tv);
	tandem_count(TANDEM_REGISTERED);
	return 0;
}

static void serve(struct tandem_vcpu *tv)
{
	if (tv->page && tv->executing && !tv->serving && !tandem_timer_enter(tv))
		unregister(tv);
}

/* Serving publishes it already. */
static void publish_idle(struct tandem_vcpu *tv)
{
	if (tv->page && !tv->serving)
		tandem_idle_refresh(tv);
}

static void stop(struct tandem_vcpu *tv)
{
	if (tv->page && !tandem_timer_leave(tv))
		unregister(tv);
}

static u64 tandem_msr_read(struct kvm_vcpu *vcpu)
{
	return TANDEM_MAGIC | TANDEM_VERSION;
}

static int write_msr(struct kvm_vcpu *vcpu, u64 data)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);
	int ret;

	if (!data) {
		if (tv) {
			stop(tv);
			unregister(tv);
		}
		return 0;
	}
	if (!valid(data) || !supported(vcpu))
		return 1;
	ret = register_entry(vcpu, data & ~TANDEM_ENABLE);
	if (ret)
		return ret;
	tv = to_tandem(vcpu);
	/* Unloading may have detached it already. */
	if (!tv)
		return 0;
	/* The guest writes it while it executes; a VMM may before. */
	tv->executing = vcpu->wants_to_run;
	serve(tv);
	publish_idle(tv);
	return 0;
}

static int tandem_msr_write(struct kvm_vcpu *vcpu, u64 data)
{
	int ret = write_msr(vcpu, data);

	trace_tandem_register(vcpu, data, ret);
	if (ret)
		tandem_count(TANDEM_REJECTED);
	return ret;
}

static bool tandem_deadline(struct kvm_vcpu *vcpu, u64 tsc)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	/* Outside KVM_RUN it is the VMM that writes, and KVM's timer that counts. */
	return tv && tv->page && tv->executing && tandem_timer_write(tv, tsc);
}

static u64 tandem_armed(struct kvm_vcpu *vcpu, u64 stock)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	return tv && tv->serving ? tandem_timer_armed(tv) : stock;
}

static void tandem_lvtt_changed(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (tv && tv->page)
		tandem_timer_void(tv);
}

static void tandem_forget(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (tv)
		unregister(tv);
}

static void tandem_enter(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (!tv)
		return;
	tv->executing = true;
	serve(tv);
	publish_idle(tv);
}

static void tandem_leave(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (!tv)
		return;
	stop(tv);
	tv->executing = false;
}

static void tandem_request(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (!tv)
		return;
	if (tv->page && !tandem_timer_refresh(tv))
		unregister(tv);
	publish_idle(tv);
}

static void tandem_sched(struct kvm_vcpu *vcpu, bool in)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (!tv)
		return;
	if (in)
		tandem_pressure_load(tv);
	else
		tandem_pressure_unload(tv);
}

/* Only for KVM's own polling is a vCPU known that never registered. */
static struct tandem_vcpu *to_tandem_or_new(struct kvm_vcpu *vcpu)
{
	guard(mutex)(&vcpus_lock);
	if (unloading)
		return NULL;
	return to_tandem(vcpu) ?: new_vcpu(vcpu);
}

static bool tandem_halt(struct kvm_vcpu *vcpu, unsigned int *poll_ns)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (!tv && tandem_idle_host_polls())
		tv = to_tandem_or_new(vcpu);
	if (!tv || !tandem_halt_ours(tv))
		return false;
	*poll_ns = tandem_halt_begins(tv);
	return true;
}

static void tandem_halted(struct kvm_vcpu *vcpu, u64 ns)
{
	struct tandem_vcpu *tv = to_tandem(vcpu);

	if (tv)
		tandem_halt_ends(tv, ns);
}

static struct tandem_vcpu *remove(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv;

	guard(mutex)(&vcpus_lock);
	tv = to_tandem(vcpu);
	if (!tv)
		return NULL;
	list_del(&tv->node);
	vcpu->arch.tandem = NULL;
	give_up_page(tv);
	return tv;
}

static void tandem_destroy(struct kvm_vcpu *vcpu)
{
	struct tandem_vcpu *tv = remove(vcpu);

	if (tv)
		free_vcpu(tv);
}

const struct kvm_tandem_ops tandem_ops = {
	.msr_read	= tandem_msr_read,
	.msr_write	= tandem_msr_write,
	.deadline	= tandem_deadline,
	.armed		= tandem_armed,
	.lvtt_changed	= tandem_lvtt_changed,
	.forget		= tandem_forget,
	.enter		= tandem_enter,
	.leave		= tandem_leave,
	.request	= tandem_request,
	.sched		= tandem_sched,
	.halt		= tandem_halt,
	.halted		= tandem_halted,
	.destroy	= tandem_destroy,
	.vm_created	= tandem_vm_created,
	.vm_destroyed	= tandem_vm_destroyed,
};

static void kick(struct tandem_vcpu *tv)
{
	unsigned long flags;

	/* Whoever was about to serve it, and saw it enabled, has done so after this. */
	raw_spin_lock_irqsave(&tv->lock, flags);
	raw_spin_unlock_irqrestore(&tv->lock, flags);
	kvm_tandem_kick(tv->vcpu);
}

static void kick_all(void)
{
	struct tandem_vcpu *tv;

	guard(mutex)(&vcpus_lock);
	if (unloading)
		return;
	list_for_each_entry(tv, &vcpus, node)
		kick(tv);
}

/**
 * tandem_vcpus_drain() - hand all deadlines to KVM's own timers
 *
 * tandem_enabled() is false already, so that no vCPU starts to be served.
 *
 * Context: may sleep, until each vCPU that executes has been through its request.
 */
void tandem_vcpus_drain(void)
{
	do {
		kick_all();
		msleep(20);
	} while (!tandem_timers_drained());
}

/**
 * tandem_vcpus_resume() - serve all registered vCPUs again
 *
 * Context: may sleep. Returns at once; each vCPU follows on its own.
 */
void tandem_vcpus_resume(void)
{
	kick_all();
}

/**
 * tandem_vcpus_stop_watches() - no vCPU looks for itself any more
 *
 * After tandem_vcpus_drain(), and none is to be served again.
 *
 * Context: may sleep.
 */
void tandem_vcpus_stop_watches(void)
{
	struct tandem_vcpu *tv;

	guard(mutex)(&vcpus_lock);
	list_for_each_entry(tv, &vcpus, node)
		hrtimer_cancel(&tv->watch);
}

static void detach(struct tandem_vcpu *tv)
{
	tandem_agent_forget(tv);
	if (tv->page)
		tandem_page_unmap(tv->page);
	WRITE_ONCE(tv->vcpu->arch.tandem, NULL);
}

/**
 * tandem_vcpus_detach() - no vCPU leads here any more
 *
 * After tandem_vcpus_stop_watches() and tandem_agents_stop().
 *
 * Context: may sleep.
 */
void tandem_vcpus_detach(void)
{
	struct tandem_vcpu *tv;

	guard(mutex)(&vcpus_lock);
	unloading = true;
	list_for_each_entry(tv, &vcpus, node)
		detach(tv);
}

/**
 * tandem_vcpus_free() - free them
 *
 * After kvm_tandem_unregister(): no call is under way.
 *
 * Context: may sleep.
 */
void tandem_vcpus_free(void)
{
	struct tandem_vcpu *tv, *n;

	list_for_each_entry_safe(tv, n, &vcpus, node) {
		if (tv->page)
			tandem_page_put(tv->page);
		free_vcpu(tv);
	}
}
