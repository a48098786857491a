/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_POLL_IDLE_H
#define TANDEM_POLICY_POLL_IDLE_H

#include <linux/types.h>

#include "poll_window.h"

/* How long idles usually are where none was seen, ns: too long to poll. */
#define TANDEM_POLL_UNUSUAL	80000000ULL

__u64 tandem_poll_until(__u32 window_ns, __u64 idle_ns, __u64 timer_ns,
			const struct tandem_poll_knobs *knobs);
__u64 tandem_poll_usual(__u64 usual_ns, __u64 idle_ns);
_Bool tandem_poll_rare(__u64 usual_ns, const struct tandem_poll_knobs *knobs);
__u32 tandem_poll_price(__u32 price, _Bool sibling_busy);
__u64 tandem_poll_believed(__u64 said_ns, __u64 elapsed_ns, __u64 *unsaid_ns);
__u64 tandem_poll_budget(__u64 budget_ns, __u64 polled_ns, __u32 permille, _Bool spent);

#endif
