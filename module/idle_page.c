// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest is told about polling while it is idle: how long, at what price, and
 * whether somebody else wants the CPU.
 *
 * It is published whenever the vCPU is entered, gets a CPU, or is looked at. A guest
 * that polls with success needs none of these for long: so it has a budget as well,
 * which ends its poll, and the halt that follows is such an occasion.
 *
 * The pressure flag is raised by idle_pressure.c from any context, without tv->lock.
 * Whoever lowers it looks at the CPU once more afterwards: the task that it was raised
 * for was counted before.
 */
#include <linux/sched/snapshot.h>
#include <linux/topology.h>

#include "tandem.h"
#include "idle.h"
#include "trace.h"

static u32 runnable(int cpu)
{
	struct sched_cpu_snapshot s;

	return sched_cpu_snapshot(cpu, &s) ? 0 : s.nr_running - s.nr_delayed;
}

/**
 * tandem_idle_others() - how many other tasks want the CPU of a vCPU
 * @tv:		a vCPU that runs, or wants to
 *
 * Context: any.
 */
u32 tandem_idle_others(struct tandem_vcpu *tv)
{
	u32 all = runnable(READ_ONCE(tv->vcpu->cpu));

	return all ? all - 1 : 0;
}

/**
 * tandem_idle_sibling_busy() - has an SMT sibling of a vCPU's CPU something to do?
 * @tv:		a vCPU that runs, or wants to
 *
 * Context: any.
 */
bool tandem_idle_sibling_busy(struct tandem_vcpu *tv)
{
	int cpu = READ_ONCE(tv->vcpu->cpu), sibling;

	/* It has never run. */
	if (cpu < 0)
		return false;
	for_each_cpu(sibling, topology_sibling_cpumask(cpu))
		if (sibling != cpu && runnable(sibling))
			return true;
	return false;
}

/* The guest's word for it, as far as the clock allows. */
static u64 polled_since(struct tandem_vcpu *tv, u64 polled, u64 now)
{
	u64 said = polled - tv->idle.polled_ns, elapsed = now - tv->idle.seen_at;

	lockdep_assert_held(&tv->lock);
	tv->idle.polled_ns = polled;
	tv->idle.seen_at = now;
	return tandem_poll_believed(said, elapsed, &tv->idle.unsaid_ns);
}

static void publish_flags(struct tandem_vcpu *tv, struct tandem_flags_line *line, u32 flags)
{
	if (READ_ONCE(line->flags) == flags)
		return;
	WRITE_ONCE(line->flags, flags);
	if (flags & TANDEM_PRESSURE)
		return;
	/* Pairs with the one of runnable(), before it raises the flag. */
	smp_mb();
	if (tandem_idle_others(tv))
		WRITE_ONCE(line->flags, flags | TANDEM_PRESSURE);
}

/* On change only: what stands there stays in the cache of the CPU that polls. */
static void publish32(u32 *field, u32 value)
{
	if (READ_ONCE(*field) != value)
		WRITE_ONCE(*field, value);
}

static void publish64(u64 *field, u64 value)
{
	if (READ_ONCE(*field) != value)
		WRITE_ONCE(*field, value);
}

static void publish_knobs(struct tandem_flags_line *line, const struct tandem_poll_knobs *knobs)
{
	publish64(&line->poll_max_ns, knobs->max_ns);
	publish32(&line->poll_min_ns, knobs->min_ns);
	publish32(&line->price, knobs->price);
	publish32(&line->halt_cost_ns, knobs->halt_cost_ns);
}

static void publish_budget(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	ktime_t now = ktime_get();
	u64 polled = polled_since(tv, READ_ONCE(entry->guest.polled_ns), ktime_to_ns(now));
	bool spent = tandem_vm_polled(tv->vm, now, polled);

	publish64(&entry->flags.budget_ns,
		  tandem_poll_budget(READ_ONCE(entry->flags.budget_ns), tv->idle.polled_ns,
				     tandem_idle_knob(tv->vm, TANDEM_IDLE_BUDGET), spent));
}

/**
 * tandem_idle_publish() - tell the guest what it may poll
 * @tv:		a registered vCPU that runs, or wants to, held
 * @entry:	its entry
 *
 * Context: any, under tv->lock.
 */
void tandem_idle_publish(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	struct tandem_poll_knobs knobs;
	bool sibling;
	u32 others;

	lockdep_assert_held(&tv->lock);
	if (!tv->idle.guest_polls)
		return;
	others = tandem_idle_others(tv);
	sibling = tandem_idle_sibling_busy(tv);
	knobs = tandem_idle_knobs(tv->vm, TANDEM_POLL_GUEST, sibling);
	publish_knobs(&entry->flags, &knobs);
	publish_budget(tv, entry);
	publish_flags(tv, &entry->flags, (others ? TANDEM_PRESSURE : 0) |
		      (sibling ? TANDEM_SIBLING_BUSY : 0));
	trace_tandem_offer(tv->vcpu, others, knobs.price, knobs.max_ns,
			   READ_ONCE(entry->flags.budget_ns) - tv->idle.polled_ns);
}

/**
 * tandem_idle_greet() - a vCPU has a new entry
 * @tv:		the vCPU, held
 * @entry:	the entry
 *
 * Context: the vCPU's, under tv->lock.
 */
void tandem_idle_greet(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&tv->lock);
	memset(&entry->flags, 0, sizeof(entry->flags));
	tv->idle.guest_polls = READ_ONCE(entry->guest.features) & TANDEM_F_POLL;
	tv->idle.polled_ns = READ_ONCE(entry->guest.polled_ns);
	tv->idle.seen_at = ktime_get_ns();
	tv->idle.unsaid_ns = 0;
	tandem_idle_publish(tv, entry);
}

/**
 * tandem_idle_refresh() - the same where nobody holds the page
 * @tv:		a registered vCPU
 *
 * Context: the vCPU's, may sleep.
 */
void tandem_idle_refresh(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;

	if (!tv->idle.guest_polls)
		return;
	tandem_page_lock(tv, &hold);
	if (hold.entry)
		tandem_idle_publish(tv, hold.entry);
	tandem_page_unlock(tv, &hold);
}
