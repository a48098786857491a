// SPDX-License-Identifier: GPL-2.0
/*
 * The agent: one interrupt on a housekeeping CPU that looks at the pages of all
 * vCPUs that keep executing, so that their own CPUs need not.
 *
 * It looks every period, and at the deadlines in between, as long as it has
 * vCPUs. One that blocked or left KVM_RUN is dropped at the next look, not when
 * it does so: most come back before. With none left the agent sleeps; the next
 * vCPU to join wakes it, by an IPI, as no timer can be started on another CPU.
 */
#include <linux/cpu.h>
#include <linux/smp.h>

#include "tandem.h"
#include "stats.h"
#include "trace.h"

/**
 * struct tandem_agent - the one agent
 * @lock:	covers the list and who is awake
 * @vcpus:	whom it looks at
 * @awake:	@timer is armed, or the IPI that arms it was sent
 * @running:	may be woken
 * @cpu:	where it runs
 * @next_sync:	when it looks at all vCPUs again; read without the lock
 * @timer:	expires at @next_sync or an earlier deadline
 * @wake:	the IPI
 * @hotplug:	the CPU hotplug state
 */
struct tandem_agent {
	raw_spinlock_t lock;
	struct list_head vcpus;
	bool awake;
	bool running;
	int cpu;
	ktime_t next_sync;
	struct hrtimer timer;
	call_single_data_t wake;
	enum cpuhp_state hotplug;
};

static struct tandem_agent agent = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(agent.lock),
	.vcpus = LIST_HEAD_INIT(agent.vcpus),
};

/**
 * tandem_agent_next_sync() - when the agent looks at all its vCPUs again
 *
 * For a vCPU that is on its list this is a promise, also while the agent is in
 * the middle of a round: it either still comes to the vCPU in this round, or
 * has been there and will come at the time that stands here.
 */
ktime_t tandem_agent_next_sync(void)
{
	return READ_ONCE(agent.next_sync);
}

static void set_next_sync(void)
{
	lockdep_assert_held(&agent.lock);
	WRITE_ONCE(agent.next_sync, ktime_add(ktime_get(), tandem_period()));
}

static void drop(struct tandem_vcpu *tv)
{
	lockdep_assert_held(&agent.lock);
	list_del_init(&tv->agent_node);
	WRITE_ONCE(tv->on_agent, false);
}

/* A vCPU that blocked, or left KVM_RUN, is not looked at: it may be swapped out. */
static bool drop_idle(struct tandem_vcpu *tv)
{
	guard(raw_spinlock)(&tv->lock);

	if (!tv->serving)
		drop(tv);
	return !tv->serving;
}

/* Returns when the vCPU must be looked at again. */
static ktime_t visit(struct tandem_vcpu *tv, ktime_t next)
{
	struct tandem_hold hold;

	if (drop_idle(tv))
		return next;
	switch (tandem_page_trylock(tv, &hold)) {
	case -EBUSY:
		return ktime_add_ns(ktime_get(), TANDEM_RETRY);
	case -EFAULT:
		/* Its refresh looks. */
		kvm_tandem_kick(tv->vcpu);
		return next;
	}
	if (tv->serving)
		next = tandem_timer_publish(tv, hold.entry, next, "agent");
	tandem_page_unlock(tv, &hold);
	return next;
}

static ktime_t visit_all(void)
{
	struct tandem_vcpu *tv, *n;
	ktime_t soonest;

	lockdep_assert_held(&agent.lock);
	set_next_sync();
	soonest = agent.next_sync;
	list_for_each_entry_safe(tv, n, &agent.vcpus, agent_node)
		soonest = min(soonest, visit(tv, agent.next_sync));
	return soonest;
}

static enum hrtimer_restart agent_expired(struct hrtimer *timer)
{
	guard(raw_spinlock)(&agent.lock);

