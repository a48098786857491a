// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer and the guest's TSC: deadlines in the past, what RDMSR tells,
 * a TSC that is moved by the VMM or by the guest while a deadline is armed, one
 * that wraps, and one of another frequency.
 */
#include <sys/sysinfo.h>

#include "tandem_vmm.h"

#define FAR_US	1000000
#define SECOND	1000000

/* ---- the guest ---- */

static void guest_past(void)
{
	u64 n = 0;

	guest_start(0, true);
	for (int i = 0; i < 300; i++) {
		arm_at(rdtsc() - 1);
		wait_fired(++n);
		arm_at(rdtsc() + 1);
		wait_fired(++n);
		arm_at(1 + i);
		wait_fired(++n);
		GUEST_ASSERT_EQ(fired(), n);
	}
	GUEST_DONE();
}

/* What the LAPIC holds: the deadline while it is armed, then zero. */
static void guest_rdmsr(void)
{
	guest_start(0, true);
	GUEST_ASSERT_EQ(rdmsr(MSR_IA32_TSC_DEADLINE), 0);
	for (int i = 0; i < 200; i++) {
		arm_us(i & 1 ? 30000 : 50);
		if (i & 1)
			GUEST_ASSERT_EQ(rdmsr(MSR_IA32_TSC_DEADLINE), me()->deadline);
		wait_fired(i + 1);
		GUEST_ASSERT_EQ(rdmsr(MSR_IA32_TSC_DEADLINE), 0);
	}
	arm_us(SECOND);
	GUEST_ASSERT_EQ(rdmsr(MSR_IA32_TSC_DEADLINE), me()->deadline);
	cancel();
	GUEST_ASSERT_EQ(rdmsr(MSR_IA32_TSC_DEADLINE), 0);
	none_early();
	GUEST_DONE();
}

/* The VMM moves the TSC by params.us at each word, there and back. */
static void guest_moved(void)
{
	guest_start(0, true);
	for (int i = 0; i < params.count; i++) {
		guest_count_timers(10, 50, 1000);
		arm_us(FAR_US);
		GUEST_SYNC(i + 1);
		wait_fired((i + 1) * 11);
		GUEST_ASSERT_EQ(fired(), (i + 1) * 11);
		none_early();
	}
	GUEST_DONE();
}

static void move_tsc(s64 us)
{
	u64 cycles = us_to_tsc(us < 0 ? -us : us);

	wrmsr(MSR_IA32_TSC, us < 0 ? rdtsc() - cycles : rdtsc() + cycles);
}

static void guest_moves(void)
{
	u64 n = 0;

	guest_start(0, true);
	for (int i = 0; i < 5; i++) {
		arm_us(SECOND);
		move_tsc(2 * SECOND);
		wait_fired(++n);
		arm_us(20000);
		move_tsc(-SECOND / 2);
		wait_fired(++n);
		GUEST_ASSERT_EQ(fired(), n);
		none_early();
		guest_count_timers(10, 50, 1000);
		n += 10;
	}
	GUEST_DONE();
}

/*
 * Hardware compares unsigned: near the wrap a small deadline has passed. Served
 * before, over, and after it.
 */
static void guest_wraps(void)
{
	guest_start(0, true);
	wrmsr(MSR_IA32_TSC, -us_to_tsc(10 * SECOND));
	for (int i = 0; i < 20; i++) {
		arm_us(1000);
		wait_fired(i + 1);
	}
	arm_at(us_to_tsc(1000));
	wait_fired(21);
	GUEST_ASSERT(rdtsc() > ~0ULL / 2);
	arm_at(us_to_tsc(2000));
	wait_fired(22);
	none_early();
	wrmsr(MSR_IA32_TSC, -us_to_tsc(20000));
	while (rdtsc() > ~0ULL / 2)
		cpu_relax();
	GUEST_ASSERT_EQ(fired(), 22);
	guest_count_timers(50, 50, 1000);
	GUEST_DONE();
}

/* What arrives is not judged by the TSC, which has wrapped by then. */
static void arm_unjudged(u64 tsc)
{
	asm volatile("cli");
	arm_at(tsc);
	WRITE_ONCE(me()->deadline, 0);
	asm volatile("sti");
}

/*
 * The TSC's last cycles pass in no time: whoever looks comes after them. Each other
 * one is waited for halted, by KVM's timer.
 */
static void guest_ends(void)
{
	guest_start(0, true);
	for (u64 i = 0; i < params.count; i++) {
		u64 deadline = ~0ULL - i * i;

		GUEST_SYNC(i + 1);
		arm_unjudged(deadline);
		if (i & 1)
			halt_until_fired(i + 1);
		else
			wait_fired(i + 1);
		GUEST_ASSERT((s64)(rdtsc() - deadline) >= 0);
		spin_us(1000, ~0ULL);
		GUEST_ASSERT_EQ(fired(), i + 1);
	}
	guest_count_timers(50, 50, 1000);
	GUEST_DONE();
}

/*
 * Deadlines far above all times are none that ever come, and those that are hours
 * away don't come now. 2^64 / 10^6 cycles is where KVM's own conversion overflows.
 */
