/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_STATS_H
#define TANDEM_STATS_H

#include <linux/percpu.h>

/**
 * enum tandem_stat - what is counted; stats.c has the names
 * @TANDEM_REGISTERED:		entries that guests registered
 * @TANDEM_REJECTED:		registrations refused with #GP
 * @TANDEM_FIRED:		timer interrupts injected for pages
 * @TANDEM_ANNOUNCEMENTS:	deadlines that guests also wrote to the MSR
 * @TANDEM_FOREIGN_WRITES:	MSR writes of another value than the page's
 * @TANDEM_HANDED_OVER:		deadlines handed to KVM's own timer
 * @TANDEM_LOST_PAGE:		interrupts injected blindly as the page was gone
 * @TANDEM_AGENT_WAKEUPS:	expiries of the agent's timer
 * @TANDEM_AGENT_IPIS:		IPIs that woke a sleeping agent
 * @TANDEM_AGENT_LOOKS:		looks of agents at pages
 * @TANDEM_AGENT_NS:		time that agents spent at work, ns
 * @TANDEM_THROTTLED:		times that a VM went beyond its share of agent time
 * @TANDEM_WATCHDOG:		times that an agent was found not to come
 * @TANDEM_MOVED:		looks that found a vCPU on another agent's CPUs
 * @TANDEM_PRESSURE_RAISED:	times that a polling guest was told of a task that wants its CPU
 * @TANDEM_PRESSURE_IPIS:	of these, those that took an IPI as the page was busy
 * @TANDEM_PLACED:		new VMs that were given a home before they used memory
 * @TANDEM_PLACEMENTS:		moves of VMs to another node
 * @TANDEM_BROUGHT_HOME:	threads that were brought to their home as they wanted a CPU
 * @TANDEM_PLACEMENT_LOOKS:	looks at where VMs are
 * @TANDEM_PLACEMENT_NS:	time that they and the moves took, ns
 * @TANDEM_COPIED:		pages of VMs' memory that followed them
 * @TANDEM_COPY_NS:		time that copying took, ns
 * @TANDEM_NR_STATS:		how many there are
 */
enum tandem_stat {
	TANDEM_REGISTERED,
	TANDEM_REJECTED,
	TANDEM_FIRED,
	TANDEM_ANNOUNCEMENTS,
	TANDEM_FOREIGN_WRITES,
	TANDEM_HANDED_OVER,
	TANDEM_LOST_PAGE,
	TANDEM_AGENT_WAKEUPS,
	TANDEM_AGENT_IPIS,
	TANDEM_AGENT_LOOKS,
	TANDEM_AGENT_NS,
	TANDEM_THROTTLED,
	TANDEM_WATCHDOG,
	TANDEM_MOVED,
	TANDEM_PRESSURE_RAISED,
	TANDEM_PRESSURE_IPIS,
	TANDEM_PLACED,
	TANDEM_PLACEMENTS,
	TANDEM_BROUGHT_HOME,
	TANDEM_PLACEMENT_LOOKS,
	TANDEM_PLACEMENT_NS,
	TANDEM_COPIED,
	TANDEM_COPY_NS,
	TANDEM_NR_STATS
};

struct tandem_counts {
	unsigned long n[TANDEM_NR_STATS];
};
DECLARE_PER_CPU(struct tandem_counts, tandem_counts);

#define tandem_count(stat)		this_cpu_inc(tandem_counts.n[stat])
#define tandem_count_add(stat, by)	this_cpu_add(tandem_counts.n[stat], by)

void tandem_stats_start(void);
void tandem_stats_stop(void);

#endif
