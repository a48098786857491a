/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_POLL_WINDOW_H
#define TANDEM_POLICY_POLL_WINDOW_H

#include <linux/types.h>

/* Two for each octave from 256 ns to 2 ms. */
#define TANDEM_POLL_RUNGS	26
/* The last two idles: was each short or long. */
#define TANDEM_POLL_CONTEXTS	4

/**
 * struct tandem_poll_knobs - what a window may be, and what it is chosen by
 * @min_ns:	the shortest window, as far as @max_ns allows it; 0 = what is best
 * @max_ns:	the ceiling; 0 = do not poll. Windows are learned up to 2 ms
 * @price:	of polling, per mille: 1000 = each ns polled costs a ns; 0 = it costs
 *		nothing, and the window is @max_ns. More than a million is a million
 * @halt_cost_ns: what an idle costs that ends in a halt: exit, wake-up, IPI; 0 =
 *		nothing, and the window is @min_ns
 */
struct tandem_poll_knobs {
	__u32 min_ns;
	__u32 max_ns;
	__u32 price;
	__u32 halt_cost_ns;
};

/**
 * struct tandem_poll_rung - the idles of about one length, fading
 * @sum_ns:	of their lengths
 * @high_ns:	about the longest
 * @count:	how many, in fractions
 */
struct tandem_poll_rung {
	__u32 sum_ns;
	__u32 high_ns;
	__u32 count;
};

/**
 * struct tandem_poll_lengths - how long idles were, and the window for them
 * @rung:	by length
 * @longer:	how many were too long for any rung, in fractions
 * @total:	how many in all
 * @used:	a bit for each rung that has a count
 * @fresh:	idles since a window was chosen
 * @window_ns:	that window
 * @max_ns:	the ceiling that it was chosen under
 * @even_ns:	how long polling was as dear as a halt, then
 */
struct tandem_poll_lengths {
	struct tandem_poll_rung rung[TANDEM_POLL_RUNGS];
	__u32 longer;
	__u32 total;
	__u32 used;
	__u32 fresh;
	__u32 window_ns;
	__u32 max_ns;
	__u64 even_ns;
};

/**
 * struct tandem_poll - what was learned of one CPU; zeroed = nothing
 * @after:	the idles that followed each context
 * @debt:	what learning cost beyond the ski-rental rule, ns and per mille
 * @learned_ns:	the window that was learned
 * @context:	the last two idles, a bit each, the last one lowest: 1 = long
 */
struct tandem_poll {
	struct tandem_poll_lengths after[TANDEM_POLL_CONTEXTS];
	__u64 debt;
	__u32 learned_ns;
	__u8 context;
};

__u32 tandem_poll_window(struct tandem_poll *p, const struct tandem_poll_knobs *knobs);
void tandem_poll_saw(struct tandem_poll *p, __u64 idle_ns,
		     const struct tandem_poll_knobs *knobs);

#endif