static void guest_never(void)
{
	guest_start(0, params.use_page);
	for (int i = 0; i < 50; i++) {
		arm_at(~0ULL - i);
		spin_us(2000, ~0ULL);
		arm_at(rdtsc() + (1ULL << 63));
		spin_us(2000, ~0ULL);
		arm_at(rdtsc() + ~0ULL / 1000000 + 1);
		spin_us(2000, ~0ULL);
	}
	cancel();
	GUEST_SYNC(1);
	me()->early = 0;
	if (params.use_page)
		guest_count_timers(50, 50, 1000);
	GUEST_DONE();
}

static void guest_scaled(void)
{
	guest_start(0, true);
	guest_count_timers(params.count, 20, 2000);
	GUEST_DONE();
}

/* ---- the VMM ---- */

static void test_past(void)
{
	run_to_end(guest_past);
}

static void test_rdmsr(void)
{
	run_to_end(guest_rdmsr);
}

static void move_by_offset(struct kvm_vcpu *vcpu, s64 cycles)
{
	u64 offset;

	vcpu_device_attr_get(vcpu, KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET, &offset);
	offset += cycles;
	vcpu_device_attr_set(vcpu, KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET, &offset);
}

static void move_by_msr(struct kvm_vcpu *vcpu, s64 cycles)
{
	_vcpu_set_msr(vcpu, MSR_IA32_TSC, vcpu_get_msr(vcpu, MSR_IA32_TSC) + cycles);
}

/*
 * Forward by more than the deadline is away, which is due then; and back, so that
 * it is later than KVM's timer, which was armed before, would have it.
 */
static void moved(void (*move)(struct kvm_vcpu *vcpu, s64 cycles), u64 us)
{
	struct machine *m;
	u64 cycles;

	params.count = 8;
	m = machine_create(1, guest_moved);
	cycles = us * params.khz / 1000;
	for (u64 i = 0; machine_run(m, 0); i++)
		move(m->vcpus[0], i & 1 ? -cycles : cycles);
	machine_free(m);
}

static void needs_offset(void)
{
	struct machine *m = machine_create(1, guest_moved);
	bool has = !__vcpu_has_device_attr(m->vcpus[0], KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET);

	machine_free(m);
	if (!has)
		skip("KVM has no KVM_VCPU_TSC_OFFSET");
}

static void test_offset(void)
{
	needs_offset();
	moved(move_by_offset, 3 * SECOND / 2);
}

static void test_msr(void)
{
	moved(move_by_msr, 2 * SECOND);
}

static void test_moves(void)
{
	run_to_end(guest_moves);
}

static void test_wraps(void)
{
	run_to_end(guest_wraps);
}

/* 100 ms before the TSC's end, again and again. */
static void ends(void (*move)(struct kvm_vcpu *vcpu, s64 cycles))
{
	struct kvm_vcpu *vcpu;
	struct machine *m;

	params.count = 40;
	m = machine_create(1, guest_ends);
	vcpu = m->vcpus[0];
	while (machine_run(m, 0))
		move(vcpu, -(params.khz * 100) - vcpu_get_msr(vcpu, MSR_IA32_TSC));
	machine_free(m);
}

static void test_ends_by_msr(void)
{
	ends(move_by_msr);
}

static void test_ends_by_offset(void)
{
	needs_offset();
	ends(move_by_offset);
}

/* How many of 150 came. */
static u64 far_ones(bool use_page)
{
	struct machine *m;
	u64 came;

	params.use_page = use_page;
	m = machine_create(1, guest_never);
	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	came = cpu_of(m, 0)->fired;
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
	return came;
}

/* What was handed to KVM's timer comes as KVM's does. */
static void test_never(void)
{
	u64 handed = tandem_stat("handed_over"), came = far_ones(true);

	handed = tandem_stat("handed_over") - handed;
	ksft_print_msg("of 150, %lu came now; %lu handed to KVM's timer; of KVM's alone %lu\n",
		       came, handed, far_ones(false));
	TEST_ASSERT(came <= handed, "%lu came, and %lu were KVM's", came, handed);
}

static void run_at(u64 khz)
{
	struct machine *m = machine_create(1, guest_scaled);

	vcpu_ioctl(m->vcpus[0], KVM_SET_TSC_KHZ, (void *)khz);
	params.khz = khz;
	sync_global_to_guest(m->vm, params);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_scaled(void)
{
	struct machine *m;
	u64 khz;

	if (!kvm_has_cap(KVM_CAP_TSC_CONTROL))
		skip("this CPU can't scale the TSC (no TscRateMsr or use-TSC-scaling)");
	m = machine_create(1, guest_scaled);
	khz = params.khz;
	machine_free(m);
	params.count = 1000;
	run_at(khz / 2);
	run_at(khz * 2);
	run_at(khz * 10 / 7);
}

static const struct test tests[] = {
	{ test_past, "deadlines in the past come at once, and once" },
	{ test_rdmsr, "RDMSR reads the armed deadline, then zero" },
	{ test_offset, "TSC offset moved by the VMM while armed" },
	{ test_msr, "MSR_IA32_TSC written by the VMM while armed" },
	{ test_moves, "MSR_IA32_TSC written by the guest while armed" },
	{ test_wraps, "a TSC that wraps" },
	{ test_ends_by_msr, "deadlines of the TSC's last cycles, set by MSR_IA32_TSC" },
	{ test_ends_by_offset, "... and by the TSC offset" },
	{ test_never, "deadlines of the end of time don't come" },
	{ test_scaled, "TSC scaling: half, double, 10/7" },
};

/* tandem_tsc_test [N]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
