/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_GUEST_H
#define TANDEM_GUEST_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "tandem_abi.h"

/**
 * enum tandem_guest_count - what is counted on each CPU; knobs.c has the names
 * @TANDEM_ARMS:	deadlines armed
 * @TANDEM_ANNOUNCED:	of these, those also written to the MSR: an exit each
 * @TANDEM_STALE:	of these, those whose lease had run out
 * @TANDEM_CANCELS:	deadlines cancelled
 * @TANDEM_REGISTERED:	registrations of the CPU's entry
 * @TANDEM_NR_COUNTS:	how many there are
 */
enum tandem_guest_count {
	TANDEM_ARMS,
	TANDEM_ANNOUNCED,
	TANDEM_STALE,
	TANDEM_CANCELS,
	TANDEM_REGISTERED,
	TANDEM_NR_COUNTS
};

struct tandem_guest_counts {
	unsigned long n[TANDEM_NR_COUNTS];
};
DECLARE_PER_CPU(struct tandem_guest_counts, tandem_guest_counts);

#define tandem_count(what)	this_cpu_inc(tandem_guest_counts.n[what])

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

/* knobs.c */
int tandem_knobs_start(void);
void tandem_knobs_stop(void);

#endif
