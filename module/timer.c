// SPDX-License-Identifier: GPL-2.0
/*
 * The exitless timer of one vCPU.
 *
 * Who may write what:
 *
 *   entry.guest.deadline	the guest, at any time
 *   entry.host.*		whoever holds the entry (tandem_page_lock/trylock)
 *   serving, consumed, ...	whoever holds tv->lock
 *
 * Invariants:
 *
 *  1. A vCPU that does not execute guest code is plain KVM: !serving, the lease
 *     is "never", and what was armed is in KVM's own timer.
 *  2. serving => KVM's own timer is disarmed. It is armed only in the vCPU's
 *     context, and only after serving was cleared under tv->lock.
 *  3. serving => somebody looks at the page at or before entry.host.earliest:
 *     the agent (on_agent), or tv->watch. So a deadline that is not before it
 *     needs no announcement. Published before that look exists is nothing.
 *  4. A deadline is fired, handed over or void once: that sets consumed, under
 *     tv->lock, before the interrupt or the hand-over.
 *  5. The lease is written "never" before the page is read for a hand-over, with
 *     a full barrier between; the guest writes its deadline before it reads the
 *     lease, with a full barrier between (xchg). So either the hand-over sees
 *     the deadline, or the guest sees "never" and announces it.
 *
 * serving turns true in the vCPU's context only, hence so does the need to undo
 * it: other contexts (agent, watch) only look, fire, and publish.
 */
#include <asm/tsc.h>

#include "tandem.h"
#include "policy/timer.h"
#include "stats.h"
#include "trace.h"

/* How many periods a look may be late before guests announce their deadlines. */
#define LATE_PERIODS	8

/* vCPUs that are being served; unload waits for zero. */
static atomic_t nr_serving = ATOMIC_INIT(0);

static u64 guest_now(struct tandem_vcpu *tv)
{
	return kvm_read_l1_tsc(tv->vcpu, rdtsc());
}

static u32 guest_khz(struct tandem_vcpu *tv)
{
	return READ_ONCE(tv->vcpu->arch.virtual_tsc_khz) ?: tsc_khz;
}

/* The host's time of a guest TSC in the future. */
static ktime_t host_time(struct tandem_vcpu *tv, u64 tsc)
{
	ktime_t now = ktime_get();
	u64 guest = guest_now(tv);

	if (tsc <= guest)
		return now;
	/* Rounded up: a look before the deadline is one more look. */
	return ktime_add_ns(now, tandem_cycles_to_ns(tsc - guest, guest_khz(tv)) + 1);
}

/* The guest's TSC at a host time; a past time is now. */
static u64 guest_time(struct tandem_vcpu *tv, ktime_t at)
{
	s64 ns = ktime_to_ns(ktime_sub(at, ktime_get()));

	return guest_now(tv) + tandem_ns_to_cycles(max(ns, 0LL), guest_khz(tv));
}

static void set_serving(struct tandem_vcpu *tv, bool on)
{
	lockdep_assert_held(&tv->lock);
	if (tv->serving == on)
		return;
	WRITE_ONCE(tv->serving, on);
	atomic_add(on ? 1 : -1, &nr_serving);
	/* If it runs now it finds nothing to do. */
	if (!on)
		hrtimer_try_to_cancel(&tv->watch);
}

static void fire(struct tandem_vcpu *tv, u64 deadline, const char *by)
{
	lockdep_assert_held(&tv->lock);
	tv->consumed = deadline;
	trace_tandem_fire(tv->vcpu, deadline, guest_now(tv), by);
	tandem_count(TANDEM_FIRED);
	kvm_tandem_inject_timer(tv->vcpu);
}

/* Fires what is due. Returns when to look again, @next at the latest. */
static ktime_t look(struct tandem_vcpu *tv, u64 deadline, ktime_t next, const char *by)
{
	lockdep_assert_held(&tv->lock);
	switch (tandem_look(deadline, tv->consumed, guest_now(tv))) {
	case TANDEM_FIRE:
		fire(tv, deadline, by);
		return next;
	case TANDEM_WATCH:
		return min(host_time(tv, deadline), next);
	default:
		return next;
	}
}

static void start_watch(struct tandem_vcpu *tv, ktime_t at)
{
	lockdep_assert_held(&tv->lock);
	hrtimer_start(&tv->watch, at, HRTIMER_MODE_ABS_PINNED_HARD);
}

/**
 * tandem_timer_retry() - the page's lock was taken: look again soon
 * @tv:		the vCPU
 *
 * Context: its watch, without tv->lock.
 */
