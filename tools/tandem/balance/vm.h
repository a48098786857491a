/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_VM_H
#define TANDEM_VM_H

#include "host.h"
#include "placement.h"
#include "placement_load.h"
#include "placement_trial.h"
#include "topology.h"

/**
 * struct vm_thread - a thread of the VMM, or a kernel thread that works for it
 * @tid:	its id
 * @kernel:	it is a kernel thread, in no thread group of the VMM
 * @running:	it runs, or waits for a CPU
 * @run_ns:	it ran so long
 * @wait_ns:	and waited for a CPU
 * @cpu:	where it was last
 * @cpus:	where it may run: an index into vm.masks, or MASKS_MAX: one too many
 * @set:	it was moved by us since this process started
 */
struct vm_thread {
	pid_t tid;
	bool kernel;
	bool running;
	uint64_t run_ns;
	uint64_t wait_ns;
	unsigned int cpu;
	unsigned int cpus;
	bool set;
};

/**
 * struct ram - a part of the VMM's address space that is guest RAM
 * @start:	address
 * @end:	address after it
 * @page:	bytes of its pages
 */
struct ram {
	unsigned long start;
	unsigned long end;
	unsigned long page;
};

#define RAM_MAX		64
/* Kinds of affinity in one VM that are told apart; more are a user's work. */
#define MASKS_MAX	16

/**
 * struct cpuset - the cpuset of a VM that nobody else is in
 * @path:	its folder, or NULL: there is none that could be given back
 * @v2:		of version 2 of cgroups
 */
struct cpuset {
	char *path;
	bool v2;
};

/**
 * struct claim - what was changed of a VM, as it stands in /run/tandem
 * @cpus:	where it is confined to, or is being; empty: nowhere
 * @last:	and was before that, if by us
 * @before:	before we came
 * @group:	its cpuset was written to; else affinities were
 * @mems_before: of that cpuset
 * @mems:	what we wrote there; empty: nothing
 * @home:	its node
 * @from:	and the one before, or TANDEM_NOWHERE
 * @taken:	somebody else moved it after us
 */
struct claim {
	struct cpus cpus;
	struct cpus last;
	struct cpus before;
	bool group;
	struct cpus mems_before;
	struct cpus mems;
	uint8_t home;
	uint8_t from;
	bool taken;
};

/**
 * enum vm_stays - why a VM is left alone
 * @FREE:		it is not
 * @PINNED_CPUS:	its user chose its CPUs
 * @PINNED_MEMORY:	it has a memory policy
 * @NO_CPUS:		its cpuset leaves it none that can be used
 * @WIDE:		no node can hold it
 * @LEAVING:		it is being live-migrated to another host
 * @TAKEN:		somebody else moved it after us
 * @UNREADABLE:		/proc says too little about it
 */
enum vm_stays { FREE, PINNED_CPUS, PINNED_MEMORY, NO_CPUS, WIDE, LEAVING, TAKEN, UNREADABLE };

const char *vm_stays_text(enum vm_stays stays);

/**
 * struct vm - a process with KVM vCPUs
 * @pid:	of the VMM
 * @start:	when that began, clock ticks since boot: a pid may come again
 * @age_ns:	how long ago that was
 * @name:	from -name, or libvirt
 * @vcpus:	how many it has
 * @thread:	all that runs for it
 * @nr_threads:	how many
 * @masks:	the affinities that they have
 * @nr_masks:	how many
 * @run_ns:	a counter of what all of them ran
 * @wait_ns:	and waited
 * @at_ns:	when that was read, 0: never
 * @elapsed_ns:	since the time before, 0: there was none
 * @used_ns:	both, since then, by node
 * @nr_running:	how many of them run or wait
 * @load:	what it wants
 * @ram:	its guest RAM
 * @nr_ram:	in so many parts
 * @ram_mib:	so large, MiB
 * @mib:	resident on each node, MiB
 * @away_mib:	resident on nodes that are none any more, MiB
 * @leaving:	a thread of the VMM sends it to another host
 * @policy:	some of it has a memory policy
 * @fixed:	devices have it, it can't be moved
 * @cpuset:	its own
 * @bound:	CPUs that its cpuset and the host allow it
 * @allowed:	nodes that they do, a bit each
 * @home:	its node's number, or TANDEM_NOWHERE
 * @stays:	why it is left alone
 * @claim:	what was changed of it
 * @claimed:	something was
 * @trial:	how its move is getting on
 * @at_part:	where copying its memory is: in which part,
 * @at_page:	and how far there, bytes
 * @copied_mib:	how much was, MiB of this move
 * @left_mib:	and how much would not, MiB,
 * @shared_mib:	of which others have this, too, MiB
 * @huge:	its pages seem to be huge: one of each takes all of it along
 * @rest:	of the chunk that is copied those have gone: now for the rest
 * @waits:	so often in a row there was no free memory for it
 * @passed:	all of it was looked at
 * @said:	what was said of it already
 * @seen:	it is there in this look
 */
