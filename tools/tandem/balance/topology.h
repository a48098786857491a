/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TOPOLOGY_H
#define TANDEM_TOPOLOGY_H

#include "host.h"
#include "placement.h"

/* A node's number must fit beside TANDEM_NOWHERE. */
#define NODE_ID_MAX	254

/**
 * struct numa_node - a node as it is now
 * @id:		its number
 * @cpus:	online, neither isolated nor an agent's
 * @cores:	how many physical cores they are on
 * @total_mib:	its memory, MiB
 * @free_mib:	what is free, or holds file pages that are not in use, MiB
 * @distance:	to each, in the order of topology.node
 */
struct numa_node {
	unsigned int id;
	struct cpus cpus;
	unsigned int cores;
	uint32_t total_mib;
	uint32_t free_mib;
	uint8_t distance[TANDEM_NODES_MAX];
};

/**
 * struct topology - the host's nodes
 * @node:	those with memory or CPUs, by their numbers
 * @nr:		how many
 * @too_many:	there are more, or their numbers are too high
 * @online:	CPUs
 * @usable:	those of @online that are neither isolated nor an agent's
 */
struct topology {
	struct numa_node node[TANDEM_NODES_MAX];
	unsigned int nr;
	bool too_many;
	struct cpus online;
	struct cpus usable;
};

/* False if the host doesn't say which CPUs it has. */
bool topology_read(const struct host *h, struct topology *t);

/* A line "KEY: N kB" of a meminfo, 0 without one. */
uint64_t meminfo_kib(const char *text, const char *key);

/* Where a node stands in t->node, or TANDEM_NOWHERE. */
unsigned int topology_find(const struct topology *t, unsigned int id);

/* Nodes that have a CPU of a set, a bit each, in the order of t->node. */
uint32_t topology_nodes(const struct topology *t, const struct cpus *cpus);

/* The node a CPU is on, or TANDEM_NOWHERE. */
unsigned int topology_of_cpu(const struct topology *t, unsigned int cpu);

#endif