void tandem_timer_retry(struct tandem_vcpu *tv)
{
	hrtimer_start(&tv->watch, ktime_add_ns(ktime_get(), TANDEM_RETRY),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/**
 * tandem_timer_publish() - promise the guest the next look, and look now
 * @tv:		the vCPU, held
 * @entry:	its entry
 * @next:	when the page will be looked at again, CLOCK_MONOTONIC; the caller
 *		sees to it that this really happens
 * @by:		who looks, for the trace
 *
 * Whoever looks may be late by some periods before the guest stops to rely on it:
 * late is harmless, and the guest's other way costs an exit. Only one who does not
 * come at all must be noticed.
 *
 * Context: any, under tv->lock.
 * Return: when the caller has to look again: @next, or earlier for a deadline
 * that was in the page already.
 */
ktime_t tandem_timer_publish(struct tandem_vcpu *tv, struct tandem_entry *entry,
			     ktime_t next, const char *by)
{
	u64 earliest = guest_time(tv, next);

	lockdep_assert_held(&tv->lock);
	WRITE_ONCE(entry->host.earliest, earliest);
	/* Whoever sees the new lease sees its earliest; guests read in reverse. */
	smp_wmb();
	WRITE_ONCE(entry->host.lease,
		   earliest + LATE_PERIODS * tandem_ns_to_cycles(tandem_period(), guest_khz(tv)));
	/* Pairs with the guest's xchg() of the deadline: invariant 3. */
	smp_mb();
	return look(tv, READ_ONCE(entry->guest.deadline), next, by);
}

/* When the page is looked at next, whoever does it. */
static ktime_t next_look(struct tandem_vcpu *tv)
{
	return tv->on_agent ? tandem_agent_next_sync() : tv->next_look;
}

/**
 * tandem_timer_publish_and_watch() - promise the next look, and see to it here
 * @tv:		the vCPU, held
 * @entry:	its entry
 * @by:		who looks, for the trace
 *
 * The agent comes by itself; the watch is started for what is due before it does.
 *
 * Context: the vCPU's own CPU, under tv->lock.
 */
void tandem_timer_publish_and_watch(struct tandem_vcpu *tv, struct tandem_entry *entry,
				    const char *by)
{
	ktime_t next = next_look(tv);
	ktime_t at = tandem_timer_publish(tv, entry, next, by);

	if (!tv->on_agent || at < next)
		start_watch(tv, at);
}

/* Invariant 2 is the caller's: KVM's timer is disarmed. */
static bool start_serving(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&tv->lock);
	/*
	 * Orders against tandem_vcpus_drain(), which takes tv->lock. With an
	 * unstable TSC KVM sets the guest's back each time the vCPU is loaded:
	 * what was due while it was away would come early.
	 */
	if (!tandem_enabled() || check_tsc_unstable())
		return false;
	set_serving(tv, true);
	if (!tv->on_agent)
		tv->next_look = ktime_add_ns(ktime_get(), tv->first);
	tandem_timer_publish_and_watch(tv, entry, "enter");
	return true;
}

static void publish_never(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&tv->lock);
	WRITE_ONCE(entry->host.lease, TANDEM_LEASE_NEVER);
	/* Pairs with the guest's xchg() of the deadline: invariant 5. */
	smp_mb();
	/* A migrated guest must not find a lease that nobody keeps. */
	kvm_gpc_mark_dirty_in_slot(&tv->page->gpc);
}

/* The guest's page is gone, and its last deadline was never seen: early is safe. */
static void fire_blindly(struct tandem_vcpu *tv)
{
	tandem_count(TANDEM_LOST_PAGE);
	kvm_tandem_inject_timer(tv->vcpu);
}

/* Stops serving. Returns what KVM's own timer has to take over, 0 = nothing. */
static u64 stop_serving(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	u64 deadline;

	lockdep_assert_held(&tv->lock);
	if (!tv->serving)
		return 0;
	set_serving(tv, false);
	if (hold->entry) {
		publish_never(tv, hold->entry);
		deadline = READ_ONCE(hold->entry->guest.deadline);
	} else if (hold->last_valid) {
		deadline = hold->last;
	} else {
		fire_blindly(tv);
		return 0;
	}
	if (tandem_look(deadline, tv->consumed, 0) == TANDEM_REST)
		return 0;
	tv->consumed = deadline;
	return deadline;
}

static void hand_over(struct tandem_vcpu *tv, u64 deadline)
{
	if (!deadline)
		return;
	trace_tandem_hand_over(tv->vcpu, deadline);
	tandem_count(TANDEM_HANDED_OVER);
	kvm_tandem_arm_deadline(tv->vcpu, deadline);
}

