/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The exitless timer of one vCPU, for spin: the guest, the vCPU's own context,
 * its watch, up to two agents, a poller, KVM's own timer, and what may happen to
 * them. Documentation/timer-model.rst says what is left out.
 *
 * Each step of a process is what the others can't see the middle of: one access
 * of the page by those who share it without a lock, or a whole section of the
 * vCPU's context under tv->lock, where neither the guest nor an agent runs.
 *
 * Which disturbances happen, and how often, is given by -D: see "configs".
 */
#include "state.pml"
#include "timer.pml"
#include "vcpu.pml"
#include "agent.pml"
#include "events.pml"

init {
	atomic {
		a_dead[2] = (AGENTS < 2);
		run Vcpu();
		run Watch();
		run Agent(1);
#if AGENTS > 1
		run Agent(2);
#endif
		run Stock();
		run Clock();
#if POLLS
		run Poller();
#endif
#if SWITCHES || UNLOADS || POLLS
		run Switch();
#endif
#if MOVES
		run Mover();
#endif
#if HANGS
		run Hang();
#ifndef NO_WATCHDOG
		run Watchdog();
#endif
#endif
#if UNMAPS || VANISHES
		run Notifier();
#endif
#if PREEMPTS
		run Scheduler();
#endif
#if defined(NO_GUEST_BARRIER)
		run StoreBuffer();
#endif
	}
	/* Nobody can do anything any more: time is over, and all looks were made. */
	timeout ->
	CHECK(stuck, now == END && pc == IDLE && mode == GUEST && !lk && !switching);
	CHECK(lost, state != ARMED || covered)
}
