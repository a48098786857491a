// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer, from a guest that consists of nothing else: what is
 * registered and what is refused, exits per timer, nothing lost, and what the
 * VMM sees. Needs kvm_tandem; the vCPU runs on the last CPU, the agent on another.
 */
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "tandem_vmm.h"

static int timers = 100000;

/* ---- the guest ---- */

static void guest_probe(void)
{
	u64 value;

	GUEST_ASSERT(!rdmsr_safe(MSR_KVM_TANDEM, &value));
	GUEST_ASSERT_EQ(value, TANDEM_MAGIC | TANDEM_VERSION);
	guest_start(0, true);
	GUEST_ASSERT_EQ(me()->entry->host.version, TANDEM_VERSION);
	GUEST_ASSERT_EQ(me()->entry->host.features, TANDEM_F_TIMER | TANDEM_F_POLL);
	GUEST_ASSERT(me()->entry->host.lease);
	GUEST_DONE();
}

static void guest_refused(void)
{
	static const u64 bad[] = {
		ENTRY_GPA + 64 + TANDEM_ENABLE,		/* unaligned */
		ENTRY_GPA + 2 + TANDEM_ENABLE,		/* reserved bits */
		ENTRY_GPA,				/* not enabled */
		ENTRY_GPA + 4096 - 256 + TANDEM_ENABLE,	/* crosses the page */
		0xf00000000 + TANDEM_ENABLE,		/* outside memory */
		APIC_DEFAULT_GPA + TANDEM_ENABLE,	/* the LAPIC's MMIO */
		~0ULL & ~TANDEM_RESERVED,		/* no address at all */
	};

	guest_start(0, true);
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		GUEST_ASSERT_EQ(write_tandem_msr(bad[i]), GP_VECTOR);
		arm_us(500);
		wait_fired(i + 1);
	}
	GUEST_ASSERT(!write_tandem_msr(ENTRY_GPA + 4096 - 384 + TANDEM_ENABLE));
	GUEST_DONE();
}

static void guest_loop(void)
{
	struct guest_cpu *cpu = &guest_cpus[0];

	guest_start(0, params.use_page);
	arm_us(1000);
	wait_fired(1);
	cpu->announced = 0;
	cpu->stale = 0;
	GUEST_SYNC(1);
	for (u64 i = 0; i < params.count; i++) {
		arm_us(params.us);
		wait_fired(i + 2);
	}
	GUEST_SYNC(2);
	GUEST_DONE();
}

static void guest_many(void)
{
	guest_start(0, true);
	guest_count_timers(params.count, 10, 300);
	GUEST_DONE();
}

static void guest_cancel(void)
{
	guest_start(0, true);
	GUEST_SYNC(1);
	for (int i = 0; i < 1000; i++) {
		arm_us(100000);
		arm_us(200000);
		cancel();
	}
	GUEST_SYNC(2);
	spin_us(300000, 1);
	GUEST_ASSERT_EQ(fired(), 0);
	GUEST_DONE();
}

static void guest_one_far(void)
{
	guest_start(0, true);
	arm_us(30000);
	GUEST_SYNC(me()->deadline);
	spin_us(100000, 2);
	GUEST_SYNC(fired());
	GUEST_DONE();
}

static void guest_disable(void)
{
	guest_start(0, true);
	arm_us(10000);
	GUEST_ASSERT(!write_tandem_msr(0));
	spin_us(50000, 2);
	GUEST_ASSERT_EQ(fired(), 1);
	me()->use_page = false;
	arm_us(1000);
	wait_fired(2);
	GUEST_DONE();
}

