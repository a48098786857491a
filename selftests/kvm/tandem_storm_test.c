// SPDX-License-Identifier: GPL-2.0
/*
 * Timers of 10 to 300 us on several vCPUs at once, each counted, while the host
 * does to them what hosts do: none may be lost, come twice, or early.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "tandem_vmm.h"

#define VCPUS	4

/* How often it says how far it is. */
#define PROGRESS_US	20000000

static u64 timers = 900000;

/* ---- the guest ---- */

/*
 * It registers again from time to time, as what is done to it may have ended the
 * registration, and halts now and then.
 */
static void guest_storm(u64 id)
{
	guest_start(id, true);
	for (u64 i = 0; i < params.count; i += 10) {
		if (guest_random() % 16 == 0)
			halt_us(50);
		guest_count_timers(10, 10, 300);
		if (guest_random() % 4 == 0)
			guest_register();
	}
	GUEST_DONE();
}

/* ---- what happens in the vCPU's thread, outside KVM_RUN ---- */

static void msrs(struct machine *m, int id)
{
	u64 armed = vcpu_get_msr(m->vcpus[id], MSR_IA32_TSC_DEADLINE);

	/* KVM's timer may expire between the two; QEMU's would come twice then too. */
	if (!armed)
		vcpu_set_msr(m->vcpus[id], MSR_IA32_TSC_DEADLINE, 0);
}

static void lapic(struct machine *m, int id)
{
	struct kvm_lapic_state state;

	vcpu_ioctl(m->vcpus[id], KVM_GET_LAPIC, &state);
	vcpu_ioctl(m->vcpus[id], KVM_SET_LAPIC, &state);
}

/* Only its own page: the other vCPUs execute. */
static void discard(struct machine *m, int id)
{
	TEST_ASSERT(!madvise((void *)((u64)entry_of(m, id) & ~4095UL), 4096, MADV_DONTNEED),
		    "madvise: %s", strerror(errno));
}

/* Away and back: the mapping is stale, the contents are the same. */
static void slot_moved(struct machine *m, int id)
{
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_MOVED_GPA);
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_GPA);
}

static void affinity(struct machine *m, int id)
{
	pin(pthread_self(), m->ran % get_nprocs());
}

static void immediate_exits(struct machine *m, int id)
{
	struct kvm_vcpu *vcpu = m->vcpus[id];

	for (int i = 0; i < 5; i++) {
		vcpu->run->immediate_exit = 1;
		TEST_ASSERT(__vcpu_run(vcpu) && errno == EINTR, "KVM_RUN went on");
	}
	vcpu->run->immediate_exit = 0;
}

/* ---- what happens beside them, while they execute ---- */

static bool over;

static void switch_modes(struct machine *m, u64 round)
{
	static const char * const modes[] = { "off", "timer", "poll" };

	tandem_knob("mode", modes[round % (tandem_has_knob("agent_cpus") ? 3 : 2)]);
}

static void log_dirty(struct machine *m, u64 round)
{
	vm_mem_region_set_flags(m->vm, ENTRY_SLOT, round & 1 ? KVM_MEM_LOG_DIRTY_PAGES : 0);
}

/**
 * struct disturber - a thread that disturbs a VM
 * @m:		the VM
 * @beside:	called each time; may be NULL
 * @rounds:	times
 * @interrupts:	of those, the ones that ended a KVM_RUN: not before the last one
 *		was dealt with, or the guest would never run
 * @begun_us:	since when
 * @said_us:	when it said last how far the timers are
 */
struct disturber {
	struct machine *m;
	void (*beside)(struct machine *m, u64 round);
	u64 rounds;
	u64 interrupts;
	u64 begun_us;
	u64 said_us;
};

/*
 * The guest gets as much time as is spent to disturb it, at least: where a memslot
 * takes long to move it would not come to arm a timer between two moves.
 */
static bool may_interrupt(struct disturber *d)
{
	u64 spent = READ_ONCE(d->m->interrupted_us) / d->m->nr;

	return READ_ONCE(d->m->ran) >= d->interrupts && 2 * spent <= host_us() - d->begun_us;
}

