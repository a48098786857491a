// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer and what a VMM does between two KVM_RUNs or from another
 * thread: state read and put back, exits around each arm, dirty logging, memslots,
 * and VMs that die.
 */
#include <signal.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>

#include "tandem_vmm.h"

/* ---- the guest ---- */

/* It leaves KVM_RUN with each deadline armed. */
static void guest_syncs(void)
{
	guest_start(0, true);
	for (int i = 0; i < params.count; i++) {
		GUEST_ASSERT_EQ(fired(), i);
		arm_us(params.us ?: 10 + guest_random() % 3000);
		GUEST_SYNC(i + 1);
		wait_fired(i + 1);
	}
	spin_us(20000, ~0ULL);
	GUEST_ASSERT_EQ(fired(), params.count);
	none_early();
	GUEST_DONE();
}

/* Registers again where what the VMM did may have ended the registration. */
static void guest_registers(void)
{
	guest_start(0, true);
	for (int i = 0; i < params.count; i++) {
		GUEST_ASSERT_EQ(fired(), i);
		arm_us(10 + guest_random() % 3000);
		GUEST_SYNC(i + 1);
		wait_fired(i + 1);
		if (i % 3 == 0)
			guest_register();
	}
	none_early();
	GUEST_DONE();
}

static void guest_leaves(void)
{
	guest_start(0, true);
	arm_us(10000000);
	GUEST_SYNC(1);
	GUEST_SYNC(2);
	GUEST_DONE();
}

static void guest_forever(u64 id)
{
	guest_start(id, true);
	for (;;)
		guest_count_timers(100, 10, 300);
}

static void guest_until_stopped(u64 id)
{
	guest_start(id, true);
	while (!READ_ONCE(me()->stop))
		guest_count_timers(10, 50, 1000);
	GUEST_DONE();
}

/* ---- the VMM ---- */

static void each_sync(void *guest_code, void (*function)(struct kvm_vcpu *vcpu))
{
	struct machine *m;

	params.count = 500;
	params.us = 0;
	m = machine_create(1, guest_code);
	while (machine_run(m, 0))
		function(m->vcpus[0]);
	machine_free(m);
}

static void run_nothing(struct kvm_vcpu *vcpu)
{
	for (int i = 0; i < 3; i++) {
		vcpu->run->immediate_exit = 1;
		TEST_ASSERT(__vcpu_run(vcpu) && errno == EINTR, "KVM_RUN went on");
	}
	vcpu->run->immediate_exit = 0;
}

static void test_immediate_exit(void)
{
	each_sync(guest_syncs, run_nothing);
}

static void get_and_set_lapic(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic_state state;

	vcpu_ioctl(vcpu, KVM_GET_LAPIC, &state);
	vcpu_ioctl(vcpu, KVM_SET_LAPIC, &state);
}

static void test_lapic(void)
{
	each_sync(guest_registers, get_and_set_lapic);
}

/* All of it, as a VMM does that saves and restores in place. */
static void get_and_set_state(struct kvm_vcpu *vcpu)
{
	struct kvm_x86_state *state = vcpu_save_state(vcpu);

	vcpu_load_state(vcpu, state);
	kvm_x86_state_cleanup(state);
}

/* A deadline put back after it expired would expire twice: they are far away. */
static void test_state(void)
{
	struct machine *m;

	params.count = 3;
	params.us = 3000000;
	m = machine_create(1, guest_syncs);
	while (machine_run(m, 0))
		get_and_set_state(m->vcpus[0]);
	machine_free(m);
}

static void get_and_set_msr(struct kvm_vcpu *vcpu)
{
	u64 armed = vcpu_get_msr(vcpu, MSR_IA32_TSC_DEADLINE);

	vcpu_set_msr(vcpu, MSR_IA32_TSC_DEADLINE, armed);
}

static void test_msr(void)
{
	struct machine *m;

	params.count = 3;
	params.us = 3000000;
	m = machine_create(1, guest_syncs);
	while (machine_run(m, 0))
		for (int i = 0; i < 20; i++)
			get_and_set_msr(m->vcpus[0]);
	machine_free(m);
}

/* What the host wrote into the page a migration must copy. */
static void test_dirty(void)
{
	struct machine *m = machine_create(1, guest_leaves);
	u64 bitmap = 0;

	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	vm_mem_region_set_flags(m->vm, ENTRY_SLOT, KVM_MEM_LOG_DIRTY_PAGES);
	kvm_vm_get_dirty_log(m->vm, ENTRY_SLOT, &bitmap);
	TEST_ASSERT_EQ(machine_run(m, 0), 2);
	kvm_vm_get_dirty_log(m->vm, ENTRY_SLOT, &bitmap);
	TEST_ASSERT(bitmap & 1, "the host wrote to the page, and the log has no word of it");
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_flags(void)
{
	struct machine *m = machine_create(2, guest_until_stopped);

	machine_start(m);
	for (int i = 0; i < 300; i++) {
		vm_mem_region_set_flags(m->vm, ENTRY_SLOT,
					i & 1 ? 0 : KVM_MEM_LOG_DIRTY_PAGES);
		usleep(2000);
	}
	machine_stop(m);
	machine_join(m);
	machine_free(m);
}

static void move_slot(struct machine *m, int id)
{
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_MOVED_GPA);
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_GPA);
}

static void test_moved(void)
{
	struct machine *m = machine_create(1, guest_until_stopped);

	m->interrupted = move_slot;
	machine_start(m);
	for (int i = 0; i < 300; i++) {
		machine_interrupt(m, 0);
		usleep(2000);
	}
	machine_stop(m);
	machine_join(m);
	ksft_print_msg("moved %lu times\n", m->ran);
	machine_free(m);
}

static void die_young(int round)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		machine_start(machine_create(3, guest_forever));
		pause();
	}
	usleep(100000 + round * 7919 % 60000);
	TEST_ASSERT(!kill(pid, SIGKILL), "it was dead already");
	waitpid(pid, NULL, 0);
}

static void test_killed(void)
{
	struct machine *m = machine_create(1, guest_until_stopped);

	machine_start(m);
	for (int i = 0; i < 30; i++)
		die_young(i);
	machine_stop(m);
	machine_join(m);
	machine_free(m);
}

static void test_mode(void)
{
	static const char * const modes[] = { "off", "timer", "poll", "timer" };
	struct machine *m = machine_create(2, guest_until_stopped);

	machine_start(m);
	for (int i = 0; i < 40; i++) {
		const char *mode = modes[i % 4];

		if (strcmp(mode, "poll") || tandem_has_knob("agent_cpus"))
			tandem_knob("mode", mode);
		usleep(20000);
	}
	machine_stop(m);
	machine_join(m);
	machine_free(m);
}

static const struct test tests[] = {
	{ test_immediate_exit, "KVM_RUN left around each arm, and not begun thrice" },
	{ test_lapic, "KVM_GET_LAPIC and KVM_SET_LAPIC with each deadline armed" },
	{ test_state, "all state read and put back with a deadline armed" },
	{ test_msr, "the deadline MSR read and put back twenty times" },
	{ test_dirty, "what the host writes to the page is logged dirty" },
	{ test_flags, "dirty logging switched while served" },
	{ test_moved, "memslot moved away and back, out of KVM_RUN" },
	{ test_killed, "VMs killed in the middle; one beside them goes on" },
	{ test_mode, "the module's mode switched while served" },
};

/* tandem_vmm_test [N]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
