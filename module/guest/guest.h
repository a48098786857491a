/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_GUEST_H
#define TANDEM_GUEST_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "tandem_abi.h"

/**
 * enum tandem_guest_count - what is counted on each CPU; knobs.c has the names
 * @TANDEM_ARMS:	deadlines armed
 * @TANDEM_ANNOUNCEMENTS:	of these, those also written to the MSR: an exit each
 * @TANDEM_STALE:	of these, those whose lease had run out
 * @TANDEM_CANCELS:	deadlines cancelled
 * @TANDEM_REGISTERED:	registrations of the CPU's entry
 * @TANDEM_POLLS:	polls of an idle CPU
 * @TANDEM_POLL_HITS:	of these, those that work ended
 * @TANDEM_POLL_TIMERS:	... the CPU's timer, which brought no work
 * @TANDEM_POLL_MISSES:	... the end of the window
 * @TANDEM_POLL_PRESSURE: ... the host, as another of its tasks wants the CPU
 * @TANDEM_POLL_BUDGET:	... the host's budget
 * @TANDEM_POLLED_NS:	time polled, ns
 * @TANDEM_HALTS:	halts
 * @TANDEM_NR_COUNTS:	how many there are
 */
enum tandem_guest_count {
	TANDEM_ARMS,
	TANDEM_ANNOUNCEMENTS,
	TANDEM_STALE,
	TANDEM_CANCELS,
	TANDEM_REGISTERED,
	TANDEM_POLLS,
	TANDEM_POLL_HITS,
	TANDEM_POLL_TIMERS,
	TANDEM_POLL_MISSES,
	TANDEM_POLL_PRESSURE,
	TANDEM_POLL_BUDGET,
	TANDEM_POLLED_NS,
	TANDEM_HALTS,
	TANDEM_NR_COUNTS
};

struct tandem_guest_counts {
	unsigned long n[TANDEM_NR_COUNTS];
};
DECLARE_PER_CPU(struct tandem_guest_counts, tandem_guest_counts);

#define tandem_count(what)		this_cpu_inc(tandem_guest_counts.n[what])
#define tandem_count_add(what, by)	this_cpu_add(tandem_guest_counts.n[what], by)

/* entry.c */
int tandem_entries_alloc(void);
void tandem_entries_free(void);
struct tandem_entry *tandem_entry(void);
bool tandem_host_present(void);
int tandem_entry_register(void);
void tandem_entry_unregister(void);

/* clockevent.c */
int tandem_clockevents_find(void);
void tandem_clockevent_take(void);
void tandem_clockevent_give_back(void);
bool tandem_clockevents_taken(void);

/* idle.c */
void tandem_idle_start(void);
void tandem_idle_stop(void);
void tandem_idle_cpu_start(unsigned int cpu);
void tandem_idle_cpu_stop(unsigned int cpu);
u32 tandem_idle_features(void);
ssize_t tandem_idle_windows(char *buf);

/* knobs.c */
int tandem_knobs_start(void);
void tandem_knobs_stop(void);

#endif
