// SPDX-License-Identifier: GPL-2.0
/* Decisions in words. */
#include <stdio.h>

#include "replay.h"

static double cpus(int64_t gain)
{
	return (double)gain / TANDEM_COST_CPU;
}

static void print_node(uint8_t node)
{
	if (node == TANDEM_NOWHERE)
		printf("nowhere");
	else
		printf("%u", node);
}

/* A snapshot's groups are called by their processes. */
static uint32_t name_of(const struct tandem_replay *r, uint16_t group)
{
	return group < r->snapshot.nr_groups ? r->id[group] : 0;
}

static void print_choice(const struct tandem_replay *r, const struct tandem_choice *c)
{
	printf("VM %u from ", c->nr ? name_of(r, c->group[0]) : 0);
	print_node(c->from);
	printf(" to ");
	print_node(c->to);
	for (unsigned int i = 1; i < c->nr; i++)
		printf("%s %u", i == 1 ? ", back" : " and", name_of(r, c->group[i]));
	printf(": gains %.5f CPUs, %llu MiB elsewhere\n", cpus(c->gain),
	       (unsigned long long)c->mib);
}

static const char *kind_of(const struct tandem_step *step)
{
	static const char * const kinds[] = {
		[TANDEM_DONE] = "done", [TANDEM_MORE] = "nothing", [TANDEM_HOME] = "home",
		[TANDEM_MOVE] = "move", [TANDEM_SWAP] = "swap", [TANDEM_REFUSED] = "refused",
	};

	return kinds[step->kind];
}

static _Bool has_choice(const struct tandem_step *step)
{
	return step->kind == TANDEM_HOME || step->kind == TANDEM_MOVE ||
	       step->kind == TANDEM_SWAP;
}

void replay_step(const struct tandem_replay *r, const char *who, const struct tandem_step *step)
{
	printf("  %s%s", who, kind_of(step));
	if (step->kind == TANDEM_REFUSED)
		printf(" at %u: %s", step->bad_at, tandem_bad_text(step->bad));
	if (!has_choice(step)) {
		putchar('\n');
		return;
	}
	printf(", %s%s:\n    ", tandem_reason_text(step->reason), step->urgent ? ", urgent" : "");
	print_choice(r, &step->choice);
	for (unsigned int i = 0; i < step->nr_beaten; i++) {
		printf("    rather than ");
		print_choice(r, &step->beaten[i]);
	}
}

void replay_title(const struct tandem_replay *r)
{
	static const char * const whys[TANDEM_WHYS] = {
		[TANDEM_WHY_TRIALS] = "are moves still needed",
		[TANDEM_WHY_HOMES] = "first homes",
		[TANDEM_WHY_MOVES] = "who should live elsewhere",
		[TANDEM_WHY_BIRTH] = "a new VM",
	};

	if (r->kind == TANDEM_RECORD_PLAN)
		printf("decision %u: %s: %u VMs\n", r->number, whys[r->why],
		       r->snapshot.nr_groups);
	else if (r->kind == TANDEM_RECORD_TRIAL)
		printf("decision %u: the move of VM %u\n", r->number, r->trial.id);
	else
		printf("decision %u: by the rule of 2011\n", r->number);
}

static void print_nodes(const struct tandem_replay *r)
{
	const struct tandem_plan_node *p = r->plan.node;
	const struct tandem_node *n = r->node;

	for (unsigned int i = 0; i < r->snapshot.nr_nodes; i++)
		printf("  node %u: %u CPUs, %.2f other load, %u MiB free; then %u VMs, load %.2f\n",
		       i, n[i].cpus, n[i].other / 256., n[i].free_mib, p[i].nr, p[i].load / 256.);
}

static void print_trial(const char *who, const struct tandem_recorded_trial *t)
{
	static const char * const acts[] = {
		[TANDEM_WAIT] = "wait", [TANDEM_COPY] = "copy its memory",
		[TANDEM_GO_BACK] = "go back",
	};

	printf("  %sstage %u, needed %u, copied %u, remote %.3f: %s, stage %u\n", who,
	       t->before.stage, t->facts.needed, t->facts.copied, t->facts.remote / 1024.,
	       acts[t->act], t->after.stage);
}

static void print_2011(const char *who, const struct tandem_recorded_2011 *d)
{
	if (!d->good)
		printf("  %sa node that it does not know\n", who);
	else
		printf("  %s%s node %u to %u, ratio %.6f\n", who, d->result.move ? "from" :
		       "not from", d->result.high, d->result.low, d->result.ratio / 1e6);
}

void replay_explain(const struct tandem_replay *r)
{
	if (r->kind == TANDEM_RECORD_PLAN)
		print_nodes(r);
	else if (r->kind == TANDEM_RECORD_TRIAL)
		print_trial("", &r->trial);
	else
		print_2011("", &r->rule);
}

void replay_difference(const struct tandem_replay *r)
{
	static const char said[] = "recorded: ", here[] = "here:     ";

	if (r->kind == TANDEM_RECORD_PLAN) {
		replay_step(r, said, &r->said);
		replay_step(r, here, &r->got);
	} else if (r->kind == TANDEM_RECORD_TRIAL) {
		print_trial(said, &r->trial);
		print_trial(here, &r->trial_got);
	} else {
		print_2011(said, &r->rule);
		print_2011(here, &r->rule_got);
	}
}
