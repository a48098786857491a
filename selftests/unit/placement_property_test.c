// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/placement*.c: against brute force on small hosts, and what each step
 * promises on large ones.
 */
#include "placement_host.h"

#define CASES		10000
#define MISSES_MAX	(CASES / 50)
#define LARGE		60

static struct host h;

/* Up to 8 VMs, 2 or 3 nodes, memory for about half again of what they have. */
static void small_host(unsigned long long *seed)
{
	unsigned int nodes = 2 + tap_random(seed) % 2, vms = 2 + tap_random(seed) % 7;

	host_start(&h, nodes, 8, 24);
	for (unsigned int n = 0; n < nodes; n++) {
		h.node[n].total_mib = 8192 + tap_random(seed) % 8 * 1024;
		h.node[n].free_mib = h.node[n].total_mib;
	}
	for (unsigned int i = 0; i < vms; i++) {
		unsigned int mib = 512 + tap_random(seed) % 3584, n = tap_random(seed) % nodes;

		for (unsigned int t = 0; t < nodes && h.node[n].free_mib < mib + 1024; t++)
			n = (n + 1) % nodes;
		if (h.node[n].free_mib >= mib + 1024)
			host_add(&h, n, 0, mib)->load = 128 + tap_random(seed) % 1920;
	}
}

static uint32_t highest(void)
{
	uint32_t most = 0;

	for (unsigned int n = 0; n < h.snapshot.nr_nodes; n++)
		most = host_load(&h, n) > most ? host_load(&h, n) : most;
	return most;
}

/* Of all ways to place them that memory allows, with the margin that the policy keeps. */
static uint32_t brute_force(unsigned int g, uint32_t *load, uint64_t *mib, uint32_t best)
{
	uint32_t most = 0;

	for (unsigned int n = 0; n < h.snapshot.nr_nodes; n++)
		most = load[n] > most ? load[n] : most;
	if (most >= best || g == h.snapshot.nr_groups)
		return most < best ? most : best;
	for (unsigned int n = 0; n < h.snapshot.nr_nodes; n++) {
		uint32_t size = h.group[g].mib[h.group[g].home];

		if (mib[n] + size > h.node[n].total_mib - h.node[n].total_mib / 32)
			continue;
		load[n] += h.group[g].load;
		mib[n] += size;
		best = brute_force(g + 1, load, mib, best);
		load[n] -= h.group[g].load;
		mib[n] -= size;
	}
	return best;
}

static void test_brute_force(void)
{
	unsigned int misses = 0, worse = 0, cases = 0;
	unsigned long long seed = 1;
	double worst = 1;

	while (cases < CASES) {
		uint32_t load[TANDEM_NODES_MAX] = { }, before, best;
		uint64_t mib[TANDEM_NODES_MAX] = { };
		unsigned long long this = seed;
		double ratio;

		small_host(&seed);
		if (!h.snapshot.nr_groups)
			continue;
		cases++;
		before = highest();
		best = brute_force(0, load, mib, before);
		host_run(&h);
		worse += highest() > before;
		ratio = (double)highest() / best;
		worst = ratio > worst ? ratio : worst;
		if (ratio <= 1.05)
			continue;
		misses++;
		printf("# miss: seed %#llx, %u VMs on %u nodes: %.3f of the best\n", this,
		       h.snapshot.nr_groups, h.snapshot.nr_nodes, ratio);
	}
	printf("# %u of %u cases above 1.05, worst %.3f, %u above their start\n", misses, CASES,
	       worst, worse);
	tap_ok(misses <= MISSES_MAX && !h.bad,
	       "10,000 small hosts: 98 % within 1.05 of brute force");
	tap_ok(!worse, "... and the highest load never above the start");
}

