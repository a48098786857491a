// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "counts.h"
#include "owners.h"

struct counts {
	struct count at[OWNERS_MAX][2][NODES_MAX];
};

/*
 * Each CPU writes its own and never anybody else's. The reader's zero is what it saw
 * when it was asked to reset.
 */
static struct counts counts[CPUS_MAX];
static struct counts zero[CPUS_MAX];

static bool wanted;

bool counts_wanted(void)
{
	return __atomic_load_n(&wanted, __ATOMIC_RELAXED);
}

void counts_add(unsigned int cpu, unsigned int owner, bool guest, unsigned int page_node,
		bool store)
{
	struct count *c = &counts[cpu].at[owner][guest][page_node];
	uint64_t *n = store ? &c->stores : &c->loads;

	__atomic_store_n(n, *n + 1, __ATOMIC_RELAXED);
}

void counts_stop(void)
{
	__atomic_store_n(&wanted, false, __ATOMIC_RELAXED);
}

static struct count now(unsigned int cpu, unsigned int owner, bool guest, unsigned int node)
{
	const struct count *c = &counts[cpu].at[owner][guest][node];

	return (struct count) {
		.loads = __atomic_load_n(&c->loads, __ATOMIC_RELAXED),
		.stores = __atomic_load_n(&c->stores, __ATOMIC_RELAXED),
	};
}

static void reset_cpu(const struct layout *l, unsigned int cpu)
{
	unsigned int owner, guest, node;

	for (owner = 0; owner < OWNERS_MAX; owner++)
		for (guest = 0; guest < 2; guest++)
			for (node = 0; node < l->nodes; node++)
				zero[cpu].at[owner][guest][node] = now(cpu, owner, guest, node);
}

void counts_reset(const struct layout *l)
{
	unsigned int cpu;

	for (cpu = 0; cpu < l->cpus; cpu++)
		reset_cpu(l, cpu);
	__atomic_store_n(&wanted, true, __ATOMIC_RELAXED);
}

/* Of all CPUs of a node. */
static struct count sum(const struct layout *l, unsigned int owner, bool guest,
			unsigned int cpu_node, unsigned int page_node)
{
	struct count total = { 0, 0 };
	unsigned int cpu;

	for (cpu = 0; cpu < l->cpus; cpu++) {
		struct count c = now(cpu, owner, guest, page_node);
		const struct count *z = &zero[cpu].at[owner][guest][page_node];

		if (layout_node_of_cpu(l, cpu) != cpu_node)
			continue;
		total.loads += c.loads - z->loads;
		total.stores += c.stores - z->stores;
	}
	return total;
}

static void print_owner(const struct layout *l, unsigned int owner, bool guest, FILE *out)
{
	unsigned int cpu_node, page_node;
	struct count c;

	for (cpu_node = 0; cpu_node < l->nodes; cpu_node++) {
		for (page_node = 0; page_node < l->nodes; page_node++) {
			c = sum(l, owner, guest, cpu_node, page_node);
			if (c.loads || c.stores)
				fprintf(out, "%s %s %u %u %" PRIu64 " %" PRIu64 "\n",
					owners_name(owner), guest ? "guest" : "host",
					cpu_node, page_node, c.loads, c.stores);
		}
	}
}

void counts_print(const struct layout *l, FILE *out)
{
	unsigned int owner;

	for (owner = 0; owner < owners_count(); owner++) {
		print_owner(l, owner, false, out);
		print_owner(l, owner, true, out);
	}
}
