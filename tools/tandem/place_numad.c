// SPDX-License-Identifier: GPL-2.0
/*
 * The rule of numad, as its published source has it: who uses more than half a CPU and
 * 300 MiB is bound to as few nodes as hold it, at once with its memory. Those not bound
 * yet come first; one bound five minutes ago at most is passed over. A node is worth its
 * free memory times its free CPUs, what is needed counting more than what is beyond it.
 * What is free is what is idle, plus the process's own share where its memory is. On a
 * full host that says nothing, and memory decides.
 */
#include <stdlib.h>

#include "place_sim.h"

#define INTERVAL_MS	15000
#define BUSY_MS		5000
#define STAYS_MS	300000
#define LEAST_MIB	300
#define TARGET		0.85

struct numad {
	uint64_t bound_ms[PLACE_VMS];	/* 0: never */
};

static void start_numad(struct place *p)
{
	p->own = calloc(1, sizeof(struct numad));
	if (!p->own)
		abort();
}

static void stop_numad(struct place *p)
{
	free(p->own);
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static double idle_cpus(const struct place *p, unsigned int node)
{
	return p->what->cpus - least(p->what->cpus, place_load(p, node));
}

static bool is_bound(const struct place *p, const struct place_vm *vm)
{
	return vm->mask != ALL_NODES(p->what);
}

static double free_cpus(const struct place *p, const struct place_vm *vm, unsigned int n)
{
	double used = PLACE_VCPUS, idle = idle_cpus(p, n);

	if (!is_bound(p, vm))
		idle += used * vm->mib[n] / vm->resident;
	else if (vm->mask >> n & 1)
		idle += used;
	return least(idle, p->what->cpus) < 0.01 ? 0.01 : least(idle, p->what->cpus);
}

static double free_mib(const struct place *p, const struct place_vm *vm, unsigned int n)
{
	double bias = is_bound(p, vm) ? 1.25 : 17.0 / 16;

	return least(p->what->node_mib - place_used_mib(p, n) + bias * vm->mib[n],
		     p->what->node_mib);
}

static double worth(const struct place *p, const struct place_vm *vm, unsigned int n)
{
	double cpus = least(PLACE_VCPUS / TARGET, PLACE_VCPUS), mib = vm->resident / TARGET;
	double has_cpus = free_cpus(p, vm, n), has_mib = free_mib(p, vm, n);
	double mib_worth = 10 * least(has_mib, mib) + 4 * (has_mib - least(has_mib, mib));
	double cpu_worth = 6 * least(has_cpus, cpus) + (has_cpus - least(has_cpus, cpus));

	return mib_worth * cpu_worth;
}

/* All VMs here fit in one node, so one is taken. */
static unsigned int pick(const struct place *p, const struct place_vm *vm)
{
	unsigned int best = 0;

	for (unsigned int n = 1; n < p->what->nodes; n++)
		if (worth(p, vm, n) > worth(p, vm, best))
			best = n;
	return best;
}

static bool candidate(const struct place *p, const struct numad *own, unsigned int i)
{
	return p->vm[i].busy && p->vm[i].resident > LEAST_MIB &&
	       (!own->bound_ms[i] || p->now_ms - own->bound_ms[i] > STAYS_MS);
}

static int next_candidate(const struct place *p, const struct numad *own, bool bound)
{
	int best = -1;

	for (unsigned int i = 0; i < p->what->vms; i++)
		if (candidate(p, own, i) && !!own->bound_ms[i] == bound &&
		    (best < 0 || own->bound_ms[i] < own->bound_ms[best]))
			best = i;
	return best;
}

static bool bind(struct place *p, struct numad *own, unsigned int i)
{
	struct place_vm *vm = &p->vm[i];
	unsigned int to = pick(p, vm);

	own->bound_ms[i] = p->now_ms;
	if (vm->mask == 1U << to && place_remote(vm, p->what->nodes, to) < 0.1)
		return false;
	place_confine(p, vm, 1U << to);
	place_count_moves(p, 1);
	place_copy(p, i, to);
	return true;
}

static unsigned int run_numad(struct place *p)
{
	struct numad *own = p->own;
	int i;

	for (int bound = 0; bound < 2; bound++)
		while ((i = next_candidate(p, own, bound)) >= 0)
			if (bind(p, own, i))
				return 0;
	return INTERVAL_MS;
}

static void numad_copied(struct place *p)
{
	place_at(p, p->now_ms + BUSY_MS, POLICY);
}

const struct place_policy place_numad = {
	.name = "numad", .about = "numad's rule", .scatters = true,
	.start = start_numad, .run = run_numad, .copied = numad_copied, .stop = stop_numad,
};
