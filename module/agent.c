// SPDX-License-Identifier: GPL-2.0
/*
 * An agent: one interrupt on a housekeeping CPU that looks at the pages of the
 * vCPUs of its node that keep executing, so that their own CPUs need not.
 *
 * Each of its vCPUs stands in a queue by the time when it must be looked at: what
 * its guest was promised, or a deadline before that. The agent wakes for the
 * first of them and looks at all that are due, not at others; so a look costs the
 * same however many vCPUs there are, but for the depth of the queue.
 *
 * A vCPU that blocked or left KVM_RUN is dropped when it becomes due, not when it
 * leaves: most come back before. With none left the agent sleeps; the next one to
 * join wakes it by an IPI, as no timer can be started on another CPU.
 *
 * tv->agent is written under both agent->lock and tv->lock. Only a vCPU's watch
 * makes it join; the agent drops it when it is not served, and the vCPU leaves in
 * its own context where the agent is the wrong one. Either way nobody has
 * promised anything that only the agent would keep: a vCPU that is not served has
 * no promise, and one that leaves promises anew before its guest runs on.
 */
#include <asm/msr.h>
#include <asm/tsc.h>

#include "tandem.h"
#include "agent.h"
#include "policy/timer.h"
#include "stats.h"
#include "trace.h"

/*
 * Looks in one interrupt, some 50 us. What is due beyond that waits for as long
 * as the interrupt took: an agent leaves half of its CPU to others.
 */
#define LOOKS_AT_ONCE	64

/* By which part of its period a look may be early. */
#define EARLY		4

static void enqueue(struct tandem_agent *agent, struct tandem_vcpu *tv, ktime_t at)
{
	lockdep_assert_held(&agent->lock);
	tv->due.expires = at;
	timerqueue_add(&agent->due, &tv->due);
}

static void requeue(struct tandem_agent *agent, struct tandem_vcpu *tv, ktime_t at)
{
	timerqueue_del(&agent->due, &tv->due);
	enqueue(agent, tv, at);
}

static void remove(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	lockdep_assert_held(&agent->lock);
	lockdep_assert_held(&tv->lock);
	timerqueue_del(&agent->due, &tv->due);
	list_del_init(&tv->agent_node);
	agent->nr_vcpus--;
	WRITE_ONCE(tv->agent, NULL);
}

/* A vCPU that blocked, or left KVM_RUN, is not looked at: it may be swapped out. */
static bool drop_idle(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	guard(raw_spinlock)(&tv->lock);

	if (tv->serving)
		return false;
	remove(agent, tv);
	return true;
}

/* The page has to be mapped again first: the vCPU does that, looks, and promises. */
static ktime_t leave_it_to_vcpu(struct tandem_vcpu *tv)
{
	guard(raw_spinlock)(&tv->lock);

	tv->next_look = ktime_add_ns(ktime_get(), tandem_longest_ns());
	kvm_tandem_kick(tv->vcpu);
	return tv->next_look;
}

/* It changes agents by itself, in its context: where it runs can't change there. */
static void send_home(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	int cpu = READ_ONCE(tv->vcpu->cpu);

	if (cpu < 0 || tandem_agent_for(cpu) == agent)
		return;
	tandem_count(TANDEM_MOVED);
	trace_tandem_move(tv->vcpu, agent->cpu, cpu);
	kvm_tandem_kick(tv->vcpu);
}

static bool polls(struct tandem_agent *agent, ktime_t now)
{
	return agent->polled_at &&
	       ktime_to_ns(ktime_sub(now, agent->polled_at)) < tandem_longest_ns();
}

/* Looks at one vCPU. Returns when it must be looked at again. */
static ktime_t look(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	ktime_t at;

	agent->looks++;
	tandem_count(TANDEM_AGENT_LOOKS);
	switch (tandem_page_trylock(tv, &hold)) {
	case -EBUSY:
		return ktime_add_ns(ktime_get(), TANDEM_RETRY);
	case -EFAULT:
		return leave_it_to_vcpu(tv);
	}
	at = tv->next_look;
	if (tv->serving)
		at = tandem_timer_visit(tv, hold.entry, polls(agent, ktime_get()));
	tandem_page_unlock(tv, &hold);
	send_home(agent, tv);
	return at;
}

/*
 * Who makes an agent look often pays for it; one that polls looks anyway. A look
 * that took longer than the gap between two was interrupted (by firmware, or a
 * hypervisor below), which is not the guest's doing.
 */
