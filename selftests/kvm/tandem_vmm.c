// SPDX-License-Identifier: GPL-2.0
/* The VMM's half of what our KVM selftests share, and how they report. */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>

#include "tandem_vmm.h"

#define KNOBS		"/sys/module/kvm_tandem/parameters/"
#define STATS		"/sys/kernel/debug/kvm_tandem/stats"

/* A test that takes longer, or so long for one of many timers, waits in vain. */
#define LIMIT_S		120

#define EXIT_SKIPPED	4
#define EXIT_HANGS	14

/* The machine made last: who waits for it too long shows what it waits for. */
static struct machine *latest;

/* How far its counted timers were at the last look. */
static u64 counted_before;

/* What each test's process leaves to the one that reports. */
static struct {
	char reason[256];
	u64 armed, fired, lost, twice, early;
} *told;

struct thread_arg {
	struct machine *m;
	int id;
	int cpu;
};

/* ---- a VM ---- */

static void add_entries(struct machine *m)
{
	int pages = (m->nr + ENTRIES_PER_PAGE - 1) / ENTRIES_PER_PAGE;

	vm_userspace_mem_region_add(m->vm, VM_MEM_SRC_ANONYMOUS, ENTRY_GPA, ENTRY_SLOT,
				    pages, 0);
	virt_map(m->vm, ENTRY_GPA, ENTRY_GPA, pages);
}

/**
 * machine_create() - a VM whose vCPUs all start at @guest_code, with their number
 * @nr:		how many
 * @guest_code:	takes a u64, or nothing
 *
 * What the guest shall find in params must stand there before.
 */
struct machine *machine_create(int nr, void *guest_code)
{
	struct machine *m = calloc(1, sizeof(*m));

	TEST_ASSERT(m, "no memory");
	m->nr = nr;
	m->first_cpu = 1;
	m->nr_cpus = get_nprocs() - 1;
	m->vm = vm_create_with_vcpus(nr, guest_code, m->vcpus);
	add_entries(m);
	vm_install_exception_handler(m->vm, VECTOR, guest_on_timer);
	vm_install_exception_handler(m->vm, SPURIOUS_VECTOR, guest_on_spurious);
	for (int id = 0; id < nr; id++) {
		vcpu_set_cpuid_feature(m->vcpus[id], X86_FEATURE_TSC_DEADLINE_TIMER);
		vcpu_args_set(m->vcpus[id], 1, (u64)id);
	}
	params.khz = __vcpu_ioctl(m->vcpus[0], KVM_GET_TSC_KHZ, NULL);
	sync_global_to_guest(m->vm, params);
	latest = m;
	return m;
}

static void say_phantoms(struct machine *m)
{
	u64 phantoms = 0;

	for (int id = 0; id < m->nr; id++)
		phantoms += cpu_of(m, id)->phantoms;
	if (phantoms)
		ksft_print_msg("the emulator delivered %lu interrupts that no LAPIC had\n",
			       phantoms);
}

/* In the end each one that was armed has fired: which has not is lost. */
static void count_timers(struct machine *m)
{
	for (int id = 0; id < m->nr; id++) {
		struct guest_cpu *cpu = cpu_of(m, id);
		u64 armed = READ_ONCE(cpu->counted), fired = READ_ONCE(cpu->counted_fired);

		told->armed += armed;
		told->fired += fired;
		told->lost += armed > fired ? armed - fired : 0;
		told->twice += fired > armed ? fired - armed : 0;
		told->early += cpu->counted_early;
	}
}

/* How far the counted timers are, in a machine that runs. */
u64 machine_counted(struct machine *m)
{
	u64 n = 0;

	for (int id = 0; id < m->nr; id++)
		n += READ_ONCE(cpu_of(m, id)->counted_fired);
	return n;
}

void machine_free(struct machine *m)
{
	latest = NULL;
	count_timers(m);
	say_phantoms(m);
	kvm_vm_free(m->vm);
	free(m);
}

static u64 last_word(struct kvm_vcpu *vcpu)
{
	struct ucall uc;

	switch (get_ucall(vcpu, &uc)) {
	case UCALL_SYNC:
		return uc.args[1];
	case UCALL_DONE:
		return 0;
	case UCALL_ABORT:
		REPORT_GUEST_ASSERT(uc);
	default:
		TEST_FAIL("exit reason %u", vcpu->run->exit_reason);
	}
	return 0;
}

static void interrupted(struct machine *m, int id)
{
	u64 begin = host_us();

	m->interrupted(m, id);
	__atomic_add_fetch(&m->interrupted_us, host_us() - begin, __ATOMIC_RELAXED);
}

/**
 * machine_run() - runs a vCPU to its next word, in this thread
 *
 * Return: the argument of its GUEST_SYNC(), 0 where it is done.
 */