/* Anything that a snapshot can hold. */
static void any_host(unsigned long long *seed, unsigned int nodes, unsigned int groups)
{
	unsigned int kinds = tap_random(seed) % 2 ? 6 : 3, noise = tap_random(seed) % 2 * 16;

	host_start(&h, nodes, 8 + tap_random(seed) % 32, 64);
	for (unsigned int n = 0; n < nodes; n++) {
		h.node[n].cores -= tap_random(seed) % 2 * h.node[n].cores / 2;
		h.node[n].other = tap_random(seed) % 1024;
		for (unsigned int m = 0; m < n; m++) {
			h.node[n].distance[m] = 11 + tap_random(seed) % 20;
			h.node[m].distance[n] = h.node[n].distance[m];
		}
	}
	for (unsigned int i = 0; i < groups; i++) {
		unsigned int n = tap_random(seed) % nodes, kind = tap_random(seed) % kinds;
		struct tandem_group *g = host_add(&h, n, 0, 16 + tap_random(seed) % 512);

		if (h.node[n].free_mib > h.node[n].total_mib)
			h.node[n].free_mib = 0;
		g->home = kind == 4 ? TANDEM_NOWHERE : n;
		g->load = tap_random(seed) % 2048;
		g->noise = noise;
		g->fixed_mib[(n + 1) % nodes] = kind == 0 ? tap_random(seed) % 512 : 0;
		g->flags = kind == 1 ? 1 << tap_random(seed) % 4 : 0;
		g->allowed &= kind == 2 ? 1U << n | tap_random(seed) : ~0U;
		for (int s = 0; s < TANDEM_SKETCH && kind == 3; s++)
			g->sketch[s] = 1 + i % 3;
		g->wide = kind == 5 && i ? h.group[i - 1].wide ?: i : 0;
		n = tap_random(seed) % nodes;
		g->mib[n] += tap_random(seed) % 256;
	}
}

/* From nothing but where the groups are: the sums, anew. */
static int64_t potential_of(const struct tandem_plan *p)
{
	static struct tandem_group group[TANDEM_GROUPS_MAX];
	static struct tandem_plan fresh;
	struct tandem_snapshot s = *p->snapshot;
	struct tandem_step step;

	memcpy(group, s.group, s.nr_groups * sizeof(*group));
	for (unsigned int g = 0; g < s.nr_groups; g++) {
		group[g].home = p->group[g].home;
		group[g].flags |= TANDEM_PINNED;
	}
	s.group = group;
	tandem_plan_start(&fresh, &s, &p->knobs);
	do {
		tandem_plan_step(&fresh, &step);
	} while (fresh.stage == TANDEM_LOADING);
	return tandem_plan_potential(&fresh);
}

static int may_change(const struct tandem_choice *c)
{
	for (unsigned int i = 0; i < c->nr; i++) {
		const struct tandem_group *g = &h.group[c->group[i]];

		if (g->flags & TANDEM_STAYS || !(g->allowed >> (i ? c->from : c->to) & 1))
			return 0;
	}
	return 1;
}

static void load_host(void)
{
	struct tandem_step step;

	h.calls = 0;
	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	while (h.plan.stage == TANDEM_LOADING)
		tandem_plan_step(&h.plan, &step);
}

static void test_steps(void)
{
	int exact = 1, falls = 1, allowed = 1, fits = 1, ends = 1;
	unsigned long long seed = 7;

	for (int i = 0; i < LARGE; i++) {
		int64_t before, now;

		any_host(&seed, 2 + i % 7, 20 + i);
		load_host();
		before = tandem_plan_potential(&h.plan);
		while (host_step(&h)) {
			const struct tandem_choice *c = &h.last.choice;

			now = tandem_plan_potential(&h.plan);
			exact &= now == potential_of(&h.plan);
			if (h.last.kind != TANDEM_HOME) {
				exact &= before - now == c->gain;
				falls &= now < before && now >= 0;
			}
			allowed &= may_change(c);
			fits &= h.plan.node[c->to].used_mib <= h.plan.node[c->to].limit_mib ||
				h.plan.node[c->to].used_mib <= host_used(&h, c->to) || c->nr > 1;
			before = now;
		}
		ends &= !h.bad;
	}
	tap_ok(exact, "each step: the potential falls by exactly what it says");
	tap_ok(falls, "... strictly");
	tap_ok(allowed, "... nothing goes where it may not");
	tap_ok(fits, "... nor where it does not fit");
	tap_ok(ends, "... and the plan ends");
}

