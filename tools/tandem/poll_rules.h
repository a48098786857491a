/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLL_RULES_H
#define TANDEM_POLL_RULES_H

#include "idles.h"
#include "poll_window.h"

/* How long to poll before halting: who decides, and by which rule. */
enum poll_rule {
	POLL_NEVER, POLL_HALTPOLL, POLL_KVM, POLL_SKI_RENTAL, POLL_BEST_FIXED, POLL_CLAIRVOYANT,
	POLL_TANDEM,
};

/**
 * struct polled - what a rule made of a pattern
 * @idles:	how many
 * @halts:	those that ended in a halt
 * @polled_ns:	time polled, also where a halt followed
 * @window_ns:	the last window
 */
struct polled {
	uint64_t idles;
	uint64_t halts;
	uint64_t polled_ns;
	uint64_t window_ns;
};

struct polled poll_serve(const struct idles *idles, enum poll_rule rule,
			 const struct tandem_poll_knobs *knobs);

/* What it cost in ns, at the price and the cost of a halt that the knobs have. */
double poll_cost(const struct polled *polled, const struct tandem_poll_knobs *knobs);

#endif
