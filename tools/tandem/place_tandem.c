// SPDX-License-Identifier: GPL-2.0
/* Tandem in the simulator: the module's own policy, and what a worker does with it. */
#include <stdlib.h>

#include "place_sim.h"
#include "placement.h"
#include "placement_load.h"
#include "placement_plan.h"
#include "placement_trial.h"
#include "placement_wide.h"

#define INTERVAL_MS	2000

struct worker {
	struct tandem_node node[PLACE_NODES];
	struct tandem_group group[PLACE_VMS];
	struct tandem_snapshot snapshot;
	struct tandem_placement_knobs knobs;
	struct tandem_trial_knobs trial_knobs;
	struct tandem_plan plan;
	struct tandem_load load[PLACE_VMS];
	struct tandem_trial trial[PLACE_VMS];
};

static void start_worker(struct place *p)
{
	struct worker *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->knobs = (struct tandem_placement_knobs)TANDEM_PLACEMENT_DEFAULTS;
	w->trial_knobs = (struct tandem_trial_knobs)TANDEM_TRIAL_DEFAULTS;
	w->snapshot = (struct tandem_snapshot){
		w->node, w->group, p->what->nodes, p->what->vms
	};
	p->own = w;
}

static void stop_worker(struct place *p)
{
	free(p->own);
}

static void observe_nodes(const struct place *p, struct worker *w)
{
	for (unsigned int n = 0; n < p->what->nodes; n++) {
		w->node[n] = (struct tandem_node){
			.cpus = p->what->cpus, .cores = p->what->cores,
			.total_mib = p->what->node_mib,
			.free_mib = p->what->node_mib - place_used_mib(p, n),
		};
		for (unsigned int m = 0; m < p->what->nodes; m++)
			w->node[n].distance[m] = m == n ? 10 : 20;
	}
}

static void observe_group(const struct place *p, struct worker *w, unsigned int i)
{
	const struct place_vm *vm = &p->vm[i];
	struct tandem_vm_size size = { PLACE_VCPUS, vm->resident };
	unsigned int home = place_home(vm);
	double all = 0;

	tandem_newborn(&w->group[i], &size, ALL_NODES(p->what), 0);
	if (home < PLACE_NODES) {
		w->group[i].load = tandem_load_mean(&w->load[i]);
		w->group[i].noise = tandem_load_noise(&w->load[i]);
		w->group[i].home = home;
		w->group[i].flags = tandem_trial_flags(&w->trial[i]);
	}
	for (unsigned int n = 0; n < p->what->nodes; n++) {
		w->group[i].mib[n] = vm->mib[n];
		all += vm->mib[n];
	}
	w->group[i].grow_mib = vm->resident - all;
}

static void observe(const struct place *p, struct worker *w)
{
	observe_nodes(p, w);
	for (unsigned int i = 0; i < p->what->vms; i++)
		observe_group(p, w, i);
	tandem_plan_start(&w->plan, &w->snapshot, &w->knobs);
}

static bool is_copied(const struct place *p, unsigned int i)
{
	const struct place_vm *vm = &p->vm[i];
	unsigned int home = place_home(vm);

	return home == PLACE_NODES || place_remote(vm, p->what->nodes, home) < 0.001;
}

static void go(struct place *p, unsigned int i, unsigned int to)
{
	place_confine(p, &p->vm[i], 1U << to);
	place_count_moves(p, 1);
}

static void try_on(struct place *p, struct worker *w, unsigned int i)
{
	unsigned int home = place_home(&p->vm[i]);
	struct tandem_trial_facts facts = {
		.now_ms = p->now_ms,
		.remote = 1024 * place_remote(&p->vm[i], p->what->nodes, home % PLACE_NODES),
		.needed = tandem_still_needed(&w->plan, i, w->trial[i].from),
		.copied = is_copied(p, i),
	};

	if (tandem_trial_next(&w->trial[i], &w->trial_knobs, &facts) == TANDEM_GO_BACK)
		go(p, i, w->trial[i].from);
}

static void try_all(struct place *p, struct worker *w)
{
	struct tandem_step step;

	observe(p, w);
	do {
		tandem_plan_step(&w->plan, &step);
	} while (w->plan.stage == TANDEM_LOADING);
	for (unsigned int i = 0; i < p->what->vms; i++)
		try_on(p, w, i);
}

static void carry_out(struct place *p, struct worker *w, const struct tandem_choice *c)
{
	for (unsigned int i = 0; i < c->nr; i++) {
		go(p, c->group[i], i ? c->from : c->to);
		tandem_trial_start(&w->trial[c->group[i]], p->now_ms, i ? c->to : c->from);
	}
}

static bool in_flight(const struct place *p, const struct worker *w)
{
	for (unsigned int i = 0; i < p->what->vms; i++)
		if (w->trial[i].stage == TANDEM_PROBATION || w->trial[i].stage == TANDEM_COPYING)
			return true;
	return false;
}

/* A plan is carried out as far as it can be now, and made anew in the next interval. */
static void plan(struct place *p, struct worker *w)
{
	struct tandem_step step;

	observe(p, w);
	do {
		tandem_plan_step(&w->plan, &step);
		if (step.kind == TANDEM_MORE)
			continue;
		if (step.kind == TANDEM_DONE || step.kind == TANDEM_REFUSED ||
		    (!step.urgent && in_flight(p, w)))
			break;
		carry_out(p, w, &step.choice);
	} while (1);
}

/* One at a time; what came back has nothing to copy. */
static void copy_next(struct place *p)
{
	struct worker *w = p->own;

	for (unsigned int i = 0; i < p->what->vms && p->copy.vm < 0; i++)
		if (w->trial[i].stage != TANDEM_PROBATION && !is_copied(p, i))
			place_copy(p, i, place_home(&p->vm[i]));
}

static unsigned int run_worker(struct place *p)
{
	struct worker *w = p->own;

	for (unsigned int i = 0; i < p->what->vms; i++)
		tandem_load_sample(&w->load[i], p->vm[i].running << 16);
	try_all(p, w);
	plan(p, w);
	copy_next(p);
	return INTERVAL_MS;
}

const struct place_policy place_tandem = {
	.name = "tandem", .about = "Tandem, from the start of vmb2011", .placed = true,
	.start = start_worker, .run = run_worker, .copied = copy_next, .stop = stop_worker,
};

const struct place_policy place_birth = {
	.name = "tandem-birth", .about = "Tandem, which also placed them at birth",
	.start = start_worker, .run = run_worker, .copied = copy_next, .stop = stop_worker,
};
