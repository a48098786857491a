// SPDX-License-Identifier: GPL-2.0
/* What there is now: nodes, VMs, loads and memory, as the policy wants to see them. */
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/sched/isolation.h>
#include <linux/sched/mm.h>
#include <linux/tick.h>
#include <linux/topology.h>

#include "tandem.h"
#include "agent.h"
#include "trace.h"
#include "policy/placement_wide.h"

/* So long a VM is taken to use all that it has. */
#define NEW_NS	(30ULL * NSEC_PER_SEC)

static u32 to_mib(unsigned long pages)
{
	return pages >> (20 - PAGE_SHIFT);
}

/* Housekeeping CPUs, and while agents serve anybody, not theirs. */
static void look_cpus(struct tandem_numa_host *h)
{
	cpumask_and(h->usable, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN));
	cpumask_and(h->usable, h->usable, housekeeping_cpumask(HK_TYPE_TICK));
	if (tandem_enabled())
		tandem_agents_leave(h->usable);
}

/* The first of the threads of its core that count. */
static bool leads_core(struct tandem_numa_host *h, unsigned int cpu)
{
	return cpumask_first_and(topology_sibling_cpumask(cpu), h->usable) == cpu;
}

static void count_cpus(struct tandem_numa_host *h, int node)
{
	struct tandem_node *n = &h->node[node];
	unsigned int cpu;

	n->cpus = 0;
	n->cores = 0;
	for_each_cpu_and(cpu, cpumask_of_node(node), h->usable) {
		n->cpus++;
		n->cores += leads_core(h, cpu);
	}
}

/* Clean file pages that nobody uses make room, too. */
static void count_memory(struct tandem_numa_host *h, int node)
{
	unsigned long total = 0, room = 0;
	struct zone *zone;

	for (zone = NODE_DATA(node)->node_zones;
	     zone < NODE_DATA(node)->node_zones + MAX_NR_ZONES; zone++) {
		total += zone_managed_pages(zone);
		room += atomic_long_read(&zone->vm_stat[NR_FREE_PAGES]);
		room += max(atomic_long_read(&zone->vm_stat[NR_ZONE_INACTIVE_FILE]), 0L);
	}
	h->node[node].total_mib = to_mib(total);
	h->node[node].free_mib = min(to_mib(room), h->node[node].total_mib);
}

static void look_distances(struct tandem_numa_host *h, int node)
{
	int to;

	for (to = 0; to < nr_node_ids; to++)
		h->node[node].distance[to] =
			to == node ? LOCAL_DISTANCE :
				     clamp(node_distance(node, to), LOCAL_DISTANCE + 1, 254);
}

/**
 * tandem_numa_look_nodes() - what the nodes have, and have free
 * @h:		the host
 *
 * A node that is not there has nothing.
 */
void tandem_numa_look_nodes(struct tandem_numa_host *h)
{
	int node;

	look_cpus(h);
	h->snapshot.nr_nodes = nr_node_ids;
	for (node = 0; node < nr_node_ids; node++) {
		look_distances(h, node);
		if (node_online(node)) {
			count_cpus(h, node);
			count_memory(h, node);
		} else {
			h->node[node] = (struct tandem_node){ };
			h->rest[node] = (struct tandem_rest){ };
			look_distances(h, node);
		}
	}
}

static u64 idle_ns(struct tandem_numa_host *h, int node)
{
	unsigned int cpu;
	u64 us = 0, sum = 0;

	for_each_cpu_and(cpu, cpumask_of_node(node), h->usable) {
		us = get_cpu_idle_time_us(cpu, NULL);
		sum += us == -1ULL ? 0 : us;
		us = get_cpu_iowait_time_us(cpu, NULL);
		sum += us == -1ULL ? 0 : us;
	}
	return sum * NSEC_PER_USEC;
}

/* Left alone, and without a node: it runs where others let it, as what is no VM's does. */
static bool is_adrift(const struct tandem_numa *numa)
{
	return !tandem_numa_has_home(numa) && numa->stays != TANDEM_FREE;
}

static u64 vm_ns(const struct tandem_numa *numa, int node)
{
	unsigned int p;
	u64 sum = 0;

	for (p = 0; p < numa->parts && !is_adrift(numa); p++)
		sum += numa->part[p].used_ns[node];
	return sum;
}

