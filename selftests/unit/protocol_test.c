// SPDX-License-Identifier: GPL-2.0
/*
 * The protocol as a game of random moves: a guest that arms, re-arms and cancels,
 * a host that looks, fires, leaves, enters, drains and comes back, each step
 * atomic, in any order. The host decides by module/policy/timer.c, and does what
 * module/timer.c does with the answer.
 *
 * At the end time passes and everybody who promised to look does: then each
 * deadline was delivered once, replaced, or cancelled. None early, none twice.
 */
#include <stdint.h>
#include <string.h>

#include "tap.h"
#include "timer.h"

#define NEVER 0
#define PERIOD 10

enum state { IDLE, ARMED, REPLACED, DONE };

struct world {
	unsigned long long seed;
	uint64_t now;
	/* shared */
	uint64_t page, lease, earliest;
	/* host */
	_Bool enabled, executing, serving, voided;
	_Bool refused;		/* beyond its share, or no agent lives */
	uint64_t consumed, stock, next_look, watch;
	/* guest */
	uint64_t armed, last;
	enum state state;
	_Bool announcing;	/* between writing the page and the MSR */
	_Bool read_lease;	/* the lease was read, and what it said: */
	_Bool must_write;
	uint64_t to_write;
	/* verdict */
	unsigned int exits, arms;
	_Bool irq_pending;	/* fired while the guest has interrupts off */
	const char *broken;
};

static int dice(struct world *w, int sides)
{
	return tap_random(&w->seed) % sides;
}

static void fail(struct world *w, const char *why)
{
	if (!w->broken)
		w->broken = why;
}

/* The guest runs with interrupts off while it arms: the IRR holds one vector. */
static void deliver(struct world *w, uint64_t deadline)
{
	if (deadline > w->now)
		fail(w, "fired early");
	if (w->announcing) {
		w->irq_pending = 1;
		if (deadline == w->armed)
			w->state = DONE;
		return;
	}
	if (w->state == DONE)
		fail(w, "fired twice");
	if (w->state == REPLACED || w->state == IDLE)
		fail(w, "fired what was cancelled");
	if (deadline != w->armed)
		fail(w, "fired what was replaced");
	w->state = DONE;
}

/* --- the host: module/timer.c without locks, mapping and clocks --- */

static uint64_t look(struct world *w, uint64_t next)
{
	switch (tandem_look(w->page, w->consumed, 0, w->now)) {
	case TANDEM_FIRE:
		w->consumed = w->page;
		deliver(w, w->page);
		return next;
	case TANDEM_WATCH:
		return w->page < next ? w->page : next;
	default:
		return next;
	}
}

static void publish(struct world *w)
{
	w->next_look = w->now + PERIOD;
	w->earliest = w->next_look;
	w->lease = w->next_look + PERIOD;
	w->watch = look(w, w->next_look);
}

static _Bool start_serving(struct world *w)
{
	if (!w->enabled || w->refused)
		return 0;
	if (w->stock)
		fail(w, "both timers armed");
	w->serving = 1;
	publish(w);
	return 1;
}

static uint64_t stop_serving(struct world *w)
{
	if (!w->serving)
		return 0;
	w->serving = 0;
	w->watch = 0;
	w->lease = NEVER;
	if (tandem_look(w->page, w->consumed, 0, 0) == TANDEM_REST)
		return 0;
	return w->consumed = w->page;
}

static void arm_stock(struct world *w, uint64_t deadline)
{
	w->stock = deadline;
}

static void leave(struct world *w)
{
	uint64_t deadline;

	if (!w->executing)
		return;
	deadline = stop_serving(w);
	if (deadline)
		arm_stock(w, deadline);
	w->executing = 0;
}

static _Bool take_back(struct world *w, uint64_t stock)
{
	uint64_t consumed = w->consumed;

	if (!tandem_resume(w->page, stock, (unsigned long long *)&w->consumed))
		return 0;
	if (start_serving(w))
		return 1;
	w->consumed = consumed;
	return 0;
}

static void serve(struct world *w)
{
	uint64_t stock = w->stock;

	if (!w->enabled || w->voided || w->serving)
		return;
	w->stock = 0;
	if (!take_back(w, stock))
		arm_stock(w, stock);
}

/* LVTT leaves TSC-deadline mode, and comes back. */
static void change_lvtt(struct world *w)
{
	w->voided = 1;
	w->stock = 0;
	if (w->serving)
		stop_serving(w);
}

static void enter(struct world *w)
{
	w->executing = 1;
	serve(w);
}

static _Bool announce(struct world *w)
{
	w->voided = 0;
	if (!w->enabled) {
		stop_serving(w);
		return 0;
	}
	if (!w->serving) {
		w->consumed = 0;
		return start_serving(w);
	}
	w->watch = look(w, w->next_look);
	return 1;
}

static void msr_write(struct world *w, uint64_t tsc)
{
	uint64_t stock = w->serving ? 0 : w->stock;
	_Bool taken = 1;

	w->exits++;
	w->stock = 0;
	switch (tandem_write(w->page, w->consumed, stock, tsc)) {
	case TANDEM_DELIVERED:
		if (!w->serving)
			start_serving(w);
		return;
	case TANDEM_ANNOUNCED:
		taken = announce(w);
		break;
	case TANDEM_FOREIGN:
		w->voided = w->page;
		stop_serving(w);
		taken = 0;
		break;
	}
	if (taken)
		return;
	w->consumed = w->page;
	arm_stock(w, tsc);
}

