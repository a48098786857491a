// SPDX-License-Identifier: GPL-2.0
/*
 * What the page says about polling, from a bare guest: the knobs, somebody else who
 * wants the CPU, the budget; and a guest that does all it can to its own page.
 */
#include <glob.h>
#include <sys/mman.h>

#include "tandem_vmm.h"

#define DIR		"/sys/kernel/tandem/"
#define MS		1000000ULL
#define PATIENCE_US	5000000

static u64 storm_rounds = 2000;

/* ---- the guests ---- */

static void start(u64 id, u32 features)
{
	struct tandem_entry *entry = (struct tandem_entry *)entry_gpa(id);

	entry->guest.features = features;
	guest_start(id, true);
}

static void guest_spins(u64 id)
{
	start(id, TANDEM_F_TIMER | TANDEM_F_POLL);
	while (!READ_ONCE(me()->stop))
		cpu_relax();
	GUEST_DONE();
}

static void guest_without(u64 id)
{
	start(id, TANDEM_F_TIMER);
	while (!READ_ONCE(me()->stop))
		halt_us(1000);
	GUEST_DONE();
}

/* Time that went by while it was allowed to poll counts as polled. */
static void poll_for(struct tandem_entry *entry, u64 us)
{
	u64 start = rdtsc(), ns = 0;

	while (!READ_ONCE(me()->stop) && ns < us * 1000 &&
	       READ_ONCE(entry->flags.budget_ns) > entry->guest.polled_ns + ns)
		ns = (rdtsc() - start) * 1000000 / params.khz;
	WRITE_ONCE(entry->guest.polled_ns, entry->guest.polled_ns + ns);
}

static void guest_polls(u64 id)
{
	struct tandem_entry *entry = (struct tandem_entry *)entry_gpa(id);

	start(id, TANDEM_F_TIMER | TANDEM_F_POLL);
	while (!READ_ONCE(me()->stop)) {
		poll_for(entry, 500);
		me()->arms++;
		if (entry->flags.budget_ns <= entry->guest.polled_ns)
			halt_us(1000);
	}
	GUEST_DONE();
}

static void guest_lies(u64 id)
{
	struct tandem_entry *entry = (struct tandem_entry *)entry_gpa(id);

	start(id, TANDEM_F_TIMER | TANDEM_F_POLL);
	entry->guest.polled_ns = 1ULL << 63;
	while (!READ_ONCE(me()->stop))
		halt_us(1000);
	GUEST_DONE();
}

/* Not counted: a deadline that was registered again may come again. */
static void halt_a_moment(void)
{
	u64 before = fired();

	arm_us(10);
	halt_until_fired(before + 1);
}

static void guest_hostile(u64 id)
{
	u64 *words = (u64 *)entry_gpa(id);

	start(id, TANDEM_F_TIMER | TANDEM_F_POLL);
	while (!READ_ONCE(me()->stop)) {
		/* All but the deadline and the lease, which the timer's tests have. */
		words[2 + guest_random() % 14] = guest_random() * guest_random();
		words[32 + guest_random() % 16] = guest_random() * guest_random();
		if (guest_random() % 1024 == 0)
			write_tandem_msr((u64)words | TANDEM_ENABLE);
		if (guest_random() % 1024 == 0)
			halt_a_moment();
	}
	GUEST_DONE();
}

static void guest_halts(u64 id)
{
	guest_start(id, false);
	for (u64 i = 0; i < params.count; i++)
		halt_us(params.us);
	GUEST_DONE();
}

/* ---- the VMM ---- */

static void write_file(const char *path, const char *value)
{
	FILE *file = fopen(path, "w");

	TEST_ASSERT(file, "no %s", path);
	fprintf(file, "%s\n", value);
	TEST_ASSERT(!fclose(file), "%s=%s: %s", path, value, strerror(errno));
}

static void idle_knob(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DIR "%s", name);
	write_file(path, value);
}

/* The only VM of this process. */
static void vm_knob(const char *name, const char *value)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), DIR "vms/%d-*/%s", getpid(), name);
	TEST_ASSERT(!glob(pattern, 0, NULL, &found) && found.gl_pathc == 1, "no %s", pattern);
	write_file(found.gl_pathv[0], value);
	globfree(&found);
}

