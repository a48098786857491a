// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer and the LAPIC's other modes: what LVTT and SPIV say, one-shot
 * and periodic timers, xAPIC and x2APIC, APICv that is inhibited, HLT, INIT, and
 * vCPUs that share a page.
 */
#include <sys/sysinfo.h>

#include "hyperv.h"
#include "tandem_vmm.h"

#define OTHER_VECTOR	0xed
#define TSC_DEADLINE	APIC_LVT_TIMER_TSCDEADLINE
#define NSEC_PER_MSEC	1000000

/* What the VMM does to the timer's vector in the LAPIC. */
enum { KEEP = 1, CLEAR_IRR, SET_ISR };

/* ---- the guest ---- */

static u64 other_fired;

static void on_other(struct ex_regs *regs)
{
	WRITE_ONCE(other_fired, other_fired + 1);
	apic_write(APIC_EOI, 0);
}

/* After whatever was done: the page serves. */
static void still_served(void)
{
	guest_count_timers(20, 300, 1500);
}

static void guest_refused(void)
{
	guest_start(0, false);
	GUEST_ASSERT_EQ(write_tandem_msr(ENTRY_GPA | TANDEM_ENABLE), GP_VECTOR);
	for (int i = 0; i < 100; i++) {
		arm_us(500);
		wait_fired(i + 1);
	}
	GUEST_DONE();
}

static void guest_vector(void)
{
	guest_start(0, true);
	asm volatile("int %0" :: "i"(OTHER_VECTOR));
	other_fired = 0;
	arm_us(5000);
	write_lvtt(TSC_DEADLINE | OTHER_VECTOR);
	spin_us(2000000, 1);
	GUEST_ASSERT_EQ(fired(), 0);
	GUEST_ASSERT_EQ(READ_ONCE(other_fired), 1);
	write_lvtt(TSC_DEADLINE | VECTOR);
	still_served();
	GUEST_DONE();
}

static void guest_masked_for_a_while(void)
{
	guest_start(0, true);
	arm_us(500000);
	write_lvtt(TSC_DEADLINE | APIC_LVT_MASKED | VECTOR);
	write_lvtt(TSC_DEADLINE | VECTOR);
	wait_fired(1);
	still_served();
	GUEST_DONE();
}

/* The host may be late; it is over when the MSR says so. */
static void wait_expired(void)
{
	u64 start = rdtsc();

	while (rdmsr(MSR_IA32_TSC_DEADLINE))
		GUEST_ASSERT(rdtsc() - start < us_to_tsc(10000000));
}

static void guest_masked_at_expiry(void)
{
	guest_start(0, true);
	write_lvtt(TSC_DEADLINE | APIC_LVT_MASKED | VECTOR);
	arm_us(2000);
	wait_expired();
	write_lvtt(TSC_DEADLINE | VECTOR);
	spin_us(50000, 1);
	GUEST_ASSERT_EQ(fired(), 0);
	still_served();
	GUEST_DONE();
}

/* The deadline that the page holds is void as soon as the mode changes. */
static void enter_mode(u32 mode)
{
	arm_us(20000);
	me()->deadline = 0;
	write_lvtt(mode | VECTOR);
	apic_write(APIC_TDCR, 0xb);
}

static void leave_mode(u64 expected)
{
	apic_write(APIC_TMICT, 0);
	write_lvtt(TSC_DEADLINE | VECTOR);
	spin_us(50000, ~0ULL);
	GUEST_ASSERT_EQ(fired(), expected);
	still_served();
}

static void guest_one_shot(void)
{
	guest_start(0, true);
	still_served();
	enter_mode(APIC_LVT_TIMER_ONESHOT);
	for (int i = 0; i < 50; i++) {
		apic_write(APIC_TMICT, NSEC_PER_MSEC);
		wait_fired(20 + i + 1);
	}
	leave_mode(70);
	GUEST_DONE();
}

static void guest_periodic(void)
{
	u64 seen;

	guest_start(0, true);
	still_served();
	enter_mode(APIC_LVT_TIMER_PERIODIC);
	apic_write(APIC_TMICT, NSEC_PER_MSEC);
	wait_fired(70);
	/* Writes of a MSR that means nothing in this mode, and of the page. */
	wrmsr(MSR_IA32_TSC_DEADLINE, rdtsc() + us_to_tsc(1000));
	write_deadline(me()->entry, rdtsc() + us_to_tsc(1000));
	wait_fired(120);
	apic_write(APIC_TMICT, 0);
	spin_us(20000, ~0ULL);
	seen = fired();
	spin_us(50000, ~0ULL);
	GUEST_ASSERT_EQ(fired(), seen);
	cancel();
	leave_mode(seen);
	GUEST_DONE();
}

