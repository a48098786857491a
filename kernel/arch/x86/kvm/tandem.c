// SPDX-License-Identifier: GPL-2.0
/*
 * A registry through which one companion module follows vCPUs and serves their
 * TSC deadlines. Mechanism only: what to do with a vCPU is the module's.
 */
#include <linux/kvm_host.h>
#include <linux/srcu.h>

#include "lapic.h"
#include "tandem.h"
#include "x86.h"

DEFINE_STATIC_KEY_FALSE(kvm_tandem_registered);

static DEFINE_MUTEX(tandem_lock);
DEFINE_STATIC_SRCU(tandem_srcu);
static const struct kvm_tandem_ops __rcu *tandem_ops;

/**
 * kvm_tandem_register() - let a module serve vCPUs from now on
 * @ops:	its callbacks, all of them set
 *
 * Context: may sleep.
 * Return: 0, or -EBUSY where another module is registered.
 */
int kvm_tandem_register(const struct kvm_tandem_ops *ops)
{
	guard(mutex)(&tandem_lock);

	if (rcu_access_pointer(tandem_ops))
		return -EBUSY;
	rcu_assign_pointer(tandem_ops, ops);
	static_branch_enable(&kvm_tandem_registered);
	return 0;
}
EXPORT_SYMBOL_GPL(kvm_tandem_register);

/**
 * kvm_tandem_unregister() - no more callbacks, and none under way on return
 * @ops:	what was registered
 *
 * The module must have set vcpu->arch.tandem of each vCPU that it served to
 * NULL before, while @ops->destroy was still being called.
 *
 * Context: may sleep.
 */
void kvm_tandem_unregister(const struct kvm_tandem_ops *ops)
{
	guard(mutex)(&tandem_lock);

	if (WARN_ON_ONCE(rcu_access_pointer(tandem_ops) != ops))
		return;
	static_branch_disable(&kvm_tandem_registered);
	RCU_INIT_POINTER(tandem_ops, NULL);
	synchronize_srcu(&tandem_srcu);
}
EXPORT_SYMBOL_GPL(kvm_tandem_unregister);

/* NULL where the module has gone meanwhile. */
static const struct kvm_tandem_ops *get_ops(int *idx)
{
	*idx = srcu_read_lock(&tandem_srcu);
	return srcu_dereference(tandem_ops, &tandem_srcu);
}

static void put_ops(int idx)
{
	srcu_read_unlock(&tandem_srcu, idx);
}

int __kvm_tandem_get_msr(struct kvm_vcpu *vcpu, u64 *data)
{
	int idx, ret = KVM_MSR_RET_UNSUPPORTED;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops) {
		*data = ops->msr_read(vcpu);
		ret = 0;
	}
	put_ops(idx);
	return ret;
}

int __kvm_tandem_set_msr(struct kvm_vcpu *vcpu, u64 data)
{
	int idx, ret = -ENODEV;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ret = ops->msr_write(vcpu, data);
	put_ops(idx);
	return ret < 0 ? KVM_MSR_RET_UNSUPPORTED : ret;
}

bool __kvm_tandem_deadline(struct kvm_vcpu *vcpu, u64 tsc)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);
	bool taken = ops && ops->deadline(vcpu, tsc);

	put_ops(idx);
	return taken;
}

u64 __kvm_tandem_armed(struct kvm_vcpu *vcpu, u64 stock)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);
	u64 tsc = ops ? ops->armed(vcpu, stock) : stock;

	put_ops(idx);
	return tsc;
}

void __kvm_tandem_lvtt_changed(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->lvtt_changed(vcpu);
	put_ops(idx);
}

void __kvm_tandem_forget(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->forget(vcpu);
	put_ops(idx);
}

void __kvm_tandem_enter(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->enter(vcpu);
	put_ops(idx);
}

void __kvm_tandem_leave(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->leave(vcpu);
	put_ops(idx);
}

void __kvm_tandem_request(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->request(vcpu);
	put_ops(idx);
}

void __kvm_tandem_sched(struct kvm_vcpu *vcpu, bool in)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->sched(vcpu, in);
	put_ops(idx);
}

