/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_HOST_LOAD_H
#define TANDEM_HOST_LOAD_H

#include "placement_load.h"
#include "topology.h"

/**
 * struct cpu_used - the counters of a CPU
 * @busy_ns:	time that it ran anything, by ticks
 * @ticked_ns:	of which since the look before
 * @idle_ns:	time that it slept
 * @awake_ns:	since the look before it did not, so long
 * @run_ns:	time that tasks ran on it, of those that have stopped
 * @wait_ns:	time that tasks waited for it, all of them together
 */
struct cpu_used {
	uint64_t busy_ns;
	uint64_t ticked_ns;
	uint64_t idle_ns;
	uint64_t awake_ns;
	uint64_t run_ns;
	uint64_t wait_ns;
};

/**
 * struct host_load - what the host's CPUs do
 * @cpu:	their counters, as last seen
 * @at_ns:	when that was, 0: never
 * @elapsed_ns:	since the look before, 0: there was none
 * @used_ns:	run and waited for since then, by node
 * @own_ns:	what this process used, a counter
 * @rest_ns:	what there was no VM for, since the look before, by node
 * @rest:	and is now and then, again and again
 * @nr_running:	tasks that run or wait, by node
 * @columns:	that is what the patched kernel says, not an average
 */
struct host_load {
	struct cpu_used cpu[CPUS_MAX];
	uint64_t at_ns;
	uint64_t elapsed_ns;
	uint64_t used_ns[TANDEM_NODES_MAX];
	uint64_t own_ns;
	uint64_t rest_ns[TANDEM_NODES_MAX];
	struct tandem_load rest[TANDEM_NODES_MAX];
	uint32_t nr_running[TANDEM_NODES_MAX];
	bool columns;
};

void host_load_look(const struct host *h, const struct topology *t, struct host_load *l);

/*
 * What VMs' threads used of a node, ns, is exact; what /proc/stat counts are ticks, of which
 * some are lost on a host that is a guest itself. The rest is what there is no VM for.
 */
void host_load_rest(struct host_load *l, unsigned int node, uint64_t vms_ns);

/* How far off a load, as tasks for each CPU, is from the host's mean, in percent. */
double host_load_imbalance(double load, double mean);

#endif
