// SPDX-License-Identifier: GPL-2.0
/*
 * KVM's halt polling, for guests that don't poll themselves: how long a vCPU that halts
 * is polled for is learned from its halts, by the policy that guests use.
 */
#include "tandem.h"
#include "idle.h"

static bool guest_polls(struct tandem_vcpu *tv)
{
	return tv->page && tv->idle.guest_polls &&
	       tandem_idle_knob(tv->vm, TANDEM_IDLE_MODE) & TANDEM_POLL_GUEST;
}

/**
 * tandem_halt_ours() - is it for us to say how long KVM polls for a vCPU?
 * @tv:		the vCPU
 *
 * Context: the vCPU's.
 */
bool tandem_halt_ours(struct tandem_vcpu *tv)
{
	return guest_polls(tv) || tandem_idle_knob(tv->vm, TANDEM_IDLE_MODE) & TANDEM_POLL_HOST;
}

/* Whoever wants the CPU has it at once; a guest that polls itself did so already. */
static bool may_poll(struct tandem_vcpu *tv)
{
	return !guest_polls(tv) && !tandem_idle_others(tv) &&
	       !tandem_vm_polled(tv->vm, ktime_get(), 0);
}

/* What the administrator allows KVM, for all VMs or for this one. */
static unsigned int kvms_ceiling(struct kvm *kvm)
{
	if (!READ_ONCE(kvm->override_halt_poll_ns))
		return READ_ONCE(halt_poll_ns);
	/* Pairs with that of KVM_CAP_HALT_POLL. */
	smp_rmb();
	return READ_ONCE(kvm->max_halt_poll_ns);
}

static struct tandem_poll_knobs halt_knobs(struct tandem_vcpu *tv)
{
	struct tandem_poll_knobs knobs;

	knobs = tandem_idle_knobs(tv->vm, TANDEM_POLL_HOST, tandem_idle_sibling_busy(tv));
	knobs.max_ns = may_poll(tv) ? min(knobs.max_ns, kvms_ceiling(tv->vcpu->kvm)) : 0;
	return knobs;
}

/**
 * tandem_halt_begins() - a vCPU halts: how long shall it be polled for
 * @tv:		the vCPU
 *
 * Context: the vCPU's.
 * Return: ns.
 */
unsigned int tandem_halt_begins(struct tandem_vcpu *tv)
{
	struct tandem_idle *idle = &tv->idle;

	idle->knobs = halt_knobs(tv);
	idle->window_ns = tandem_poll_window(&idle->poll, &idle->knobs);
	return idle->window_ns;
}

/**
 * tandem_halt_ends() - it is over
 * @tv:		the vCPU
 * @ns:		how long it was, polled and blocked
 *
 * Context: the vCPU's.
 */
void tandem_halt_ends(struct tandem_vcpu *tv, u64 ns)
{
	struct tandem_idle *idle = &tv->idle;

	tandem_poll_saw(&idle->poll, ns, &idle->knobs);
	if (idle->window_ns)
		tandem_vm_polled(tv->vm, ktime_get(), min_t(u64, ns, idle->window_ns));
}