static void guest_spiv(void)
{
	guest_start(0, true);
	arm_us(5000);
	apic_write(APIC_SPIV, apic_read(APIC_SPIV) & ~APIC_SPIV_APIC_ENABLED);
	wait_expired();
	GUEST_ASSERT_EQ(fired(), 0);
	apic_write(APIC_SPIV, apic_read(APIC_SPIV) | APIC_SPIV_APIC_ENABLED);
	spin_us(50000, 1);
	GUEST_ASSERT_EQ(fired(), 0);
	write_lvtt(TSC_DEADLINE | VECTOR);
	still_served();
	GUEST_DONE();
}

/* On the way to xAPIC the LAPIC is off, and what is armed then may be lost. */
static void switch_to_xapic(bool xapic)
{
	asm volatile("cli");
	cancel();
	if (xapic)
		xapic_enable();
	else
		x2apic_enable();
	me()->xapic = xapic;
	write_lvtt(TSC_DEADLINE | VECTOR);
	asm volatile("sti");
	WRITE_ONCE(me()->fired, 0);
}

static void guest_xapic(void)
{
	guest_start(0, true);
	for (int i = 0; i < 20; i++) {
		switch_to_xapic(!me()->xapic);
		still_served();
	}
	GUEST_DONE();
}

/* Straight to x2APIC the LAPIC stays on, and what is armed stays so. */
static void guest_to_x2apic(void)
{
	guest_start(0, true);
	for (int i = 0; i < 20; i++) {
		switch_to_xapic(true);
		still_served();
		WRITE_ONCE(me()->fired, 0);
		arm_us(i & 1 ? 20000 : 300);
		asm volatile("cli");
		x2apic_enable();
		me()->xapic = false;
		asm volatile("sti");
		wait_fired(1);
		still_served();
		GUEST_ASSERT_EQ(fired(), 21);
	}
	GUEST_DONE();
}

/* A LAPIC whose id isn't the vCPU's is none for APICv any more, for good. */
static void guest_changes_id(void)
{
	guest_start(0, true);
	switch_to_xapic(true);
	still_served();
	arm_us(20000);
	apic_write(APIC_ID, 5U << 24);
	GUEST_ASSERT_EQ(apic_read(APIC_ID) >> 24, 5);
	wait_fired(21);
	still_served();
	arm_us(20000);
	apic_write(APIC_ID, 0);
	wait_fired(42);
	still_served();
	GUEST_DONE();
}

/* There is no way from off to x2APIC but through xAPIC. */
static void apic_on(void)
{
	wrmsr(MSR_IA32_APICBASE, rdmsr(MSR_IA32_APICBASE) | MSR_IA32_APICBASE_ENABLE);
	x2apic_enable();
	write_lvtt(TSC_DEADLINE | VECTOR);
}

/* What arrives between the two would be taken for an interrupt of a LAPIC that is off. */
static void turn(bool on)
{
	asm volatile("cli" ::: "memory");
	if (on)
		apic_on();
	else
		apic_disable();
	me()->off = !on;
	asm volatile("sti" ::: "memory");
}

/* Off altogether while the page holds a deadline, which comes due meanwhile. */
static void guest_apic_off(void)
{
	guest_start(0, true);
	for (int i = 0; i < 10; i++) {
		arm_us(1000);
		turn(false);
		arm_us(2000);
		spin_us(10000, ~0ULL);
		turn(true);
		cancel();
		spin_us(10000, ~0ULL);
		WRITE_ONCE(me()->fired, 0);
		still_served();
	}
	GUEST_DONE();
}

static void guest_halts(void)
{
	static const u64 periods[] = { 20, 100, 300, 1000 };
	u64 n = 0;

	guest_start(0, true);
	for (int p = 0; p < ARRAY_SIZE(periods); p++) {
		for (int i = 0; i < params.count; i++) {
			halt_us(periods[p]);
			GUEST_ASSERT_EQ(fired(), ++n);
		}
	}
	none_early();
	GUEST_DONE();
}

static void guest_syncs(void)
{
	guest_start(0, true);
	for (int i = 0; i < params.count; i++) {
		guest_count_timers(20, 100, 1000);
		arm_us(20000);
		GUEST_SYNC(i + 1);
		wait_fired((i + 1) * 21);
		GUEST_ASSERT_EQ(fired(), (i + 1) * 21);
	}
	GUEST_DONE();
}

