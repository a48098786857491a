// SPDX-License-Identifier: GPL-2.0
/*
 * The decisions of the exitless timer. A deadline is known by its value: the
 * guest never arms one value twice in a row, so a page that holds the consumed
 * value holds nothing new.
 */
#include "timer.h"

/* Further than any timer, and far from the overflow of ktime_t. */
#define YEAR_NS		(365ULL * 24 * 3600 * 1000000000)
/* Keeps the product below 2^64 for any frequency. */
#define DAY_NS		(24ULL * 3600 * 1000000000)

/*
 * A TSC that is behind where it was, by nearly all that it can count, has wrapped;
 * by less it was set back. A served vCPU is looked at far more often than that:
 * minutes at any frequency.
 */
#define LOOKS_APART	(1ULL << 40)

/*
 * Compared as the hardware does, unsigned. But a deadline at the TSC's end may
 * come and go between two looks: its cycle is over in no time, and the look after
 * it is always late. What is armed beyond the last look was passed by then.
 */
static _Bool due(__u64 page, __u64 last, __u64 now)
{
	_Bool wrapped = now < last && now - last < LOOKS_APART;

	return page <= now || (wrapped && page > last);
}

/**
 * tandem_look() - decide about the deadline in the page
 * @page:	the page's deadline, guest TSC, read once; 0 = none
 * @consumed:	the value that was delivered or handed over last; 0 = none
 * @last:	guest TSC at the look before this one, 0 = there was none
 * @now:	guest TSC
 */
enum tandem_look tandem_look(__u64 page, __u64 consumed, __u64 last, __u64 now)
{
	if (!page || page == consumed)
		return TANDEM_REST;
	return due(page, last, now) ? TANDEM_FIRE : TANDEM_WATCH;
}

/**
 * tandem_write() - decide about a guest's write of the deadline MSR
 * @page:	the page's deadline
 * @consumed:	the value that was delivered or handed over last
 * @stock:	what KVM's own timer had armed until this write, 0 = none
 * @tsc:	the value written
 *
 * Zero is foreign even where the page is zero: a kernel that does not know of
 * the page clears its timer so, and must not call the host to its memory.
 * A consumed value that KVM's timer still holds was handed over and has not
 * fired: it is as good as announced.
 */
enum tandem_write tandem_write(__u64 page, __u64 consumed, __u64 stock, __u64 tsc)
{
	if (!tsc || tsc != page)
		return TANDEM_FOREIGN;
	if (page == consumed && page != stock)
		return TANDEM_DELIVERED;
	return TANDEM_ANNOUNCED;
}

/**
 * tandem_resume() - may the page be served again, after KVM's timer ruled
 * @page:	the page's deadline
 * @stock:	what KVM's own timer had armed, now disarmed; 0 = none
 * @consumed:	what must not fire again; 0 on return where @page may
 *
 * A deadline that KVM's timer still holds is taken back. One that it does not
 * hold has fired if it was handed over, which @consumed tells. If it was not,
 * then the guest wrote it while the lease was "never", and is about to announce
 * it: it is nobody's yet, and must not be taken for fired.
 *
 * Return: false if @stock is not the page's: it must be armed again, and nothing
 * be promised to the guest until it announces a deadline.
 */
_Bool tandem_resume(__u64 page, __u64 stock, __u64 *consumed)
{
	if (stock && page == stock)
		*consumed = 0;
	return !stock || page == stock;
}

/* x * mul / div without overflow of the product; div is not 0. */
static __u64 scale(__u64 x, __u64 mul, __u64 div)
{
	return x / div * mul + x % div * mul / div;
}

/**
 * tandem_cycles_to_ns() - guest TSC cycles to ns, a year at most
 * @cycles:	guest TSC cycles
 * @khz:	guest TSC frequency, kHz, not 0
 */
__u64 tandem_cycles_to_ns(__u64 cycles, __u32 khz)
{
	if (cycles / khz >= YEAR_NS / 1000000)
		return YEAR_NS;
	return scale(cycles, 1000000, khz);
}

/**
 * tandem_ns_to_cycles() - ns to guest TSC cycles, those of a day at most
 * @ns:		ns
 * @khz:	guest TSC frequency, kHz
 */
__u64 tandem_ns_to_cycles(__u64 ns, __u32 khz)
{
	return scale(ns < DAY_NS ? ns : DAY_NS, khz, 1000000);
}
