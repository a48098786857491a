// SPDX-License-Identifier: GPL-2.0
/*
 * What an agent's look costs, with one vCPU and with hundreds: to be run where time
 * is counted in instructions. And that the agent sleeps when all of them do.
 */
#include <sys/sysinfo.h>

#include "tandem_vmm.h"

#define VM_CPUS		64
#define MAX_VMS		8
#define PERIOD_US	2000
#define COUNTED_US	200000
#define FAR_US		1000000000ULL

/* ---- the guest ---- */

/* No PAUSE: that exits. At the end it halts, for as long as the VM lives. */
static void guest_spins(u64 id)
{
	guest_start(id, true);
	arm_us(FAR_US);
	GUEST_SYNC(1);
	arm_us(FAR_US);
	while (!READ_ONCE(me()->stop))
		;
	for (;;)
		asm volatile("sti; hlt");
}

/* ---- the VMM ---- */

/**
 * struct crowd - VMs whose vCPUs all execute, or all halt
 * @vms:	they
 * @nr:		how many
 * @vcpus:	of all of them together
 */
struct crowd {
	struct machine *vms[MAX_VMS];
	int nr;
	int vcpus;
};

/**
 * struct figures - what was counted
 * @looks:	the agents' looks
 * @ns:		the agents' time
 * @wakeups:	expiries of their timers
 * @ipis:	IPIs that woke one
 * @us:		how long it was counted
 */
struct figures {
	u64 looks;
	u64 ns;
	u64 wakeups;
	u64 ipis;
	u64 us;
};

static void read_figures(struct figures *f)
{
	f->us = host_us();
	f->looks = tandem_stat("agent_looks");
	f->ns = tandem_stat("agent_ns");
	f->wakeups = tandem_stat("agent_wakeups");
	f->ipis = tandem_stat("agent_ipis");
}

static struct figures count(void)
{
	struct figures before, after;

	read_figures(&before);
	usleep(COUNTED_US);
	read_figures(&after);
	after.us -= before.us;
	after.looks -= before.looks;
	after.ns -= before.ns;
	after.wakeups -= before.wakeups;
	after.ipis -= before.ipis;
	return after;
}

/* Held for writing until all are there: who spins already keeps others from it. */
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

static void wait_at_gate(struct machine *m, int id, u64 word)
{
	pthread_rwlock_rdlock(&gate);
	pthread_rwlock_unlock(&gate);
}

static void wait_until_armed(struct crowd *c, u64 times)
{
	for (int vm = 0; vm < c->nr; vm++)
		for (int id = 0; id < c->vms[vm]->nr; id++)
			while (READ_ONCE(cpu_of(c->vms[vm], id)->arms) < times)
				usleep(1000);
}

/* On return each is served, also where it waits for its CPU. */
static void crowd_start(struct crowd *c, int vcpus)
{
	c->vcpus = vcpus;
	pthread_rwlock_wrlock(&gate);
	for (c->nr = 0; vcpus > 0; c->nr++, vcpus -= VM_CPUS) {
		c->vms[c->nr] = machine_create(vcpus < VM_CPUS ? vcpus : VM_CPUS, guest_spins);
		c->vms[c->nr]->said = wait_at_gate;
		machine_start(c->vms[c->nr]);
	}
	wait_until_armed(c, 1);
	pthread_rwlock_unlock(&gate);
	wait_until_armed(c, 2);
}

static void crowd_halt(struct crowd *c)
{
	for (int vm = 0; vm < c->nr; vm++)
		machine_stop(c->vms[vm]);
	/* The last one comes to its HLT when the others have given up the CPU. */
	usleep(300000 + 10000 * c->vcpus);
}

static void fixed_period(void)
{
	tandem_knob("vm_share", "100");
	tandem_knob("sync_max_us", "2000");
	tandem_knob("sync_min_us", "2000");
}

static void check_served(struct crowd *c, struct figures f)
{
	u64 expected = c->vcpus * f.us / PERIOD_US;

	TEST_ASSERT(f.looks * 2 >= expected, "%lu looks at %d vCPUs, where %lu were due",
		    f.looks, c->vcpus, expected);
}

static u64 ns_per_look(int vcpus)
{
	struct crowd c;
	struct figures f;

	crowd_start(&c, vcpus);
	f = count();
	ksft_print_msg("%5d vCPUs, %7lu us: %7lu looks %9lu ns %5lu wake-ups, %5lu ns a look\n",
		       vcpus, f.us, f.looks, f.ns, f.wakeups, f.ns / f.looks);
	check_served(&c, f);
	crowd_halt(&c);
	return f.ns / f.looks;
}

/* The crowds stay until the process ends: halted vCPUs cost an agent nothing. */
static void test_flat(void)
{
	u64 one, many;

	fixed_period();
	one = ns_per_look(1);
	ns_per_look(8);
	ns_per_look(64);
	many = ns_per_look(512);
	TEST_ASSERT(many < one * 2, "%lu ns a look at one of 512, %lu at one alone", many, one);
}

static void test_asleep(void)
{
	struct crowd c;
	struct figures f;

	crowd_start(&c, 64);
	crowd_halt(&c);
	f = count();
	ksft_print_msg("64 halted vCPUs: %lu looks, %lu wake-ups, %lu IPIs\n",
		       f.looks, f.wakeups, f.ipis);
	TEST_ASSERT_EQ(f.looks, 0);
	TEST_ASSERT_EQ(f.wakeups, 0);
	TEST_ASSERT_EQ(f.ipis, 0);
}

static const struct test tests[] = {
	{ test_flat, "a look at one of 512 vCPUs costs less than two at one alone" },
	{ test_asleep, "with all vCPUs halted no agent wakes" },
};

/* tandem_crowd_test [N]: all tests, or the Nth. */
int main(int argc, char **argv)
{
	TEST_REQUIRE(kvm_has_cap(KVM_CAP_TSC_DEADLINE_TIMER));
	kvm_pin_this_task_to_pcpu(0);
	return run_tests(tests, ARRAY_SIZE(tests), argc > 1 ? atoi(argv[1]) : 0);
}