static struct tandem_flags_line *line_of(struct machine *m)
{
	return &entry_of(m, 0)->flags;
}

/* What the host does it does at its next look, or entry. */
#define wait_until(what, ...)							\
	do {									\
		u64 _start = host_us();						\
										\
		while (!(what)) {						\
			TEST_ASSERT(host_us() - _start < PATIENCE_US, __VA_ARGS__);	\
			usleep(100);						\
		}								\
	} while (0)

static struct machine *started(int nr, void *guest_code)
{
	struct machine *m = machine_create(nr, guest_code);

	m->nr_cpus = 1;
	machine_start(m);
	wait_until(READ_ONCE(entry_of(m, 0)->host.version), "it does not register");
	return m;
}

static void ended(struct machine *m)
{
	machine_stop(m);
	machine_join(m);
	machine_free(m);
}

static void test_fields(void)
{
	struct machine *m = started(1, guest_spins);
	struct tandem_flags_line *line = line_of(m);

	TEST_ASSERT(entry_of(m, 0)->host.features & TANDEM_F_POLL, "no TANDEM_F_POLL");
	wait_until(READ_ONCE(line->poll_max_ns) == 1000000, "ceiling %llu", line->poll_max_ns);
	wait_until(READ_ONCE(line->price) == 100, "price %u", line->price);
	wait_until(READ_ONCE(line->halt_cost_ns) == 20000, "a halt costs %u", line->halt_cost_ns);
	wait_until(READ_ONCE(line->budget_ns) == 10 * MS, "budget %llu", line->budget_ns);
	ended(m);
}

static void test_not_asked(void)
{
	struct machine *m = started(1, guest_without);
	struct tandem_flags_line none = {};

	usleep(50000);
	TEST_ASSERT(!memcmp(line_of(m), &none, sizeof(none)), "something was written");
	ended(m);
}

static void test_knobs(void)
{
	struct machine *m = started(1, guest_spins);
	struct tandem_flags_line *line = line_of(m);

	idle_knob("idle_poll_max_ns", "70000");
	idle_knob("idle_poll_min_ns", "5");
	idle_knob("idle_price_permille", "333");
	wait_until(READ_ONCE(line->poll_max_ns) == 70000 && READ_ONCE(line->poll_min_ns) == 5 &&
		   READ_ONCE(line->price) == 333, "the page does not follow the knobs");
	vm_knob("idle_poll_max_ns", "6");
	wait_until(READ_ONCE(line->poll_max_ns) == 6, "nor the VM's own");
	idle_knob("idle_poll_max_ns", "80000");
	vm_knob("idle_poll_max_ns", "default");
	wait_until(READ_ONCE(line->poll_max_ns) == 80000, "nor \"default\"");
	idle_knob("idle_mode", "off");
	wait_until(!READ_ONCE(line->poll_max_ns), "nor the mode");
	idle_knob("idle_mode", "guest");
	idle_knob("idle_poll_max_ns", "1000000");
	idle_knob("idle_poll_min_ns", "0");
	idle_knob("idle_price_permille", "100");
	ended(m);
}

/* ---- somebody else on its CPU ---- */

struct other {
	pthread_t thread;
	bool stop;
	bool sleeps;
	u64 us;
	u64 rounds;
};

static void *want_cpu(void *data)
{
	struct other *o = data;

	pin(pthread_self(), 1);
	while (!READ_ONCE(o->stop)) {
		if (o->sleeps)
			usleep(o->us);
		o->rounds++;
	}
	return NULL;
}

static void other_starts(struct other *o)
{
	pthread_create(&o->thread, NULL, want_cpu, o);
}

static void other_stops(struct other *o)
{
	WRITE_ONCE(o->stop, true);
	pthread_join(o->thread, NULL);
}

static bool pressed(struct machine *m)
{
	return READ_ONCE(line_of(m)->flags) & TANDEM_PRESSURE;
}

