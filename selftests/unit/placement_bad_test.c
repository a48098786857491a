// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/placement*.c: bad input. Each thing that is wrong has its name, and
 * whatever a snapshot holds, nothing overflows and no step is a bad one.
 */
#include "placement_host.h"
#include "placement_share.h"
#include "placement_trial.h"
#include "placement_wide.h"

#define FUZZ	30000
#define MANY	256

static struct host h;

static void good_host(void)
{
	host_start(&h, 3, 8, 64);
	for (int i = 0; i < 40; i++)
		host_add(&h, i % 2, 1, 64);
}

static enum tandem_bad refused(unsigned int *at)
{
	struct tandem_step step = { .kind = TANDEM_MORE };

	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	for (int i = 0; i < STEPS_MAX && step.kind != TANDEM_REFUSED && step.kind != TANDEM_DONE;
	     i++)
		tandem_plan_step(&h.plan, &step);
	*at = step.bad_at;
	return step.kind == TANDEM_REFUSED ? step.bad : TANDEM_GOOD;
}

#define BAD(what, where, change)						\
	do {									\
		unsigned int at;						\
										\
		good_host();							\
		change;								\
		tap_ok(refused(&at) == what && at == (where), #change);		\
	} while (0)

static void test_host(void)
{
	BAD(TANDEM_GOOD, 0, h.snapshot.nr_groups = 40);
	BAD(TANDEM_BAD_NODES, 0, h.snapshot.nr_nodes = 0);
	BAD(TANDEM_BAD_NODES, 0, h.snapshot.nr_nodes = 33);
	BAD(TANDEM_BAD_GROUPS, 0, h.snapshot.nr_groups = TANDEM_GROUPS_MAX + 1);
	BAD(TANDEM_GOOD, 0, h.node[2].cpus = h.node[2].cores = 0);
	BAD(TANDEM_BAD_CPUS, 0, for (int i = 0; i < 3; i++) h.node[i].cpus = h.node[i].cores = 0);
	BAD(TANDEM_BAD_CPUS, 1, h.node[1].cpus = 8193);
	BAD(TANDEM_BAD_CORES, 1, h.node[1].cores = 9);
	BAD(TANDEM_BAD_CORES, 2, h.node[2].cores = 0);
	BAD(TANDEM_BAD_MEMORY, 1, h.node[1].free_mib = 65537);
	BAD(TANDEM_BAD_MEMORY, 1, h.node[1].total_mib = ~0U);
	BAD(TANDEM_BAD_DISTANCE, 0, h.node[0].distance[0] = 11);
	BAD(TANDEM_BAD_DISTANCE, 1, h.node[1].distance[0] = 10);
	BAD(TANDEM_BAD_DISTANCE, 1, h.node[1].distance[2] = 255);
	BAD(TANDEM_BAD_LOAD, 2, h.node[2].other = (1 << 22) + 1);
	BAD(TANDEM_BAD_LOAD, 1, h.node[1].noise = ~0U);
	BAD(TANDEM_BAD_LOAD, 0, for (int i = 0; i < 3; i++) h.node[i].other = 1 << 22);
	BAD(TANDEM_BAD_KNOBS, 0, h.knobs.gain_min = 0);
	BAD(TANDEM_BAD_KNOBS, 0, h.knobs.smt_percent = 101);
	BAD(TANDEM_BAD_KNOBS, 0, h.knobs.sigmas = 17);
}

static void test_group(void)
{
	BAD(TANDEM_BAD_LOAD, 7, h.group[7].load = (1 << 22) + 1);
	BAD(TANDEM_BAD_LOAD, 8, h.group[7].load = h.group[8].load = 1 << 21);
	BAD(TANDEM_BAD_LOAD, 7, h.group[7].noise = ~0U);
	BAD(TANDEM_BAD_ALLOWED, 39, h.group[39].allowed = 0);
	BAD(TANDEM_BAD_ALLOWED, 39, h.group[39].allowed = 9);
	BAD(TANDEM_BAD_HOME, 1, h.group[1].home = 3);
	BAD(TANDEM_GOOD, 0, h.group[1].home = TANDEM_NOWHERE);
	BAD(TANDEM_BAD_FLAGS, 1, h.group[1].flags = 16);
	BAD(TANDEM_BAD_SIZE, 1, h.group[1].mib[0] = ~0U);
	BAD(TANDEM_BAD_SIZE, 1, h.group[1].grow_mib = h.group[1].fixed_mib[2] = 1U << 31);
	BAD(TANDEM_BAD_WIDE, 32, for (int i = 0; i < 40; i++) h.group[i].wide = 1);
}

static uint32_t odd(unsigned long long *seed)
{
	uint32_t value = tap_random(seed);

	value >>= tap_random(seed) % 32;
	switch (tap_random(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return ~0U - value % 3;
	case 2:
		return 1U << tap_random(seed) % 32;
	default:
		return value;
	}
}

/* Overwrites some words of what policy reads: sums stay small enough to pass at times. */
static void spoil(unsigned long long *seed)
{
	uint32_t *words[] = { (uint32_t *)h.node, (uint32_t *)h.group, (uint32_t *)&h.knobs };
	size_t sizes[] = { 3 * sizeof(*h.node), 20 * sizeof(*h.group), sizeof(h.knobs) };

	for (unsigned int n = tap_random(seed) % 12; n--;) {
		unsigned int which = tap_random(seed) % 16, at;

		which = which < 3 ? 0 : which < 15 ? 1 : 2;
		at = tap_random(seed) % (sizes[which] / 4);
		words[which][at] = odd(seed);
	}
	if (!(tap_random(seed) % 50))
		h.snapshot.nr_nodes = odd(seed);
	if (!(tap_random(seed) % 50))
		h.snapshot.nr_groups = odd(seed);
}

/* Whatever was asked for: only what may, where it may, and where it fits. */
static int good_step(const struct tandem_step *step)
{
	const struct tandem_choice *c = &step->choice;

	if (c->to >= h.snapshot.nr_nodes || !h.node[c->to].cpus || !c->nr || c->nr > 4)
		return 0;
	for (unsigned int i = 0; i < c->nr; i++) {
		const struct tandem_group *g = &h.group[c->group[i]];

		if (c->group[i] >= h.snapshot.nr_groups || g->flags & TANDEM_STAYS ||
		    !(g->allowed >> (i ? c->from : c->to) & 1))
			return 0;
	}
	return step->kind == TANDEM_HOME || (c->gain >= (int64_t)h.knobs.gain_min && c->gain > 0);
}

/* Returns how many steps it made, -1 for a bad one. */
static int plan(void)
{
	struct tandem_step step;
	int steps = 0;

	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	for (int i = 0; i < STEPS_MAX; i++) {
		tandem_plan_step(&h.plan, &step);
		if (step.kind == TANDEM_DONE)
			return steps;
		if (step.kind == TANDEM_REFUSED)
			return *tandem_bad_text(step.bad) ? steps : -1;
		if (step.kind != TANDEM_MORE && (!good_step(&step) || tandem_plan_potential(&h.plan) < 0))
			return -1;
		steps += step.kind != TANDEM_MORE;
	}
	return -1;
}

static void test_fuzz(void)
{
	unsigned int refusals = 0, plans = 0;
	unsigned long long seed = 1;
	int good = 1, steps;

	for (int i = 0; i < FUZZ; i++) {
		good_host();
		h.snapshot.nr_groups = 20;
		spoil(&seed);
		steps = plan();
		good &= steps >= 0;
		refusals += h.plan.stage == TANDEM_FAILED;
		plans += steps > 0;
	}
	printf("# %u snapshots: %u refused, %u with a plan\n", FUZZ, refusals, plans);
	tap_ok(good, "30,000 spoilt snapshots: an error, or steps that are good");
	tap_ok(refusals > FUZZ / 10 && plans > FUZZ / 10, "... and both came about");
}

/* The largest of everything that passes, all on one node. */
static void test_most(void)
{
	host_start(&h, TANDEM_NODES_MAX, 1, 1);
	for (int n = 0; n < TANDEM_NODES_MAX; n++) {
		h.node[n].total_mib = 1U << 31;
		h.node[n].free_mib = n ? 1U << 31 : 0;
		for (int m = 0; m < TANDEM_NODES_MAX; m++)
			h.node[n].distance[m] = m == n ? 10 : 254;
	}
	for (int i = 0; i < MANY; i++) {
		struct tandem_group *g = host_add(&h, 0, 0, 0);

		g->load = (1U << 22) / MANY;
		g->noise = i < 2 ? 1U << 22 : 0;
		g->mib[0] = 1U << 30;
		g->fixed_mib[31] = 1U << 30;
		for (int s = 0; s < TANDEM_SKETCH; s++)
			g->sketch[s] = 1 + i % 2;
		g->wide = 1 + i / 32;
	}
	tap_ok(plan() >= 0 && h.plan.stage == TANDEM_IMPROVING, "the largest of everything");
	h.group[0].load = 1U << 22;
	for (int i = 1; i < MANY; i++)
		h.group[i].load = 0;
	tap_ok(plan() >= 0 && h.plan.stage == TANDEM_IMPROVING, "... all of the load in one VM");
}

static void test_small(void)
{
	static const struct tandem_vm_size huge = { ~0U, ~0U };
	struct tandem_group g;

	good_host();
	h.snapshot.nr_groups = 0;
	tap_ok(plan() == 0, "no groups: no plan");
	good_host();
	h.snapshot.nr_nodes = 1;
	for (int i = 0; i < 40; i++) {
		h.group[i].home = 0;
		h.group[i].allowed = 1;
	}
	tap_ok(plan() == 0, "one node: no plan");
	tandem_newborn(&g, &huge, 7, 0);
	tap_ok(g.load == 8192 * TANDEM_CPU && tandem_vm_width(&h.snapshot, 1, &huge, NULL, 0) ==
	       TANDEM_HOMELESS, "a new VM of 2^32 CPUs");
}

int main(void)
{
	tap_plan(20 + 11 + 2 + 2 + 3);
	test_host();
	test_group();
	test_fuzz();
	test_most();
	test_small();
	return tap_end();
}
