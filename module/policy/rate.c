// SPDX-License-Identifier: GPL-2.0
/*
 * A leaky bucket: who may use some per mille of a CPU (ms in a second), averaged over BURST_NS.
 */
#include "rate.h"

/*
 * Over how long use is averaged. A VM that goes beyond its share is plain KVM
 * until it is back below; ten times a second at most, so what it costs to go
 * there and back can't matter.
 */
#define BURST_NS	100000000ULL

static __u64 left(const struct tandem_rate *rate, __u64 now_ns, __u32 permille)
{
	__u64 elapsed = now_ns - rate->at_ns, refill;

	/* A clock that went back refills nothing; a long rest refills all. */
	if (now_ns < rate->at_ns)
		return rate->used_ns;
	if (elapsed > 100 * BURST_NS)
		return 0;
	refill = elapsed * permille / 1000;
	return rate->used_ns > refill ? rate->used_ns - refill : 0;
}

/**
 * tandem_rate_charge() - somebody used the resource
 * @rate:	whose
 * @now_ns:	when, ns
 * @cost_ns:	how much, ns; what exceeds ten bursts is forgiven, so that nobody
 *		is ever locked out for longer than those take to refill
 * @permille:	its share, per mille of a CPU, 1..1000000
 */
void tandem_rate_charge(struct tandem_rate *rate, __u64 now_ns, __u64 cost_ns, __u32 permille)
{
	__u64 most = 10 * BURST_NS * permille / 1000;
	__u64 used = left(rate, now_ns, permille);

	cost_ns = cost_ns < most ? cost_ns : most;
	rate->used_ns = used + cost_ns < most ? used + cost_ns : most;
	rate->at_ns = now_ns;
}

/**
 * tandem_rate_over() - has it used more than its share?
 * @rate:	whose
 * @now_ns:	when, ns
 * @permille:	its share, per mille of a CPU, 1..1000000
 */
_Bool tandem_rate_over(const struct tandem_rate *rate, __u64 now_ns, __u32 permille)
{
	return left(rate, now_ns, permille) > BURST_NS * permille / 1000;
}