	/* The IPI found its new home and armed the timer there. */
	if (hrtimer_is_queued(timer))
		return HRTIMER_NORESTART;
	tandem_count(TANDEM_AGENT_WAKEUPS);
	hrtimer_set_expires(timer, visit_all());
	agent.awake = !list_empty(&agent.vcpus);
	return agent.awake ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

/* Runs on agent.cpu, interrupts off. */
static void start_timer(void *unused)
{
	guard(raw_spinlock)(&agent.lock);

	if (agent.awake && !hrtimer_is_queued(&agent.timer))
		hrtimer_start(&agent.timer, agent.next_sync, HRTIMER_MODE_ABS_PINNED_HARD);
}

/* Without the lock: on the agent's own CPU the call is made at once. */
static void wake_up_agent(void)
{
	tandem_count(TANDEM_AGENT_IPIS);
	/* -EBUSY: an earlier one is on its way, and arms what next_sync says then. */
	smp_call_function_single_async(READ_ONCE(agent.cpu), &agent.wake);
}

static void add(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&agent.lock);
	lockdep_assert_held(&tv->lock);
	if (!agent.awake)
		set_next_sync();
	agent.awake = true;
	list_add_tail(&tv->agent_node, &agent.vcpus);
	WRITE_ONCE(tv->on_agent, true);
	tandem_timer_publish_and_watch(tv, entry, "join");
}

/**
 * tandem_agent_join() - the agent shall look at a vCPU from now on
 * @tv:		a vCPU whose watch has come to its end
 *
 * Nothing happens if it isn't served any more. If its page can't be reached it
 * is tried again, or the vCPU sees to it.
 *
 * Context: the vCPU's watch: hard interrupt.
 */
void tandem_agent_join(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	bool was_awake, awake;

	raw_spin_lock(&agent.lock);
	was_awake = agent.awake;
	switch (tandem_page_trylock(tv, &hold)) {
	case -EBUSY:
		tandem_timer_retry(tv);
		break;
	case -EFAULT:
		kvm_tandem_kick(tv->vcpu);
		break;
	default:
		if (tv->serving && !tv->on_agent && agent.running)
			add(tv, hold.entry);
		tandem_page_unlock(tv, &hold);
	}
	awake = agent.awake;
	raw_spin_unlock(&agent.lock);
	if (awake && !was_awake)
		wake_up_agent();
}

/**
 * tandem_agent_forget() - the agent won't touch this vCPU any more
 * @tv:		a vCPU that isn't being served and can't become so
 *
 * Context: any but under tv->lock.
 */
void tandem_agent_forget(struct tandem_vcpu *tv)
{
	guard(raw_spinlock_irqsave)(&agent.lock);

	if (!list_empty(&tv->agent_node))
		drop(tv);
}

/*
 * Timers of a CPU that goes away move to another one by themselves; only the
 * IPI has to find a new home.
 */
static int agent_cpu_down(unsigned int cpu)
{
	guard(raw_spinlock_irqsave)(&agent.lock);

	if (agent.cpu == cpu)
		agent.cpu = cpumask_any_but(cpu_online_mask, cpu);
	return 0;
}

/**
 * tandem_agent_start() - from now on vCPUs may join
 * @cpu:	where the agent runs; online
 *
 * Context: may sleep.
 * Return: 0, or an error of the CPU hotplug core.
 */
int tandem_agent_start(int cpu)
{
	int ret;

	agent.cpu = cpu;
	INIT_CSD(&agent.wake, start_timer, NULL);
	hrtimer_init(&agent.timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	agent.timer.function = agent_expired;

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "kvm/tandem:agent", NULL, agent_cpu_down);
	if (ret < 0)
		return ret;
	agent.hotplug = ret;
	agent.running = true;
	return 0;
}

static void nothing(void *unused)
{
}

/**
 * tandem_agent_stop() - no agent any more
 *
 * No vCPU is being served. The IPI queue of a CPU is worked off in order: once
 * ours is through, no earlier one is under way.
 *
 * Context: may sleep.
 */
void tandem_agent_stop(void)
{
	cpuhp_remove_state_nocalls(agent.hotplug);
	scoped_guard(raw_spinlock_irqsave, &agent.lock) {
		agent.running = false;
		agent.awake = false;
	}
	smp_call_function_single(agent.cpu, nothing, NULL, 1);
	hrtimer_cancel(&agent.timer);
}