bool __kvm_tandem_halt(struct kvm_vcpu *vcpu, unsigned int *poll_ns)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);
	bool chosen = ops && ops->halt(vcpu, poll_ns);

	put_ops(idx);
	return chosen;
}

void __kvm_tandem_halted(struct kvm_vcpu *vcpu, u64 ns)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->halted(vcpu, ns);
	put_ops(idx);
}

void __kvm_tandem_destroy(struct kvm_vcpu *vcpu)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->destroy(vcpu);
	put_ops(idx);
}

void __kvm_tandem_vm_created(struct kvm *kvm)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->vm_created(kvm);
	put_ops(idx);
}

void __kvm_tandem_vm_destroyed(struct kvm *kvm)
{
	int idx;
	const struct kvm_tandem_ops *ops = get_ops(&idx);

	if (ops)
		ops->vm_destroyed(kvm);
	put_ops(idx);
}

/**
 * kvm_tandem_each_vm() - the VMs that are there already
 * @fn:		called for each, under kvm_lock, with a VM that can't go away during
 *		the call; @ops->vm_destroyed is called for it later. Must neither
 *		create nor put a VM.
 *
 * After kvm_tandem_register(), so that between here and @ops->vm_created none is
 * missed.
 *
 * Context: may sleep.
 */
void kvm_tandem_each_vm(void (*fn)(struct kvm *kvm))
{
	struct kvm *kvm;

	guard(mutex)(&kvm_lock);
	list_for_each_entry(kvm, &vm_list, vm_list)
		fn(kvm);
}
EXPORT_SYMBOL_GPL(kvm_tandem_each_vm);

/**
 * kvm_tandem_kick() - have @ops->request called in the vCPU's context
 * @vcpu:	a vCPU that cannot be destroyed during the call
 *
 * Soon where the vCPU executes guest code, otherwise before it does so again.
 * A vCPU that is blocked or outside KVM_RUN is not woken.
 *
 * Context: any, hard interrupt included.
 */
void kvm_tandem_kick(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_TANDEM, vcpu);
	kvm_vcpu_kick(vcpu);
}
EXPORT_SYMBOL_GPL(kvm_tandem_kick);

/**
 * kvm_tandem_inject_timer() - deliver one LAPIC timer interrupt
 * @vcpu:	a vCPU that cannot be destroyed during the call
 *
 * Goes through the guest's LVTT: its mask, vector and mode. Where interrupts
 * are posted the vCPU takes it without an exit, otherwise it is kicked.
 *
 * Context: any, hard interrupt included, from any CPU.
 * Return: true if the vector was accepted, false if LVTT is masked, the LAPIC
 * is disabled or not in TSC-deadline mode; the timer then expires in silence,
 * as the hardware's would.
 */
bool kvm_tandem_inject_timer(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	if (!kvm_apic_present(vcpu) || !apic_lvtt_tscdeadline(apic))
		return false;
	return kvm_apic_local_deliver(apic, APIC_LVTT);
}
EXPORT_SYMBOL_GPL(kvm_tandem_inject_timer);

/**
 * kvm_tandem_take_deadline() - disarm KVM's own TSC-deadline timer
 * @vcpu:	the vCPU
 * @tsc:	the deadline that was armed in it, guest TSC; 0 = none, or it has
 *		expired and KVM is about to inject it
 *
 * Context: the vCPU's; atomic.
 * Return: false where the LAPIC timer is not in TSC-deadline mode; nothing was
 * touched then.
 */
bool kvm_tandem_take_deadline(struct kvm_vcpu *vcpu, u64 *tsc)
{
	return kvm_lapic_take_tscdeadline(vcpu, tsc);
}
EXPORT_SYMBOL_GPL(kvm_tandem_take_deadline);

/**
 * kvm_tandem_arm_deadline() - arm KVM's own TSC-deadline timer
 * @vcpu:	the vCPU
 * @tsc:	guest TSC; where it has passed the timer expires at once
 *
 * Context: the vCPU's; atomic.
 */
void kvm_tandem_arm_deadline(struct kvm_vcpu *vcpu, u64 tsc)
{
	__kvm_set_lapic_tscdeadline_msr(vcpu, tsc);
}
EXPORT_SYMBOL_GPL(kvm_tandem_arm_deadline);
