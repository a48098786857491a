// SPDX-License-Identifier: GPL-2.0
/*
 * The cpuidle driver: an idle CPU polls for a while before it halts, as long as the
 * host says that nobody else wants what that takes.
 *
 * A poll ends in the idle loop, always: it ran with interrupts on, and one of them may
 * have queued a timer, or made the decision about the tick stale. Halting comes in
 * another call, after the loop has looked at both. An idle may so take several calls;
 * it is over when the CPU has something to do, or was woken from a halt.
 *
 * RCU does not watch while enter() runs: no tracepoints here, nothing that may fault,
 * and no clock but the TSC.
 */
#include <linux/cpu.h>
#include <linux/cpuidle.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched/idle.h>
#include <asm/irqflags.h>
#include <asm/tsc.h>

#include "guest.h"
#include "policy/poll_idle.h"
#include "policy/timer.h"

enum idle_state { STATE_POLL, STATE_HALT, NR_STATES };

/* The host believes no ceiling of ours, and we none of its beyond this. */
#define CEILING_NS	(10 * NSEC_PER_MSEC)

/**
 * enum stop - why a poll ended
 * @STOP_WORK:	the CPU has something to do
 * @STOP_TIMER:	the timer came that it was polling for, and brought no work
 * @STOP_PRESSURE: another task of the host wants the CPU
 * @STOP_BUDGET: the host's budget for this VM is spent
 * @STOP_WINDOW: the window is over
 */
enum stop { STOP_WORK, STOP_TIMER, STOP_PRESSURE, STOP_BUDGET, STOP_WINDOW };

static const enum tandem_guest_count counts[] = {
	[STOP_WORK]	= TANDEM_POLL_HITS,
	[STOP_TIMER]	= TANDEM_POLL_TIMERS,
	[STOP_PRESSURE]	= TANDEM_POLL_PRESSURE,
	[STOP_BUDGET]	= TANDEM_POLL_BUDGET,
	[STOP_WINDOW]	= TANDEM_POLL_MISSES,
};

/**
 * struct tandem_idle - one CPU's idle
 * @dev:	for cpuidle
 * @poll:	what was learned
 * @usual_ns:	how long idles are
 * @begun:	TSC at which the idle began; 0 = the CPU is not idle
 * @polled:	TSC at which its last poll ended
 * @switches:	how often the idle task had left the CPU then
 * @window_ns:	how long this idle may be polled
 */
struct tandem_idle {
	struct cpuidle_device dev;
	struct tandem_poll poll;
	u64 usual_ns;
	u64 begun;
	u64 polled;
	unsigned long switches;
	u32 window_ns;
};

static DEFINE_PER_CPU(struct tandem_idle, idles);

static bool wanted = true;
module_param_named(idle, wanted, bool, 0444);
MODULE_PARM_DESC(idle,
		 "register a cpuidle driver that polls before it halts, as long as the host says that nobody else wants the CPU, 0..1, default 1; where another driver is registered that one stays");

static bool driving;

static u64 ns_between(u64 from, u64 to)
{
	return to > from ? tandem_cycles_to_ns(to - from, tsc_khz) : 0;
}

/* The host may write at any time: each is read once, and believed within bounds. */
static struct tandem_poll_knobs read_knobs(struct tandem_entry *entry)
{
	struct tandem_poll_knobs knobs = {};

	if (!(READ_ONCE(entry->host.features) & TANDEM_F_POLL))
		return knobs;
	knobs.min_ns = READ_ONCE(entry->flags.poll_min_ns);
	knobs.max_ns = min_t(u64, READ_ONCE(entry->flags.poll_max_ns), CEILING_NS);
	knobs.price = READ_ONCE(entry->flags.price);
	knobs.halt_cost_ns = READ_ONCE(entry->flags.halt_cost_ns);
	return knobs;
}

static bool pressure(struct tandem_entry *entry)
{
	return READ_ONCE(entry->flags.flags) & TANDEM_PRESSURE;
}

static u64 budget_left(struct tandem_entry *entry)
{
	u64 until = READ_ONCE(entry->flags.budget_ns), polled = entry->guest.polled_ns;

	return until > polled ? until - polled : 0;
}