/* Far enough ahead that a busy host has not fired it when it is masked. */
static void guest_lvtt(void)
{
	guest_start(0, true);
	arm_us(200000);
	write_lvtt(APIC_LVT_TIMER_TSCDEADLINE | APIC_LVT_MASKED | VECTOR);
	spin_us(300000, 1);
	GUEST_ASSERT_EQ(fired(), 0);
	write_lvtt(APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	arm_us(1000);
	wait_fired(1);

	arm_us(200000);
	write_lvtt(APIC_LVT_TIMER_ONESHOT | VECTOR);
	write_lvtt(APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	spin_us(300000, 2);
	GUEST_ASSERT_EQ(fired(), 1);
	arm_us(1000);
	wait_fired(2);
	GUEST_DONE();
}

/* Whatever a guest writes, the host lives, and so does a timer armed after it. */
static void guest_hostile(void)
{
	u64 random = 7, nr = sizeof(struct tandem_entry) / 8, *words = (u64 *)ENTRY_GPA;

	guest_start(0, true);
	for (int i = 0; i < 200000; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		words[(random >> 40) % nr] = i & 1 ? random : rdtsc() + 1000;
		if (!(i % 64))
			wrmsr(MSR_IA32_TSC_DEADLINE, i & 64 ? random : me()->entry->guest.deadline);
	}
	cancel();
	wrmsr(MSR_IA32_TSC_DEADLINE, 0);
	spin_us(50000, ~0ULL);
	WRITE_ONCE(me()->fired, 0);
	arm_us(1000);
	wait_fired(1);
	GUEST_DONE();
}

/* Only the deadline is watched: the entry may be gone. */
static void guest_no_touch(void)
{
	guest_start(0, true);
	arm_us(50000);
	GUEST_SYNC(1);
	spin_us(200000, 2);
	GUEST_ASSERT_EQ(fired(), 1);
	wrmsr(MSR_IA32_TSC_DEADLINE, rdtsc() + params.khz);
	wait_fired(2);
	GUEST_DONE();
}

/* ---- the VMM ---- */

static void test_probe(void)
{
	run_to_end(guest_probe);
}

static void test_refused(void)
{
	run_to_end(guest_refused);
}

/* Interrupts of the host's own timer on the CPU that the vCPU has for itself. */
static u64 host_ticks(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096], *word, *save;
	u64 ticks = 0;

	TEST_ASSERT(file, "/proc/interrupts");
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, "LOC:"))
			continue;
		word = strtok_r(strstr(line, "LOC:") + 4, " ", &save);
		for (int cpu = 0; word && cpu < get_nprocs(); cpu++) {
			ticks = atoll(word);
			word = strtok_r(NULL, " ", &save);
		}
	}
	fclose(file);
	return ticks;
}

/* The exits of @count timers, less those for the host's ticks. */
static u64 loop_exits(bool page, u64 us, u64 count, struct guest_cpu *cpu)
{
	struct machine *m;
	u64 before, after;

	params.use_page = page;
	params.us = us;
	params.count = count;
	m = machine_create(1, guest_loop);
	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	before = vcpu_stat(m->vcpus[0], "exits") - host_ticks();
	TEST_ASSERT_EQ(machine_run(m, 0), 2);
	after = vcpu_stat(m->vcpus[0], "exits") - host_ticks();
	*cpu = *cpu_of(m, 0);
	TEST_ASSERT_EQ(cpu->early, 0);
	machine_free(m);
	return after - before;
}

/*
 * Stock, each tick of the host is counted as an exit, and so is each expiry of
 * KVM's hrtimer on AMD: subtracting leaves what arming costs.
 */
static void check_posted(u64 stock, u64 tandem, u64 n)
{
	TEST_ASSERT(stock * 10 >= n * 15, "a stock guest takes two exits a timer: %lu of %lu",
		    stock, n);
	TEST_ASSERT(tandem * 20 <= n, "%lu exits of %lu timers with posted interrupts",
		    tandem, n);
}

static bool interrupts_are_posted(void)
{
	return this_cpu_has(X86_FEATURE_VMX) && get_kvm_intel_param_bool("enable_apicv");
}

/* A late agent makes the guest announce: those exits are not the timer's. */
static bool few_exits(u64 us)
{
	struct guest_cpu cpu;
	u64 n = 1000000 / us;
	u64 stock = loop_exits(false, us, n, &cpu);
	u64 tandem = loop_exits(true, us, n, &cpu);

	ksft_print_msg("%lu timers of %lu us: %lu exits stock, %lu with the page\n",
		       n, us, stock, tandem);
	if (interrupts_are_posted())
		check_posted(stock, tandem, n);
	return few_announced(&cpu, n);
}

static void test_exits(void)
{
	static const u64 periods[] = { 500, 1000, 4000 };

	for (int i = 0; i < ARRAY_SIZE(periods); i++)
		announces_few(few_exits, periods[i]);
}

static void test_many(void)
{
	params.count = timers;
	run_to_end(guest_many);
	ksft_print_msg("%d timers\n", timers);
}