static void charge(struct tandem_agent *agent, struct tandem_vcpu *tv, u64 cycles)
{
	u64 ns = min(tandem_cycles_to_ns(cycles, tsc_khz), tandem_min_gap_ns());
	ktime_t now = ktime_get();

	if (polls(agent, now))
		return;
	if (tandem_vm_charge(tv->vm, now, ns))
		kvm_tandem_kick(tv->vcpu);
}

static void visit(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	u64 start = rdtsc();
	ktime_t at;

	if (drop_idle(agent, tv))
		return;
	at = look(agent, tv);
	requeue(agent, tv, at);
	charge(agent, tv, rdtsc() - start);
}

static struct tandem_vcpu *first_due(struct tandem_agent *agent)
{
	struct timerqueue_node *node = timerqueue_getnext(&agent->due);

	return node ? container_of(node, struct tandem_vcpu, due) : NULL;
}

/*
 * A promised look that is due before long is made now, which saves an interrupt,
 * and again at the same time as this round's others from then on. A deadline's is
 * not. It is only a guess, hence without tv->lock.
 */
static bool due(struct tandem_vcpu *tv, ktime_t now)
{
	ktime_t next = READ_ONCE(tv->next_look);
	s64 early = ktime_to_ns(ktime_sub(tv->due.expires, now));

	if (early <= 0)
		return true;
	return tv->due.expires == next &&
	       early < ktime_to_ns(ktime_sub(next, READ_ONCE(tv->promised_at))) / EARLY;
}

static void visit_due(struct tandem_agent *agent, ktime_t now)
{
	struct tandem_vcpu *tv;
	int n;

	for (n = 0; n < LOOKS_AT_ONCE; n++) {
		tv = first_due(agent);
		if (!tv || !due(tv, now))
			return;
		visit(agent, tv);
	}
}

static void count_busy(struct tandem_agent *agent, ktime_t started, ktime_t now)
{
	u64 ns = ktime_to_ns(ktime_sub(now, started));

	agent->busy_ns += ns;
	tandem_count_add(TANDEM_AGENT_NS, ns);
}

/* When to wake next, if at all. What took long rests as long. */
static void plan(struct tandem_agent *agent, ktime_t started)
{
	struct tandem_vcpu *tv = first_due(agent);
	ktime_t now = ktime_get();
	ktime_t rested = ktime_add(now, ktime_sub(now, started));

	count_busy(agent, started, now);
	agent->awake = tv;
	if (tv)
		agent->expires = max(tv->due.expires, rested);
}

static enum hrtimer_restart agent_expired(struct hrtimer *timer)
{
	struct tandem_agent *agent = container_of(timer, struct tandem_agent, timer);
	ktime_t now = ktime_get();

	guard(raw_spinlock)(&agent->lock);

	/* The IPI found its new home and armed the timer there. */
	if (hrtimer_is_queued(timer))
		return HRTIMER_NORESTART;
	agent->dead = false;
	agent->wakeups++;
	tandem_count(TANDEM_AGENT_WAKEUPS);
	visit_due(agent, now);
	plan(agent, now);
	if (!agent->awake)
		return HRTIMER_NORESTART;
	hrtimer_set_expires(timer, agent->expires);
	return HRTIMER_RESTART;
}

/* Runs on agent->cpu, interrupts off; elsewhere only while that one changes. */
static void start_timer(void *data)
{
	struct tandem_agent *agent = data;

	guard(raw_spinlock)(&agent->lock);

	if (agent->awake && agent->cpu == smp_processor_id() &&
	    !hrtimer_is_queued(&agent->timer))
		hrtimer_start(&agent->timer, agent->expires, HRTIMER_MODE_ABS_PINNED_HARD);
}

/* Without the lock: on the agent's own CPU the call is made at once. */
static void wake(struct tandem_agent *agent)
{
	tandem_count(TANDEM_AGENT_IPIS);
	/* -EBUSY: an earlier one is on its way, and arms what @expires says then. */
	smp_call_function_single_async(READ_ONCE(agent->cpu), &agent->wake);
	tandem_poller_wake(agent);
	tandem_watchdog_wake();
}

