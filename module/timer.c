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
 *     tv->agent, or tv->watch without one. So a deadline that is not before it
 *     needs no announcement. Published before that look exists is nothing.
 *  4. A deadline is fired, handed over or void once: that sets consumed, under
 *     tv->lock, before the interrupt or the hand-over. A void one may come again
 *     while it is still ahead, so nothing is served from then on (voided) until
 *     the guest announces its next deadline.
 *  5. The lease is written "never" before the page is read for a hand-over, with
 *     a full barrier between; the guest writes its deadline before it reads the
 *     lease, with a full barrier between (xchg). So either the hand-over sees
 *     the deadline, or the guest sees "never" and announces it.
 *
 * serving turns true in the vCPU's context only, and false in it only: other
 * contexts (agents, watch) look, fire, and promise the next look. promised says
 * that the guest may see a lease: it can outlive serving where the page can't be
 * reached to withdraw it, until the vCPU's request or its leaving does.
 */
#include <asm/tsc.h>

#include "tandem.h"
#include "agent.h"
#include "policy/timer.h"
#include "stats.h"
#include "trace.h"

/*
 * How late a look may be before guests stop to rely on it. Late is harmless, and
 * the guest's other way costs an exit; this is for one who does not come at all.
 * Longer than a host keeps interrupts off, shorter than the watchdog takes.
 */
#define LATE_NS		(10 * NSEC_PER_MSEC)

/* vCPUs whose guests have a promise; unload waits for zero. */
static atomic_t nr_promised = ATOMIC_INIT(0);

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

/* How long ago a guest TSC was, ns; 0 for one that is still to come. */
static u64 ns_ago(struct tandem_vcpu *tv, u64 tsc)
{
	u64 guest = guest_now(tv);

	return tsc < guest ? tandem_cycles_to_ns(guest - tsc, guest_khz(tv)) : 0;
}

static void set_serving(struct tandem_vcpu *tv, bool on)
{
	lockdep_assert_held(&tv->lock);
	if (tv->serving == on)
		return;
	WRITE_ONCE(tv->serving, on);
	/* If it runs now it finds nothing to do. */
	if (!on)
		hrtimer_try_to_cancel(&tv->watch);
}

static void set_promised(struct tandem_vcpu *tv, bool on)
{
	lockdep_assert_held(&tv->lock);
	if (tv->promised == on)
		return;
	tv->promised = on;
	atomic_add(on ? 1 : -1, &nr_promised);
}

static void fire(struct tandem_vcpu *tv, u64 deadline, const char *by)
{
	lockdep_assert_held(&tv->lock);
	tv->consumed = deadline;
	trace_tandem_fire(tv->vcpu, deadline, guest_now(tv), by);
	tandem_count(TANDEM_FIRED);
	kvm_tandem_inject_timer(tv->vcpu);
}

static enum tandem_look decide(struct tandem_vcpu *tv, u64 deadline)
{
	u64 last = tv->looked;

	lockdep_assert_held(&tv->lock);
	tv->looked = guest_now(tv);
	return tandem_look(deadline, tv->consumed, last, tv->looked);
}

/* Is it not dealt with yet? */
static bool is_armed(struct tandem_vcpu *tv, u64 deadline)
{
	return tandem_look(deadline, tv->consumed, 0, 0) != TANDEM_REST;
}

