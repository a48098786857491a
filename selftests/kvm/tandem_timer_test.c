// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer, from a guest that consists of nothing else: what is
 * registered and what is refused, exits per timer, nothing lost, and what the
 * VMM sees. Needs kvm_tandem; the vCPU runs on the last CPU, the agent on another.
 */
#include <pthread.h>
#include <sys/sysinfo.h>

#include "apic.h"
#include "kselftest.h"
#include "kvm_util.h"
#include "processor.h"
#include "tandem_abi.h"

#define VECTOR		0xec
#define ENTRY_GPA	0x10000000
#define ENTRY_SLOT	5
static int timers = 100000;

/* Shared with the guest: sync_global_to_guest() before, _from_ after. */
static u64 khz;
static u64 fired, early, announced, stale, arms, deadline;
static bool use_page;

#define entry	((struct tandem_entry *)ENTRY_GPA)

/* ---- the guest ---- */

static void on_timer(struct ex_regs *regs)
{
	if (deadline && rdtsc() < deadline)
		early++;
	WRITE_ONCE(fired, fired + 1);
	x2apic_write_reg(APIC_EOI, 0);
}

static void arm_page(u64 tsc)
{
	u64 now = rdtsc(), lease;

	asm volatile("xchg %0, %1" : "+r"(tsc), "+m"(entry->guest.deadline) :: "memory");
	lease = READ_ONCE(entry->host.lease);
	if (now < lease && deadline >= READ_ONCE(entry->host.earliest))
		return;
	announced++;
	stale += now >= lease;
	wrmsr(MSR_IA32_TSC_DEADLINE, deadline);
}

static void arm_at(u64 tsc)
{
	WRITE_ONCE(deadline, tsc);
	arms++;
	if (use_page)
		arm_page(tsc);
	else
		wrmsr(MSR_IA32_TSC_DEADLINE, tsc);
}

static void arm_us(u64 us)
{
	arm_at(rdtsc() + us * khz / 1000);
}

static void cancel(void)
{
	u64 zero = 0;

	WRITE_ONCE(deadline, 0);
	asm volatile("xchg %0, %1" : "+r"(zero), "+m"(entry->guest.deadline) :: "memory");
	if (READ_ONCE(entry->host.lease) == TANDEM_LEASE_NEVER)
		wrmsr(MSR_IA32_TSC_DEADLINE, 0);
}

static bool spin_us(u64 us, u64 until_fired)
{
	u64 end = rdtsc() + us * khz / 1000;

	while (rdtsc() < end)
		if (READ_ONCE(fired) >= until_fired)
			return true;
	return READ_ONCE(fired) >= until_fired;
}

/* Two seconds: no machine is that late, so it is lost. */
static void wait_fired(u64 n)
{
	GUEST_ASSERT(spin_us(2000000, n));
}

static u8 write_msr(u64 value)
{
	return wrmsr_safe(MSR_KVM_TANDEM, value);
}

static void start(bool page)
{
	x2apic_enable();
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	/* Touches handler, IDT and stack before an interrupt has to. */
	asm volatile("int %0" :: "i"(VECTOR));
	fired = 0;
	use_page = page;
	if (page)
		GUEST_ASSERT(!write_msr(ENTRY_GPA | TANDEM_ENABLE));
	asm volatile("sti");
}

static void guest_probe(void)
{
	u64 value;

	GUEST_ASSERT(!rdmsr_safe(MSR_KVM_TANDEM, &value));
	GUEST_ASSERT_EQ(value, TANDEM_MAGIC | TANDEM_VERSION);
	start(true);
	GUEST_ASSERT_EQ(entry->host.version, TANDEM_VERSION);
	GUEST_ASSERT_EQ(entry->host.features, TANDEM_F_TIMER);
	GUEST_ASSERT(entry->host.lease);
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

	start(true);
	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		GUEST_ASSERT_EQ(write_msr(bad[i]), GP_VECTOR);
		arm_us(500);
		wait_fired(i + 1);
	}
	GUEST_ASSERT(!write_msr(ENTRY_GPA + 4096 - 384 + TANDEM_ENABLE));
	GUEST_DONE();
}

static u64 loop_us, loop_count;

