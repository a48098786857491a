/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_PLACE_SIM_H
#define TANDEM_PLACE_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACE_NODES	4
#define PLACE_VMS	64
#define PLACE_VCPUS	4
#define PLACE_EVENTS	256
#define PLACE_CHUNK_MS	100
#define ALL_NODES(host)	((1U << (host)->nodes) - 1)

struct place;

/**
 * struct place_case - a host, its VMs, and how they start
 * @name:	what results call it
 * @about:	one line
 * @nodes:	NUMA nodes
 * @cpus:	of each
 * @cores:	that those are on
 * @node_mib:	memory of each
 * @vms:	VMs of PLACE_VCPUS vCPUs
 * @vm_mib:	what each has resident
 * @busy:	how many of them work, the first of them
 * @burst_ms:	those after the first @busy work for so long only, 0: not at all
 * @homes:	how many start on each node, where somebody placed them
 * @pinned:	how many on each node, bound by hand
 * @unit:	of throughput
 * @scale:	from MB/s to that
 */
struct place_case {
	const char *name;
	const char *about;
	unsigned int nodes;
	unsigned int cpus;
	unsigned int cores;
	unsigned int node_mib;
	unsigned int vms;
	unsigned int vm_mib;
	unsigned int busy;
	unsigned int burst_ms;
	unsigned int homes[PLACE_NODES];
	unsigned int pinned[PLACE_NODES];
	const char *unit;
	double scale;
};

/**
 * struct place_vm - a VM
 * @mask:	nodes that its vCPUs may run on
 * @listed:	when it came to its node: balancers list VMs in that order
 * @at:		the node of each vCPU
 * @mib:	its memory on each node
 * @resident:	their sum, in the end
 * @running:	tasks that a look at it finds: it is sampled
 * @busy:	it works
 */
struct place_vm {
	unsigned int mask;
	unsigned int listed;
	unsigned int at[PLACE_VCPUS];
	double mib[PLACE_NODES];
	double resident;
	unsigned int running;
	bool busy;
};

/**
 * struct place_copy - memory on its way
 * @vm:		whose; -1: none
 * @to:		where
 * @rate:	MiB a second
 */
struct place_copy {
	int vm;
	unsigned int to;
	double rate;
};

enum place_event_kind { FAULT, SCATTER, POLICY, COPY, BEGIN, CALM, MARK };

struct place_event {
	uint64_t at_ms;
	uint64_t order;
	enum place_event_kind kind;
};

/**
 * struct place_policy - who places
 * @name:	what results call it
 * @about:	one line
 * @placed:	its VMs start where @homes says; else where the scheduler puts them
 * @scatters:	the scheduler moves vCPUs as it likes, where the mask lets it
 * @start:	once, before anything happens; may be NULL
 * @run:	each interval; returns ms until it is called again, 0: @copied says
 *		when; may be NULL
 * @copied:	what it asked to be copied was; may be NULL
 * @stop:	frees what @start made; may be NULL
 */
struct place_policy {
	const char *name;
	const char *about;
	bool placed;
	bool scatters;
	void (*start)(struct place *p);
	unsigned int (*run)(struct place *p);
	void (*copied)(struct place *p);
	void (*stop)(struct place *p);
};

/**
 * struct place_result - what a run gave
 * @throughput:	in the case's unit, by the model, mean of the time measured
 * @remote:	remote share of running time, mean of that
 * @settled_remote: the same, of its last half
 * @moves:	VMs that were moved, by whole VMs, or vCPUs, for who moves those
 * @late_moves:	those in the last half
 * @copied_mib:	memory that was copied
 * @settled_ms:	when the last move was, after the start of work; 0: none
 * @concentration: share of its memory on the node that has most of it, mean of VMs
 */
struct place_result {
	double throughput;
	double remote;
	double settled_remote;
	unsigned int moves;
	unsigned int late_moves;
	double copied_mib;
	uint64_t settled_ms;
	double concentration;
};

/**
 * struct place_sample - a moment of a run, for timelines
 * @at_ms:	after the start of work
 * @busy:	CPUs that run, of each node
 * @vms:	busy VMs that are at home there
 */
struct place_sample {
	uint64_t at_ms;
	double busy[PLACE_NODES];
	double vms[PLACE_NODES];
};

#define PLACE_SAMPLES	1024

/**
 * struct place - a run
 * @what:	the case
 * @policy:	who places
 * @own:	of the policy
 * @noise:	VMs are found with 3 to 5 tasks, else with 4
 * @seconds:	how long is measured
 * @random:	a sequence for a seed
 * @now_ms:	the time; work starts at @begin_ms
 * @begin_ms:	when
 * @event:	what is to happen, a heap
 * @nr_events:	how much
 * @nr_order:	how much ever was
 * @vm:		the VMs
 * @listings:	how often a VM came to a node
 * @copy:	what is copied now
 * @result:	what was counted so far
 * @running:	integral of running vCPUs, from the start; for shares
 * @half_running: the same, of the last half
 * @sample:	moments
 * @nr_samples:	how many
 */
struct place {
	const struct place_case *what;
	const struct place_policy *policy;
	void *own;
	bool noise;
	unsigned int seconds;
	uint64_t random;
	uint64_t now_ms;
	uint64_t begin_ms;
	struct place_event event[PLACE_EVENTS];
	unsigned int nr_events;
	uint64_t nr_order;
	struct place_vm vm[PLACE_VMS];
	unsigned int listings;
	struct place_copy copy;
	struct place_result result;
	double running;
	double half_running;
	struct place_sample sample[PLACE_SAMPLES];
	unsigned int nr_samples;
};

extern const struct place_policy place_none, place_pinned, place_vmb2011, place_numad,
	place_rusty, place_tandem, place_birth;

/* A run from its start to its end. */
void place_run(struct place *p);

/* Events: place_events.c */
void place_at(struct place *p, uint64_t at_ms, enum place_event_kind kind);
bool place_next(struct place *p, struct place_event *event);

/* What is true now: place_host.c */
uint64_t place_random(struct place *p, uint64_t below);
double place_load(const struct place *p, unsigned int node);
double place_used_mib(const struct place *p, unsigned int node);
double place_remote(const struct place_vm *vm, unsigned int nodes, unsigned int at);
unsigned int place_home(const struct place_vm *vm);
void place_measure(struct place *p, uint64_t until_ms);

/* What the kernel does: place_kernel.c */
void place_boot(struct place *p);
void place_fault(struct place *p);
void place_scatter(struct place *p);
void place_sample_loads(struct place *p);

/* What policies may do: a VM's threads, and its memory, to one of some nodes. */
void place_move_vcpu(struct place *p, struct place_vm *vm, unsigned int vcpu, unsigned int to);
void place_confine(struct place *p, struct place_vm *vm, unsigned int mask);
void place_count_moves(struct place *p, unsigned int n);
void place_copy(struct place *p, unsigned int vm, unsigned int to);

#endif
