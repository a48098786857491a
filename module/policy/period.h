/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PERIOD_H
#define TANDEM_POLICY_PERIOD_H

#include <linux/types.h>

/* Two for each octave from 16 us to 134 ms. */
#define TANDEM_RUNGS	26

/**
 * struct tandem_period_knobs - what the period may be, and what it is chosen by
 * @min_us:	a deadline this far from a look costs no exit, where that pays
 * @max_us:	the longest period; equal to @min_us: the period is fixed
 * @exit_price:	how many looks one exit is worth
 */
struct tandem_period_knobs {
	__u32 min_us;
	__u32 max_us;
	__u32 exit_price;
};

/**
 * struct tandem_reaches - the deadlines armed after looks of one kind
 * @elapsed_ns:	execution that the counts are from
 * @period_ns:	the period chosen; 0 = none yet
 * @total:	sum of @count
 * @fresh:	looks and deadlines since the period was chosen
 * @count:	how many deadlines were in each rung, in fractions, fading
 * @low:	about the shortest reach in each rung that has a count
 */
struct tandem_reaches {
	__u64 elapsed_ns;
	__u64 period_ns;
	__u16 total;
	__u16 fresh;
	__u16 count[TANDEM_RUNGS];
	__u16 low[TANDEM_RUNGS];
};

/**
 * struct tandem_period - what was learned of one vCPU; zeroed = nothing
 * @floor_ns:	the shortest period that the knobs allow
 * @reach_ns:	of the last deadline under the promise in force; 0 = none
 * @u:		an even sequence, as a fraction of 2^16
 * @fired:	the promise in force was made by a look that fired a deadline
 * @after:	what was armed after looks that fired nothing, and after those that did
 */
struct tandem_period {
	__u64 floor_ns;
	__u64 reach_ns;
	__u16 u;
	_Bool fired;
	struct tandem_reaches after[2];
};

void tandem_period_saw(struct tandem_period *p, __u64 reach_ns);
void tandem_period_ran(struct tandem_period *p, __u64 elapsed_ns);
__u64 tandem_period_next(struct tandem_period *p, _Bool fires,
			 const struct tandem_period_knobs *knobs);

#endif
