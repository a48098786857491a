// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer of a guest that is itself a hypervisor: L1's deadlines are
 * served while L2 executes, by L1's TSC, and each takes L2 to L1.
 */
#include <sys/sysinfo.h>

#include "svm_util.h"
#include "tandem_vmm.h"
#include "vmx.h"

#define L2_STACK	256

static u64 l2_stack[L2_STACK];
static u64 l2_rounds;

/* What L1 has of one of them, as the CPU is. */
static struct svm_test_data *svm;
static struct vmx_pages *vmx;

/* ---- L2 ---- */

/*
 * On VMX with its interrupts on, which are not its own and are never delivered to
 * it: those that are off when Bochs 3 enters a guest stay off for the host, too.
 */
static void l2_spins(void)
{
	if (vmx)
		asm volatile("sti");
	for (;;)
		WRITE_ONCE(l2_rounds, l2_rounds + 1);
}

static void l2_halts(void)
{
	for (;;)
		asm volatile("sti; hlt");
}

/* ---- L1, on SVM ---- */

/* L1's interrupts are on while L2 executes; GIF keeps them from L1 around it. */
static void svm_run_l2(void)
{
	run_guest(svm->vmcb, svm->vmcb_gpa);
	GUEST_ASSERT_EQ(svm->vmcb->control.exit_code, SVM_EXIT_INTR);
	stgi();
	asm volatile("nop");
	clgi();
}

static void svm_setup(void *code, u64 tsc_offset)
{
	generic_svm_setup(svm, code, &l2_stack[L2_STACK]);
	svm->vmcb->control.intercept |= 1ULL << INTERCEPT_INTR;
	svm->vmcb->control.int_ctl |= V_INTR_MASKING_MASK;
	svm->vmcb->control.tsc_offset = tsc_offset;
}

/* ---- L1, on VMX ---- */

static bool launched;

/* An interrupt ends L2 whatever L1's flag says, and is taken where L1 allows it. */
static void vmx_run_l2(void)
{
	GUEST_ASSERT(!(launched ? vmresume() : vmlaunch()));
	launched = true;
	GUEST_ASSERT_EQ(vmreadz(VM_EXIT_REASON), EXIT_REASON_EXTERNAL_INTERRUPT);
	asm volatile("sti; nop; cli");
}

static void vmx_setup(void *code, u64 tsc_offset)
{
	if (!launched)
		GUEST_ASSERT(prepare_for_vmx_operation(vmx));
	launched = false;
	GUEST_ASSERT(load_vmcs(vmx));
	prepare_vmcs(vmx, code, &l2_stack[L2_STACK]);
	vmwrite(PIN_BASED_VM_EXEC_CONTROL,
		vmreadz(PIN_BASED_VM_EXEC_CONTROL) | PIN_BASED_EXT_INTR_MASK);
	vmwrite(CPU_BASED_VM_EXEC_CONTROL,
		vmreadz(CPU_BASED_VM_EXEC_CONTROL) | CPU_BASED_USE_TSC_OFFSETTING);
	vmwrite(TSC_OFFSET, tsc_offset);
}

/* ---- L1 ---- */

static void setup(void *code, u64 tsc_offset)
{
	if (vmx)
		vmx_setup(code, tsc_offset);
	else
		svm_setup(code, tsc_offset);
}

/* None may come between the look at what has fired and L2. */
static void interrupts_off(void)
{
	if (vmx)
		asm volatile("cli");
	else
		clgi();
}

static void interrupts_on(void)
{
	if (vmx)
		asm volatile("sti");
	else
		stgi();
}

static void run_l2_until_fired(u64 n)
{
	interrupts_off();
	while (fired() < n) {
		if (vmx)
			vmx_run_l2();
		else
			svm_run_l2();
	}
	interrupts_on();
}