/* What a vCPU that joins is promised: the next interrupt, or the poller. */
static ktime_t next_visit(struct tandem_agent *agent, struct tandem_vcpu *tv, ktime_t now)
{
	if (!agent->awake)
		agent->expires = ktime_add_ns(now, tandem_period_knobs().min_us * NSEC_PER_USEC);
	agent->awake = true;
	return polls(agent, now) ? now : agent->expires;
}

static void add(struct tandem_agent *agent, struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&agent->lock);
	lockdep_assert_held(&tv->lock);
	list_add_tail(&tv->agent_node, &agent->vcpus);
	agent->nr_vcpus++;
	WRITE_ONCE(tv->agent, agent);
	tandem_timer_promise(tv, entry, next_visit(agent, tv, ktime_get()), "join");
	enqueue(agent, tv, agent->expires);
}

/* Returns whether somebody has to wake the agent. */
static bool join(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	bool was_awake = agent->awake;
	struct tandem_hold hold;

	lockdep_assert_held(&agent->lock);
	switch (tandem_page_trylock(tv, &hold)) {
	case -EBUSY:
		tandem_timer_retry(tv);
		return false;
	case -EFAULT:
		kvm_tandem_kick(tv->vcpu);
		return false;
	}
	if (tv->serving && !tv->agent && agent->running && !agent->dead)
		add(agent, tv, hold.entry);
	else if (tv->serving && !tv->agent)
		kvm_tandem_kick(tv->vcpu);
	tandem_page_unlock(tv, &hold);
	return agent->awake && !was_awake;
}

/**
 * tandem_agent_join() - the agent of this node shall look at a vCPU from now on
 * @tv:		a vCPU whose watch has come to its end
 *
 * Nothing happens if it isn't served any more. If its page can't be reached it
 * is tried again, or the vCPU sees to it. Where no agent lives the vCPU goes back
 * to KVM's own timer, by its refresh.
 *
 * Context: the vCPU's watch: hard interrupt.
 */
void tandem_agent_join(struct tandem_vcpu *tv)
{
	struct tandem_agent *agent = tandem_agent_for(smp_processor_id());
	bool must_wake;

	if (!agent) {
		kvm_tandem_kick(tv->vcpu);
		return;
	}
	raw_spin_lock(&agent->lock);
	must_wake = join(agent, tv);
	raw_spin_unlock(&agent->lock);
	if (must_wake)
		wake(agent);
}

static void leave(struct tandem_agent *agent, struct tandem_vcpu *tv)
{
	guard(raw_spinlock_irqsave)(&agent->lock);
	guard(raw_spinlock)(&tv->lock);

	if (tv->agent == agent)
		remove(agent, tv);
}

/**
 * tandem_agent_leave_wrong() - leave an agent that is dead, or of another node
 * @tv:		a vCPU whose guest does not execute; the caller promises anew
 *
 * Context: the vCPU's, not under tv->lock.
 */
void tandem_agent_leave_wrong(struct tandem_vcpu *tv)
{
	struct tandem_agent *agent = READ_ONCE(tv->agent);

	if (agent && agent != tandem_agent_for(raw_smp_processor_id()))
		leave(agent, tv);
}

/**
 * tandem_agent_forget() - no agent will touch this vCPU any more
 * @tv:		a vCPU that isn't being served and can't become so
 *
 * Context: any but under tv->lock. Its watch is cancelled: it can't join again.
 */
void tandem_agent_forget(struct tandem_vcpu *tv)
{
	struct tandem_agent *agent = READ_ONCE(tv->agent);

	if (agent)
		leave(agent, tv);
}

/* The timer is there for when the poller is held up: never later than @due. */
static void back_up(struct tandem_agent *agent)
{
	struct tandem_vcpu *tv = first_due(agent);

	if (!tv || tv->due.expires >= agent->expires)
		return;
	agent->expires = tv->due.expires;
	hrtimer_start(&agent->timer, agent->expires, HRTIMER_MODE_ABS_PINNED_HARD);
}

/*
 * Who is away keeps its place until the timer finds it due: it may come back, and
 * rely on the poller then. So it must go when that ends.
 */
static void poll_one(struct tandem_agent *agent, struct tandem_vcpu *tv, bool on)
{
	ktime_t at;

	if (!READ_ONCE(tv->serving) && (on || drop_idle(agent, tv)))
		return;
	at = look(agent, tv);
	if (at < tv->due.expires)
		requeue(agent, tv, at);
}