struct vm {
	pid_t pid;
	uint64_t start;
	uint64_t age_ns;
	char *name;
	unsigned int vcpus;
	struct vm_thread *thread;
	unsigned int nr_threads;
	struct cpus masks[MASKS_MAX];
	unsigned int nr_masks;
	uint64_t run_ns;
	uint64_t wait_ns;
	uint64_t at_ns;
	uint64_t elapsed_ns;
	uint64_t used_ns[TANDEM_NODES_MAX];
	unsigned int nr_running;
	struct tandem_load load;
	struct ram ram[RAM_MAX];
	unsigned int nr_ram;
	uint32_t ram_mib;
	uint32_t mib[TANDEM_NODES_MAX];
	uint32_t away_mib;
	bool leaving;
	bool policy;
	bool fixed;
	struct cpuset cpuset;
	struct cpus bound;
	uint32_t allowed;
	uint8_t home;
	enum vm_stays stays;
	struct claim claim;
	bool claimed;
	struct tandem_trial trial;
	unsigned int at_part;
	unsigned long at_page;
	double copied_mib;
	double left_mib;
	double shared_mib;
	bool huge;
	bool rest;
	unsigned int waits;
	bool passed;
	unsigned int said;
	bool seen;
};

/**
 * struct process - what is remembered of a process
 * @pid:	its id
 * @start:	when it began, clock ticks since boot
 * @vcpus:	descriptors of vCPUs that it holds
 * @vfio:	it holds one of a device
 * @looks:	so often it was there
 */
struct process {
	pid_t pid;
	uint64_t start;
	unsigned int vcpus;
	bool vfio;
	unsigned int looks;
};

/**
 * struct vms - the host's VMs
 * @vm:		they
 * @nr:		how many
 * @hidden:	processes that could not be looked at
 * @process:	all processes, by their ids
 * @processes:	how many
 */
struct vms {
	struct vm **vm;
	unsigned int nr;
	unsigned int hidden;
	struct process *process;
	unsigned int processes;
};

/* find_vms.c: which there are; those that are gone are dropped: that were not seen. */
void vms_find(const struct host *h, struct vms *v);
void vms_drop_gone(struct vms *v);
void vms_free(struct vms *v);

/* vm_name.c: what somebody called it, or NULL; or else after its program. The caller frees. */
char *vm_given_name(const struct host *h, pid_t pid);
char *vm_name(const struct host *h, pid_t pid);

/**
 * struct workers - kernel threads that work for VMMs
 * @worker:	their ids, and those of whom they work for
 * @nr:		how many
 */
struct workers {
	struct worker {
		pid_t tid;
		pid_t owner;
	} *worker;
	unsigned int nr;
};

/* vm_threads.c: 0, or -errno: -ESRCH if it is gone, -EPROTO if /proc says too little. */
void workers_find(const struct host *h, struct workers *w);
int vm_read_threads(const struct host *h, const struct topology *t, const struct workers *w,
		    struct vm *vm);

/* node_memory.c: the same. */
int vm_read_memory(const struct host *h, const struct topology *t, struct vm *vm);

/*
 * cpusets.c: which CPUs and nodes a VM's cpusets allow it, apart from what it was claimed
 * for, and whether it has one of its own. A group's path is below the root.
 */
void vm_read_cpuset(const struct host *h, const struct topology *t, struct vm *vm);
bool cpuset_list(const struct host *h, const struct cpuset *s, const char *file, struct cpus *c);
int cpuset_write(struct host *h, const struct cpuset *s, const char *file, const struct cpus *c);

/* pins.c: may it be moved at all? Sets its home and why it stays. */
void vm_judge(const struct host *h, const struct topology *t, struct vm *vm);

/* Is a thread where our claim on its VM wants it? */
bool vm_thread_is_set(const struct vm *vm, const struct vm_thread *thread);

/* The share of its memory that is not on its home, 1/1024; 0 without a home. */
unsigned int vm_remote(const struct topology *t, const struct vm *vm);

/*
 * claims.c: what was changed, in /run/tandem. It is written before anything is: whoever
 * comes after a kill knows what may have been.
 */
#define RUN_DIR	"/run/tandem"

int claim_write(struct host *h, const struct vm *vm);
void claim_drop(struct host *h, struct vm *vm);
/* 0 none or not of this process, 1 there is one, -1 it is damaged. */
int claim_read(const struct host *h, struct vm *vm);
/* Drops those of processes that are gone. */
void claims_sweep(struct host *h, const struct vms *v);

/* Only one may balance: -1 after saying who does. */
int balance_lock(const struct host *h);

#endif
