/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_GUEST_H
#define TANDEM_GUEST_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "tandem_abi.h"

/* The one list of counters, of each CPU: sysfs files and their documentation. */
#define TANDEM_GUEST_COUNTS(X)						\
	X(arms,		"deadlines armed")				\
	X(announced,	"of these, those also written to the MSR: an exit each") \
	X(stale,	"of these, those whose lease had run out")	\
	X(cancels,	"deadlines cancelled")				\
	X(registered,	"registrations of this CPU's entry")

struct tandem_guest_counts {
#define X(name, text) unsigned long name;
	TANDEM_GUEST_COUNTS(X)
#undef X
};
DECLARE_PER_CPU(struct tandem_guest_counts, tandem_guest_counts);

#define tandem_count(name)	this_cpu_inc(tandem_guest_counts.name)

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

/* knobs.c */
int tandem_knobs_start(void);
void tandem_knobs_stop(void);

#endif