/**
 * tandem_timer_leave() - the vCPU stops executing guest code
 * @tv:		a registered vCPU
 *
 * Context: the vCPU's, may sleep.
 * Return: false where the guest's page is gone for good.
 */
bool tandem_timer_leave(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 deadline;

	/* serving changes in this context only: no lock to see that it is false. */
	if (!tv->serving)
		return true;
	tandem_page_lock(tv, &hold);
	deadline = stop_serving(tv, &hold);
	tandem_page_unlock(tv, &hold);
	hand_over(tv, deadline);
	return hold.entry;
}

/**
 * tandem_timer_enter() - the vCPU starts to execute guest code
 * @tv:		a registered vCPU that is not being served
 *
 * Takes the deadline back from KVM's timer, unless that one belongs to somebody
 * else: a VMM that set the MSR, or a guest kernel that does not use the page.
 *
 * Context: the vCPU's, may sleep.
 * Return: false where the guest's page is gone for good.
 */
bool tandem_timer_enter(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 stock;

	if (!tandem_enabled() || !kvm_tandem_take_deadline(tv->vcpu, &stock))
		return true;
	tandem_page_lock(tv, &hold);
	if (hold.entry &&
	    tandem_resume(READ_ONCE(hold.entry->guest.deadline), stock, &tv->consumed) &&
	    start_serving(tv, hold.entry))
		stock = 0;
	tandem_page_unlock(tv, &hold);
	if (stock)
		kvm_tandem_arm_deadline(tv->vcpu, stock);
	return hold.entry;
}

/**
 * tandem_timer_refresh() - the page could not be reached from elsewhere
 * @tv:		a registered vCPU
 *
 * Maps it again and looks. The guest does not execute meanwhile.
 *
 * Context: the vCPU's, may sleep.
 * Return: false where the guest's page is gone for good.
 */
bool tandem_timer_refresh(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 deadline = 0;

	if (!tv->serving && !tandem_timer_enter(tv))
		return false;
	tandem_page_lock(tv, &hold);
	if (!hold.entry || !tandem_enabled())
		deadline = stop_serving(tv, &hold);
	else if (!tv->serving)
		publish_never(tv, hold.entry);
	else
		tandem_timer_publish_and_watch(tv, hold.entry, "refresh");
	tandem_page_unlock(tv, &hold);
	hand_over(tv, deadline);
	return hold.entry;
}

/**
 * tandem_timer_forget() - stop serving without a look at the page
 * @tv:		the vCPU
 *
 * Context: the vCPU's, atomic.
 */
void tandem_timer_forget(struct tandem_vcpu *tv)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&tv->lock, flags);
	set_serving(tv, false);
	tv->consumed = 0;
	raw_spin_unlock_irqrestore(&tv->lock, flags);
}

/*
 * The page can't be reached here, and so the lease not be withdrawn: the request
 * does that, before the guest runs on. @consumed is what KVM's timer has now.
 */
static void withdraw_later(struct tandem_vcpu *tv, u64 consumed)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&tv->lock, flags);
	set_serving(tv, false);
	tv->consumed = consumed;
	raw_spin_unlock_irqrestore(&tv->lock, flags);
	kvm_tandem_kick(tv->vcpu);
}

static void adapt_first_look(struct tandem_vcpu *tv, bool too_soon)
{
	tv->first = tandem_first_look(tv->first, ktime_to_ns(tandem_period()), too_soon);
}

/*
 * An announced deadline is before the next look, or the lease ran out: no look
 * can be relied upon. Either way it is watched from here, where it costs no IPI.
 */
static void announced(struct tandem_vcpu *tv, u64 deadline)
{
	ktime_t at = look(tv, deadline, KTIME_MAX, "announced");
	ktime_t next = next_look(tv);

	if (!tv->on_agent && at < next)
		adapt_first_look(tv, false);
	if (!tv->on_agent)
		at = min(at, next);
	else if (at >= next && next > ktime_get())
		return;
	if (at != KTIME_MAX)
		start_watch(tv, at);
}

static bool serve_announced(struct tandem_vcpu *tv, struct tandem_hold *hold, u64 page)
{
	tandem_count(TANDEM_ANNOUNCEMENTS);
	if (!tandem_enabled()) {
		stop_serving(tv, hold);
		return false;
	}
	if (tv->serving) {
		announced(tv, page);
		return true;
	}
	tv->consumed = 0;
	return start_serving(tv, hold->entry);
}

