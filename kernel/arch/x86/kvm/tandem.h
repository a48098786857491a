/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __KVM_X86_TANDEM_H
#define __KVM_X86_TANDEM_H

#include <linux/kvm_host.h>
#include <linux/jump_label.h>
#include <asm/kvm_tandem.h>

/*
 * KVM's side of the registry: one nop per hook while no module is registered.
 */
#ifdef CONFIG_KVM_TANDEM
DECLARE_STATIC_KEY_FALSE(kvm_tandem_registered);

int __kvm_tandem_get_msr(struct kvm_vcpu *vcpu, u64 *data);
int __kvm_tandem_set_msr(struct kvm_vcpu *vcpu, u64 data);
bool __kvm_tandem_deadline(struct kvm_vcpu *vcpu, u64 tsc);
u64 __kvm_tandem_armed(struct kvm_vcpu *vcpu, u64 stock);
void __kvm_tandem_lvtt_changed(struct kvm_vcpu *vcpu);
void __kvm_tandem_forget(struct kvm_vcpu *vcpu);
void __kvm_tandem_enter(struct kvm_vcpu *vcpu);
void __kvm_tandem_leave(struct kvm_vcpu *vcpu);
void __kvm_tandem_request(struct kvm_vcpu *vcpu);
void __kvm_tandem_sched(struct kvm_vcpu *vcpu, bool in);
bool __kvm_tandem_halt(struct kvm_vcpu *vcpu, unsigned int *poll_ns);
void __kvm_tandem_halted(struct kvm_vcpu *vcpu, u64 ns);
void __kvm_tandem_destroy(struct kvm_vcpu *vcpu);
void __kvm_tandem_vm_created(struct kvm *kvm);
void __kvm_tandem_vm_destroyed(struct kvm *kvm);

static __always_inline bool kvm_tandem_on(void)
{
	return static_branch_unlikely(&kvm_tandem_registered);
}

static __always_inline bool kvm_tandem_serves(struct kvm_vcpu *vcpu)
{
	return kvm_tandem_on() && READ_ONCE(vcpu->arch.tandem);
}
#else
static inline int __kvm_tandem_get_msr(struct kvm_vcpu *vcpu, u64 *data) { return 1; }
static inline int __kvm_tandem_set_msr(struct kvm_vcpu *vcpu, u64 data) { return 1; }
static inline bool __kvm_tandem_deadline(struct kvm_vcpu *vcpu, u64 tsc) { return false; }
static inline u64 __kvm_tandem_armed(struct kvm_vcpu *vcpu, u64 stock) { return stock; }
static inline void __kvm_tandem_lvtt_changed(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_forget(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_enter(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_leave(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_request(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_sched(struct kvm_vcpu *vcpu, bool in) { }
static inline bool __kvm_tandem_halt(struct kvm_vcpu *vcpu, unsigned int *poll_ns) { return false; }
static inline void __kvm_tandem_halted(struct kvm_vcpu *vcpu, u64 ns) { }
static inline void __kvm_tandem_destroy(struct kvm_vcpu *vcpu) { }
static inline void __kvm_tandem_vm_created(struct kvm *kvm) { }
static inline void __kvm_tandem_vm_destroyed(struct kvm *kvm) { }
static __always_inline bool kvm_tandem_on(void) { return false; }
static __always_inline bool kvm_tandem_serves(struct kvm_vcpu *vcpu) { return false; }
#endif

static __always_inline bool kvm_tandem_deadline(struct kvm_vcpu *vcpu, u64 tsc)
{
	return kvm_tandem_serves(vcpu) && __kvm_tandem_deadline(vcpu, tsc);
}

static __always_inline u64 kvm_tandem_armed(struct kvm_vcpu *vcpu, u64 stock)
{
	return kvm_tandem_serves(vcpu) ? __kvm_tandem_armed(vcpu, stock) : stock;
}

static __always_inline void kvm_tandem_sched(struct kvm_vcpu *vcpu, bool in)
{
	if (kvm_tandem_serves(vcpu))
		__kvm_tandem_sched(vcpu, in);
}

static __always_inline bool kvm_tandem_halt(struct kvm_vcpu *vcpu, unsigned int *poll_ns)
{
	return kvm_tandem_on() && __kvm_tandem_halt(vcpu, poll_ns);
}

static __always_inline void kvm_tandem_halted(struct kvm_vcpu *vcpu, u64 ns)
{
	if (kvm_tandem_serves(vcpu))
		__kvm_tandem_halted(vcpu, ns);
}

#define KVM_TANDEM_HOOK(name)						\
static __always_inline void kvm_tandem_##name(struct kvm_vcpu *vcpu)	\
{									\
	if (kvm_tandem_serves(vcpu))					\
		__kvm_tandem_##name(vcpu);				\
}

KVM_TANDEM_HOOK(lvtt_changed)
KVM_TANDEM_HOOK(forget)
KVM_TANDEM_HOOK(enter)
KVM_TANDEM_HOOK(leave)
KVM_TANDEM_HOOK(request)
KVM_TANDEM_HOOK(destroy)
#undef KVM_TANDEM_HOOK

static __always_inline void kvm_tandem_vm_created(struct kvm *kvm)
{
	if (kvm_tandem_on())
		__kvm_tandem_vm_created(kvm);
}

static __always_inline void kvm_tandem_vm_destroyed(struct kvm *kvm)
{
	if (kvm_tandem_on())
		__kvm_tandem_vm_destroyed(kvm);
}

#endif /* __KVM_X86_TANDEM_H */