u64 machine_run(struct machine *m, int id)
{
	struct kvm_vcpu *vcpu = m->vcpus[id];

	while (__vcpu_run(vcpu)) {
		TEST_ASSERT(errno == EINTR, "KVM_RUN: %s", strerror(errno));
		vcpu->run->immediate_exit = 0;
		if (m->interrupted)
			interrupted(m, id);
		__atomic_add_fetch(&m->ran, 1, __ATOMIC_RELAXED);
	}
	assert_on_unhandled_exception(vcpu);
	return last_word(vcpu);
}

void run_to_end(void *guest_code)
{
	struct machine *m = machine_create(1, guest_code);

	TEST_ASSERT_EQ(machine_run(m, 0), 0);
	machine_free(m);
}

/*
 * Percent of the arms that may be announced. Where the host is itself emulated or a
 * guest, its CPUs stand still for milliseconds while the guest's TSC goes on, so that
 * both guest and agent are late; it is vm-counts that is exact there.
 */
static u64 most_announced(void)
{
	return this_cpu_has(X86_FEATURE_HYPERVISOR) ? 10 : 2;
}

/* Few of its arms, but those that it announced as the lease was stale? */
bool few_announced(const struct guest_cpu *cpu, u64 timers)
{
	u64 announced = cpu->announced - cpu->stale;

	ksft_print_msg("announced %lu, %lu more as the lease was stale\n",
		       announced, cpu->stale);
	return announced * 100 <= timers * most_announced();
}

/* A guest or an agent that is late, on a busy machine, announces more: hardly three times. */
void announces_few(bool (*attempt)(u64 us), u64 us)
{
	int tries = 1;

	while (!attempt(us))
		TEST_ASSERT(tries++ < 3, "more than %lu %% of the arms announced, thrice",
			    most_announced());
}

/* ---- its threads ---- */

/* Which vCPU this thread runs: the signal may come before KVM_RUN, and must end it. */
static __thread struct kvm_vcpu *running;

static void on_signal(int signal)
{
	if (running)
		running->run->immediate_exit = 1;
}

static void *thread_main(void *data)
{
	struct thread_arg arg = *(struct thread_arg *)data;
	u64 word;

	free(data);
	pin(pthread_self(), arg.cpu);
	running = arg.m->vcpus[arg.id];
	__atomic_add_fetch(&arg.m->started, 1, __ATOMIC_RELEASE);
	while ((word = machine_run(arg.m, arg.id)))
		if (arg.m->said)
			arg.m->said(arg.m, arg.id, word);
	running = NULL;
	return NULL;
}

/* Runs each vCPU in a thread, to its end. */
void machine_start(struct machine *m)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_attr_t small;

	sigaction(SIGUSR1, &action, NULL);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 * 1024);
	for (int id = 0; id < m->nr; id++) {
		struct thread_arg *arg = malloc(sizeof(*arg));

		arg->m = m;
		arg->id = id;
		arg->cpu = m->first_cpu + id % m->nr_cpus;
		TEST_ASSERT(!pthread_create(&m->threads[id], &small, thread_main, arg),
			    "no thread");
	}
	pthread_attr_destroy(&small);
}

void machine_join(struct machine *m)
{
	for (int id = 0; id < m->nr; id++)
		pthread_join(m->threads[id], NULL);
}

/* Ends the vCPU's KVM_RUN; it goes on by itself. Lost before its thread has started. */
void machine_interrupt(struct machine *m, int id)
{
	pthread_kill(m->threads[id], SIGUSR1);
}

/* Guest code that minds it comes to its end. */
void machine_stop(struct machine *m)
{
	for (int id = 0; id < m->nr; id++)
		WRITE_ONCE(cpu_of(m, id)->stop, true);
}

/* ---- what can be seen of it ---- */

struct guest_cpu *cpu_of(struct machine *m, int id)
{
	return addr_gva2hva(m->vm, (vm_vaddr_t)&guest_cpus[id]);
}

struct tandem_entry *entry_of(struct machine *m, int id)
{
	return addr_gpa2hva(m->vm, entry_gpa(id));
}

static u64 read_stat(int fd, struct kvm_stats_header *header, const char *name)
{
	struct kvm_stats_desc *descs = read_stats_descriptors(fd, header), *desc;
	u64 value = ~0ULL;

	for (int i = 0; i < header->num_desc; i++) {
		desc = get_stats_descriptor(descs, i, header);
		if (!strcmp(desc->name, name))
			read_stat_data(fd, header, desc, &value, 1);
	}
	free(descs);
	TEST_ASSERT(value != ~0ULL, "KVM counts no %s", name);
	return value;
}

