// SPDX-License-Identifier: GPL-2.0
/*
 * tandem_timer_bench [-p] [-i] [-c CPU] PERIOD_US:COUNT...: what timers cost a
 * guest that does nothing else than arm one a period, from now, and spin.
 *
 *   -p		by the page of a Tandem host, otherwise by the MSR
 *   -i		the guest's HLT doesn't exit: KVM posts timers to such guests only
 *   -c		the vCPU's CPU (the last)
 *
 * Prints "phase ready TID", then for each period "phase begin PERIOD", its counts,
 * lines of the host module's stats before and after, and "phase end PERIOD"; after
 * each phase it reads a line. Whoever is on the other side counts exits of TID.
 * The guest marks the timers to count, by a hypercall before and a CPUID after:
 * triggers on kvm:kvm_hypercall and kvm:kvm_cpuid can let the count run between
 * them. The vCPU stays in KVM_RUN, and nothing but the timers is counted, and the
 * one CPUID.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "apic.h"
#include "kvm_util.h"
#include "processor.h"
#include "tandem_abi.h"

#define VECTOR		0xec
#define SPURIOUS	0xff
#define ENTRY_GPA	0x10000000
#define ENTRY_SLOT	5
#define MAX_TIMERS	8192
/* Until KVM, the agent and its idea of a good period have settled. */
#define WARM_UP		64

/* Neither a hypercall nor a CPUID leaf: KVM traces it, and does nothing. */
#define MARK		0x7a0
/* Ten seconds after its time a timer is lost. */
#define PATIENCE_MS	10000

#define STATS		"/sys/kernel/debug/kvm_tandem/stats"

#define entry	((struct tandem_entry *)ENTRY_GPA)

/* What the guest counts; read while it runs. */
struct counts {
	u64 armed, fired, announced, stale, early, lost;
};

/*
 * Between guest and VMM, both running. The VMM says what to do and steps up
 * round; the guest answers by begun and ended.
 */
static struct {
	u64 period, count, round, begun, ended;
	struct counts counts, begin, end;
	u64 late[MAX_TIMERS];
} shared;

/* Constants for the guest. */
static bool use_page;

/* ---- the guest ---- */

static u64 deadline;

static void on_timer(struct ex_regs *regs)
{
	u64 now = rdtsc(), fired = shared.counts.fired;

	if (now < deadline)
		shared.counts.early++;
	shared.late[fired % MAX_TIMERS] = now - deadline;
	WRITE_ONCE(shared.counts.fired, fired + 1);
	x2apic_write_reg(APIC_EOI, 0);
}

/*
 * Bochs 3 makes one of a notification that finds no posted interrupt any more, in
 * service as any other: without an EOI it would be the last.
 */
static void on_spurious(struct ex_regs *regs)
{
	x2apic_write_reg(APIC_EOI, 0);
}

/* The guest's half of Documentation/guest-host-abi.rst. */
static bool must_announce(void)
{
	u64 now = rdtsc(), tsc = deadline, lease;

	asm volatile("xchg %0, %1" : "+r"(tsc), "+m"(entry->guest.deadline) :: "memory");
	lease = READ_ONCE(entry->host.lease);
	shared.counts.stale += now >= lease;
	return now >= lease || deadline < READ_ONCE(entry->host.earliest);
}

static void arm(u64 cycles)
{
	WRITE_ONCE(deadline, rdtsc() + cycles);
	shared.counts.armed++;
	if (use_page && !must_announce())
		return;
	shared.counts.announced++;
	wrmsr(MSR_IA32_TSC_DEADLINE, deadline);
}

/* No PAUSE: it may exit. */
static void wait_fired(u64 n, u64 patience)
{
	while (READ_ONCE(shared.counts.fired) < n)
		if (rdtsc() > deadline + patience) {
			shared.counts.lost++;
			return;
		}
}

static void run_timers(u64 count, u64 patience)
{
	u64 fired;

	while (count--) {
		fired = READ_ONCE(shared.counts.fired);
		arm(shared.period);
		wait_fired(fired + 1, patience);
	}
}

/* The timers go on from the warm-up through to the end. */
static void run_round(u64 round, u64 patience)
{
	u32 unused;

	memset(&shared.counts, 0, sizeof(shared.counts));
	run_timers(WARM_UP, patience);
	kvm_hypercall(MARK, 0, 0, 0, 0);
	shared.begin = shared.counts;
	WRITE_ONCE(shared.begun, round);
	run_timers(shared.count, patience);
	__cpuid(MARK, 0, &unused, &unused, &unused, &unused);
	shared.end = shared.counts;
	WRITE_ONCE(shared.ended, round);
}

static void guest_code(u64 khz)
{
	u64 round;

	x2apic_enable();
	x2apic_write_reg(APIC_LVTT, APIC_LVT_TIMER_TSCDEADLINE | VECTOR);
	/* All that the measured part touches is mapped before. */
	memset(shared.late, 0, sizeof(shared.late));
	asm volatile("int %0" :: "i"(VECTOR));
	asm volatile("int %0" :: "i"(SPURIOUS));
	if (use_page)
		GUEST_ASSERT(!wrmsr_safe(MSR_KVM_TANDEM, ENTRY_GPA | TANDEM_ENABLE));
	asm volatile("sti");
	for (round = 1; READ_ONCE(shared.period); round++) {
		while (READ_ONCE(shared.round) < round)
			;
		if (READ_ONCE(shared.period))
			run_round(round, khz * PATIENCE_MS);
	}
	GUEST_DONE();
}

