// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that does all it can to its page, its MSRs and its LAPIC, and an honest one
 * beside it: the honest one's timers arrive, and what the agents spend on the
 * other has a bound.
 */
#include <sys/sysinfo.h>

#include "tandem_vmm.h"

#define VCPUS		4
#define LATE_US		20000
#define MIN_GAP_US	20

/* ---- the guests ---- */

/* The module may be away: then it goes on by the MSR, and tries again later. */
static void try_to_register(void)
{
	write_deadline(me()->entry, 0);
	me()->use_page = !write_tandem_msr((u64)me()->entry | TANDEM_ENABLE);
}

static u64 any_tsc(void)
{
	u64 random = guest_random();

	switch (random % 8) {
	case 0:
		return rdtsc() + 1;
	case 1:
		return rdtsc() - random;
	case 2:
		return 1ULL << 63;
	case 3:
		return ~0ULL;
	case 4:
		return random;
	case 5:
		return me()->entry->guest.deadline;
	default:
		return rdtsc() + us_to_tsc(random % 200);
	}
}

/* Its own, another vCPU's, none at all, and what the host must refuse. */
static void register_any(void)
{
	u64 random = guest_random();

	switch (random % 4) {
	case 0:
		write_tandem_msr(0);
		break;
	case 1:
		write_tandem_msr(random << 7 | TANDEM_ENABLE);
		break;
	default:
		me()->entry = (struct tandem_entry *)entry_gpa(random % VCPUS);
		write_tandem_msr((u64)me()->entry | TANDEM_ENABLE);
	}
}

static void any_lvtt(void)
{
	u64 random = guest_random();

	/* More often than not one that lets timers through. */
	if (random & 6)
		random = 2;
	x2apic_write_reg_safe(APIC_LVTT, (random & 3) << 17 | VECTOR |
			      (random & 8 ? APIC_LVT_MASKED : 0));
	if (random & 16)
		x2apic_write_reg(APIC_TMICT, random & 0xfffff);
}

static void do_anything(void)
{
	u64 random = guest_random(), *words = (u64 *)me()->entry;

	switch (random % 64) {
	case 0:
		register_any();
		break;
	case 1:
		any_lvtt();
		break;
	case 2 ... 5:
		wrmsr(MSR_IA32_TSC_DEADLINE, any_tsc());
		break;
	case 6 ... 9:
		me()->entry->host.lease = any_tsc();
		break;
	case 10 ... 13:
		me()->entry->host.earliest = any_tsc();
		break;
	case 14 ... 17:
		words[random / 64 % (sizeof(struct tandem_entry) / 8)] = any_tsc();
		break;
	default:
		write_deadline(me()->entry, any_tsc());
	}
}

/* Every other vCPU stays registered, and has its agent look as often as it can. */
static void guest_hostile(u64 id)
{
	guest_start(id, false);
	try_to_register();
	while (!READ_ONCE(me()->stop)) {
		me()->arms++;
		if (id & 1)
			do_anything();
		else
			write_deadline(me()->entry, rdtsc() + guest_random() % 10000);
	}
	GUEST_DONE();
}

static void guest_idle(u64 id)
{
	guest_start(id, true);
	while (!READ_ONCE(me()->stop))
		halt_us(100000);
	GUEST_DONE();
}

static void guest_honest(u64 id)
{
	guest_start(id, false);
	for (u64 i = 0; i < params.count; i++) {
		if (i % 50 == 0)
			try_to_register();
		GUEST_ASSERT_EQ(fired(), i);
		arm_us(1000);
		wait_fired(i + 1);
	}
	GUEST_ASSERT_EQ(fired(), params.count);
	none_early();
	GUEST_DONE();
}

/* ---- the VMM ---- */

/**
 * struct outcome - an honest VM's timers, beside another VM
 * @late:	timers that were late by more than LATE_US
 * @late_max_us: the latest
 * @us:		how long it took
 * @looks:	the agents' looks meanwhile
 * @done:	what the other VM's vCPUs did meanwhile
 */
