/* SPDX-License-Identifier: GPL-2.0 */
/* Hosts to make plans for, and carrying the plans out. */
#ifndef PLACEMENT_HOST_H
#define PLACEMENT_HOST_H

#include <stdint.h>
#include <string.h>

#include "placement.h"
#include "placement_plan.h"
#include "tap.h"

#define STEPS_MAX	20000

struct host {
	struct tandem_node node[TANDEM_NODES_MAX];
	struct tandem_group group[TANDEM_GROUPS_MAX];
	struct tandem_snapshot snapshot;
	struct tandem_placement_knobs knobs;
	struct tandem_plan plan;
	struct tandem_step last;	/* that changed something */
	unsigned int steps;
	unsigned int calls;
	uint64_t copied_mib;
	int bad;		/* a step broke a promise */
};

static inline void host_start(struct host *h, unsigned int nodes, unsigned int cpus,
			      unsigned int gib)
{
	memset(h, 0, sizeof(*h));
	h->snapshot = (struct tandem_snapshot){ h->node, h->group, nodes, 0 };
	h->knobs = (struct tandem_placement_knobs)TANDEM_PLACEMENT_DEFAULTS;
	for (unsigned int i = 0; i < nodes; i++) {
		h->node[i] = (struct tandem_node){
			.cpus = cpus, .cores = cpus, .total_mib = gib * 1024,
			.free_mib = gib * 1024,
		};
		for (unsigned int j = 0; j < nodes; j++)
			h->node[i].distance[j] = i == j ? 10 : 20;
	}
}

/* With its memory where it is. */
static inline struct tandem_group *host_add(struct host *h, unsigned int node, unsigned int cpus,
					    unsigned int mib)
{
	struct tandem_group *g = &h->group[h->snapshot.nr_groups++];

	*g = (struct tandem_group){
		.load = cpus * TANDEM_CPU, .home = node,
		.allowed = (1ULL << h->snapshot.nr_nodes) - 1,
	};
	if (node != TANDEM_NOWHERE) {
		g->mib[node] = mib;
		h->node[node].free_mib -= mib;
	}
	return g;
}

static inline void host_add_many(struct host *h, unsigned int node, unsigned int n)
{
	while (n--)
		host_add(h, node, 4, 1771);
}

static inline int host_go(struct host *h, unsigned int g, unsigned int to)
{
	struct tandem_group *group = &h->group[g];

	if (to >= h->snapshot.nr_nodes || !(group->allowed >> to & 1) ||
	    group->flags & TANDEM_STAYS)
		return 0;
	group->home = to;
	for (unsigned int n = 0; n < h->snapshot.nr_nodes; n++) {
		if (n == to || !group->mib[n])
			continue;
		h->copied_mib += group->mib[n];
		h->node[n].free_mib += group->mib[n];
		h->node[to].free_mib -= group->mib[n];
		group->mib[to] += group->mib[n];
		group->mib[n] = 0;
	}
	return 1;
}

/* Memory of a swap is exchanged in pieces: only what it ends with must fit. */
static inline void host_carry_out(struct host *h, const struct tandem_choice *c)
{
	for (unsigned int i = 0; i < c->nr; i++)
		h->bad |= !host_go(h, c->group[i], i ? c->from : c->to);
	for (unsigned int n = 0; n < h->snapshot.nr_nodes; n++)
		h->bad |= h->node[n].free_mib > h->node[n].total_mib;
	h->steps++;
}

/* The next step that changes something, which is carried out; 0: none is left. */
static inline int host_step(struct host *h)
{
	struct tandem_step step = { .kind = TANDEM_MORE };

	while (step.kind == TANDEM_MORE && h->calls++ < STEPS_MAX)
		tandem_plan_step(&h->plan, &step);
	h->bad |= step.kind == TANDEM_MORE || step.kind == TANDEM_REFUSED;
	if (step.kind == TANDEM_DONE || step.kind == TANDEM_REFUSED || step.kind == TANDEM_MORE)
		return 0;
	h->last = step;
	return 1;
}

/* A plan to its end, from one snapshot; memory goes where it should afterwards. */
static inline unsigned int host_run(struct host *h)
{
	static struct tandem_choice todo[STEPS_MAX];
	unsigned int n = 0;

	h->calls = 0;
	tandem_plan_start(&h->plan, &h->snapshot, &h->knobs);
	while (n < STEPS_MAX && host_step(h))
		todo[n++] = h->last.choice;
	for (unsigned int i = 0; i < n; i++)
		host_carry_out(h, &todo[i]);
	return n;
}

static inline unsigned int host_on(const struct host *h, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int g = 0; g < h->snapshot.nr_groups; g++)
		n += h->group[g].home == node;
	return n;
}

static inline uint32_t host_load(const struct host *h, unsigned int node)
{
	uint32_t load = h->node[node].other;

	for (unsigned int g = 0; g < h->snapshot.nr_groups; g++)
		if (h->group[g].home == node)
			load += h->group[g].load;
	return load;
}

static inline uint64_t host_used(const struct host *h, unsigned int node)
{
	uint64_t mib = 0;

	for (unsigned int g = 0; g < h->snapshot.nr_groups; g++)
		mib += h->group[g].mib[node] + h->group[g].fixed_mib[node];
	return mib;
}

#endif