/* ---- the VMM ---- */

static struct options {
	bool page, no_hlt_exits;
	int cpu;
	char **periods;
} options;

static struct kvm_vcpu *vcpu;
static typeof(shared) *guest;		/* the guest's shared */
static pid_t vcpu_tid;
static u64 khz;

static void create(void)
{
	struct kvm_vm *vm = vm_create(1);

	if (options.no_hlt_exits)
		vm_enable_cap(vm, KVM_CAP_X86_DISABLE_EXITS, KVM_X86_DISABLE_EXITS_HLT);
	vcpu = vm_vcpu_add(vm, 0, guest_code);
	vcpu_set_cpuid_feature(vcpu, X86_FEATURE_TSC_DEADLINE_TIMER);
	vm_userspace_mem_region_add(vm, VM_MEM_SRC_ANONYMOUS, ENTRY_GPA, ENTRY_SLOT, 1, 0);
	virt_map(vm, ENTRY_GPA, ENTRY_GPA, 1);
	vm_install_exception_handler(vm, VECTOR, on_timer);
	vm_install_exception_handler(vm, SPURIOUS, on_spurious);
	khz = __vcpu_ioctl(vcpu, KVM_GET_TSC_KHZ, NULL);
	vcpu_args_set(vcpu, 1, khz);
	use_page = options.page;
	sync_global_to_guest(vm, use_page);
	guest = addr_gva2hva(vm, (vm_vaddr_t)&shared);
	guest->period = 1;
}

/* A thread that slept less would be on the agent's CPU more often. */
static void wait_until(u64 *word, u64 round)
{
	while (READ_ONCE(*word) < round)
		usleep(1000);
}

static void meet(const char *what, u64 number)
{
	char line[16];

	printf("phase %s %lu\n", what, number);
	fflush(stdout);
	TEST_ASSERT(fgets(line, sizeof(line), stdin), "nobody is on the other side");
}

struct text {
	char bytes[4096];
};

/* Empty where the module isn't loaded. */
static void read_stats(struct text *text)
{
	int fd = open(STATS, O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, text->bytes, sizeof(text->bytes) - 1);

	text->bytes[len < 0 ? 0 : len] = 0;
	if (fd >= 0)
		close(fd);
}

static void print_stats(u64 us, const char *when, struct text *text)
{
	char *save, *line = strtok_r(text->bytes, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save))
		printf("stats %lu %s %s\n", us, when, line);
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void print_counts(u64 us, struct counts a, struct counts b)
{
	u64 *late = &guest->late[a.fired];
	u64 n = b.fired - a.fired, sum = 0;

	TEST_ASSERT(n, "no timer fired");
	for (u64 i = 0; i < n; i++)
		sum += late[i];
	qsort(late, n, sizeof(*late), compare);
	printf("timers %lu armed %lu fired %lu announced %lu stale %lu early %lu lost %lu",
	       us, b.armed - a.armed, n, b.announced - a.announced, b.stale - a.stale,
	       b.early - a.early, b.lost - a.lost);
	printf(" late_mean %lu late_p99 %lu\n", sum / n, late[n * 99 / 100]);
}

static void measure(u64 us, u64 count)
{
	static struct text before, after;
	static u64 round;

	meet("begin", us);
	guest->period = us * khz / 1000;
	guest->count = count;
	WRITE_ONCE(guest->round, ++round);
	wait_until(&guest->begun, round);
	read_stats(&before);
	wait_until(&guest->ended, round);
	read_stats(&after);
	print_counts(us, guest->begin, guest->end);
	print_stats(us, "before", &before);
	print_stats(us, "after", &after);
	meet("end", us);
}

static void *vmm(void *unused)
{
	unsigned long us, count;

	meet("ready", vcpu_tid);
	for (char **word = options.periods; *word; word++) {
		TEST_ASSERT(sscanf(*word, "%lu:%lu", &us, &count) == 2 && us && count &&
			    count + WARM_UP < MAX_TIMERS, "PERIOD_US:COUNT, not %s", *word);
		measure(us, count);
	}
	WRITE_ONCE(guest->period, 0);
	WRITE_ONCE(guest->round, ~0ULL);
	return NULL;
}

static void parse(int argc, char **argv)
{
	int option;

	options.cpu = get_nprocs() - 1;
	while ((option = getopt(argc, argv, "pic:")) != -1) {
		switch (option) {
		case 'p':
			options.page = true;
			break;
		case 'i':
			options.no_hlt_exits = true;
			break;
		case 'c':
			options.cpu = atoi_non_negative("CPU", optarg);
			break;
		default:
			exit(KSFT_FAIL);
		}
	}
	options.periods = argv + optind;
}

int main(int argc, char **argv)
{
	struct ucall uc;
	pthread_t thread;

	parse(argc, argv);
	create();
	vcpu_tid = getpid();
	pthread_create(&thread, NULL, vmm, NULL);
	kvm_pin_this_task_to_pcpu(options.cpu);
	vcpu_run(vcpu);
	if (get_ucall(vcpu, &uc) == UCALL_ABORT)
		REPORT_GUEST_ASSERT(uc);
	TEST_ASSERT_EQ(uc.cmd, UCALL_DONE);
	pthread_join(thread, NULL);
	return KSFT_PASS;
}
