/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_RATE_H
#define TANDEM_POLICY_RATE_H

#include <linux/types.h>

/**
 * struct tandem_rate - what somebody used of a resource that refills steadily
 * @used_ns:	what was used and not yet made good, ns
 * @at_ns:	as of when, ns of a clock that does not go back
 */
struct tandem_rate {
	__u64 used_ns;
	__u64 at_ns;
};

void tandem_rate_charge(struct tandem_rate *rate, __u64 now_ns, __u64 cost_ns, __u32 permille);
_Bool tandem_rate_over(const struct tandem_rate *rate, __u64 now_ns, __u32 permille);

#endif