static void guest_loop(void)
{
	start(use_page);
	arm_us(1000);
	wait_fired(1);
	arms = 0;
	announced = 0;
	stale = 0;
	GUEST_SYNC(1);
	for (u64 i = 0; i < loop_count; i++) {
		arm_us(loop_us);
		wait_fired(i + 2);
	}
	GUEST_SYNC(2);
	GUEST_DONE();
}

/* From 10 to 300 us, in no order. */
static void guest_many(void)
{
	u64 random = 1;

	start(true);
	for (u64 i = 0; i < loop_count; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		arm_us(10 + (random >> 33) % 290);
		wait_fired(i + 1);
	}
	GUEST_ASSERT_EQ(READ_ONCE(fired), loop_count);
	GUEST_ASSERT_EQ(early, 0);
	GUEST_DONE();
}

static void guest_cancel(void)
{
	start(true);
	GUEST_SYNC(1);
	for (int i = 0; i < 1000; i++) {
		arm_us(100000);
		arm_us(200000);
		cancel();
	}
	GUEST_SYNC(2);
	spin_us(300000, 1);
	GUEST_ASSERT_EQ(READ_ONCE(fired), 0);
	GUEST_DONE();
}

static void guest_one_far(void)
{
	start(true);
	arm_us(30000);
	GUEST_SYNC(deadline);
	spin_us(100000, 2);
	GUEST_SYNC(READ_ONCE(fired));
	GUEST_DONE();
}

static void guest_disable(void)
{
	start(true);
	arm_us(10000);
	GUEST_ASSERT(!write_msr(0));
	spin_us(50000, 2);
	GUEST_ASSERT_EQ(READ_ONCE(fired), 1);
	use_page = false;
	arm_us(1000);
	wait_fired(2);
	GUEST_DONE();
}

static void guest_lvtt(void)
{
	start(true);
	arm_us(5000);
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | APIC_LVT_MASKED | VECTOR);
	spin_us(20000, 1);
	GUEST_ASSERT_EQ(READ_ONCE(fired), 0);
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	arm_us(1000);
	wait_fired(1);

	arm_us(5000);
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_ONESHOT | VECTOR);
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	spin_us(20000, 2);
	GUEST_ASSERT_EQ(READ_ONCE(fired), 1);
	arm_us(1000);
	wait_fired(2);
	GUEST_DONE();
}

/* Whatever a guest writes, the host lives, and so does a timer armed after it. */
static void guest_hostile(void)
{
	u64 random = 7, *words = (u64 *)entry;

	start(true);
	for (int i = 0; i < 200000; i++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		words[(random >> 40) % (sizeof(*entry) / 8)] = i & 1 ? random : rdtsc() + 1000;
		if (!(i % 64))
			wrmsr(MSR_IA32_TSC_DEADLINE, i & 64 ? random : entry->guest.deadline);
	}
	cancel();
	wrmsr(MSR_IA32_TSC_DEADLINE, 0);
	spin_us(50000, ~0ULL);
	WRITE_ONCE(fired, 0);
	arm_us(1000);
	wait_fired(1);
	GUEST_DONE();
}

/* Only the deadline is watched: the entry may be gone. */
static void guest_no_touch(void)
{
	start(true);
	arm_us(50000);
	GUEST_SYNC(1);
	spin_us(200000, 2);
	GUEST_ASSERT_EQ(READ_ONCE(fired), 1);
	wrmsr(MSR_IA32_TSC_DEADLINE, rdtsc() + khz);
	wait_fired(2);
	GUEST_DONE();
}

/* ---- the VMM ---- */

struct vm_and_vcpu {
	struct kvm_vm *vm;
	struct kvm_vcpu *vcpu;
};

static struct vm_and_vcpu create(void *guest_code)
{
	struct vm_and_vcpu m;