/* The idle task leaves the CPU for any other, and for nobody else. */
static unsigned long switches(void)
{
	return current->nvcsw + current->nivcsw;
}

static void ends(struct tandem_idle *idle, u64 now, const struct tandem_poll_knobs *knobs)
{
	u64 ns = ns_between(idle->begun, now);

	if (knobs->max_ns)
		tandem_poll_saw(&idle->poll, ns, knobs);
	idle->usual_ns = tandem_poll_usual(idle->usual_ns, ns);
	idle->begun = 0;
}

/* After a poll the loop may have found work before it came here again. */
static void begins(struct tandem_idle *idle, u64 now, const struct tandem_poll_knobs *knobs)
{
	if (idle->begun && idle->switches != switches())
		ends(idle, idle->polled, knobs);
	if (!idle->begun)
		idle->begun = now;
}

/* When the timer expires that the CPU has armed, as ns of this idle; 0 = none. */
static u64 next_timer(struct tandem_idle *idle, u64 deadline)
{
	return ns_between(idle->begun, deadline);
}

/* TSC at which this idle is not to be polled for any more. */
static u64 poll_end(struct tandem_idle *idle, struct tandem_entry *entry, u64 now,
		    const struct tandem_poll_knobs *knobs)
{
	u64 timer = next_timer(idle, entry->guest.deadline), until;

	if (!knobs->max_ns || idle->dev.states_usage[STATE_POLL].disable)
		return 0;
	if (tandem_poll_rare(idle->usual_ns, knobs))
		return 0;
	idle->window_ns = tandem_poll_window(&idle->poll, knobs);
	until = tandem_poll_until(idle->window_ns, ns_between(idle->begun, now), timer, knobs);
	/* The interrupt comes a little after its time. */
	if (timer && until >= timer)
		until = max(until, timer + knobs->halt_cost_ns);
	return idle->begun + tandem_ns_to_cycles(until, tsc_khz);
}

static enum stop spin(struct tandem_entry *entry, u64 deadline, u64 now, u64 end)
{
	u64 budget = now + tandem_ns_to_cycles(budget_left(entry), tsc_khz);

	for (;;) {
		if (need_resched())
			return STOP_WORK;
		/* Its interrupt armed another, or none. */
		if (READ_ONCE(entry->guest.deadline) != deadline)
			return STOP_TIMER;
		if (pressure(entry))
			return STOP_PRESSURE;
		now = rdtsc();
		if (now >= end)
			return STOP_WINDOW;
		if (now >= budget)
			return STOP_BUDGET;
		cpu_relax();
	}
}

/* With interrupts on, and so that who wakes this CPU needs no IPI. */
static enum stop poll(struct tandem_entry *entry, u64 now, u64 end)
{
	u64 deadline = entry->guest.deadline;
	enum stop stop = STOP_WORK;

	raw_local_irq_enable();
	if (!current_set_polling_and_test())
		stop = spin(entry, deadline, now, end);
	raw_local_irq_disable();
	current_clr_polling();
	return stop;
}

/* Work, or the timer: where the CPU had halted it would have been woken. */
static bool woken(enum stop stop)
{
	return stop == STOP_WORK || stop == STOP_TIMER;
}

static void poll_once(struct tandem_idle *idle, struct tandem_entry *entry, u64 now, u64 end,
		      const struct tandem_poll_knobs *knobs)
{
	enum stop stop = poll(entry, now, end);
	u64 ns;

	idle->polled = rdtsc();
	idle->switches = switches();
	idle->dev.poll_time_limit = !woken(stop);
	ns = ns_between(now, idle->polled);
	WRITE_ONCE(entry->guest.polled_ns, entry->guest.polled_ns + ns);
	tandem_count(TANDEM_POLLS);
	tandem_count(counts[stop]);
	tandem_count_add(TANDEM_POLLED_NS, ns);
	if (woken(stop))
		ends(idle, idle->polled, knobs);
}

