/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_NUMA_H
#define TANDEM_NUMA_H

#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/migrate_range.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/types.h>

#include "policy/memory_copy.h"
#include "policy/placement.h"
#include "policy/placement_load.h"
#include "policy/placement_record.h"
#include "policy/placement_trial.h"

struct attribute;
struct kvm;
struct kvm_memslots;
struct mm_struct;
struct pid;
struct tandem_vm;
struct task_struct;

/**
 * enum tandem_stays - why a VM is left alone; numa_pins.c has the words
 * @TANDEM_FREE:		it is not
 * @TANDEM_UNMANAGED:		somebody wrote 0 to its managed
 * @TANDEM_NO_VMM:		whose process it is, is not known (yet)
 * @TANDEM_SHARES_VMM:		another VM of its process is placed
 * @TANDEM_CPUS_CHOSEN:		its user chose its CPUs
 * @TANDEM_MEMORY_CHOSEN:	it has a memory policy
 * @TANDEM_NO_NODE:		no node that can be used is allowed to all its threads
 * @TANDEM_TOO_WIDE:		no node can hold it, and none a part of it
 * @TANDEM_NR_STAYS:		how many there are
 */
enum tandem_stays {
	TANDEM_FREE,
	TANDEM_UNMANAGED,
	TANDEM_NO_VMM,
	TANDEM_SHARES_VMM,
	TANDEM_CPUS_CHOSEN,
	TANDEM_MEMORY_CHOSEN,
	TANDEM_NO_NODE,
	TANDEM_TOO_WIDE,
	TANDEM_NR_STAYS
};

/**
 * struct tandem_thread_time - what a thread had used when it was last looked at
 * @pid:	the thread
 * @run_ns:	it ran so long
 * @wait_ns:	and waited for a CPU
 */
struct tandem_thread_time {
	pid_t pid;
	u64 run_ns;
	u64 wait_ns;
};

/* A VM is cut into so many parts at most. */
#define TANDEM_PARTS_MAX	8

/**
 * struct tandem_part - vCPUs of a VM that belong on one node; the first has its other threads
 * @home:	the node, or NUMA_NO_NODE
 * @trial:	how its move gets on
 * @run_ns:	a counter of what its threads ran and did not poll
 * @wait_ns:	and waited
 * @polled_ns:	KVM's and our counters of polling, as last seen
 * @used_ns:	both, since the look before, by node
 * @load:	what it wants
 * @astray:	nodes where a thread wants a CPU, and is not at home, a bit each
 * @untold:	a thread does not know its home
 * @chosen:	its home was chosen for it; a part that is new is where the first one is
 */
struct tandem_part {
	int home;
	struct tandem_trial trial;
	u64 run_ns;
	u64 wait_ns;
	u64 polled_ns;
	u64 used_ns[TANDEM_NODES_MAX];
	struct tandem_load load;
	u32 astray;
	bool untold;
	bool chosen;
};

/**
 * struct tandem_memory - how a VM's memory follows it
 * @copy:	how far that is
 * @next:	guest frame number behind the last chunk
 * @serial:	counts passes: a chunk belongs to one
 * @pages:	of this pass, or the last, by outcome
 * @moved:	pages that were ever copied
 */
struct tandem_memory {
	struct tandem_copy copy;
	u64 next;
	unsigned int serial;
	unsigned long pages[NR_MIGRATE_RANGE_OUTCOMES];
	unsigned long moved;
};

/**
 * struct tandem_shared - which page frames a VM shares by KSM
 * @sketch:	a min-hash of them, of the last whole pass over its RAM; all 0: none
 * @next:	of this pass
 * @page:	of RAM that this pass looks at next
 */
struct tandem_shared {
	u32 sketch[TANDEM_SKETCH];
	u32 next[TANDEM_SKETCH];
	unsigned long page;
};

