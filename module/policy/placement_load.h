/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_LOAD_H
#define TANDEM_POLICY_PLACEMENT_LOAD_H

#include <linux/types.h>

/**
 * struct tandem_load - what a group wants of CPUs; zeroed = nothing known
 * @run_ns:	counter of the time that its threads ran, as last seen
 * @wait_ns:	counter of the time that they waited for a CPU, as last seen
 * @at_ns:	when that was; 0 = never
 * @mean:	of what it wanted, 1/65536 CPU, fading
 * @deviation:	of a sample from the mean, mean of its absolute value, 1/65536 CPU
 * @samples:	how many samples, up to where it no longer matters
 */
struct tandem_load {
	__u64 run_ns;
	__u64 wait_ns;
	__u64 at_ns;
	__u32 mean;
	__u32 deviation;
	__u32 samples;
};

/**
 * struct tandem_rest - what else a node's CPUs do; zeroed = nothing known
 * @load:	what lasted
 * @used_ns:	so much since the last sample
 * @elapsed_ns:	in so long
 * @before:	the last sample, 1/65536 CPU
 * @known:	there was one
 */
struct tandem_rest {
	struct tandem_load load;
	__u64 used_ns;
	__u64 elapsed_ns;
	__u32 before;
	_Bool known;
};

void tandem_rest_saw(struct tandem_rest *r, __u64 elapsed_ns, __u64 used_ns);
void tandem_load_saw(struct tandem_load *l, __u64 now_ns, __u64 run_ns, __u64 wait_ns);
void tandem_load_sample(struct tandem_load *l, __u32 load);
__u32 tandem_load_mean(const struct tandem_load *l);
__u32 tandem_load_noise(const struct tandem_load *l);
_Bool tandem_load_rests(const struct tandem_load *l, _Bool new, _Bool placed, __u32 assumed);

#endif