struct outcome {
	u64 late;
	u64 late_max_us;
	u64 us;
	u64 looks;
	u64 done;
};

/* The honest one has a CPU for itself; the other's vCPUs share the last. */
static struct outcome beside(void *other_code, u64 timers)
{
	struct machine *honest, *other;
	struct outcome o = {};

	params.count = timers;
	params.late_us = LATE_US;
	honest = machine_create(1, guest_honest);
	other = machine_create(VCPUS, other_code);
	other->first_cpu = get_nprocs() - 1;
	other->nr_cpus = 1;
	machine_start(other);
	usleep(100000);
	o.us = host_us();
	machine_start(honest);
	machine_join(honest);
	o.us = host_us() - o.us;
	for (int id = 0; id < VCPUS; id++)
		o.done += cpu_of(other, id)->arms;
	machine_stop(other);
	machine_join(other);
	o.late = cpu_of(honest, 0)->late;
	o.late_max_us = cpu_of(honest, 0)->late_max * 1000 / params.khz;
	machine_free(honest);
	machine_free(other);
	return o;
}

static struct outcome counted(const char *name, void *other_code, u64 timers)
{
	u64 looks = tandem_stat("agent_looks");
	struct outcome o = beside(other_code, timers);

	o.looks = tandem_stat("agent_looks") - looks;
	ksft_print_msg("%lu timers beside %s: %lu late by %d ms, at most %lu us\n",
		       timers, name, o.late, LATE_US / 1000, o.late_max_us);
	ksft_print_msg("%lu looks in %lu us, %lu things done to it\n", o.looks, o.us, o.done);
	return o;
}

static void test_beside(void)
{
	u64 timers = 3000;
	struct outcome idle = counted("an idle VM", guest_idle, timers);
	struct outcome hostile = counted("a hostile VM", guest_hostile, timers);

	TEST_ASSERT(hostile.done > timers, "the hostile VM did only %lu things", hostile.done);
	TEST_ASSERT(hostile.late <= idle.late + timers / 10,
		    "%lu of %lu timers late, %lu without the hostile VM",
		    hostile.late, timers, idle.late);
}

/* Each vCPU of both VMs, the honest one's too, once per min_gap_us at most. */
static void test_looks(void)
{
	struct outcome o;
	u64 most;

	tandem_knob("min_gap_us", "20");
	tandem_knob("vm_share", "100");
	o = counted("a hostile VM", guest_hostile, 1000);
	most = (VCPUS + 1) * (o.us + 200000) / MIN_GAP_US;
	TEST_ASSERT(o.looks <= most, "%lu looks in %lu us at %d vCPUs, at most %lu are due",
		    o.looks, o.us, VCPUS + 1, most);
	tandem_knob("vm_share", "50");
}

static void test_throttled(void)
{
	u64 before = tandem_stat("throttled"), throttled;

	tandem_knob("vm_share", "1");
	counted("a hostile VM with 1 % of a CPU", guest_hostile, 2000);
	throttled = tandem_stat("throttled") - before;
	tandem_knob("vm_share", "50");
	ksft_print_msg("throttled %lu times\n", throttled);
	TEST_ASSERT(throttled, "the hostile VM was never throttled");
}

static void test_reload(void)
{
	struct outcome o = beside(guest_hostile, 5000);

	ksft_print_msg("5000 timers in %lu us, while the hostile VM did %lu things\n",
		       o.us, o.done);
}

static const struct test tests[] = {
	{ test_beside, "an honest VM's timers all arrive, beside a hostile VM" },
	{ test_looks, "an agent looks at a hostile vCPU once in min_gap_us at most" },
	{ test_throttled, "a VM beyond its share is throttled" },
};

static const struct test reload[] = {
	{ test_reload, "an honest VM's timers all arrive, while the module comes and goes" },
};

/* tandem_hostile_test [reload|N]: all tests, or that one. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	if (argc > 1 && !strcmp(argv[1], "reload"))
		return run_tests(reload, ARRAY_SIZE(reload), 0);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