/**
 * tandem_agent_poll() - look at the next few vCPUs, due or not
 * @agent:	the agent
 * @on:		false: make it the last time, and promise what the timer keeps
 *
 * Context: the poller.
 * Return: how many vCPUs there are; 0 = the poller may sleep.
 */
unsigned int tandem_agent_poll(struct tandem_agent *agent, bool on)
{
	ktime_t now = ktime_get();
	unsigned int n;

	guard(raw_spinlock_irqsave)(&agent->lock);

	agent->polled_at = on ? now : 0;
	for (n = 0; n < TANDEM_POLLS_AT_ONCE && n < agent->nr_vcpus; n++) {
		struct tandem_vcpu *tv = list_first_entry(&agent->vcpus, struct tandem_vcpu,
							  agent_node);

		list_rotate_left(&agent->vcpus);
		poll_one(agent, tv, on);
	}
	back_up(agent);
	count_busy(agent, now, ktime_get());
	return agent->nr_vcpus;
}

static void kick_all(struct tandem_agent *agent)
{
	struct tandem_vcpu *tv;

	lockdep_assert_held(&agent->lock);
	list_for_each_entry(tv, &agent->vcpus, agent_node)
		kvm_tandem_kick(tv->vcpu);
}

static void bury(struct tandem_agent *agent, ktime_t now)
{
	lockdep_assert_held(&agent->lock);
	WRITE_ONCE(agent->dead, true);
	tandem_count(TANDEM_WATCHDOG);
	trace_tandem_agent_dead(agent->node, agent->cpu, agent->nr_vcpus,
				ktime_to_ns(ktime_sub(now, agent->expires)));
	kick_all(agent);
}

/**
 * tandem_agent_overdue() - see whether an agent comes; send its vCPUs away if not
 * @agent:	the agent
 *
 * One that hangs in the middle of a round holds the lock: that is a bug of its
 * own, which the kernel's lockup detectors report, and not to be waited for here.
 *
 * Context: the watchdog.
 * Return: whether there is anything to watch.
 */
bool tandem_agent_overdue(struct tandem_agent *agent)
{
	ktime_t now = ktime_get();
	unsigned long flags;
	bool awake;

	if (!raw_spin_trylock_irqsave(&agent->lock, flags))
		return true;
	awake = agent->awake;
	if (awake && !agent->dead &&
	    ktime_to_ms(ktime_sub(now, agent->expires)) > tandem_watchdog_ms())
		bury(agent, now);
	raw_spin_unlock_irqrestore(&agent->lock, flags);
	return awake;
}

/**
 * tandem_agent_rehome() - run on another CPU
 * @agent:	the agent
 * @cpu:	an online CPU
 *
 * Context: may sleep; the CPUs don't change meanwhile.
 */
void tandem_agent_rehome(struct tandem_agent *agent, int cpu)
{
	scoped_guard(raw_spinlock_irqsave, &agent->lock)
		WRITE_ONCE(agent->cpu, cpu);
	tandem_poller_rehome(agent);
	hrtimer_cancel(&agent->timer);
	smp_call_function_single(cpu, start_timer, agent, 1);
}

/**
 * tandem_agent_init() - an agent that may be woken
 * @agent:	zeroed memory
 * @node:	its NUMA node
 * @cpu:	where it runs; online
 */
void tandem_agent_init(struct tandem_agent *agent, int node, int cpu)
{
	agent->node = node;
	agent->home = cpu;
	agent->cpu = cpu;
	raw_spin_lock_init(&agent->lock);
	INIT_LIST_HEAD(&agent->vcpus);
	timerqueue_init_head(&agent->due);
	INIT_CSD(&agent->wake, start_timer, agent);
	hrtimer_init(&agent->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	agent->timer.function = agent_expired;
	agent->running = true;
}

static void nothing(void *unused)
{
}

/**
 * tandem_agent_stop() - it won't be woken again
 * @agent:	the agent; no vCPU is being served
 *
 * The IPI queue of a CPU is worked off in order: once ours is through, no earlier
 * one is under way.
 *
 * Context: may sleep; the CPUs don't change meanwhile.
 */
void tandem_agent_stop(struct tandem_agent *agent)
{
	scoped_guard(raw_spinlock_irqsave, &agent->lock) {
		agent->running = false;
		agent->awake = false;
	}
	smp_call_function_single(agent->cpu, nothing, NULL, 1);
	hrtimer_cancel(&agent->timer);
}