static void halt_once(struct tandem_idle *idle, const struct tandem_poll_knobs *knobs)
{
	raw_safe_halt();
	raw_local_irq_disable();
	tandem_count(TANDEM_HALTS);
	ends(idle, rdtsc(), knobs);
}

/* Which state was asked for doesn't matter: what is returned is the one that was used. */
static int enter(struct cpuidle_device *dev, struct cpuidle_driver *drv, int index)
{
	struct tandem_idle *idle = this_cpu_ptr(&idles);
	struct tandem_entry *entry = tandem_entry();
	struct tandem_poll_knobs knobs = read_knobs(entry);
	u64 now = rdtsc(), end;

	begins(idle, now, &knobs);
	end = poll_end(idle, entry, now, &knobs);
	if (now < end && !pressure(entry) && budget_left(entry)) {
		poll_once(idle, entry, now, end, &knobs);
		return STATE_POLL;
	}
	halt_once(idle, &knobs);
	return STATE_HALT;
}

/*
 * It has no owner, which each CPU's device would hold so that the module could never be
 * removed. Nobody is in enter() when that happens: a CPU's device is unregistered by a
 * thread on that CPU, so its idle task is not running, and has left enter(), in which
 * it can't be preempted.
 */
static struct cpuidle_driver driver = {
	.name = "tandem",
	.states = {
		[STATE_POLL] = {
			.name = "POLL",
			.desc = "poll until there is work",
			.flags = CPUIDLE_FLAG_POLLING,
			.enter = enter,
		},
		[STATE_HALT] = {
			.name = "HALT",
			.desc = "halt",
			.enter = enter,
		},
	},
	.state_count = NR_STATES,
};

/**
 * tandem_idle_cpu_start() - the driver takes this CPU
 * @cpu:	the CPU
 *
 * Context: may sleep.
 */
void tandem_idle_cpu_start(unsigned int cpu)
{
	struct tandem_idle *idle = per_cpu_ptr(&idles, cpu);

	if (!driving || idle->dev.registered)
		return;
	*idle = (struct tandem_idle) { .dev.cpu = cpu, .usual_ns = TANDEM_POLL_UNUSUAL };
	if (cpuidle_register_device(&idle->dev))
		pr_info("tandem_guest: CPU %u does not poll: cpuidle refuses it\n", cpu);
}

/**
 * tandem_idle_cpu_stop() - the CPU goes offline, or the driver goes
 * @cpu:	the CPU
 *
 * Context: may sleep.
 */
void tandem_idle_cpu_stop(unsigned int cpu)
{
	if (driving)
		cpuidle_unregister_device(per_cpu_ptr(&idles.dev, cpu));
}

static const char *other_driver(void)
{
	struct cpuidle_driver *other = cpuidle_get_driver();

	return other ? other->name : "none: cpuidle is off";
}

/**
 * tandem_idle_start() - register the driver, before any CPU starts
 *
 * Where there is another driver that one stays, and no CPU polls.
 *
 * Context: may sleep.
 */
void tandem_idle_start(void)
{
	if (!wanted)
		return;
	driving = !cpuidle_register_driver(&driver);
	if (!driving)
		pr_info("tandem_guest: no polling: another cpuidle driver is left alone (%s)\n",
			other_driver());
}

/**
 * tandem_idle_stop() - the kernel's own way to be idle again, after all CPUs stopped
 *
 * Context: may sleep.
 */
void tandem_idle_stop(void)
{
	if (driving)
		cpuidle_unregister_driver(&driver);
}

/**
 * tandem_idle_features() - what the host shall know: do we poll?
 */
u32 tandem_idle_features(void)
{
	return driving ? TANDEM_F_POLL : 0;
}

/**
 * tandem_idle_windows() - the window of each CPU's last idle, ns, for users to see
 * @buf:	a page
 *
 * Return: how much was written.
 */
ssize_t tandem_idle_windows(char *buf)
{
	ssize_t len = 0;
	int cpu;

	for_each_online_cpu(cpu)
		len += sysfs_emit_at(buf, len, "%s%u", len ? " " : "",
				     READ_ONCE(per_cpu(idles, cpu).window_ns));
	return len + sysfs_emit_at(buf, len, "\n");
}