	m.vm = vm_create_with_one_vcpu(&m.vcpu, guest_code);
	vcpu_set_cpuid_feature(m.vcpu, X86_FEATURE_TSC_DEADLINE_TIMER);
	vm_userspace_mem_region_add(m.vm, VM_MEM_SRC_ANONYMOUS, ENTRY_GPA, ENTRY_SLOT, 1, 0);
	virt_map(m.vm, ENTRY_GPA, ENTRY_GPA, 1);
	vm_install_exception_handler(m.vm, VECTOR, on_timer);
	khz = __vcpu_ioctl(m.vcpu, KVM_GET_TSC_KHZ, NULL);
	fired = 0;
	early = 0;
	announced = 0;
	stale = 0;
	arms = 0;
	deadline = 0;
	sync_global_to_guest(m.vm, khz);
	sync_global_to_guest(m.vm, fired);
	sync_global_to_guest(m.vm, early);
	sync_global_to_guest(m.vm, announced);
	sync_global_to_guest(m.vm, stale);
	sync_global_to_guest(m.vm, arms);
	sync_global_to_guest(m.vm, deadline);
	sync_global_to_guest(m.vm, use_page);
	sync_global_to_guest(m.vm, loop_us);
	sync_global_to_guest(m.vm, loop_count);
	return m;
}

/* Runs to the guest's next word; its argument if it was a sync, 0 when done. */
static u64 run(struct vm_and_vcpu m)
{
	struct ucall uc;

	vcpu_run(m.vcpu);
	switch (get_ucall(m.vcpu, &uc)) {
	case UCALL_SYNC:
		return uc.args[1];
	case UCALL_DONE:
		return 0;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("exit reason %u", m.vcpu->run->exit_reason);
	}
	return 0;
}