static void guest_blocked(void)
{
	guest_start(0, true);
	GUEST_SYNC(1);
	for (int i = 0; i < 10; i++) {
		arm_us(1000);
		spin_us(10000, 1);
		GUEST_ASSERT_EQ(fired(), 0);
		GUEST_SYNC(2);
		wait_fired(1);
		GUEST_SYNC(3);
		GUEST_ASSERT_EQ(fired(), 1);
		WRITE_ONCE(me()->fired, 0);
	}
	GUEST_DONE();
}

static void wait_pending(void)
{
	while (!(apic_read(APIC_IRR + VECTOR / 32 * 0x10) >> VECTOR % 32 & 1))
		cpu_relax();
}

/* Pending while interrupts are off, when the VMM replaces the LAPIC. */
static void pend_and_sync(u64 what)
{
	asm volatile("cli");
	arm_us(500);
	wait_pending();
	GUEST_SYNC(what);
	guest_register();
	asm volatile("sti");
}

/* KVM_SET_LAPIC ends the registration, so it registers after each. */
static void guest_vectors(void)
{
	u64 n = 0;

	guest_start(0, true);
	for (int i = 0; i < 20; i++) {
		pend_and_sync(KEEP);
		wait_fired(++n);
		pend_and_sync(CLEAR_IRR);
		spin_us(5000, n + 1);
		GUEST_ASSERT_EQ(fired(), n);
		asm volatile("cli");
		GUEST_SYNC(SET_ISR);
		guest_register();
		arm_us(500);
		asm volatile("sti");
		spin_us(5000, n + 1);
		GUEST_ASSERT_EQ(fired(), n);
		apic_write(APIC_EOI, 0);
		wait_fired(++n);
		still_served();
		n += 20;
		GUEST_ASSERT_EQ(fired(), n);
	}
	GUEST_DONE();
}

/* vCPU 1 spins with a deadline armed until vCPU 0 sends it INIT. */
static void guest_init(u64 id)
{
	struct tandem_entry *other = (struct tandem_entry *)entry_gpa(1);

	guest_start(id, true);
	if (id) {
		arm_us(3000000);
		me()->stop = true;
		for (;;)
			cpu_relax();
	}
	while (!READ_ONCE(guest_cpus[1].stop))
		cpu_relax();
	guest_count_timers(20, 300, 1500);
	x2apic_write_reg(APIC_ICR, 1ULL << 32 | APIC_DM_INIT | APIC_INT_ASSERT);
	guest_count_timers(100, 300, 1500);
	memset(&other->host, 0x5a, sizeof(other->host));
	spin_us(4000000, ~0ULL);
	for (int i = 0; i < sizeof(other->host); i++)
		GUEST_ASSERT_EQ(((u8 *)&other->host)[i], 0x5a);
	GUEST_ASSERT_EQ(READ_ONCE(guest_cpus[1].fired), 0);
	GUEST_DONE();
}

static void guest_share(u64 id)
{
	guest_start(id, true);
	guest_count_timers(params.count, 10, 1000);
	/* Leaves while the others go on, and comes back. */
	GUEST_ASSERT(!write_tandem_msr(0));
	guest_register();
	guest_count_timers(params.count, 10, 1000);
	GUEST_DONE();
}

/* ---- the VMM ---- */