/* Is it one that would have been taken, or, for @unsure, had the loads been sure? */
static int gains(const struct tandem_choice *c, int unsure)
{
	struct tandem_plan_node *a = &h.plan.node[c->from], *b = &h.plan.node[c->to];
	int64_t mib = 0, load = 0, all, sure;
	uint64_t variance = 0;
	struct tandem_gain gain;

	if (!may_change(c))
		return 0;
	for (unsigned int i = 0; i < c->nr; i++) {
		mib += (i ? -1 : 1) * (int64_t)h.plan.group[c->group[i]].claim_mib;
		load += (i ? -1 : 1) * (int64_t)h.group[c->group[i]].load;
		variance += h.group[c->group[i]].noise * h.group[c->group[i]].noise;
	}
	if (!tandem_fits(a, a->used_mib - mib) || !tandem_fits(b, b->used_mib + mib))
		return 0;
	all = tandem_weigh(&h.plan, c, &gain);
	sure = tandem_sure_gain(a, b, tandem_doubt(a, b, h.knobs.sigmas), load);
	if (variance * h.knobs.sigmas * h.knobs.sigmas > (uint64_t)(load * load) && sure > 0)
		sure = 0;
	if (unsure)
		return all >= h.knobs.gain_min;
	return all >= h.knobs.gain_min &&
	       all - gain.part[TANDEM_FOR_CPU] + sure >= h.knobs.gain_min;
}

static int move_left(unsigned int g, int unsure)
{
	struct tandem_choice c = { .group = { g }, .nr = 1, .from = h.plan.group[g].home };

	for (c.to = 0; c.to < h.snapshot.nr_nodes && c.from != TANDEM_NOWHERE; c.to++)
		if (c.to != c.from && gains(&c, unsure))
			return 1;
	return 0;
}

/* Would a move between the two gain if the loads were sure? Then there is no swap. */
static int waits(unsigned int from, unsigned int to)
{
	struct tandem_choice c = { .nr = 1 };

	for (unsigned int g = 0; g < h.snapshot.nr_groups; g++) {
		c.group[0] = g;
		c.from = h.plan.group[g].home;
		c.to = from + to - c.from;
		if ((c.from == from || c.from == to) && gains(&c, 1))
			return 1;
	}
	return 0;
}

static int swap_left(unsigned int from, unsigned int to)
{
	struct tandem_choice c = { .from = from, .to = to };
	uint16_t one[TANDEM_PICKS], other[TANDEM_PICKS];
	unsigned int a, b, nr = tandem_picks(&h.plan, from, one);
	unsigned int others = tandem_picks(&h.plan, to, other);

	for (a = 0; a < nr; a++) {
		for (b = 1; b < 1U << others; b++) {
			c.group[0] = one[a];
			c.nr = 1;
			if (__builtin_popcount(b) > 3)
				continue;
			for (unsigned int i = 0; i < others; i++)
				if (b >> i & 1)
					c.group[c.nr++] = other[i];
			if (gains(&c, 0))
				return 1;
		}
	}
	return 0;
}

static void test_optimum(void)
{
	unsigned int moves = 0, swaps = 0;
	unsigned long long seed = 3;

	for (int i = 0; i < LARGE; i++) {
		any_host(&seed, 2 + i % 6, 10 + 3 * i);
		tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
		h.calls = 0;
		while (host_step(&h))
			;
		for (unsigned int g = 0; g < h.snapshot.nr_groups; g++)
			moves += move_left(g, 0);
		for (unsigned int a = 0; a < h.snapshot.nr_nodes; a++)
			for (unsigned int b = 0; b < h.snapshot.nr_nodes; b++)
				swaps += a != b && !waits(a, b) && swap_left(a, b);
	}
	tap_ok(!moves, "the end: no move is left that gains");
	tap_ok(!swaps, "... and no swap of the picks");
}

int main(void)
{
	tap_plan(2 + 5 + 2);
	test_brute_force();
	test_steps();
	test_optimum();
	return tap_end();
}