/* Returns false where KVM's own timer has to take the value. */
static bool take_write(struct tandem_vcpu *tv, struct tandem_hold *hold, u64 stock, u64 tsc)
{
	u64 page = READ_ONCE(hold->entry->guest.deadline);
	bool taken = true;

	switch (tandem_write(page, tv->consumed, stock, tsc)) {
	case TANDEM_DELIVERED:
		if (!tv->serving)
			start_serving(tv, hold->entry);
		break;
	case TANDEM_ANNOUNCED:
		taken = serve_announced(tv, hold, page);
		break;
	case TANDEM_FOREIGN:
		tandem_count(TANDEM_FOREIGN_WRITES);
		stop_serving(tv, hold);
		taken = false;
		break;
	}
	if (!taken)
		tv->consumed = page;
	return taken;
}

/**
 * tandem_timer_write() - the guest writes MSR_IA32_TSC_DEADLINE
 * @tv:		a registered vCPU that executes
 * @tsc:	the value
 *
 * Context: the vCPU's, atomic.
 * Return: true if the deadline is taken care of, false where KVM's own timer
 * must be armed with it.
 */
bool tandem_timer_write(struct tandem_vcpu *tv, u64 tsc)
{
	struct tandem_hold hold;
	u64 stock = 0;
	bool taken;

	if (!tv->serving && !kvm_tandem_take_deadline(tv->vcpu, &stock))
		return false;
	if (tandem_page_trylock(tv, &hold)) {
		/* What the page would say can't matter for what was dealt with. */
		taken = tsc && tsc == tv->consumed && tsc != stock;
		withdraw_later(tv, tsc);
		return taken;
	}
	taken = take_write(tv, &hold, stock, tsc);
	tandem_page_unlock(tv, &hold);
	return taken;
}

/**
 * tandem_timer_void() - the armed deadline, if any, is void
 * @tv:		a registered vCPU
 *
 * KVM's own timer rules until the guest announces the next one.
 *
 * Context: the vCPU's, atomic.
 */
void tandem_timer_void(struct tandem_vcpu *tv)
{
	struct tandem_hold hold = {};

	if (!tv->serving)
		return;
	if (!tandem_page_trylock(tv, &hold)) {
		stop_serving(tv, &hold);
		tandem_page_unlock(tv, &hold);
		return;
	}
	withdraw_later(tv, tv->consumed);
}

/* Returns true where the agent has to look from now on. */
static bool watch_look(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	u64 deadline = READ_ONCE(hold->entry->guest.deadline);
	ktime_t next = next_look(tv), at;

	if (!tv->serving)
		return false;
	at = look(tv, deadline, next, "watch");
	if (!tv->on_agent && next <= ktime_get()) {
		adapt_first_look(tv, true);
		return true;
	}
	if (at < next || !tv->on_agent)
		start_watch(tv, at);
	return false;
}

/*
 * The vCPU's own look: at a deadline that was too early for the agent, or
 * some time after the vCPU started to execute. It joins the agent only then, for
 * most wake-ups are shorter and a sleeping agent costs an IPI to wake.
 */
static enum hrtimer_restart watch_expired(struct hrtimer *timer)
{
	struct tandem_vcpu *tv = container_of(timer, struct tandem_vcpu, watch);
	struct tandem_hold hold;
	bool join;

	switch (tandem_page_trylock(tv, &hold)) {
	case -EBUSY:
		/* Not hrtimer_forward(): the vCPU may have started it meanwhile. */
		tandem_timer_retry(tv);
		return HRTIMER_NORESTART;
	case -EFAULT:
		/* Its refresh looks, and starts this timer again. */
		kvm_tandem_kick(tv->vcpu);
		return HRTIMER_NORESTART;
	}
	join = watch_look(tv, &hold);
	tandem_page_unlock(tv, &hold);
	if (join)
		tandem_agent_join(tv);
	return HRTIMER_NORESTART;
}

/**
 * tandem_timer_init() - prepare a vCPU's timer
 * @tv:		the vCPU
 */
void tandem_timer_init(struct tandem_vcpu *tv)
{
	raw_spin_lock_init(&tv->lock);
	INIT_LIST_HEAD(&tv->agent_node);
	hrtimer_init(&tv->watch, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
	tv->watch.function = watch_expired;
	tv->first = ktime_to_ns(tandem_period());
}

/**
 * tandem_timers_drained() - is no vCPU being served?
 */
bool tandem_timers_drained(void)
{
	return !atomic_read(&nr_serving);
}
