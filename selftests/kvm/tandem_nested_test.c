// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer of a guest that is itself a hypervisor: L1's deadlines are
 * served while L2 executes, by L1's TSC, and each takes L2 to L1.
 */
#include <sys/sysinfo.h>

#include "svm_util.h"
#include "tandem_vmm.h"

#define L2_STACK	256

static u64 l2_stack[L2_STACK];
static u64 l2_rounds;

/* ---- L2 ---- */

static void l2_spins(void)
{
	for (;;)
		WRITE_ONCE(l2_rounds, l2_rounds + 1);
}

static void l2_halts(void)
{
	for (;;)
		asm volatile("sti; hlt");
}

/* ---- L1 ---- */

/*
 * Until an interrupt ends L2. L1's are on while L2 executes; GIF keeps them from
 * L1 around it, and between the look at what has fired and L2.
 */
static void run_l2_until_fired(struct svm_test_data *svm, u64 n)
{
	clgi();
	while (fired() < n) {
		run_guest(svm->vmcb, svm->vmcb_gpa);
		GUEST_ASSERT_EQ(svm->vmcb->control.exit_code, SVM_EXIT_INTR);
		stgi();
		asm volatile("nop");
		clgi();
	}
	stgi();
}

static void setup(struct svm_test_data *svm, void *code, u64 tsc_offset)
{
	generic_svm_setup(svm, code, &l2_stack[L2_STACK]);
	svm->vmcb->control.intercept |= 1ULL << INTERCEPT_INTR;
	svm->vmcb->control.int_ctl |= V_INTR_MASKING_MASK;
	svm->vmcb->control.tsc_offset = tsc_offset;
}

static void timers_over_l2(struct svm_test_data *svm)
{
	for (u64 i = 0; i < params.count; i++) {
		GUEST_ASSERT_EQ(fired(), i);
		arm_us(params.us ?: 20 + guest_random() % 1000);
		run_l2_until_fired(svm, i + 1);
	}
	GUEST_ASSERT_EQ(fired(), params.count);
	none_early();
}

static void l1_spins(u64 id, struct svm_test_data *svm)
{
	guest_start(0, true);
	setup(svm, l2_spins, 0);
	timers_over_l2(svm);
	GUEST_ASSERT(l2_rounds);
	GUEST_DONE();
}

static void l1_halts(u64 id, struct svm_test_data *svm)
{
	guest_start(0, true);
	setup(svm, l2_halts, 0);
	timers_over_l2(svm);
	GUEST_DONE();
}

static void l1_offset(u64 id, struct svm_test_data *svm)
{
	guest_start(0, true);
	setup(svm, l2_spins, us_to_tsc(10000000));
	timers_over_l2(svm);
	svm->vmcb->control.tsc_offset = -us_to_tsc(1000000);
	cancel();
	WRITE_ONCE(me()->fired, 0);
	timers_over_l2(svm);
	GUEST_DONE();
}

/* ---- L0 ---- */

static struct machine *create(void *l1_code)
{
	struct machine *m;
	vm_vaddr_t svm;

	if (!kvm_cpu_has(X86_FEATURE_SVM))
		skip("L2 is written for SVM, and this CPU has none");
	m = machine_create(1, l1_code);
	vcpu_alloc_svm(m->vm, &svm);
	vcpu_args_set(m->vcpus[0], 2, 0UL, svm);
	return m;
}

static void run_l1(void *l1_code, u64 us)
{
	struct machine *m;

	params.count = 500;
	params.us = us;
	m = create(l1_code);
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

/* L1 needs the MSR for them no more than without L2. */
static void test_announced(void)
{
	struct machine *m;
	struct guest_cpu *cpu;

	params.count = 500;
	params.us = 3000;
	m = create(l1_spins);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	cpu = cpu_of(m, 0);
	ksft_print_msg("500 timers of 3 ms: announced %lu, %lu as the lease was stale\n",
		       cpu->announced, cpu->stale);
	TEST_ASSERT((cpu->announced - cpu->stale) * 50 <= params.count,
		    "%lu of %lu announced", cpu->announced - cpu->stale, params.count);
	machine_free(m);
}

static const struct test tests[] = {
	{ test_spins, "L1's timers are served while L2 spins" },
	{ test_halts, "L1's timers wake an L2 that halts" },
	{ test_offset, "L2's TSC offset does not matter" },
	{ test_announced, "timers of 3 ms under L2 need no MSR write" },
};

/* tandem_nested_test [N]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