/**
 * struct tandem_numa - where a VM belongs, and why
 * @lock:	covers all that follows; nobody holds two
 * @gone:	the VM is being destroyed: vm->kvm must not be used
 * @vmm:	its process, NULL = not known yet
 * @born_ns:	when it was created, CLOCK_MONOTONIC; 0 = before we came
 * @managed:	we may move it
 * @part:	what belongs together of it
 * @parts:	how many: 1, or as many nodes as can hold it
 * @cut:	of so many vCPUs; counts where there are several
 * @stays:	why it is left alone, as of the last look
 * @leaving:	it is being live-migrated, as of the last look
 * @memory_chosen: guest RAM has a memory policy, as of the last look
 * @moves:	so often threads of it were brought to another node
 * @reason:	why that was last, a constant
 * @memory:	how its memory follows
 *
 * @time:	of each thread, in the order of the process's list
 * @nr_time:	how many
 * @vcpus:	how many it has
 * @ram_mib:	guest RAM, MiB
 * @found:	pages that were sampled, by node; fades
 * @merged:	those that KSM merged, which can't follow it; fades
 * @absent:	those that were not there; fades
 * @shared:	what it shares
 * @allowed:	nodes that its threads may use, a bit each
 */
struct tandem_numa {
	struct mutex lock;	/* what follows */
	bool gone;
	struct pid *vmm;
	u64 born_ns;
	bool managed;
	struct tandem_part part[TANDEM_PARTS_MAX];
	unsigned int parts;
	unsigned int cut;
	enum tandem_stays stays;
	bool leaving;
	bool memory_chosen;
	unsigned int moves;
	const char *reason;
	struct tandem_memory memory;

	struct tandem_thread_time *time;
	unsigned int nr_time;
	unsigned int vcpus;
	u32 ram_mib;
	u16 found[TANDEM_NODES_MAX];
	u16 merged[TANDEM_NODES_MAX];
	u16 absent;
	struct tandem_shared shared;
	u32 allowed;
};

/**
 * struct tandem_member - whose a group is
 * @vm:		the VM
 * @part:	which part of it
 */
struct tandem_member {
	struct tandem_vm *vm;
	unsigned int part;
};

/**
 * struct tandem_numa_host - the host as the last look found it, and a plan for it
 * @usable:	CPUs for VMs: online, not isolated, not an agent's
 * @scratch:	for whoever holds the lock
 * @at_ns:	when it was looked at, CLOCK_MONOTONIC; 0 = never
 * @elapsed_ns:	since the look before
 * @idle_ns:	counters of the nodes' idle time, as last seen
 * @rest:	what else they did
 * @vm:		the VMs, a reference each
 * @nr_vms:	how many
 * @node:	the nodes, by their numbers
 * @group:	the VMs' parts, for plans; those of one stand together
 * @of:		whose each is
 * @nr_wide:	how many VMs have several
 * @snapshot:	both
 * @knobs:	how plans are made
 * @plan:	what is made of them
 * @acts:	moves are carried out, not only decided
 *
 * All of it under tandem_numa_lock.
 */
struct tandem_numa_host {
	cpumask_var_t usable;
	cpumask_var_t scratch;
	u64 at_ns;
	u64 elapsed_ns;
	u64 idle_ns[TANDEM_NODES_MAX];
	struct tandem_rest rest[TANDEM_NODES_MAX];
	struct tandem_vm *vm[TANDEM_GROUPS_MAX];
	unsigned int nr_vms;
	struct tandem_node node[TANDEM_NODES_MAX];
	struct tandem_group group[TANDEM_GROUPS_MAX];
	struct tandem_member of[TANDEM_GROUPS_MAX];
	unsigned int nr_wide;
	struct tandem_snapshot snapshot;
	struct tandem_placement_knobs knobs;
	struct tandem_plan plan;
	bool acts;
};

/* Lock order: tandem_numa_lock, vms_lock; tandem_numa_lock, numa.lock. */
extern struct mutex tandem_numa_lock;

/* A clock for what takes a while, ms. */
static inline u64 tandem_now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

/* numa_place.c: the worker, and its parameters */
int tandem_numa_start(void);
void tandem_numa_stop(void);
struct tandem_numa_host *tandem_numa_host(void);