static void timers_over_l2(void)
{
	for (u64 i = 0; i < params.count; i++) {
		u64 before = fired(), early = me()->early;

		GUEST_ASSERT_EQ(before, i);
		arm_counted(params.us ?: 20 + guest_random() % 1000);
		run_l2_until_fired(i + 1);
		settle(before, early);
	}
	GUEST_ASSERT_EQ(fired(), params.count);
	none_early();
}

static void l1_spins(void)
{
	guest_start(0, true);
	setup(l2_spins, 0);
	timers_over_l2();
	GUEST_ASSERT(l2_rounds);
	GUEST_DONE();
}

static void l1_halts(void)
{
	guest_start(0, true);
	setup(l2_halts, 0);
	timers_over_l2();
	GUEST_DONE();
}

static void l1_offset(void)
{
	guest_start(0, true);
	setup(l2_spins, us_to_tsc(10000000));
	timers_over_l2();
	setup(l2_spins, -us_to_tsc(1000000));
	cancel();
	WRITE_ONCE(me()->fired, 0);
	timers_over_l2();
	GUEST_DONE();
}

/* Interrupts that another vCPU sends by IPI, all of KVM's making. */
static void l1_is_sent(u64 id)
{
	guest_start(id, false);
	if (id) {
		for (u64 i = 0; i < params.count; i++) {
			while (READ_ONCE(guest_cpus[0].fired) < i)
				cpu_relax();
			spin_us(20 + guest_random() % 1000, ~0ULL);
			x2apic_write_reg(APIC_ICR, APIC_DM_FIXED | VECTOR);
		}
		GUEST_DONE();
	}
	setup(l2_spins, 0);
	for (u64 i = 0; i < params.count; i++)
		run_l2_until_fired(i + 1);
	GUEST_DONE();
}

/* ---- L0 ---- */

static struct machine *create(int nr, void *l1_code)
{
	struct machine *m;
	vm_vaddr_t pages;

	if (!kvm_cpu_has(X86_FEATURE_SVM) && !kvm_cpu_has(X86_FEATURE_VMX))
		skip("KVM offers no SVM or VMX to guests");
	m = machine_create(nr, l1_code);
	if (kvm_cpu_has(X86_FEATURE_SVM)) {
		vcpu_alloc_svm(m->vm, &pages);
		svm = (void *)pages;
		sync_global_to_guest(m->vm, svm);
	} else {
		vcpu_alloc_vmx(m->vm, &pages);
		vmx = (void *)pages;
		sync_global_to_guest(m->vm, vmx);
	}
	return m;
}

static void run_l1(void *l1_code, u64 us)
{
	struct machine *m;

	params.count = 500;
	params.us = us;
	m = create(1, l1_code);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_spins(void)
{
	run_l1(l1_spins, 0);
}

static void test_halts(void)
{
	run_l1(l1_halts, 0);
}

static void test_offset(void)
{
	run_l1(l1_offset, 0);
}

/* No timer, and nothing of Tandem. */
static void test_sent(void)
{
	struct machine *m;

	params.count = 500;
	m = create(2, l1_is_sent);
	m->first_cpu = 0;
	m->nr_cpus = get_nprocs();
	machine_start(m);
	machine_join(m);
	machine_free(m);
}

/* L1 needs the MSR for them no more than without L2. */
static bool few_under_l2(u64 us)
{
	struct machine *m;
	bool few;

	params.count = 500;
	params.us = us;
	m = create(1, l1_spins);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	ksft_print_msg("%lu timers of %lu us\n", params.count, us);
	few = few_announced(cpu_of(m, 0), params.count);
	machine_free(m);
	return few;
}

static void test_announced(void)
{
	announces_few(few_under_l2, 3000);
}

static const struct test tests[] = {
	{ test_spins, "L1's timers are served while L2 spins" },
	{ test_halts, "L1's timers wake an L2 that halts" },
	{ test_offset, "L2's TSC offset does not matter" },
	{ test_announced, "timers of 3 ms under L2 need no MSR write" },
	{ test_sent, "another vCPU's IPIs end L2: without Tandem" },
};

/* tandem_nested_test [N]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