static void test_pressure(void)
{
	struct machine *m = started(1, guest_spins);
	struct other o = {};

	wait_until(!pressed(m), "pressure without anybody");
	other_starts(&o);
	wait_until(pressed(m), "no pressure beside a busy task");
	other_stops(&o);
	wait_until(!pressed(m), "pressure stays without the task");
	ended(m);
}

/* One that sleeps most of the time is runnable for a moment, and only seen by the hook. */
static void test_wakeups(void)
{
	u64 before = tandem_stat("pressure_raised"), raised;
	struct machine *m = started(1, guest_spins);
	struct other o = { .sleeps = true, .us = 2000 };

	other_starts(&o);
	wait_until(READ_ONCE(o.rounds) > 100, "it does not run");
	other_stops(&o);
	raised = tandem_stat("pressure_raised") - before;
	ksft_print_msg("%lu wake-ups, raised %lu times, %lu IPIs\n", o.rounds, raised,
		       tandem_stat("pressure_ipis"));
	TEST_ASSERT(raised >= o.rounds, "raised only %lu times", raised);
	wait_until(!pressed(m), "pressure stays without the task");
	ended(m);
}

/* ---- the budget ---- */

/* A tenth of a CPU: what it may, a tenth of the 100 ms that are averaged over, and a grant. */
static void test_budget(void)
{
	u64 polled, most, us = host_us();
	struct machine *m;

	idle_knob("idle_budget_ms", "100");
	m = started(1, guest_polls);
	usleep(3000000);
	polled = entry_of(m, 0)->guest.polled_ns;
	most = (host_us() - us) * 1000 / 10 + 10 * MS + 2 * MS;
	ksft_print_msg("polled %lu us, of %lu at most\n", polled / 1000, most / 1000);
	TEST_ASSERT(polled <= most, "polled too long");
	TEST_ASSERT(polled >= 10 * MS, "hardly polled");
	idle_knob("idle_budget_ms", "1000");
	ended(m);
}

/* It says that it has polled for centuries: that is believed as far as it can be true. */
static void test_lie(void)
{
	struct tandem_entry *entry;
	struct machine *m;

	idle_knob("idle_budget_ms", "100");
	m = started(1, guest_lies);
	entry = entry_of(m, 0);
	wait_until(READ_ONCE(entry->flags.budget_ns) == (1ULL << 63) + MS,
		   "it has no budget again: %llx", entry->flags.budget_ns);
	idle_knob("idle_budget_ms", "1000");
	ended(m);
}

/* ---- all at once ---- */

static void discard(struct machine *m)
{
	TEST_ASSERT(!madvise((void *)entry_of(m, 0), 4096, MADV_DONTNEED), "madvise: %s",
		    strerror(errno));
}

static void move_slot(struct machine *m)
{
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_MOVED_GPA);
	vm_mem_region_move(m->vm, ENTRY_SLOT, ENTRY_GPA);
}

/* In the vCPU's thread: what it had armed was handed over. */
static void disturb(struct machine *m, int id)
{
	switch (m->ran % 6) {
	case 0:
		discard(m);
		break;
	case 1:
		move_slot(m);
		break;
	case 2:
		vm_mem_region_set_flags(m->vm, ENTRY_SLOT, KVM_MEM_LOG_DIRTY_PAGES);
		break;
	case 3:
		vm_mem_region_set_flags(m->vm, ENTRY_SLOT, 0);
		break;
	default:
		pin(pthread_self(), 1 + m->ran % 2);
	}
}

static void turn_knobs(u64 round)
{
	static const char * const modes[] = { "off", "guest", "host", "both" };

	idle_knob("idle_mode", modes[round % 4]);
	vm_knob("idle_poll_max_ns", round % 3 ? "5000" : "default");
}