static void timers(struct world *w)
{
	if (w->stock && w->stock <= w->now) {
		uint64_t deadline = w->stock;

		w->stock = 0;
		deliver(w, deadline);
	}
	if (!w->serving || !w->watch || w->watch > w->now)
		return;
	if (w->next_look <= w->now)
		publish(w);
	else
		w->watch = look(w, w->next_look);
}

/* --- the guest: module/guest/clockevent.c in steps --- */

static void guest_arm(struct world *w)
{
	uint64_t deadline = w->now + 1 + dice(w, 3 * PERIOD);

	if (deadline == w->last)
		deadline++;
	w->last = w->armed = deadline;
	w->state = ARMED;
	w->arms++;
	w->page = deadline;
	w->to_write = deadline;
	w->announcing = 1;
	w->read_lease = 0;
}

static void guest_cancel(struct world *w)
{
	w->state = REPLACED;
	w->page = 0;
	w->to_write = 0;
	w->announcing = 1;
	w->read_lease = 0;
}

static void guest_finish(struct world *w)
{
	if (!w->read_lease) {
		w->read_lease = 1;
		w->must_write = w->to_write ?
			w->now >= w->lease || w->to_write < w->earliest :
			w->lease == NEVER;
		return;
	}
	if (w->must_write)
		msr_write(w, w->to_write);
	w->announcing = 0;
	/* What the IRR holds is taken now; the kernel's handler copes with early. */
	w->irq_pending = 0;
}

/* What a kernel does that does not know of the page. */
static void write_zero(struct world *w)
{
	msr_write(w, 0);
}

static void guest_void(struct world *w, void (*by)(struct world *w))
{
	if (w->state == ARMED)
		w->state = REPLACED;
	w->armed = 0;
	by(w);
}

static void guest_step(struct world *w)
{
	if (!w->executing)
		return;
	if (w->announcing)
		guest_finish(w);
	else if (dice(w, 4))
		guest_arm(w);
	else if (dice(w, 4))
		guest_cancel(w);
	else if (dice(w, 2))
		guest_void(w, change_lvtt);
	else
		guest_void(w, write_zero);
}

static void host_step(struct world *w)
{
	switch (dice(w, 9)) {
	case 0:
		leave(w);
		break;
	case 4:
		/* the kick of who found it out does as much */
		w->refused = !w->refused;
		break;
	case 1:
		w->enabled = 0;
		break;
	case 2:
		w->enabled = 1;
		break;
	case 3:
		/* the request after a mode change */
		if (w->executing && (!w->enabled || w->refused)) {
			uint64_t deadline = stop_serving(w);

			if (deadline)
				arm_stock(w, deadline);
		} else if (w->executing) {
			serve(w);
		}
		break;
	default:
		if (!w->executing)
			enter(w);
	}
}

static void settle(struct world *w)
{
	if (!w->executing)
		enter(w);
	while (w->announcing)
		guest_finish(w);
	for (int i = 0; i < 5 * PERIOD; i++) {
		w->now++;
		timers(w);
	}
	if (w->state == ARMED)
		fail(w, "lost");
}

static const char *play(unsigned long long seed, int moves)
{
	struct world w = { .seed = seed, .now = 1000, .enabled = 1 };

	for (int i = 0; i < moves && !w.broken; i++) {
		switch (dice(&w, 6)) {
		case 0:
			w.now += dice(&w, 4);
			break;
		case 1:
			host_step(&w);
			break;
		case 2:
			timers(&w);
			break;
		default:
			guest_step(&w);
		}
	}
	settle(&w);
	if (w.broken)
		printf("# seed %llu: %s\n", seed, w.broken);
	return w.broken;
}

/* A guest that is left in peace: exits only for deadlines before the next look. */
static int quiet_exits(unsigned int period)
{
	struct world w = { .seed = 1, .now = 1000, .enabled = 1 };
	unsigned int i, skipped = 0;

	enter(&w);
	for (i = 0; i < 1000; i++) {
		uint64_t deadline = w.now + period;

		w.page = w.last = w.armed = deadline;
		w.state = ARMED;
		if (w.now >= w.lease || deadline < w.earliest)
			msr_write(&w, deadline);
		while (w.now < deadline) {
			w.now++;
			timers(&w);
		}
		skipped += w.state != DONE;
	}
	if (skipped || w.broken)
		return -1;
	return w.exits;
}

int main(void)
{
	unsigned int broken = 0;
	unsigned long long seed;

	tap_plan(4);
	for (seed = 1; seed <= 300000; seed++)
		broken += !!play(seed, 12);
	tap_ok(!broken, "300,000 short games: none lost, early, or twice");
	for (seed = 1; seed <= 2000; seed++)
		broken += !!play(seed, 2000);
	tap_ok(!broken, "2,000 long games: none lost, early, or twice");
	tap_ok(quiet_exits(PERIOD) == 0, "a period of one look costs no exit");
	tap_ok(quiet_exits(10 * PERIOD) == 0, "longer periods cost no exit");
	return tap_end();
}
