/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_IDLE_H
#define TANDEM_IDLE_H

#include <linux/kobject.h>
#include <linux/types.h>

#include "policy/poll_idle.h"

struct kvm_vcpu;
struct tandem_entry;
struct tandem_vcpu;
struct tandem_vm;

/* Who polls: bits, so that "both" is both. */
#define TANDEM_POLL_GUEST	1U
#define TANDEM_POLL_HOST	2U

/**
 * enum tandem_idle_knob - the knobs of polling; idle_knobs.c has names and ranges
 * @TANDEM_IDLE_MODE:	TANDEM_POLL_GUEST, TANDEM_POLL_HOST
 * @TANDEM_IDLE_MIN:	the shortest window, ns
 * @TANDEM_IDLE_MAX:	the longest, ns
 * @TANDEM_IDLE_PRICE:	of polling on a CPU that nobody else wants, per mille
 * @TANDEM_IDLE_HALT:	what a halt costs, ns
 * @TANDEM_IDLE_BUDGET:	polling that a VM may do, ms in a second
 * @TANDEM_NR_IDLE_KNOBS: how many there are
 */
enum tandem_idle_knob {
	TANDEM_IDLE_MODE,
	TANDEM_IDLE_MIN,
	TANDEM_IDLE_MAX,
	TANDEM_IDLE_PRICE,
	TANDEM_IDLE_HALT,
	TANDEM_IDLE_BUDGET,
	TANDEM_NR_IDLE_KNOBS
};

/**
 * struct tandem_idle_dir - a directory of these knobs: everybody's, or one VM's
 * @kobj:	the directory; its release frees what it is part of
 * @own:	a bit for each knob that a VM has a value of its own for
 * @value:	those values
 */
struct tandem_idle_dir {
	struct kobject kobj;
	unsigned long own;
	unsigned int value[TANDEM_NR_IDLE_KNOBS];
};

/**
 * struct tandem_idle - what the host keeps of a vCPU's idles
 * @guest_polls: the guest said so when it registered
 * @polled_ns:	guest.polled_ns as it was seen last; tv->lock
 * @seen_at:	when that was, CLOCK_MONOTONIC, ns; tv->lock
 * @unsaid_ns:	how much of the time until then it may yet say that it polled; tv->lock
 * @poll:	what was learned of its halts; vCPU context only
 * @knobs:	those that the halt's window was asked with; vCPU context only
 * @window_ns:	that window; vCPU context only
 */
struct tandem_idle {
	bool guest_polls;
	u64 polled_ns;
	u64 seen_at;
	u64 unsaid_ns;
	struct tandem_poll poll;
	struct tandem_poll_knobs knobs;
	unsigned int window_ns;
};

/* idle_page.c: what the page says */
void tandem_idle_greet(struct tandem_vcpu *tv, struct tandem_entry *entry);
void tandem_idle_publish(struct tandem_vcpu *tv, struct tandem_entry *entry);
void tandem_idle_refresh(struct tandem_vcpu *tv);
u32 tandem_idle_others(struct tandem_vcpu *tv);
bool tandem_idle_sibling_busy(struct tandem_vcpu *tv);

/* idle_pressure.c: somebody else wants the CPU */
int tandem_pressure_start(void);
void tandem_pressure_stop(void);
void tandem_pressure_load(struct tandem_vcpu *tv);
void tandem_pressure_unload(struct tandem_vcpu *tv);

/* idle_halt.c: KVM's own halt polling */
bool tandem_halt_ours(struct tandem_vcpu *tv);
unsigned int tandem_halt_begins(struct tandem_vcpu *tv);
void tandem_halt_ends(struct tandem_vcpu *tv, u64 ns);

/* idle_knobs.c */
int tandem_idle_knobs_start(void);
void tandem_idle_knobs_stop(void);
int tandem_idle_dir_add(struct tandem_idle_dir *dir, const struct kobj_type *type,
			pid_t pid, unsigned int serial);
extern const struct attribute_group tandem_idle_knob_group;
bool tandem_idle_host_polls(void);
unsigned int tandem_idle_knob(const struct tandem_vm *vm, enum tandem_idle_knob which);
struct tandem_poll_knobs tandem_idle_knobs(const struct tandem_vm *vm, unsigned int who,
					   bool sibling_busy);

#endif