/* Fires what is due. Returns when to look again, @next at the latest. */
static ktime_t look(struct tandem_vcpu *tv, u64 deadline, ktime_t next, const char *by)
{
	switch (decide(tv, deadline)) {
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

/*
 * How far from the promise it was armed under is a deadline that was not seen
 * before? A period longer than that would have made the guest announce it.
 */
static void learn(struct tandem_vcpu *tv, u64 deadline)
{
	s64 reach;

	lockdep_assert_held(&tv->lock);
	if (!deadline || deadline == tv->seen)
		return;
	tv->seen = deadline;
	if (!tv->promised_at)
		return;
	reach = ktime_to_ns(ktime_sub(host_time(tv, deadline), tv->promised_at)) -
		ns_ago(tv, deadline);
	trace_tandem_reach(tv->vcpu, deadline, reach);
	tandem_period_saw(&tv->period, max(reach, 0LL));
}

/*
 * What it was promised comes to its end. Only one look is made however late it
 * comes: the time after it was due says nothing.
 */
static void ran(struct tandem_vcpu *tv, ktime_t now)
{
	ktime_t until = min(now, tv->next_look);

	lockdep_assert_held(&tv->lock);
	if (tv->promised_at && until > tv->promised_at)
		tandem_period_ran(&tv->period, ktime_to_ns(ktime_sub(until, tv->promised_at)));
}

/* How long until the next look, after one that is made now. */
static u64 next_period(struct tandem_vcpu *tv, bool fires)
{
	struct tandem_period_knobs knobs = tandem_period_knobs();

	lockdep_assert_held(&tv->lock);
	return tandem_period_next(&tv->period, fires, &knobs);
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

/*
 * Promises the guest the next look, which the caller sees to. Returns the page's
 * deadline: one that is written after this was read is written under the promise.
 */
static u64 publish(struct tandem_vcpu *tv, struct tandem_entry *entry, ktime_t next,
		   const char *by)
{
	u64 earliest = guest_time(tv, next), deadline;

	lockdep_assert_held(&tv->lock);
	set_promised(tv, true);
	tv->next_look = next;
	WRITE_ONCE(entry->host.earliest, earliest);
	/* Whoever sees the new lease sees its earliest; guests read in reverse. */
	smp_wmb();
	WRITE_ONCE(entry->host.lease, earliest + tandem_ns_to_cycles(LATE_NS, guest_khz(tv)));
	/* Pairs with the guest's xchg() of the deadline: invariant 3. */
	smp_mb();
	deadline = READ_ONCE(entry->guest.deadline);
	tandem_idle_publish(tv, entry);
	trace_tandem_promise(tv->vcpu, ktime_to_ns(ktime_sub(next, ktime_get())), deadline, by);
	return deadline;
}

/**
 * tandem_timer_promise() - promise the guest the next look, and see to it here
 * @tv:		the vCPU, held
 * @entry:	its entry
 * @next:	when its agent looks; without an agent its watch will
 * @by:		who looks, for the trace
 *
 * The agent comes by itself; the watch is started for what is due before it does.
 *
 * Context: the vCPU's own CPU, under tv->lock.
 */
void tandem_timer_promise(struct tandem_vcpu *tv, struct tandem_entry *entry,
			  ktime_t next, const char *by)
{
	u64 deadline = publish(tv, entry, next, by);
	ktime_t at;

	learn(tv, deadline);
	tv->promised_at = ktime_get();
	at = look(tv, deadline, next, by);
	if (!tv->agent || at < next)
		start_watch(tv, at);
}

/* A guest that keeps arming the next moment must not have us look all the time. */
static ktime_t after_gap(ktime_t at, ktime_t now)
{
	ktime_t soonest = ktime_add_ns(now, tandem_min_gap_ns());

	return max(at, soonest);
}

/*
 * From when the next period counts. A timer that is fired late is often armed
 * again for one period after its deadline, not after now. Only a guess: the look
 * that follows decides.
 */
static ktime_t period_base(struct tandem_vcpu *tv, u64 deadline, ktime_t now, u64 period)
{
	if (!is_armed(tv, deadline))
		return now;
	return ktime_sub_ns(now, min(ns_ago(tv, deadline), period / 2));
}

/* Will this look fire it, or the one after the gap? What the guest arms then is the same. */
static bool about_to_fire(struct tandem_vcpu *tv, u64 deadline)
{
	u64 gap = tandem_ns_to_cycles(tandem_min_gap_ns(), guest_khz(tv));

	return tandem_look(deadline, tv->consumed, tv->looked, guest_now(tv) + gap) ==
	       TANDEM_FIRE;
}

/* Looks, and promises the next look, a period away. Returns when it is due. */
static ktime_t timed_visit(struct tandem_vcpu *tv, struct tandem_entry *entry, ktime_t now)
{
	u64 deadline = READ_ONCE(entry->guest.deadline);
	ktime_t next, at;
	u64 period;

	learn(tv, deadline);
	ran(tv, now);
	period = next_period(tv, about_to_fire(tv, deadline));
	next = ktime_add_ns(period_base(tv, deadline, now, period), period);
	/* One that was armed meanwhile is learned of at the next look. */
	deadline = publish(tv, entry, next, "agent");
	tv->promised_at = now;
	at = look(tv, deadline, next, "agent");
	return after_gap(at, now);
}

/*
 * Looks, and promises that somebody looks all the time: any deadline to come is
 * later than that. Returns when to look even if the poller is held up.
 */
static ktime_t polled_visit(struct tandem_vcpu *tv, struct tandem_entry *entry, ktime_t now)
{
	u64 deadline = publish(tv, entry, now, "poll");
	ktime_t at = look(tv, deadline, ktime_add_ns(now, tandem_longest_ns()), "poll");

	tv->promised_at = 0;
	return ktime_add_ns(at, tandem_min_gap_ns());
}

/**
 * tandem_timer_visit() - an agent looks, and promises when it will again
 * @tv:		the vCPU, held, being served
 * @entry:	its entry
 * @polled:	whether the agent looks all the time
 *
 * Context: any, under tv->lock.
 * Return: when the agent has to look again: at the time promised, or earlier for
 * a deadline that is in the page, but no sooner than after the minimum gap.
 */
ktime_t tandem_timer_visit(struct tandem_vcpu *tv, struct tandem_entry *entry, bool polled)
{
	ktime_t now = ktime_get();

	lockdep_assert_held(&tv->lock);
	return polled ? polled_visit(tv, entry, now) : timed_visit(tv, entry, now);
}

/*
 * Orders against tandem_vcpus_drain(), which takes tv->lock. With an unstable TSC
 * KVM sets the guest's back each time the vCPU is loaded: what was due while it
 * was away would come early.
 */
static bool may_serve(struct tandem_vcpu *tv)
{
	lockdep_assert_held(&tv->lock);
	return tandem_enabled() && !check_tsc_unstable() && !tandem_vm_over(tv->vm) &&
	       tandem_agent_for(raw_smp_processor_id());
}

/* The watch looks first where there is no agent yet. */
static void renew_promise(struct tandem_vcpu *tv, struct tandem_entry *entry, const char *by)
{
	ktime_t now = ktime_get();

	if (!tv->agent) {
		ran(tv, now);
		tv->next_look = ktime_add_ns(now, next_period(tv, false));
	}
	tandem_timer_promise(tv, entry, tv->next_look, by);
}

/* Invariant 2 is the caller's: KVM's timer is disarmed. */
static bool start_serving(struct tandem_vcpu *tv, struct tandem_entry *entry)
{
	lockdep_assert_held(&tv->lock);
	if (!may_serve(tv))
		return false;
	set_serving(tv, true);
	/* What was armed while nothing was promised teaches nothing. */
	tv->promised_at = 0;
	renew_promise(tv, entry, "enter");
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
	set_promised(tv, false);
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
	bool due;

	lockdep_assert_held(&tv->lock);
	if (!tv->serving) {
		if (tv->promised && hold->entry)
			publish_never(tv, hold->entry);
		return 0;
	}
	set_serving(tv, false);
	if (hold->entry) {
		publish_never(tv, hold->entry);
		deadline = READ_ONCE(hold->entry->guest.deadline);
		learn(tv, deadline);
		ran(tv, ktime_get());
	} else if (hold->last_valid) {
		deadline = hold->last;
	} else {
		fire_blindly(tv);
		return 0;
	}
	if (!is_armed(tv, deadline))
		return 0;
	due = decide(tv, deadline) == TANDEM_FIRE;
	tv->consumed = deadline;
	/* KVM's timer would take what the TSC passed before it wrapped for one to come. */
	return due ? clamp(tv->looked, 1ULL, deadline) : deadline;
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

	/* Both turn true in this context only: no lock to see that they are not. */
	if (!tv->serving && !tv->promised)
		return true;
	tandem_page_lock(tv, &hold);
	deadline = stop_serving(tv, &hold);
	tandem_page_unlock(tv, &hold);
	hand_over(tv, deadline);
	return hold.entry;
}

/*
 * Serves what KVM's timer had, @stock. If that may not be, then what the page
 * holds is as consumed as it was: KVM's timer goes on and fires it.
 */
static bool take_back(struct tandem_vcpu *tv, struct tandem_entry *entry, u64 stock)
{
	u64 consumed = tv->consumed;

	if (!tandem_resume(READ_ONCE(entry->guest.deadline), stock, &tv->consumed))
		return false;
	if (start_serving(tv, entry))
		return true;
	tv->consumed = consumed;
	return false;
}

/**
 * tandem_timer_enter() - the vCPU starts to execute guest code
 * @tv:		a registered vCPU that is not being served
 *
 * Takes the deadline back from KVM's timer, unless that one belongs to somebody
 * else: a VMM that set the MSR, or a guest kernel that does not use the page; or
 * what the page holds is void, and the guest's next deadline must come first.
 *
 * Context: the vCPU's, may sleep.
 * Return: false where the guest's page is gone for good.
 */
bool tandem_timer_enter(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 stock;

	if (!tandem_enabled() || tv->voided || !kvm_tandem_take_deadline(tv->vcpu, &stock))
		return true;
	tandem_page_lock(tv, &hold);
	if (hold.entry && take_back(tv, hold.entry, stock))
		stock = 0;
	tandem_page_unlock(tv, &hold);
	if (stock)
		kvm_tandem_arm_deadline(tv->vcpu, stock);
	return hold.entry;
}

/**
 * tandem_timer_refresh() - somebody else saw that things must change
 * @tv:		a registered vCPU
 *
 * The page could not be reached, the agent is of another node or dead, or the
 * vCPU may not be served any more, or again. Maps the page and looks. The guest
 * does not execute meanwhile.
 *
 * Context: the vCPU's, may sleep.
 * Return: false where the guest's page is gone for good.
 */
bool tandem_timer_refresh(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 deadline = 0;

	tandem_agent_leave_wrong(tv);
	if (!tv->serving && !tandem_timer_enter(tv))
		return false;
	tandem_page_lock(tv, &hold);
	if (!hold.entry || !may_serve(tv))
		deadline = stop_serving(tv, &hold);
	else if (!tv->serving)
		publish_never(tv, hold.entry);
	else
		renew_promise(tv, hold.entry, "refresh");
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
	set_promised(tv, false);
	tv->consumed = 0;
	tv->voided = false;
	raw_spin_unlock_irqrestore(&tv->lock, flags);
}

/**
 * tandem_timer_greet() - a vCPU has a new entry
 * @tv:		a registered vCPU that isn't being served
 *
 * A lease that nobody keeps must not look like one before it is ours. What the
 * page holds is armed in KVM's timer if that has the same, and like handed over.
 * If not, then nobody has it yet.
 *
 * Context: the vCPU's, may sleep.
 */
void tandem_timer_greet(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 stock = 0;

	kvm_tandem_take_deadline(tv->vcpu, &stock);
	tandem_page_lock(tv, &hold);
	tv->voided = false;
	tv->consumed = 0;
	tv->looked = 0;
	if (hold.entry) {
		if (READ_ONCE(hold.entry->guest.deadline) == stock)
			tv->consumed = stock;
		hold.entry->host.earliest = 0;
		hold.entry->host.features = TANDEM_F_TIMER | TANDEM_F_POLL;
		hold.entry->host.version = TANDEM_VERSION;
		tandem_idle_greet(tv, hold.entry);
		publish_never(tv, hold.entry);
	}
	tandem_page_unlock(tv, &hold);
	if (stock)
		kvm_tandem_arm_deadline(tv->vcpu, stock);
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
	tv->voided = true;
	raw_spin_unlock_irqrestore(&tv->lock, flags);
	kvm_tandem_kick(tv->vcpu);
}

/*
 * An announced deadline is before the next look, or the lease ran out: no look
 * can be relied upon. Either way it is watched from here, where it costs no IPI.
 */
static void announced(struct tandem_vcpu *tv, u64 deadline)
{
	ktime_t next = tv->next_look, at;

	learn(tv, deadline);
	at = look(tv, deadline, KTIME_MAX, "announced");
	if (!tv->agent)
		at = min(at, next);
	else if (at >= next && next > ktime_get())
		return;
	if (at != KTIME_MAX)
		start_watch(tv, at);
}

static bool serve_announced(struct tandem_vcpu *tv, struct tandem_hold *hold, u64 page)
{
	tandem_count(TANDEM_ANNOUNCEMENTS);
	tv->voided = false;
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
		tv->voided = page;
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
 * tandem_timer_armed() - the guest reads MSR_IA32_TSC_DEADLINE
 * @tv:		a vCPU that is being served
 *
 * Context: the vCPU's, atomic.
 * Return: the deadline that is armed, guest TSC; 0 = none, or it was fired, or
 * the page can't be reached just now.
 */
u64 tandem_timer_armed(struct tandem_vcpu *tv)
{
	struct tandem_hold hold;
	u64 deadline;

	if (tandem_page_trylock(tv, &hold))
		return 0;
	deadline = READ_ONCE(hold.entry->guest.deadline);
	if (!is_armed(tv, deadline))
		deadline = 0;
	tandem_page_unlock(tv, &hold);
	return deadline;
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

	tv->voided = true;
	if (!tv->serving)
		return;
	if (!tandem_page_trylock(tv, &hold)) {
		stop_serving(tv, &hold);
		tandem_page_unlock(tv, &hold);
		return;
	}
	withdraw_later(tv, tv->consumed);
}

/* Returns true where an agent has to look from now on. */
static bool watch_look(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	u64 deadline = READ_ONCE(hold->entry->guest.deadline);
	ktime_t now = ktime_get(), at;

	if (!tv->serving)
		return false;
	learn(tv, deadline);
	at = look(tv, deadline, tv->next_look, "watch");
	if (!tv->agent && tv->next_look <= now) {
		ran(tv, now);
		return true;
	}
	if (!tv->agent || at < tv->next_look)
		start_watch(tv, after_gap(at, now));
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
	timerqueue_init(&tv->due);
}

/**
 * tandem_timers_drained() - does no guest rely on us any more?
 *
 * None is being served, and each lease has been withdrawn.
 */
bool tandem_timers_drained(void)
{
	return !atomic_read(&nr_promised);
}