static u64 vms_ns(struct tandem_numa_host *h, int node)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < h->nr_vms; i++)
		sum += vm_ns(&h->vm[i]->numa, node);
	return sum;
}

/* What its CPUs did for nobody who has a node. Of what waits only VMs' threads are seen. */
static void look_others(struct tandem_numa_host *h, int node)
{
	struct tandem_rest *rest = &h->rest[node];
	u64 before = h->idle_ns[node], idle, busy, vms = vms_ns(h, node);

	h->idle_ns[node] = idle_ns(h, node);
	idle = h->idle_ns[node] - before;
	busy = h->node[node].cpus * h->elapsed_ns;
	/* Counters of a CPU that came or went jump. */
	if (!before || !h->elapsed_ns || idle > busy)
		return;
	busy -= idle;
	tandem_rest_saw(rest, h->elapsed_ns, busy > vms ? busy - vms : 0);
	h->node[node].other = tandem_load_mean(&rest->load);
	h->node[node].noise = tandem_load_noise(&rest->load);
}

static bool is_new(const struct tandem_numa *numa)
{
	return numa->born_ns && ktime_get_ns() - numa->born_ns < NEW_NS;
}

static u32 resident(const struct tandem_numa *numa)
{
	u32 mib = 0;
	int node;

	for (node = 0; node < nr_node_ids; node++)
		mib += tandem_numa_mib(numa, node) + tandem_numa_merged_mib(numa, node);
	return mib;
}

static u32 growth(const struct tandem_numa_host *h, const struct tandem_numa *numa)
{
	u32 mib = resident(numa);

	return is_new(numa) && numa->ram_mib > mib ? numa->ram_mib - mib : 0;
}

static bool is_nearer(const struct tandem_numa *numa, int node, int other)
{
	u32 mib = tandem_numa_mib(numa, node), others;

	if (other == TANDEM_NOWHERE)
		return true;
	others = tandem_numa_mib(numa, other);
	return mib > others || (mib == others && numa->part[0].used_ns[node] >
						 numa->part[0].used_ns[other]);
}

/*
 * Of one that was given no node: that which has half of the memory it will use, of two
 * such that where its threads were. A plan that begins there leaves least behind. Of
 * several parts it is not known whose memory that is.
 */
static u8 seat(const struct tandem_numa_host *h, const struct tandem_numa *numa)
{
	u32 all = resident(numa) + growth(h, numa);
	u8 best = TANDEM_NOWHERE;
	int node;

	for (node = 0; node < nr_node_ids && all && numa->parts == 1; node++)
		if (numa->allowed >> node & 1 && h->node[node].cpus &&
		    tandem_numa_mib(numa, node) >= all - tandem_numa_mib(numa, node) &&
		    is_nearer(numa, node, best))
			best = node;
	return best;
}

static u8 flags(const struct tandem_numa *numa, const struct tandem_part *part, u32 assumed)
{
	u8 flags = tandem_trial_flags(&part->trial);

	if (numa->stays != TANDEM_FREE)
		flags |= TANDEM_PINNED;
	if (numa->leaving)
		flags |= TANDEM_LEAVING;
	if (tandem_load_rests(&part->load, is_new(numa), part->chosen, assumed))
		flags |= TANDEM_RESTING;
	return flags;
}

static u32 any_node(const struct tandem_numa_host *h)
{
	int node;

	for (node = 0; node < nr_node_ids; node++)
		if (h->node[node].cpus)
			return 1U << node;
	return 1;
}

/* What does not follow it, as all of several parts, is where it is. */
static void fill_memory(struct tandem_group *g, const struct tandem_numa *numa)
{
	u32 *follows = numa->parts > 1 ? g->fixed_mib : g->mib;
	int node;

	for (node = 0; node < nr_node_ids; node++) {
		g->fixed_mib[node] = tandem_numa_merged_mib(numa, node) / numa->parts;
		follows[node] += tandem_numa_mib(numa, node) / numa->parts;
	}
}

