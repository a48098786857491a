// SPDX-License-Identifier: GPL-2.0
/* Nodes, their CPUs and memory, from sysfs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology.h"

#define CPU_DIR		"/sys/devices/system/cpu"
#define NODE_DIR	"/sys/devices/system/node"
#define AGENTS		"/sys/module/kvm_tandem/parameters/agent_cpus"
#define LOCAL		10
#define REMOTE		20

uint64_t meminfo_kib(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	unsigned long long kib = 0;

	return at && sscanf(at + strlen(key), "%llu", &kib) == 1 ? kib : 0;
}

/* Migration reclaims clean file pages, the inactive ones soonest. */
static void read_memory(struct numa_node *n, const char *text)
{
	uint64_t total = meminfo_kib(text, "MemTotal:");
	uint64_t room = meminfo_kib(text, "MemFree:") + meminfo_kib(text, "Inactive(file):");

	n->total_mib = total / 1024;
	n->free_mib = (room < total ? room : total) / 1024;
}

/* Of the threads of its core that count. */
static bool is_first_thread(const struct host *h, const struct numa_node *n, unsigned int cpu)
{
	struct cpus threads;

	if (!host_list(h, &threads, CPU_DIR "/cpu%u/topology/thread_siblings_list", cpu))
		return true;
	cpus_and(&threads, &n->cpus);
	for (unsigned int i = 0; i < cpu; i++)
		if (cpus_has(&threads, i))
			return false;
	return true;
}

static void count_cores(const struct host *h, struct numa_node *n)
{
	n->cores = 0;
	for (unsigned int cpu = 0; cpu < CPUS_MAX; cpu++)
		n->cores += cpus_has(&n->cpus, cpu) && is_first_thread(h, n, cpu);
}

static void read_node(const struct host *h, struct topology *t, unsigned int id)
{
	struct numa_node *n = &t->node[t->nr];
	char text[8192];

	*n = (struct numa_node){ .id = id };
	if (host_list(h, &n->cpus, NODE_DIR "/node%u/cpulist", id))
		cpus_and(&n->cpus, &t->usable);
	if (host_read(h, text, sizeof(text), NODE_DIR "/node%u/meminfo", id) > 0)
		read_memory(n, text);
	count_cores(h, n);
	if (n->total_mib || n->cores)
		t->nr++;
}

/* A kernel without NUMA, or a machine with one node, is one. */
static void read_only_node(const struct host *h, struct topology *t)
{
	char text[8192];

	t->node[0] = (struct numa_node){ .cpus = t->usable };
	if (host_read(h, text, sizeof(text), "/proc/meminfo") > 0)
		read_memory(&t->node[0], text);
	count_cores(h, &t->node[0]);
	t->nr = 1;
}

static void read_nodes(const struct host *h, struct topology *t)
{
	struct cpus nodes;

	t->nr = 0;
	t->too_many = false;
	if (!host_list(h, &nodes, NODE_DIR "/online") || cpus_empty(&nodes)) {
		read_only_node(h, t);
		return;
	}
	for (unsigned int id = 0; id < CPUS_MAX; id++) {
		if (!cpus_has(&nodes, id))
			continue;
		if (t->nr == TANDEM_NODES_MAX || id > NODE_ID_MAX)
			t->too_many = true;
		else
			read_node(h, t, id);
	}
}

/* The kernel prints one distance for each online node, in their order. */
static void read_distances(const struct host *h, struct topology *t, unsigned int i)
{
	struct numa_node *n = &t->node[i];
	struct cpus online;
	char text[8192], *at = text;
	unsigned long distance;
	unsigned int to;

	for (to = 0; to < t->nr; to++)
		n->distance[to] = to == i ? LOCAL : REMOTE;
	if (!host_list(h, &online, NODE_DIR "/online") ||
	    host_read(h, text, sizeof(text), NODE_DIR "/node%u/distance", n->id) <= 0)
		return;
	for (unsigned int id = 0; id <= NODE_ID_MAX; id++) {
		if (!cpus_has(&online, id))
			continue;
		distance = strtoul(at, &at, 10);
		to = topology_find(t, id);
		if (to != TANDEM_NOWHERE && to != i && distance > LOCAL && distance < 255)
			n->distance[to] = distance;
	}
}

static void read_usable(const struct host *h, struct topology *t)
{
	struct cpus taken;

	t->usable = t->online;
	if (host_list(h, &taken, CPU_DIR "/isolated"))
		cpus_and_not(&t->usable, &taken);
	if (host_list(h, &taken, AGENTS))
		cpus_and_not(&t->usable, &taken);
}

bool topology_read(const struct host *h, struct topology *t)
{
	if (!host_list(h, &t->online, CPU_DIR "/online") || cpus_empty(&t->online))
		return false;
	read_usable(h, t);
	read_nodes(h, t);
	for (unsigned int i = 0; i < t->nr; i++)
		read_distances(h, t, i);
	return true;
}

unsigned int topology_find(const struct topology *t, unsigned int id)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (t->node[i].id == id)
			return i;
	return TANDEM_NOWHERE;
}

uint32_t topology_nodes(const struct topology *t, const struct cpus *cpus)
{
	uint32_t nodes = 0;

	for (unsigned int i = 0; i < t->nr; i++)
		if (cpus_meet(&t->node[i].cpus, cpus))
			nodes |= 1U << i;
	return nodes;
}

unsigned int topology_of_cpu(const struct topology *t, unsigned int cpu)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (cpus_has(&t->node[i].cpus, cpu))
			return i;
	return TANDEM_NOWHERE;
}
