/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_KVM_TANDEM_H
#define _ASM_X86_KVM_TANDEM_H

#include <linux/kvm_types.h>

/*
 * Far from the MSRs that KVM hands out one by one. It is not in the list that
 * KVM_GET_MSR_INDEX_LIST returns: a VMM that saves what stands there may fail
 * to restore it on a host that has no such MSR.
 */
#define MSR_KVM_TANDEM		0x4b564dc0

/* Bit of KVM_CPUID_FEATURES.EAX, offered while a module is registered. */
#define KVM_FEATURE_TANDEM	28

struct kvm;
struct kvm_vcpu;

/**
 * struct kvm_tandem_ops - what a companion module does for KVM's vCPUs
 * @msr_read:	 the value of MSR_KVM_TANDEM for the guest
 * @msr_write:	 the guest or the VMM wrote MSR_KVM_TANDEM. May sleep. Returns 0,
 *		 1 for #GP, or -ENODEV for what a host without the MSR does.
 * @deadline:	 MSR_IA32_TSC_DEADLINE is being written, by the guest or (outside
 *		 KVM_RUN) by the VMM. True: the module took the deadline and KVM's
 *		 own timer is left alone. Atomic: from a VM-exit fast path
 *		 interrupts are off.
 * @armed:	 MSR_IA32_TSC_DEADLINE is being read; @stock is what KVM's own timer
 *		 has. Returns what is armed: @stock, unless the module took the
 *		 deadline. Atomic.
 * @lvtt_changed: the LAPIC timer enters or leaves TSC-deadline mode; an armed
 *		 deadline is void. Atomic.
 * @forget:	 the vCPU's LAPIC is about to be reset (INIT) or replaced by
 *		 userspace. Whatever the guest registered is void and its memory
 *		 may be someone else's already: it must not be touched. May sleep.
 * @enter:	 the vCPU starts to execute guest code: KVM_RUN begins, or it has
 *		 unblocked. May sleep.
 * @leave:	 the vCPU stops executing guest code: KVM_RUN ends, or it is about
 *		 to block. May sleep.
 * @request:	 kvm_tandem_kick() asked for this call. May sleep.
 * @sched:	 the vCPU's thread gets a CPU (@in), or is about to lose it: it is
 *		 scheduled, or a call of userspace's that loads the vCPU begins or
 *		 ends. Atomic; on the way out under the CPU's rq->lock.
 * @halt:	 the vCPU halts, and KVM may poll for it first. Returns true where
 *		 the module chose for how long, @poll_ns; KVM's own bounds hold.
 *		 May sleep.
 * @halted:	 that halt is over, after @ns in all, polled and blocked
 * @destroy:	 the vCPU is being destroyed; vcpu->arch.tandem has to be freed.
 *		 May sleep.
 * @vm_created:	 a VM was created, by the current task; nobody else can reach it
 *		 yet. It may be known from kvm_tandem_each_vm() already. May sleep.
 * @vm_destroyed: a VM is being destroyed: it must not be used after this call.
 *		 Its vCPUs still exist. May sleep.
 *
 * All of a vCPU but @msr_read, @msr_write and @halt are called only while
 * vcpu->arch.tandem, which belongs to the module, is not NULL. They run in its context, under
 * vcpu->mutex, @destroy excepted; so no two of them ever run at once for one
 * vCPU. All but @sched, @forget by userspace and @destroy run within kvm->srcu.
 * kvm_tandem_unregister() waits for the calls that are under way.
 */
struct kvm_tandem_ops {
	u64  (*msr_read)(struct kvm_vcpu *vcpu);
	int  (*msr_write)(struct kvm_vcpu *vcpu, u64 data);
	bool (*deadline)(struct kvm_vcpu *vcpu, u64 tsc);
	u64  (*armed)(struct kvm_vcpu *vcpu, u64 stock);
	void (*lvtt_changed)(struct kvm_vcpu *vcpu);
	void (*forget)(struct kvm_vcpu *vcpu);
	void (*enter)(struct kvm_vcpu *vcpu);
	void (*leave)(struct kvm_vcpu *vcpu);
	void (*request)(struct kvm_vcpu *vcpu);
	void (*sched)(struct kvm_vcpu *vcpu, bool in);
	bool (*halt)(struct kvm_vcpu *vcpu, unsigned int *poll_ns);
	void (*halted)(struct kvm_vcpu *vcpu, u64 ns);
	void (*destroy)(struct kvm_vcpu *vcpu);
	void (*vm_created)(struct kvm *kvm);
	void (*vm_destroyed)(struct kvm *kvm);
};

int kvm_tandem_register(const struct kvm_tandem_ops *ops);
void kvm_tandem_unregister(const struct kvm_tandem_ops *ops);
void kvm_tandem_each_vm(void (*fn)(struct kvm *kvm));

void kvm_tandem_kick(struct kvm_vcpu *vcpu);
bool kvm_tandem_inject_timer(struct kvm_vcpu *vcpu);
bool kvm_tandem_take_deadline(struct kvm_vcpu *vcpu, u64 *tsc);
void kvm_tandem_arm_deadline(struct kvm_vcpu *vcpu, u64 tsc);

#endif /* _ASM_X86_KVM_TANDEM_H */