static void fill(struct tandem_numa_host *h, struct tandem_group *g,
		 const struct tandem_numa *numa, unsigned int p)
{
	const struct tandem_part *part = &numa->part[p];
	struct tandem_vm_size size = { max(tandem_numa_vcpus(numa, p), 1U), numa->ram_mib };

	tandem_newborn(g, &size, numa->allowed ?: any_node(h), numa->parts > 1 ? h->nr_wide : 0);
	g->flags = flags(numa, part, g->load);
	fill_memory(g, numa);
	/* What it does is the nodes' "other", and its memory is where it is. */
	if (is_adrift(numa)) {
		g->load = 0;
		g->grow_mib = 0;
		return;
	}
	g->home = part->home != NUMA_NO_NODE ? part->home : seat(h, numa);
	g->grow_mib = growth(h, numa) / numa->parts;
	if (!is_new(numa) && part->load.samples) {
		g->load = tandem_load_mean(&part->load);
		g->noise = tandem_load_noise(&part->load);
	}
	/* Parts of one VM share all, and shall not be together for that. */
	if (numa->parts == 1)
		memcpy(g->sketch, numa->shared.sketch, sizeof(g->sketch));
}

/* All of its parts, or none. */
static void fill_vm(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	u32 *nr = &h->snapshot.nr_groups;
	unsigned int p;

	guard(mutex)(&vm->numa.lock);
	if (*nr + vm->numa.parts > TANDEM_GROUPS_MAX)
		return;
	h->nr_wide += vm->numa.parts > 1;
	for (p = 0; p < vm->numa.parts; p++) {
		h->of[*nr] = (struct tandem_member){ vm, p };
		fill(h, &h->group[(*nr)++], &vm->numa, p);
	}
}

/**
 * tandem_numa_fill() - what plans see of the VMs
 * @h:		the host
 */
void tandem_numa_fill(struct tandem_numa_host *h)
{
	unsigned int i;

	h->snapshot.nr_groups = 0;
	h->nr_wide = 0;
	for (i = 0; i < h->nr_vms; i++)
		fill_vm(h, h->vm[i]);
}

static void trace_look(const struct tandem_vm *vm)
{
	const struct tandem_numa *numa = &vm->numa;
	unsigned int p;

	for (p = 0; p < numa->parts; p++)
		trace_tandem_place_look(vm->pid, p, numa->part[p].home,
					tandem_load_mean(&numa->part[p].load),
					tandem_load_noise(&numa->part[p].load),
					tandem_numa_remote(numa), tandem_stays_text(numa->stays));
}

static struct mm_struct *look_at_locked(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct mm_struct *mm;

	guard(mutex)(&vm->numa.lock);
	if (vm->numa.gone)
		return NULL;
	tandem_numa_look_threads(h, vm);
	mm = tandem_numa_look_memory(vm);
	tandem_numa_judge(h, vm);
	if (h->acts)
		tandem_numa_hold_scans(vm);
	trace_look(vm);
	return mm;
}

static void look_at(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct mm_struct *mm = look_at_locked(h, vm);

	/* Its last user may be us: what follows then must not wait for the VM's lock. */
	if (mm)
		mmput(mm);
}

static void look_at_all(struct tandem_numa_host *h)
{
	unsigned int i;

	h->nr_vms = tandem_vms_hold(h->vm, TANDEM_GROUPS_MAX);
	for (i = 0; i < h->nr_vms; i++) {
		look_at(h, h->vm[i]);
		cond_resched();
	}
	tandem_numa_workers(h);
}

/**
 * tandem_numa_look() - what there is now, and what was used since the last look
 * @h:		the host
 *
 * tandem_numa_forget() gives back the VMs' records.
 */
void tandem_numa_look(struct tandem_numa_host *h)
{
	u64 now = ktime_get_ns();
	int node;

	h->elapsed_ns = h->at_ns ? now - h->at_ns : 0;
	h->at_ns = now;
	tandem_numa_look_nodes(h);
	look_at_all(h);
	for (node = 0; node < nr_node_ids; node++)
		look_others(h, node);
	tandem_numa_fill(h);
}

/**
 * tandem_numa_forget() - give back what a look holds
 * @h:		the host
 */
void tandem_numa_forget(struct tandem_numa_host *h)
{
	h->snapshot.nr_groups = 0;
	while (h->nr_vms)
		tandem_vm_drop(h->vm[--h->nr_vms]);
}
