/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TIMER_MODEL_H
#define TANDEM_TIMER_MODEL_H

#include <stdint.h>

#include "arms.h"
#include "period.h"

/* Who serves the timers of a vCPU, and by which rule. */
enum rule { STOCK, RFC2017, FIXED, TANDEM, POLL };

/**
 * struct served - what serving a pattern took
 * @arms:	deadlines armed, cancels not counted
 * @timers:	those that fired
 * @announced:	those that the guest had to announce
 * @exits_arm:	exits to arm, cancel, or announce
 * @exits_fire:	exits because a timer of the vCPU's own CPU expired: a deadline, or
 *		the first look after it was woken
 * @looks:	looks of the agent; 0 where it looks all the time
 * @ipis:	interrupts from the vCPU's CPU to the agent's
 * @last_ns:	the period in force at the end
 */
struct served {
	uint64_t arms;
	uint64_t timers;
	uint64_t announced;
	uint64_t exits_arm;
	uint64_t exits_fire;
	uint64_t looks;
	uint64_t ipis;
	uint64_t last_ns;
};

/* @fixed_ns: the period of FIXED. */
struct served serve(const struct arms *arms, enum rule rule, uint64_t fixed_ns,
		    const struct tandem_period_knobs *knobs);

#endif
