// SPDX-License-Identifier: GPL-2.0
/*
 * What surrounds the poll window: a timer that is near, a CPU that is hardly ever woken,
 * what polling costs beside an SMT sibling, and how a VM's budget reaches its vCPUs.
 */
#include "poll_idle.h"

#define PER_MILLE	1000ULL

/*
 * Two threads of a core that both have work get some 1.2 times what one gets: who
 * polls beside a busy one takes about half of what he uses from him.
 */
#define SIBLING_PRICE	500

/*
 * What a vCPU may poll until the host looks again, of a budget of a whole CPU: longer
 * than any poll, and a tenth of what the budget is averaged over.
 */
#define GRANT_NS	10000000ULL

/* No guest polls for longer than this in one idle: the grant ends. */
#define LONGEST_NS	GRANT_NS

/*
 * Who is woken less than about a hundred times a second has no halts to save: all of
 * them together cost 2 ms of a second at 20 us each. What polling would cost him is much
 * beside what he runs, and an idle guest shall not look busier than without Tandem.
 */
#define RARE_NS		10000000ULL

/* One idle counts as this part of what is usual. */
#define USUAL_SHIFT	3

/**
 * tandem_poll_until() - how long may this idle be polled, if a timer is near
 * @window_ns:	what tandem_poll_window() said
 * @idle_ns:	how long it has taken already
 * @timer_ns:	when the CPU's next timer expires, from the beginning of the idle on;
 *		0 = none is known
 * @knobs:	those that the window was asked with
 *
 * That timer will end the idle: polling up to it costs its price and no halt. So it is
 * polled for where that costs no more than a halt, as far as the ceiling goes.
 *
 * Return: ns from the beginning of the idle on, @window_ns at least.
 */
__u64 tandem_poll_until(__u32 window_ns, __u64 idle_ns, __u64 timer_ns,
			const struct tandem_poll_knobs *knobs)
{
	if (timer_ns <= window_ns || timer_ns <= idle_ns || timer_ns > knobs->max_ns)
		return window_ns;
	if ((timer_ns - idle_ns) * knobs->price > knobs->halt_cost_ns * PER_MILLE)
		return window_ns;
	return timer_ns;
}

/**
 * tandem_poll_usual() - an idle is over: how long are they
 * @usual_ns:	what was said last; TANDEM_POLL_UNUSUAL to begin with
 * @idle_ns:	the whole length of this one
 *
 * A fading mean, of lengths up to TANDEM_POLL_UNUSUAL: whatever came before, 16 short
 * idles are enough for it to be below what is rare again.
 */
__u64 tandem_poll_usual(__u64 usual_ns, __u64 idle_ns)
{
	__u64 ns = idle_ns < TANDEM_POLL_UNUSUAL ? idle_ns : TANDEM_POLL_UNUSUAL;

	return usual_ns - (usual_ns >> USUAL_SHIFT) + (ns >> USUAL_SHIFT);
}

/**
 * tandem_poll_rare() - is this CPU idle so rarely or so long that it should not poll
 * @usual_ns:	what tandem_poll_usual() said
 * @knobs:	those of the window; where polling costs nothing nobody is too rare
 */
_Bool tandem_poll_rare(__u64 usual_ns, const struct tandem_poll_knobs *knobs)
{
	return knobs->price && usual_ns > RARE_NS;
}

/**
 * tandem_poll_price() - what polling costs on a CPU that no other task wants
 * @price:	where its SMT siblings are idle, per mille
 * @sibling_busy: one of them isn't
 */
__u32 tandem_poll_price(__u32 price, _Bool sibling_busy)
{
	return sibling_busy && price < SIBLING_PRICE ? SIBLING_PRICE : price;
}

/**
 * tandem_poll_believed() - how much of what a guest says it polled can be true
 * @said_ns:	what it added to its count since it was read last
 * @elapsed_ns:	how long that is ago
 * @unsaid_ns:	time before that for which it has not said anything: a poll is counted
 *		when it is over, and it may be looked at several times meanwhile
 *
 * Return: what is to be charged, ns; never more in all than the time that went by.
 */
__u64 tandem_poll_believed(__u64 said_ns, __u64 elapsed_ns, __u64 *unsaid_ns)
{
	__u64 most = *unsaid_ns + elapsed_ns;
	__u64 believed = said_ns < most ? said_ns : most;

	most -= believed;
	*unsaid_ns = most < LONGEST_NS ? most : LONGEST_NS;
	return believed;
}

/**
 * tandem_poll_budget() - until when may a vCPU poll
 * @budget_ns:	what it was told last
 * @polled_ns:	how long it has polled in all
 * @permille:	its VM's budget, per mille of a CPU
 * @spent:	it is spent
 *
 * A vCPU is told a total, so that it can poll no longer than that while the host does
 * not look. It is raised when half of the last grant is gone, not each time: what
 * changes rarely stays in the cache of who reads it all the time.
 *
 * Return: the value of @polled_ns at which it has to stop.
 */
__u64 tandem_poll_budget(__u64 budget_ns, __u64 polled_ns, __u32 permille, _Bool spent)
{
	__u64 grant = permille < PER_MILLE ? GRANT_NS * permille / PER_MILLE : GRANT_NS;
	__u64 left = budget_ns - polled_ns;

	if (spent)
		return polled_ns;
	return left <= grant && left >= grant / 2 ? budget_ns : polled_ns + grant;
}