static void test_vector(void)
{
	struct machine *m = machine_create(1, guest_vector);

	vm_install_exception_handler(m->vm, OTHER_VECTOR, on_other);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_masked_for_a_while(void)
{
	run_to_end(guest_masked_for_a_while);
}

static void test_masked_at_expiry(void)
{
	run_to_end(guest_masked_at_expiry);
}

static void test_one_shot(void)
{
	run_to_end(guest_one_shot);
}

static void test_periodic(void)
{
	run_to_end(guest_periodic);
}

static void test_spiv(void)
{
	run_to_end(guest_spiv);
}

static void run_with_xapic(void *guest_code)
{
	struct machine *m = machine_create(1, guest_code);

	virt_pg_map(m->vm, APIC_DEFAULT_GPA, APIC_DEFAULT_GPA);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_xapic(void)
{
	run_with_xapic(guest_xapic);
}

static void test_to_x2apic(void)
{
	run_with_xapic(guest_to_x2apic);
}

static void test_id(void)
{
	run_with_xapic(guest_changes_id);
}

static void test_apic_off(void)
{
	run_to_end(guest_apic_off);
}

static void test_halts(void)
{
	params.count = 250;
	run_to_end(guest_halts);
}

static bool apicv(void)
{
	if (this_cpu_has(X86_FEATURE_VMX))
		return get_kvm_intel_param_bool("enable_apicv");
	return get_kvm_amd_param_bool("avic");
}

/* Hyper-V's auto EOI is one of the things that APICv can't do. */
static void inhibit_apicv(struct kvm_vcpu *vcpu, bool on)
{
	vcpu_set_msr(vcpu, HV_X64_MSR_SINT0,
		     on ? 1ULL << 17 | OTHER_VECTOR : 1ULL << 16 | OTHER_VECTOR);
}

static void test_inhibited(void)
{
	struct machine *m;

	if (!kvm_has_cap(KVM_CAP_HYPERV_SYNIC2))
		skip("KVM has no Hyper-V SynIC");
	params.count = 50;
	m = machine_create(1, guest_syncs);
	vcpu_enable_cap(m->vcpus[0], KVM_CAP_HYPERV_SYNIC2, 0);
	ksft_print_msg("APICv is %s\n", apicv() ? "on, and inhibited at times" : "off");
	for (u64 i = 0; machine_run(m, 0); i++)
		inhibit_apicv(m->vcpus[0], !(i & 1));
	machine_free(m);
}

static void block_interrupts(struct kvm_vcpu *vcpu, bool on)
{
	struct kvm_guest_debug debug = {
		.control = on ? KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_BLOCKIRQ : 0,
	};

	vcpu_guest_debug_set(vcpu, &debug);
}

/* A debugger steps without interrupts; what came due meanwhile comes once, after it. */
static void test_blocked(void)
{
	struct machine *m = machine_create(1, guest_blocked);
	u64 said;

	while ((said = machine_run(m, 0)))
		block_interrupts(m->vcpus[0], said != 2);
	machine_free(m);
}

static void edit_lapic(struct kvm_vcpu *vcpu, u64 what)
{
	struct kvm_lapic_state state;
	u32 bit = 1U << VECTOR % 32, *irr, *isr;

	vcpu_ioctl(vcpu, KVM_GET_LAPIC, &state);
	irr = (u32 *)&state.regs[APIC_IRR + VECTOR / 32 * 0x10];
	isr = (u32 *)&state.regs[APIC_ISR + VECTOR / 32 * 0x10];
	if (what == CLEAR_IRR)
		*irr &= ~bit;
	if (what == SET_ISR)
		*isr |= bit;
	vcpu_ioctl(vcpu, KVM_SET_LAPIC, &state);
}

static void test_vectors(void)
{
	struct machine *m = machine_create(1, guest_vectors);
	u64 what;

	while ((what = machine_run(m, 0)))
		edit_lapic(m->vcpus[0], what);
	machine_free(m);
}

/* INIT ends the registration: the host does not write to the entry any more. */
static void test_init(void)
{
	struct machine *m = machine_create(2, guest_init);

	machine_start(m);
	/* The other waits for a SIPI that nobody sends, until this process ends. */
	pthread_join(m->threads[0], NULL);
}

static void test_share(void)
{
	struct machine *m;

	params.count = 500;
	m = machine_create(2 * ENTRIES_PER_PAGE, guest_share);
	machine_start(m);
	machine_join(m);
	machine_free(m);
}

static void test_refused(void)
{
	run_to_end(guest_refused);
}

static const struct test tests[] = {
	{ test_vector, "LVTT's vector changed while armed" },
	{ test_masked_for_a_while, "LVTT masked and unmasked while armed" },
	{ test_masked_at_expiry, "LVTT masked as the deadline comes: silence" },
	{ test_one_shot, "one-shot mode after the page, and the page after it" },
	{ test_periodic, "periodic mode after the page, and the page after it" },
	{ test_spiv, "LAPIC disabled by SPIV while armed" },
	{ test_xapic, "xAPIC and x2APIC in turns" },
	{ test_to_x2apic, "xAPIC to x2APIC while armed" },
	{ test_id, "xAPIC's id changed while armed" },
	{ test_apic_off, "LAPIC off while armed" },
	{ test_halts, "a guest that halts until each timer" },
	{ test_inhibited, "APICv inhibited and back at run time" },
	{ test_blocked, "interrupts blocked by a debugger: one arrives, after it" },
	{ test_vectors, "IRR and ISR put back, cleared and set by KVM_SET_LAPIC" },
	{ test_init, "INIT ends an AP's registration unwritten" },
	{ test_share, "20 vCPUs on two pages" },
};

static const struct test unstable[] = {
	{ test_refused, "an unstable TSC: registering is refused, KVM's timers go on" },
};

/* tandem_modes_test [unstable|N]: all tests, or that one. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	if (argc > 1 && !strcmp(argv[1], "unstable"))
		return run_tests(unstable, ARRAY_SIZE(unstable), 0);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
