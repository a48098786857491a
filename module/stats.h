/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_STATS_H
#define TANDEM_STATS_H

#include <linux/percpu.h>

/* The one list of counters: an enum, the debugfs file, and its documentation. */
#define TANDEM_STATS(X)							\
	X(TANDEM_REGISTERED,	registered,	"entries that guests registered")	\
	X(TANDEM_REFUSED,	refused,	"registrations refused with #GP")	\
	X(TANDEM_FIRED,		fired,		"timer interrupts injected from pages")	\
	X(TANDEM_ANNOUNCEMENTS,	announced,	"deadlines that were also written to the MSR") \
	X(TANDEM_FOREIGN_WRITES, foreign,	"MSR writes of another value than the page's") \
	X(TANDEM_HANDED_OVER,	handed_over,	"deadlines handed to KVM's own timer")	\
	X(TANDEM_LOST_PAGE,	lost_page,	"interrupts injected early as the page was gone") \
	X(TANDEM_AGENT_WAKEUPS,	agent_wakeups,	"expiries of the agent's timer")	\
	X(TANDEM_AGENT_IPIS,	agent_ipis,	"IPIs that woke a sleeping agent")

enum tandem_stat {
#define X(id, name, text) id,
	TANDEM_STATS(X)
#undef X
	TANDEM_NR_STATS
};

struct tandem_counts {
	unsigned long n[TANDEM_NR_STATS];
};
DECLARE_PER_CPU(struct tandem_counts, tandem_counts);

#define tandem_count(stat)	this_cpu_inc(tandem_counts.n[stat])

void tandem_stats_start(void);
void tandem_stats_stop(void);

#endif
