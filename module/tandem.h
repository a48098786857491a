/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_H
#define TANDEM_H

#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/timerqueue.h>
#include <asm/kvm_tandem.h>

#include "idle.h"
#include "numa.h"
#include "policy/period.h"
#include "policy/rate.h"
#include "tandem_abi.h"

struct seq_file;
struct tandem_agent;

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
 * struct tandem_vm - what the agents spend on one VM, and where it belongs
 * @node:	in the list of all VMs; vms_lock
 * @kvm:	the VM; not to be looked into, as a record is known by it only
 * @pid:	the VMM's process
 * @vcpus:	those of its vCPUs that ever registered; vms_lock
 * @known:	it was created, or found, and not destroyed yet; vms_lock
 * @numa:	where it belongs
 *
 * @lock:	covers what follows; the innermost lock
 * @rate:	how near it is to its share
 * @agent_ns:	agents' time spent on it, ns
 * @looks:	looks at its pages that were paid for so
 * @throttled:	how often it went beyond its share
 * @poll_rate:	how near it is to its budget of polling
 * @polled_ns:	what it has polled, ns
 * @over_budget: how often its budget was spent
 * @was_over:	it was spent when it was looked at last
 *
 * @dir:	its directory in /sys/kernel/tandem/vms, which keeps this allocated
 */
struct tandem_vm {
	struct list_head node;
	struct kvm *kvm;
	pid_t pid;
	unsigned int vcpus;
	bool known;
	struct tandem_numa numa;

	raw_spinlock_t lock;
	struct tandem_rate rate;
	u64 agent_ns;
	u64 looks;
	u64 throttled;
	struct tandem_rate poll_rate;
	u64 polled_ns;
	u64 over_budget;
	bool was_over;

	struct tandem_idle_dir dir;
};

/**
 * struct tandem_vcpu - what the module knows about one vCPU
 * @vcpu:	the vCPU; it outlives this, by &kvm_tandem_ops.destroy
 * @vm:		what its VM costs
 * @node:	in the list of all vCPUs; vcpus_lock
 * @page:	where the entry lies, NULL = not registered. Written in the vCPU's
 *		context, while neither the agent nor @watch can run for it, under
 *		vcpus_lock.
 * @gpa:	the entry's guest-physical address
 * @executing:	between enter and leave; vCPU context only
 *
 * @lock:	covers looking at the page, deciding, marking, and injecting, for
 *		whoever looks: the vCPU, @watch, the agent
 * @serving:	the module owns the vCPU's deadlines and KVM's timer is disarmed;
 *		otherwise KVM's timer owns them and the lease is "never"
 * @promised:	the page may show the guest a lease
 * @voided:	what the page holds is void, until the guest announces a deadline;
 *		vCPU context only
 * @agent:	who looks at @next_look, NULL = @watch does. Written under the
 *		agent's lock too; an agent that is not NULL stays until then.
 * @consumed:	the page's deadline that was fired or handed over last
 * @seen:	the page's deadline that was seen last
 * @looked:	guest TSC at the last look, 0 = there was none
 * @next_look:	when the page is looked at again, CLOCK_MONOTONIC: the promise
 *		that the guest was given. A polled vCPU's has passed always.
 * @promised_at: when that promise was made, CLOCK_MONOTONIC
 * @period:	what was learned of its deadlines
 * @watch:	looks from the vCPU's own CPU
 * @idle:	polling
 *
 * @agent_node:	in the agent's list; agent lock
 * @due:	in the agent's queue: when it looks at the latest; agent lock
 *
 * Lock order: agent lock, gpc lock of @page (only tried from interrupts), @lock.
 */
struct tandem_vcpu {
	struct kvm_vcpu *vcpu;
	struct tandem_vm *vm;
	struct list_head node;
	struct tandem_page *page;
	gpa_t gpa;
	bool executing;

	raw_spinlock_t lock;
	bool serving;
	bool promised;
	bool voided;
	struct tandem_agent *agent;
	u64 consumed;
	u64 seen;
	u64 looked;
	ktime_t next_look;
	ktime_t promised_at;
	struct tandem_period period;
	struct hrtimer watch;
	struct tandem_idle idle;