/* Tasks wake up on its CPU all the time, while the page comes and goes. */
static void test_storm(void)
{
	struct other others[4] = {};
	struct machine *m;
	u64 raised, arms;

	m = machine_create(1, guest_polls);
	m->nr_cpus = 1;
	m->interrupted = disturb;
	machine_start(m);
	wait_until(READ_ONCE(entry_of(m, 0)->host.version), "it does not register");
	raised = tandem_stat("pressure_raised");
	for (int i = 0; i < 4; i++) {
		others[i].sleeps = true;
		others[i].us = 50 << i;
		other_starts(&others[i]);
	}
	for (u64 round = 0; round < storm_rounds; round++) {
		turn_knobs(round);
		machine_interrupt(m, 0);
		usleep(2000 + random() % 2000);
	}
	for (int i = 0; i < 4; i++)
		other_stops(&others[i]);
	idle_knob("idle_mode", "guest");
	ksft_print_msg("%lu KVM_RUNs ended, raised %lu times, %lu IPIs\n", m->ran,
		       tandem_stat("pressure_raised") - raised, tandem_stat("pressure_ipis"));
	TEST_ASSERT(tandem_stat("pressure_raised") > raised, "never raised");
	arms = cpu_of(m, 0)->arms;
	wait_until(READ_ONCE(cpu_of(m, 0)->arms) > arms, "the guest hangs");
	ended(m);
}

static void test_hostile(void)
{
	struct machine *hostile = started(2, guest_hostile);
	struct machine *honest = machine_create(1, guest_spins);
	struct tandem_flags_line *line = line_of(honest);

	honest->first_cpu = 2;
	honest->nr_cpus = 1;
	machine_start(honest);
	usleep(2000000);
	wait_until(READ_ONCE(line->poll_max_ns) == 1000000 && READ_ONCE(line->price) == 100 &&
		   READ_ONCE(line->budget_ns) == 10 * MS && !READ_ONCE(line->flags),
		   "the honest VM: ceiling %llu price %u budget %llu flags %x",
		   line->poll_max_ns, line->price, line->budget_ns, line->flags);
	ended(honest);
	ended(hostile);
}

/* ---- KVM's own polling ---- */

static u64 polls_of_host(u64 us)
{
	struct machine *m;
	u64 polls;

	params.count = 300;
	params.us = us;
	m = machine_create(1, guest_halts);
	machine_run(m, 0);
	polls = vcpu_stat(m->vcpus[0], "halt_attempted_poll");
	machine_free(m);
	return polls;
}

static void test_host(void)
{
	u64 polls;

	idle_knob("idle_mode", "host");
	polls = polls_of_host(20000);
	ksft_print_msg("300 halts of 20 ms: %lu polls\n", polls);
	TEST_ASSERT(polls < 30, "long halts are polled for");
	idle_knob("idle_poll_min_ns", "50000");
	polls = polls_of_host(2000);
	ksft_print_msg("300 halts with a window of 50 us at least: %lu polls\n", polls);
	TEST_ASSERT(polls > 150, "KVM does not follow");
	idle_knob("idle_poll_max_ns", "0");
	polls = polls_of_host(2000);
	TEST_ASSERT(!polls, "%lu polls with a ceiling of 0", polls);
	idle_knob("idle_poll_max_ns", "1000000");
	idle_knob("idle_poll_min_ns", "0");
	idle_knob("idle_mode", "guest");
}

static const struct test tests[] = {
	{ test_fields, "the page has the knobs, and a budget" },
	{ test_not_asked, "it has nothing for a guest that does not poll" },
	{ test_knobs, "it follows the knobs, and the VM's own" },
	{ test_pressure, "a task that wants the CPU is shown, as long as it is there" },
	{ test_wakeups, "so is each that wakes up for a moment" },
	{ test_budget, "a VM polls no longer than its budget" },
	{ test_lie, "one that lies about it loses no more than it could have polled" },
	{ test_storm, "tasks wake up on its CPU while its page and the knobs change" },
	{ test_hostile, "a VM that writes all over its page harms nobody else" },
	{ test_host, "KVM polls for guests that don't, as long as it is told" },
};

/* tandem_idle_test [all|N [ROUNDS]]: all tests, or the Nth; rounds of the storm. */
int main(int argc, char **argv)
{
	int only = argc > 1 && strcmp(argv[1], "all") ? atoi_positive("test", argv[1]) : 0;

	if (argc > 2)
		storm_rounds = atoi_positive("rounds", argv[2]);
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	return run_tests(tests, ARRAY_SIZE(tests), only);
}