static void interrupt(struct disturber *d)
{
	if (!d->m->interrupted || !may_interrupt(d))
		return;
	d->interrupts = d->m->ran + 1;
	machine_interrupt(d->m, d->rounds % d->m->nr);
}

static void say_progress(struct disturber *d)
{
	u64 now = host_us();

	if (now - d->said_us < PROGRESS_US)
		return;
	d->said_us = now;
	ksft_print_msg("%lu timers of %lu\n", machine_counted(d->m),
		       params.count * d->m->nr);
}

static void *disturb(void *data)
{
	struct disturber *d = data;

	while (READ_ONCE(d->m->started) < d->m->nr)
		usleep(1000);
	while (!READ_ONCE(over)) {
		usleep(500 + random() % 2000);
		if (d->beside)
			d->beside(d->m, d->rounds);
		interrupt(d);
		say_progress(d);
		d->rounds++;
	}
	return NULL;
}

/* ---- the tests ---- */

static void storm(int vcpus, void (*outside)(struct machine *m, int id),
		  void (*beside)(struct machine *m, u64 round))
{
	struct disturber d = { .beside = beside };
	pthread_t thread;
	u64 announced = 0;

	params.count = timers / vcpus / 100 * 100;
	d.m = machine_create(vcpus, guest_storm);
	d.m->interrupted = outside;
	d.begun_us = host_us();
	d.said_us = d.begun_us;
	machine_start(d.m);
	pthread_create(&thread, NULL, disturb, &d);
	machine_join(d.m);
	WRITE_ONCE(over, true);
	pthread_join(thread, NULL);
	for (int id = 0; id < vcpus; id++)
		announced += cpu_of(d.m, id)->announced;
	ksft_print_msg("%lu timers, %lu announced, %lu disturbances\n",
		       machine_counted(d.m), announced, d.rounds);
	if (outside) {
		TEST_ASSERT(d.m->ran, "nothing disturbed them");
		ksft_print_msg("%lu KVM_RUNs ended, %lu us each\n",
			       d.m->ran, d.m->interrupted_us / d.m->ran);
	}
	machine_free(d.m);
}

static void nothing(struct machine *m, int id)
{
}

static void test_quiet(void)
{
	storm(VCPUS, NULL, NULL);
}

static void test_signals(void)
{
	storm(VCPUS, nothing, NULL);
}

static void test_immediate_exits(void)
{
	storm(VCPUS, immediate_exits, NULL);
}

static void test_msrs(void)
{
	storm(VCPUS, msrs, NULL);
}

static void test_lapic(void)
{
	storm(VCPUS, lapic, NULL);
}

static void test_discard(void)
{
	storm(1, discard, NULL);
}

static void test_slot_moved(void)
{
	storm(1, slot_moved, NULL);
}

static void test_affinity(void)
{
	storm(VCPUS, affinity, NULL);
}

static void test_modes(void)
{
	storm(VCPUS, NULL, switch_modes);
	tandem_knob("mode", "timer");
}

static void test_log_dirty(void)
{
	storm(VCPUS, nothing, log_dirty);
}

static const struct test tests[] = {
	{ test_quiet, "nothing happens to them" },
	{ test_signals, "signals" },
	{ test_immediate_exits, "immediate exits" },
	{ test_msrs, "the deadline MSR read, and cleared where it is clear" },
	{ test_lapic, "the LAPIC's state read and replaced" },
	{ test_discard, "the page discarded" },
	{ test_slot_moved, "the memslot moved away and back" },
	{ test_affinity, "their threads moved from CPU to CPU" },
	{ test_modes, "the module's mode switched" },
	{ test_log_dirty, "dirty logging switched on and off" },
};

/* tandem_storm_test [all|N [TIMERS]]: all tests, or the Nth; so many timers in all. */
int main(int argc, char **argv)
{
	int only = argc > 1 && strcmp(argv[1], "all") ? atoi_positive("test", argv[1]) : 0;

	if (argc > 2)
		timers = atoi_positive("timers", argv[2]);
	if (!only)
		timers /= ARRAY_SIZE(tests);
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	return run_tests(tests, ARRAY_SIZE(tests), only);
}