/* numa_home.c: VMs come and go */
void tandem_numa_init(struct tandem_vm *vm);
void tandem_numa_born(struct tandem_vm *vm);
void tandem_numa_dead(struct tandem_vm *vm);
void tandem_numa_free(struct tandem_vm *vm);

/* numa_observe.c: what there is now */
void tandem_numa_look(struct tandem_numa_host *h);
void tandem_numa_look_nodes(struct tandem_numa_host *h);
void tandem_numa_fill(struct tandem_numa_host *h);
void tandem_numa_forget(struct tandem_numa_host *h);

/* numa_parts.c: VMs that are larger than a node */
unsigned int tandem_numa_fit(struct tandem_numa_host *h, const struct tandem_numa *numa);
void tandem_numa_cut(struct tandem_vm *vm, unsigned int parts);
unsigned int tandem_numa_vcpus(const struct tandem_numa *numa, unsigned int part);
unsigned int tandem_numa_part(const struct tandem_numa *numa, unsigned long vcpu);
unsigned int tandem_numa_part_of(struct tandem_vm *vm, struct task_struct *t,
				 unsigned long *next);
bool tandem_numa_has_home(const struct tandem_numa *numa);

/* numa_load.c: what a VM's threads used, and where they are */
void tandem_numa_look_threads(struct tandem_numa_host *h, struct tandem_vm *vm);

/* numa_memory.c: where a VM's memory is */
struct mm_struct *tandem_numa_look_memory(struct tandem_vm *vm);
u32 tandem_numa_mib(const struct tandem_numa *numa, int node);
u32 tandem_numa_merged_mib(const struct tandem_numa *numa, int node);
unsigned int tandem_numa_remote(const struct tandem_numa *numa);
void tandem_numa_forget_memory(struct tandem_numa *numa);
bool tandem_numa_is_logged(struct kvm_memslots *slots);

/* numa_copy.c: memory follows */
bool tandem_memory_follows(void);
bool tandem_memory_is_copied(void);
void tandem_numa_follow(struct tandem_vm *vm);
void tandem_numa_stay(struct tandem_vm *vm);
int tandem_copier_start(void);
void tandem_copier_stop(void);

/* numa_scans.c: NUMA balancing leaves memory alone */
void tandem_numa_hold_scans(struct tandem_vm *vm);
void tandem_numa_resume_scans(struct tandem_vm *vm);

/* numa_pins.c: what may not be touched */
void tandem_numa_judge(struct tandem_numa_host *h, struct tandem_vm *vm);
const char *tandem_stays_text(enum tandem_stays stays);

/* numa_threads.c: bring them home */
void tandem_numa_go(struct tandem_numa_host *h, struct tandem_vm *vm, unsigned int part,
		    int node);
void tandem_numa_tell(struct tandem_vm *vm);
void tandem_numa_release(struct tandem_vm *vm);
void tandem_numa_keep(struct tandem_numa_host *h, struct tandem_vm *vm);
void tandem_numa_workers(struct tandem_numa_host *h);

/* numa_decide.c: the policy's plan, carried out */
void tandem_numa_decide(struct tandem_numa_host *h);
void tandem_numa_decide_2011(struct tandem_numa_host *h);
void tandem_numa_move(struct tandem_numa_host *h, const struct tandem_member *who, int node,
		      const char *kind, const char *reason, s64 gain);

/* numa_record.c: decisions are kept, for who asks for them */
extern const struct file_operations tandem_decisions_fops;
void tandem_numa_plan(struct tandem_numa_host *h, enum tandem_record_why why,
		      const struct tandem_placement_knobs *knobs);
void tandem_numa_step(struct tandem_numa_host *h, struct tandem_step *step);
enum tandem_trial_act tandem_numa_try(struct tandem_numa_host *h, unsigned int g,
				      const struct tandem_trial_knobs *knobs,
				      const struct tandem_trial_facts *facts);
bool tandem_numa_2011(const struct tandem_vmb_node *node, unsigned int nr,
		      struct tandem_vmb *result);

/* numa_sysfs.c: a VM's files */
extern const struct attribute_group tandem_numa_group;

#endif