static void run_to_end(void *guest_code)
{
	struct vm_and_vcpu m = create(guest_code);

	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

static u64 count_exits(struct vm_and_vcpu m)
{
	struct kvm_stats_header header;
	struct kvm_stats_desc *descs, *desc;
	int fd = __vcpu_ioctl(m.vcpu, KVM_GET_STATS_FD, NULL);
	u64 value = ~0ULL;

	TEST_ASSERT(fd >= 0, KVM_IOCTL_ERROR(KVM_GET_STATS_FD, fd));
	read_stats_header(fd, &header);
	descs = read_stats_descriptors(fd, &header);
	for (int i = 0; i < header.num_desc; i++) {
		desc = get_stats_descriptor(descs, i, &header);
		if (!strcmp(desc->name, "exits"))
			read_stat_data(fd, &header, desc, &value, 1);
	}
	free(descs);
	close(fd);
	TEST_ASSERT(value != ~0ULL, "KVM counts no VM exits");
	return value;
}

static struct tandem_entry *entry_hva(struct vm_and_vcpu m)
{
	return addr_gpa2hva(m.vm, ENTRY_GPA);
}

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
static u64 loop_exits(bool page, u64 us, u64 count)
{
	struct vm_and_vcpu m;
	u64 before, after;

	use_page = page;
	loop_us = us;
	loop_count = count;
	m = create(guest_loop);
	TEST_ASSERT_EQ(run(m), 1);
	before = count_exits(m) - host_ticks();
	TEST_ASSERT_EQ(run(m), 2);
	after = count_exits(m) - host_ticks();
	sync_global_from_guest(m.vm, announced);
	sync_global_from_guest(m.vm, stale);
	sync_global_from_guest(m.vm, early);
	TEST_ASSERT_EQ(early, 0);
	kvm_vm_free(m.vm);
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
static void test_exits(void)
{
	static const u64 periods[] = { 500, 1000, 4000 };

	for (int i = 0; i < ARRAY_SIZE(periods); i++) {
		u64 n = 1000000 / periods[i];
		u64 stock = loop_exits(false, periods[i], n);
		u64 tandem = loop_exits(true, periods[i], n);

		ksft_print_msg("%lu timers of %lu us: %lu exits stock, %lu with the page\n",
			       n, periods[i], stock, tandem);
		ksft_print_msg("announced %lu, %lu as the lease was stale\n", announced, stale);
		TEST_ASSERT((announced - stale) * 50 <= n,
			    "%lu of %lu arms announced", announced - stale, n);
		if (interrupts_are_posted())
			check_posted(stock, tandem, n);
	}
}

static void test_many(void)
{
	loop_count = timers;
	run_to_end(guest_many);
	ksft_print_msg("%d timers\n", timers);
}

static void test_cancel(void)
{
	struct vm_and_vcpu m = create(guest_cancel);
	u64 before, cost;

	TEST_ASSERT_EQ(run(m), 1);
	before = count_exits(m);
	TEST_ASSERT_EQ(run(m), 2);
	cost = count_exits(m) - before;
	sync_global_from_guest(m.vm, announced);
	ksft_print_msg("3000 arms and cancels: %lu exits, %lu announced\n", cost, announced);
	TEST_ASSERT(cost - announced < 300, "%lu exits", cost);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

/* Outside KVM_RUN it is plain KVM: the MSR tells the deadline, the lease is never. */
static void test_vmm_sees(void)
{
	struct vm_and_vcpu m = create(guest_one_far);
	u64 armed = run(m);

	TEST_ASSERT_EQ(vcpu_get_msr(m.vcpu, MSR_IA32_TSC_DEADLINE), armed);
	TEST_ASSERT_EQ(entry_hva(m)->host.lease, TANDEM_LEASE_NEVER);
	/* QEMU puts back what it got. */
	vcpu_set_msr(m.vcpu, MSR_IA32_TSC_DEADLINE, armed);
	TEST_ASSERT_EQ(run(m), 1);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

static void test_vmm_clears(void)
{
	struct vm_and_vcpu m = create(guest_one_far);

	run(m);
	vcpu_set_msr(m.vcpu, MSR_IA32_TSC_DEADLINE, 0);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

static void test_vmm_replaces(void)
{
	struct vm_and_vcpu m = create(guest_one_far);
	u64 armed = run(m);

	vcpu_set_msr(m.vcpu, MSR_IA32_TSC_DEADLINE, armed + 1000);
	TEST_ASSERT_EQ(run(m), 1);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

/* What QEMU does for a reset: the registration is void, its memory untouched. */
static void test_lapic_replaced(void)
{
	struct vm_and_vcpu m = create(guest_one_far);
	struct kvm_lapic_state lapic;
	struct tandem_host_line pattern;

	run(m);
	vcpu_ioctl(m.vcpu, KVM_GET_LAPIC, &lapic);
	vcpu_ioctl(m.vcpu, KVM_SET_LAPIC, &lapic);
	memset(&entry_hva(m)->host, 0x5a, sizeof(pattern));
	memset(&pattern, 0x5a, sizeof(pattern));
	run(m);
	TEST_ASSERT(!memcmp(&entry_hva(m)->host, &pattern, sizeof(pattern)),
		    "the host wrote into memory that a reset had taken from it");
	kvm_vm_free(m.vm);
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
	struct vm_and_vcpu m = create(guest_no_touch);
	pthread_t thread;

	TEST_ASSERT_EQ(run(m), 1);
	pthread_create(&thread, NULL, delete_slot, m.vm);
	TEST_ASSERT_EQ(run(m), 0);
	pthread_join(thread, NULL);
	kvm_vm_free(m.vm);
}

static void test_slot_moved(void)
{
	struct vm_and_vcpu m = create(guest_no_touch);

	TEST_ASSERT_EQ(run(m), 1);
	vm_mem_region_move(m.vm, ENTRY_SLOT, ENTRY_GPA * 2);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
}

static void test_page_replaced(void)
{
	struct vm_and_vcpu m = create(guest_one_far);
	u64 armed = run(m);

	/* The frame goes, and with it what the guest wrote: KVM's timer has it. */
	TEST_ASSERT(!madvise(entry_hva(m), 4096, MADV_DONTNEED), "madvise");
	TEST_ASSERT_EQ(vcpu_get_msr(m.vcpu, MSR_IA32_TSC_DEADLINE), armed);
	TEST_ASSERT_EQ(run(m), 1);
	TEST_ASSERT_EQ(run(m), 0);
	kvm_vm_free(m.vm);
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

static const struct {
	void (*function)(void);
	const char *name;
} tests[] = {
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

	ksft_print_header();
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(get_nprocs() - 1);
	ksft_set_plan(only ? 1 : ARRAY_SIZE(tests));
	for (int i = 0; i < ARRAY_SIZE(tests); i++) {
		if (only && only != i + 1)
			continue;
		tests[i].function();
		ksft_test_result_pass("%s\n", tests[i].name);
	}
	ksft_finished();
}
