/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_TIMER_H
#define TANDEM_POLICY_TIMER_H

#include <linux/types.h>

/**
 * enum tandem_look - what a look at the page asks for
 * @TANDEM_REST:  nothing is armed, or it was consumed already
 * @TANDEM_WATCH: armed and not due
 * @TANDEM_FIRE:  armed and due
 */
enum tandem_look { TANDEM_REST, TANDEM_WATCH, TANDEM_FIRE };

/**
 * enum tandem_write - what a guest's write of MSR_IA32_TSC_DEADLINE means
 * @TANDEM_FOREIGN:   not the page's value: KVM's own timer takes it, and what
 *		      the page holds is void
 * @TANDEM_DELIVERED: the page's value, and it has been dealt with
 * @TANDEM_ANNOUNCED: the page's value, for the host to look at now
 */
enum tandem_write { TANDEM_FOREIGN, TANDEM_DELIVERED, TANDEM_ANNOUNCED };

enum tandem_look tandem_look(__u64 page, __u64 consumed, __u64 last, __u64 now);
enum tandem_write tandem_write(__u64 page, __u64 consumed, __u64 stock, __u64 tsc);
_Bool tandem_resume(__u64 page, __u64 stock, __u64 *consumed);
__u64 tandem_cycles_to_ns(__u64 cycles, __u32 khz);
__u64 tandem_ns_to_cycles(__u64 ns, __u32 khz);

#endif
