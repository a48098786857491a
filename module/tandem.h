/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_H
#define TANDEM_H

#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <asm/kvm_tandem.h>

#include "tandem_abi.h"

/**
 * struct tandem_page - one 4 KiB guest page that holds vCPUs' entries
 * @node:	in the list of all pages; pages_lock
 * @users:	vCPUs whose entry lies here; pages_lock
 * @gpc:	the mapping; valid only while the page stays where it is
 */
struct tandem_page {
	struct list_head node;
	unsigned int users;
	struct gfn_to_pfn_cache gpc;
};

/**
 * struct tandem_vcpu - what the module knows about one vCPU
 * @vcpu:	the vCPU; it outlives this, by &kvm_tandem_ops.destroy
 * @node:	in the list of all vCPUs; vcpus_lock
 * @page:	where the entry lies, NULL = not registered. Written in the vCPU's
 *		context, while neither the agent nor @watch can run for it.
 * @gpa:	the entry's guest-physical address
 * @executing:	between enter and leave; vCPU context only
 *
 * @lock:	covers looking at the page, deciding, marking, and injecting, for
 *		whoever looks: the vCPU, @watch, the agent
 * @serving:	the module owns the vCPU's deadlines and KVM's timer is disarmed;
 *		otherwise KVM's timer owns them and the lease is "never"
 * @on_agent:	the agent looks at agent->next_sync; otherwise @watch at @next_look
 * @consumed:	the page's deadline that was fired or handed over last
 * @next_look:	when @watch looks at the page at the latest, CLOCK_MONOTONIC
 * @first:	how long after a wake-up that is, ns
 * @watch:	looks from the vCPU's own CPU
 *
 * @agent_node:	in the agent's list; agent lock
 *
 * Lock order: agent lock, gpc lock of @page (only tried from interrupts), @lock.
 */
struct tandem_vcpu {
	struct kvm_vcpu *vcpu;
	struct list_head node;
	struct tandem_page *page;
	gpa_t gpa;
	bool executing;

	raw_spinlock_t lock;
	bool serving;
	bool on_agent;
	u64 consumed;
	ktime_t next_look;
	u64 first;
	struct hrtimer watch;

	struct list_head agent_node;
};

/**
 * struct tandem_hold - a vCPU's lock, and its entry, held
 * @entry:	the entry; NULL where the page can't be reached
 * @last:	where it can't: the deadline that the old mapping still showed
 * @last_valid:	@last was read
 * @flags:	interrupt state
 */
struct tandem_hold {
	struct tandem_entry *entry;
	u64 last;
	bool last_valid;
	unsigned long flags;
};

/* How soon to look again after somebody else held the page's lock, ns. */
#define TANDEM_RETRY	(20 * NSEC_PER_USEC)

/* knobs.c */
ktime_t tandem_period(void);
bool tandem_enabled(void);
int tandem_knobs_agent_cpu(void);
void tandem_knobs_start(void);
void tandem_knobs_stop(void);

/* page.c */
struct tandem_page *tandem_page_get(struct kvm *kvm, gpa_t gpa);
void tandem_page_put(struct tandem_page *page);
void tandem_page_unmap(struct tandem_page *page);
void tandem_page_lock(struct tandem_vcpu *tv, struct tandem_hold *hold);
int tandem_page_trylock(struct tandem_vcpu *tv, struct tandem_hold *hold);
void tandem_page_unlock(struct tandem_vcpu *tv, struct tandem_hold *hold);

/* vcpu.c */
extern const struct kvm_tandem_ops tandem_ops;
void tandem_vcpus_drain(void);
void tandem_vcpus_resume(void);
void tandem_vcpus_detach(void);
void tandem_vcpus_free(void);

/* timer.c */
void tandem_timer_init(struct tandem_vcpu *tv);
bool tandem_timer_enter(struct tandem_vcpu *tv);
bool tandem_timer_leave(struct tandem_vcpu *tv);
bool tandem_timer_refresh(struct tandem_vcpu *tv);
bool tandem_timer_write(struct tandem_vcpu *tv, u64 tsc);
void tandem_timer_void(struct tandem_vcpu *tv);
void tandem_timer_forget(struct tandem_vcpu *tv);
ktime_t tandem_timer_publish(struct tandem_vcpu *tv, struct tandem_entry *entry,
			     ktime_t next, const char *by);
void tandem_timer_publish_and_watch(struct tandem_vcpu *tv, struct tandem_entry *entry,
				    const char *by);
void tandem_timer_retry(struct tandem_vcpu *tv);
bool tandem_timers_drained(void);

/* agent.c */
int tandem_agent_start(int cpu);
void tandem_agent_stop(void);
ktime_t tandem_agent_next_sync(void);
void tandem_agent_join(struct tandem_vcpu *tv);
void tandem_agent_forget(struct tandem_vcpu *tv);

#endif