static void test_cancel(void)
{
	struct machine *m = machine_create(1, guest_cancel);
	u64 before, cost, announced;

	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	before = vcpu_stat(m->vcpus[0], "exits");
	TEST_ASSERT_EQ(machine_run(m, 0), 2);
	cost = vcpu_stat(m->vcpus[0], "exits") - before;
	announced = cpu_of(m, 0)->announced;
	ksft_print_msg("3000 arms and cancels: %lu exits, %lu announced\n", cost, announced);
	TEST_ASSERT(cost - announced < 300, "%lu exits", cost);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

/* Outside KVM_RUN it is plain KVM: the MSR tells the deadline, the lease is never. */
static void test_vmm_sees(void)
{
	struct machine *m = machine_create(1, guest_one_far);
	u64 armed = machine_run(m, 0);

	TEST_ASSERT_EQ(vcpu_get_msr(m->vcpus[0], MSR_IA32_TSC_DEADLINE), armed);
	TEST_ASSERT_EQ(entry_of(m, 0)->host.lease, TANDEM_LEASE_NEVER);
	/* QEMU puts back what it got. */
	vcpu_set_msr(m->vcpus[0], MSR_IA32_TSC_DEADLINE, armed);
	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_vmm_clears(void)
{
	struct machine *m = machine_create(1, guest_one_far);

	machine_run(m, 0);
	vcpu_set_msr(m->vcpus[0], MSR_IA32_TSC_DEADLINE, 0);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_vmm_replaces(void)
{
	struct machine *m = machine_create(1, guest_one_far);
	u64 armed = machine_run(m, 0);

	vcpu_set_msr(m->vcpus[0], MSR_IA32_TSC_DEADLINE, armed + 1000);
	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

/* What QEMU does for a reset: the registration is void, its memory untouched. */
static void test_lapic_replaced(void)
{
	struct machine *m = machine_create(1, guest_one_far);
	struct kvm_lapic_state lapic;
	struct tandem_host_line pattern;

	machine_run(m, 0);
	vcpu_ioctl(m->vcpus[0], KVM_GET_LAPIC, &lapic);
	vcpu_ioctl(m->vcpus[0], KVM_SET_LAPIC, &lapic);
	memset(&entry_of(m, 0)->host, 0x5a, sizeof(pattern));
	memset(&pattern, 0x5a, sizeof(pattern));
	machine_run(m, 0);
	TEST_ASSERT(!memcmp(&entry_of(m, 0)->host, &pattern, sizeof(pattern)),
		    "the host wrote into memory that a reset had taken from it");
	machine_free(m);
}

static void test_disable(void)
{
	run_to_end(guest_disable);
}

static void test_lvtt(void)
{
	run_to_end(guest_lvtt);
}

static void test_hostile(void)
{
	run_to_end(guest_hostile);
}

static void *delete_slot(void *vm)
{
	usleep(10000);
	vm_mem_region_delete(vm, ENTRY_SLOT);
	return NULL;
}

static void test_slot_deleted(void)
{
	struct machine *m = machine_create(1, guest_no_touch);
	pthread_t thread;

	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	pthread_create(&thread, NULL, delete_slot, m->vm);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	pthread_join(thread, NULL);
	machine_free(m);
}

static void test_slot_moved(void)
{
	struct machine *m = machine_create(1, guest_no_touch);

	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_GPA * 2);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_page_replaced(void)
{
	struct machine *m = machine_create(1, guest_one_far);
	u64 armed = machine_run(m, 0);

	/* The frame goes, and with it what the guest wrote: KVM's timer has it. */
	TEST_ASSERT(!madvise(entry_of(m, 0), 4096, MADV_DONTNEED), "madvise");
	TEST_ASSERT_EQ(vcpu_get_msr(m->vcpus[0], MSR_IA32_TSC_DEADLINE), armed);
	TEST_ASSERT_EQ(machine_run(m, 0), 1);
	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

static void test_not_saved(void)
{
	const struct kvm_msr_list *list = kvm_get_msr_index_list();

	for (int i = 0; i < list->nmsrs; i++)
		TEST_ASSERT(list->indices[i] != MSR_KVM_TANDEM,
			    "VMMs would save a MSR that other hosts don't have");
	TEST_ASSERT(kvm_cpu_has(KVM_X86_CPU_FEATURE(0x40000001, 0, EAX, 28)),
		    "the CPUID bit is not offered");
}

static const struct test tests[] = {
	{ test_probe, "the host is found, an entry registered" },
	{ test_refused, "bad addresses are #GP, and change nothing" },
	{ test_exits, "timers of 500 us and more need no MSR write" },
	{ test_many, "timers of 10 to 300 us: none lost, none early" },
	{ test_cancel, "re-arming later and cancelling cost no exit" },
	{ test_vmm_sees, "outside KVM_RUN the MSR holds the deadline" },
	{ test_vmm_clears, "a MSR cleared by the VMM clears the timer" },
	{ test_vmm_replaces, "a MSR set by the VMM replaces the deadline" },
	{ test_lapic_replaced, "KVM_SET_LAPIC ends the registration unwritten" },
	{ test_disable, "unregistering hands the deadline to KVM's timer" },
	{ test_lvtt, "LVTT's mask and mode count" },
	{ test_hostile, "random contents and MSR writes" },
	{ test_slot_deleted, "memslot deleted: nothing lost" },
	{ test_slot_moved, "memslot moved: nothing lost" },
	{ test_page_replaced, "page discarded by the VMM: nothing lost" },
	{ test_not_saved, "not in the list of MSRs to save" },
};

/* tandem_timer_test [all|N [TIMERS]]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	int only = argc > 1 && strcmp(argv[1], "all") ? atoi_positive("test", argv[1]) : 0;

	timers = argc > 2 ? atoi_positive("timers", argv[2]) : timers;

	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	return run_tests(tests, ARRAY_SIZE(tests), only);
}