u64 vcpu_stat(struct kvm_vcpu *vcpu, const char *name)
{
	struct kvm_stats_header header;
	int fd = vcpu_get_stats_fd(vcpu);
	u64 value;

	read_stats_header(fd, &header);
	value = read_stat(fd, &header, name);
	close(fd);
	return value;
}

/* ---- the host ---- */

u64 tandem_stat(const char *name)
{
	FILE *file = fopen(STATS, "r");
	char line[128], found[64];
	unsigned long value, result = ~0UL;

	TEST_ASSERT(file, "no %s", STATS);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lu", found, &value) == 2 && !strcmp(found, name))
			result = value;
	fclose(file);
	TEST_ASSERT(result != ~0UL, "%s has no %s", STATS, name);
	return result;
}

void tandem_knob(const char *name, const char *value)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), KNOBS "%s", name);
	file = fopen(path, "w");
	TEST_ASSERT(file, "no %s", path);
	fprintf(file, "%s\n", value);
	TEST_ASSERT(!fclose(file), "%s=%s: %s", name, value, strerror(errno));
}

bool tandem_has_knob(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), KNOBS "%s", name);
	return !access(path, R_OK);
}

u64 host_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

void pin(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	TEST_ASSERT(!pthread_setaffinity_np(thread, sizeof(set), &set), "no CPU %d", cpu);
}

/* ---- reporting ---- */

static void show_vcpu(struct machine *m, int id)
{
	struct guest_cpu *cpu = cpu_of(m, id);
	struct tandem_entry *entry;

	printf("# vCPU %d: armed %lu, fired %lu, last deadline %lu\n",
	       id, cpu->arms, cpu->fired, cpu->deadline);
	fflush(NULL);
	entry = entry_of(m, id);
	printf("# its entry: deadline %llu, lease %llu, earliest %llu\n",
	       entry->guest.deadline, entry->host.lease, entry->host.earliest);
}

/* A test that fails ends its process with its machine as it is. */
static void count_what_is_left(void)
{
	if (latest)
		count_timers(latest);
	latest = NULL;
}

static bool goes_on(void)
{
	u64 before = counted_before;

	counted_before = latest ? machine_counted(latest) : 0;
	return counted_before != before;
}

/* Interrupts a KVM_RUN where it runs in this thread: KVM may be asked then. */
static void on_alarm(int signal)
{
	struct kvm_mp_state state;

	if (goes_on()) {
		alarm(LIMIT_S);
		return;
	}
	for (int id = 0; latest && id < latest->nr && id < 8; id++)
		show_vcpu(latest, id);
	if (latest && !latest->threads[0]) {
		vcpu_mp_state_get(latest->vcpus[0], &state);
		printf("# MP state %u, TSC %lu, KVM's deadline %lu\n", state.mp_state,
		       vcpu_get_msr(latest->vcpus[0], MSR_IA32_TSC),
		       vcpu_get_msr(latest->vcpus[0], MSR_IA32_TSC_DEADLINE));
	}
	fflush(NULL);
	count_what_is_left();
	_exit(EXIT_HANGS);
}

/* Each test is a process of its own: one that fails or hangs takes no other along. */
void skip(const char *why)
{
	snprintf(told->reason, sizeof(told->reason), "%s", why);
	fflush(NULL);
	_exit(EXIT_SKIPPED);
}

static int in_child(void (*function)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	TEST_ASSERT(pid >= 0, "fork");
	if (!pid) {
		signal(SIGALRM, on_alarm);
		alarm(LIMIT_S);
		atexit(count_what_is_left);
		function();
		fflush(NULL);
		_exit(0);
	}
	TEST_ASSERT(waitpid(pid, &status, 0) == pid, "waitpid");
	return status;
}

static void report(int status, const char *name)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		ksft_test_result_pass("%s\n", name);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		ksft_test_result_skip("%s: %s\n", told->reason, name);
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_HANGS)
		ksft_test_result_fail("%s: hangs\n", name);
	else
		ksft_test_result_fail("%s\n", name);
}

/**
 * run_tests() - runs tests, and reports them as KTAP
 * @only:	the number of the one to run, 0 for all
 *
 * Return: what main() shall return.
 */
int run_tests(const struct test *tests, int nr, int only)
{
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	TEST_ASSERT(told != MAP_FAILED, "mmap");
	setlinebuf(stdout);
	ksft_print_header();
	ksft_set_plan(only ? 1 : nr);
	for (int i = 0; i < nr; i++)
		if (!only || only == i + 1)
			report(in_child(tests[i].function), tests[i].name);
	ksft_print_msg("timers: armed %lu fired %lu lost %lu twice %lu early %lu\n",
		       told->armed, told->fired, told->lost, told->twice, told->early);
	if (ksft_get_fail_cnt())
		ksft_exit_fail();
	ksft_exit_pass();
}