	struct list_head agent_node;
	struct timerqueue_node due;
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

/**
 * struct tandem_word_knob - a parameter that is one of some words; its &kernel_param.arg
 * @words:	they
 * @nr:		how many
 * @allowed:	they, as the message has them where something else is written
 * @word:	the index of the one that it is; may be written at any time
 */
struct tandem_word_knob {
	const char * const *words;
	unsigned int nr;
	const char *allowed;
	unsigned int word;
};

/**
 * struct tandem_range - what a knob may be set to
 * @min:	the least
 * @max:	the most
 * @unit:	what it counts
 */
struct tandem_range {
	unsigned int min;
	unsigned int max;
	const char *unit;
};

/* knobs.c */
struct tandem_period_knobs tandem_period_knobs(void);
u64 tandem_longest_ns(void);
u64 tandem_min_gap_ns(void);
u32 tandem_vm_share(void);
unsigned int tandem_watchdog_ms(void);
unsigned int tandem_placement_interval_ms(void);
u32 tandem_placement_margin(void);
u32 tandem_memory_rate(void);
bool tandem_enabled(void);
int tandem_read_number(const char *name, const char *val, const struct tandem_range *range,
		       unsigned int *value);
int tandem_read_word(const char *name, const char *val, const char * const *words, size_t nr,
		     const char *allowed);
extern const struct kernel_param_ops tandem_word_ops;
const char *tandem_knobs_agent_cpus(void);
int tandem_knobs_check(void);
int tandem_knobs_start(void);
void tandem_knobs_stop(void);

/* vm.c */
struct tandem_vm *tandem_vm_get(struct kvm *kvm);
void tandem_vm_put(struct tandem_vm *vm);
bool tandem_vm_charge(struct tandem_vm *vm, ktime_t now, u64 ns);
bool tandem_vm_over(struct tandem_vm *vm);
bool tandem_vm_polled(struct tandem_vm *vm, ktime_t now, u64 ns);
void tandem_vms_show(struct seq_file *m);
void tandem_vm_created(struct kvm *kvm);
void tandem_vm_destroyed(struct kvm *kvm);
void tandem_vms_find(void);
void tandem_vms_forget(void);
unsigned int tandem_vms_hold(struct tandem_vm **vm, unsigned int most);
void tandem_vm_drop(struct tandem_vm *vm);

/* page.c */
struct tandem_page *tandem_page_get(struct kvm *kvm, gpa_t gpa);
void tandem_page_put(struct tandem_page *page);
void tandem_page_unmap(struct tandem_page *page);
void tandem_page_lock(struct tandem_vcpu *tv, struct tandem_hold *hold);
int tandem_page_trylock(struct tandem_vcpu *tv, struct tandem_hold *hold);
void tandem_page_unlock(struct tandem_vcpu *tv, struct tandem_hold *hold);
bool tandem_page_raise(struct tandem_vcpu *tv);

/* vcpu.c */
extern const struct kvm_tandem_ops tandem_ops;
void tandem_vcpus_drain(void);
void tandem_vcpus_resume(void);
void tandem_vcpus_stop_watches(void);
void tandem_vcpus_detach(void);
void tandem_vcpus_free(void);

/* timer.c */
void tandem_timer_init(struct tandem_vcpu *tv);
bool tandem_timer_enter(struct tandem_vcpu *tv);
bool tandem_timer_leave(struct tandem_vcpu *tv);
bool tandem_timer_refresh(struct tandem_vcpu *tv);
bool tandem_timer_write(struct tandem_vcpu *tv, u64 tsc);
u64 tandem_timer_armed(struct tandem_vcpu *tv);
void tandem_timer_void(struct tandem_vcpu *tv);
void tandem_timer_forget(struct tandem_vcpu *tv);
void tandem_timer_greet(struct tandem_vcpu *tv);
ktime_t tandem_timer_visit(struct tandem_vcpu *tv, struct tandem_entry *entry, bool polled);
void tandem_timer_promise(struct tandem_vcpu *tv, struct tandem_entry *entry,
			  ktime_t next, const char *by);
void tandem_timer_retry(struct tandem_vcpu *tv);
bool tandem_timers_drained(void);

#endif
