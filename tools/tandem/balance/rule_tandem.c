// SPDX-License-Identifier: GPL-2.0
/*
 * The module's own policy: a plan is made from each look and carried out as far as it
 * can be now; each move is a trial, whose memory follows after a probation.
 */
#include "balance.h"

/* Standard errors of the loads that first homes must be worth. */
#define FIRST_SIGMAS	1

static unsigned int node_id(const struct balance *b, unsigned int i)
{
	return i == TANDEM_NOWHERE ? TANDEM_NOWHERE : b->topology.node[i].id;
}

static bool is_moved(const struct vm *vm)
{
	return vm->claimed && vm->stays == FREE && vm->home != TANDEM_NOWHERE;
}

bool rule_tandem_copies(const struct balance *b, const struct vm *vm)
{
	return is_moved(vm) && vm->trial.stage != TANDEM_PROBATION && !vm->passed &&
	       !b->options.no_memory;
}

/* What did not follow by the end of a pass won't. */
static bool is_copied(const struct balance *b, const struct vm *vm)
{
	return vm->passed || !vm_remote(&b->topology, vm) || b->options.no_memory;
}

static void rest(struct balance *b, struct vm *vm)
{
	vm->trial.stage = TANDEM_BACKOFF;
	vm->trial.since_ms = balance_now_ms(b);
	vm->trial.undone += vm->trial.undone < 7;
}

/* False if it could not be done: then it rests. */
static bool go(struct balance *b, struct vm *vm, unsigned int to)
{
	if (b->options.dry_run)
		return false;
	if (vm_confine(b, vm, to)) {
		rest(b, vm);
		return false;
	}
	vm_copy_start(vm);
	return true;
}

static void go_back(struct balance *b, struct vm *vm)
{
	report_move(b, vm, "back", vm->trial.from,
		    vm->trial.remote < 1024 ? "its memory is as remote as before" :
					      "it is not needed there any more");
	go(b, vm, vm->trial.from);
}

static void try_on(struct balance *b, unsigned int g)
{
	struct vm *vm = b->vms.vm[g];
	struct tandem_trial_facts facts = {
		.now_ms = balance_now_ms(b),
		.remote = vm_remote(&b->topology, vm),
		.needed = tandem_still_needed(&b->plan, g,
					      topology_find(&b->topology, vm->trial.from)),
		.copied = is_copied(b, vm),
	};

	/* nothing to prove where memory is to stay */
	if (b->options.no_memory && vm->trial.stage == TANDEM_PROVING)
		vm->trial.remote = 2 * 1024;
	if (tandem_trial_next(&vm->trial, &b->trial_knobs, &facts) == TANDEM_GO_BACK)
		go_back(b, vm);
}

/* Of one that is not moved only a rest goes on: it could not be, or was somebody else's. */
static void rest_on(struct balance *b, struct vm *vm)
{
	struct tandem_trial_facts facts = { .now_ms = balance_now_ms(b) };

	if (vm->trial.stage == TANDEM_BACKOFF)
		tandem_trial_next(&vm->trial, &b->trial_knobs, &facts);
	else
		vm->trial.stage = TANDEM_SETTLED;
}

static void try_all(struct balance *b)
{
	struct tandem_step step;

	balance_snapshot(b);
	do {
		tandem_plan_step(&b->plan, &step);
	} while (b->plan.stage == TANDEM_LOADING);
	for (unsigned int i = 0; i < b->snapshot.nr_groups && b->plan.stage != TANDEM_FAILED; i++) {
		if (is_moved(b->vms.vm[i]))
			try_on(b, i);
		else
			rest_on(b, b->vms.vm[i]);
	}
}

static void carry_out(struct balance *b, const struct tandem_step *step)
{
	const struct tandem_choice *c = &step->choice;

	for (unsigned int i = 0; i < c->nr; i++) {
		struct vm *vm = b->vms.vm[c->group[i]];
		unsigned int from = vm->home, to = node_id(b, i ? c->from : c->to);

		report_step(b, vm, to, step);
		if (go(b, vm, to))
			tandem_trial_start(&vm->trial, balance_now_ms(b), from);
	}
}

static bool in_flight(const struct balance *b)
{
	for (unsigned int i = 0; i < b->vms.nr; i++)
		if (b->vms.vm[i]->trial.stage == TANDEM_PROBATION ||
		    b->vms.vm[i]->trial.stage == TANDEM_COPYING)
			return true;
	return false;
}

/* Whoever has a home, or has none, stays where it is in this plan. */
static void hold(struct balance *b, bool with_home)
{
	for (unsigned int i = 0; i < b->snapshot.nr_groups; i++) {
		bool has = b->vms.vm[i]->home != TANDEM_NOWHERE;

		b->group[i].flags |= has == with_home ? TANDEM_RESTING : 0;
	}
}

static bool next_step(struct balance *b, struct tandem_step *step)
{
	do {
		tandem_plan_step(&b->plan, step);
	} while (step->kind == TANDEM_MORE);
	if (step->kind == TANDEM_REFUSED)
		say(b, &b->said, SAID_REFUSED, "no plan can be made: %s",
		    tandem_bad_text(step->bad));
	return step->kind != TANDEM_DONE && step->kind != TANDEM_REFUSED;
}

/* The plan leaves it where most of its memory is. */
static bool is_to_settle(const struct balance *b, unsigned int g)
{
	return b->vms.vm[g]->home == TANDEM_NOWHERE && !(b->group[g].flags & TANDEM_STAYS) &&
	       b->group[g].home != TANDEM_NOWHERE && b->plan.group[g].home == b->group[g].home;
}

/* There is nothing to try: what is elsewhere of its memory follows. */
static void settle(struct balance *b, unsigned int g)
{
	unsigned int node = node_id(b, b->group[g].home);

	report_move(b, b->vms.vm[g], "home", node, "most of its memory is there");
	go(b, b->vms.vm[g], node);
}

/*
 * First homes, all at once, by a plan that begins where their memory is: what has a home
 * already stays there meanwhile. Each must go somewhere now, so it is enough to be
 * rather sure.
 */
static void give_homes(struct balance *b)
{
	struct tandem_placement_knobs knobs = b->knobs;
	struct tandem_step step;

	knobs.sigmas = FIRST_SIGMAS;
	balance_snapshot(b);
	hold(b, true);
	tandem_plan_start(&b->plan, &b->snapshot, &knobs);
	while (next_step(b, &step))
		carry_out(b, &step);
	for (unsigned int i = 0; i < b->snapshot.nr_groups && b->plan.stage != TANDEM_FAILED; i++)
		if (is_to_settle(b, i))
			settle(b, i);
}

/* What is urgent is done at once, of the rest what can be while nothing is in flight. */
static void move_on(struct balance *b)
{
	struct tandem_step step;

	balance_snapshot(b);
	hold(b, false);
	while (next_step(b, &step) && (step.urgent || !in_flight(b)))
		carry_out(b, &step);
}

void rule_tandem(struct balance *b)
{
	try_all(b);
	for (unsigned int i = 0; i < b->vms.nr && !b->options.dry_run; i++)
		vm_keep(b, b->vms.vm[i]);
	give_homes(b);
	move_on(b);
}
