// SPDX-License-Identifier: GPL-2.0
/*
 * A plan is made from each look and carried out as far as it can be now; each move is a
 * trial: what is not needed any more within its probation goes back, and so does that which
 * is still remote when its memory has followed.
 */
#include <linux/sched/snapshot.h>

#include "tandem.h"
#include "stats.h"
#include "trace.h"
#include "policy/vmb2011.h"

/* Standard errors of the loads that first homes must be worth. */
#define FIRST_SIGMAS	1
/* Memory that is elsewhere, of a first home or on return, is worth a copy from here on, 1/1024. */
#define REMOTE_SOME	10
/* From here on most of it is elsewhere, 1/1024. */
#define REMOTE_MOST	512
/* Twice any share: no memory can be as remote after a copy. */
#define REMOTE_ANY	(2 * 1024)

static const struct tandem_trial_knobs trial_knobs = TANDEM_TRIAL_DEFAULTS;

static void trace_move(struct tandem_numa_host *h, const struct tandem_member *who,
		       const char *kind, int node, const char *reason, s64 gain)
{
	const struct tandem_part *part = &who->vm->numa.part[who->part];

	trace_tandem_place(who->vm->pid, who->part, kind, part->home, node, reason, gain,
			   tandem_load_mean(&part->load), tandem_load_noise(&part->load), h->acts);
}

/*
 * Without a node that it came from there is nothing to try: what memory it has elsewhere
 * follows at once.
 */
static void begin_trial(const struct tandem_member *who, int from)
{
	struct tandem_numa *numa = &who->vm->numa;
	struct tandem_trial *trial = &numa->part[who->part].trial;

	if (from != NUMA_NO_NODE) {
		tandem_trial_start(trial, tandem_now_ms(), from);
		return;
	}
	trial->stage = TANDEM_SETTLED;
	if (tandem_numa_remote(numa) > REMOTE_SOME)
		tandem_numa_follow(who->vm);
}

static void move_locked(struct tandem_numa_host *h, const struct tandem_member *who, int node,
			const char *reason, bool back)
{
	struct tandem_numa *numa = &who->vm->numa;
	int from = numa->part[who->part].home;

	numa->reason = reason;
	if (from != NUMA_NO_NODE && from != node) {
		numa->moves++;
		tandem_count(TANDEM_PLACEMENTS);
	}
	tandem_numa_go(h, who->vm, who->part, node);
	if (!back && from != node)
		begin_trial(who, from);
}

/**
 * tandem_numa_move() - a VM, or a part of it, shall live on a node
 * @h:		the host
 * @who:	which
 * @node:	where
 * @kind:	of move, for the trace
 * @reason:	why, a constant
 * @gain:	what by, 1/65536 CPU
 *
 * Does nothing but say so where nothing is to be done, or the VM goes.
 *
 * Context: may sleep.
 */
void tandem_numa_move(struct tandem_numa_host *h, const struct tandem_member *who, int node,
		      const char *kind, const char *reason, s64 gain)
{
	struct tandem_numa *numa = &who->vm->numa;

	guard(mutex)(&numa->lock);
	trace_move(h, who, kind, node, reason, gain);
	if (h->acts && !numa->gone && numa->vmm)
		move_locked(h, who, node, reason, false);
}

static bool has_home(const struct tandem_member *who)
{
	return READ_ONCE(who->vm->numa.part[who->part].home) != NUMA_NO_NODE;
}

/* Where some may stay it can't tell, and where most is at home going back is no help. */
static bool is_proved(const struct tandem_numa *numa)
{
	return !tandem_memory_is_copied() || tandem_numa_remote(numa) <= REMOTE_MOST;
}

static enum tandem_trial_act next_act(struct tandem_numa_host *h, unsigned int g)
{
	struct tandem_numa *numa = &h->of[g].vm->numa;
	struct tandem_trial *trial = &numa->part[h->of[g].part].trial;
	struct tandem_trial_facts facts = {
		.now_ms = tandem_now_ms(),
		.remote = tandem_numa_remote(numa),
		.needed = tandem_still_needed(&h->plan, g, trial->from),
		.copied = !tandem_copy_active(&numa->memory.copy),
	};

	if (trial->stage == TANDEM_PROVING && is_proved(numa))
		trial->remote = REMOTE_ANY;
	return tandem_numa_try(h, g, &trial_knobs, &facts);
}

/* What was copied comes along, and what it got there before that, as a VM does that boots. */
static void go_back(struct tandem_numa_host *h, const struct tandem_member *who, bool copied)
{
	const char *why = copied ? "its memory did not follow" : "it is not needed there any more";
	struct tandem_numa *numa = &who->vm->numa;
	u8 from = numa->part[who->part].trial.from;

	trace_move(h, who, "back", from, why, 0);
	if (numa->gone)
		return;
	move_locked(h, who, from, why, true);
	if (copied || tandem_numa_remote(numa) > REMOTE_SOME)
		tandem_numa_follow(who->vm);
}

static void try_on(struct tandem_numa_host *h, unsigned int g)
{
	const struct tandem_member *who = &h->of[g];
	struct tandem_numa *numa = &who->vm->numa;
	bool proving;

	guard(mutex)(&numa->lock);
	proving = numa->part[who->part].trial.stage == TANDEM_PROVING;
	switch (next_act(h, g)) {
	case TANDEM_GO_BACK:
		go_back(h, who, proving);
		break;
	case TANDEM_COPY:
		if (!tandem_copy_active(&numa->memory.copy))
			tandem_numa_follow(who->vm);
		break;
	default:
		break;
	}
}

static void try_all(struct tandem_numa_host *h)
{
	struct tandem_step step;
	unsigned int i;

	tandem_numa_plan(h, TANDEM_WHY_TRIALS, &h->knobs);
	do {
		tandem_numa_step(h, &step);
		cond_resched();
	} while (h->plan.stage == TANDEM_LOADING);
	for (i = 0; i < h->snapshot.nr_groups && h->plan.stage != TANDEM_FAILED; i++)
		if (has_home(&h->of[i]))
			try_on(h, i);
}

/* Whoever has a home, or has none, stays where it is in this plan. */
static void hold(struct tandem_numa_host *h, bool with_home)
{
	unsigned int i;

	for (i = 0; i < h->snapshot.nr_groups; i++)
		if (has_home(&h->of[i]) == with_home)
			h->group[i].flags |= TANDEM_RESTING;
}

static bool next_step(struct tandem_numa_host *h, struct tandem_step *step)
{
	do {
		tandem_numa_step(h, step);
		cond_resched();
	} while (step->kind == TANDEM_MORE);
	if (step->kind == TANDEM_REFUSED)
		pr_warn_once("kvm_tandem: no placement can be planned: %s\n",
			     tandem_bad_text(step->bad));
	return step->kind != TANDEM_DONE && step->kind != TANDEM_REFUSED;
}

static void carry_out(struct tandem_numa_host *h, const struct tandem_step *step)
{
	static const char * const kinds[] = {
		[TANDEM_HOME] = "home", [TANDEM_MOVE] = "move", [TANDEM_SWAP] = "swap",
	};
	const struct tandem_choice *c = &step->choice;
	unsigned int i;

	for (i = 0; i < c->nr; i++)
		tandem_numa_move(h, &h->of[c->group[i]], i ? c->from : c->to, kinds[step->kind],
				 tandem_reason_text(step->reason), c->gain);
}

/* The plan leaves it where most of its memory is. */
static bool is_to_settle(struct tandem_numa_host *h, unsigned int g)
{
	return !has_home(&h->of[g]) && !(h->group[g].flags & TANDEM_STAYS) &&
	       h->group[g].home != TANDEM_NOWHERE && h->plan.group[g].home == h->group[g].home;
}

/*
 * First homes, all at once, by a plan that begins where their memory is: what has a home
 * already stays there meanwhile. Each must go somewhere now, so it is enough to be
 * rather sure.
 */
static void give_homes(struct tandem_numa_host *h)
{
	struct tandem_placement_knobs knobs = h->knobs;
	struct tandem_step step;
	unsigned int i;

	knobs.sigmas = FIRST_SIGMAS;
	tandem_numa_fill(h);
	hold(h, true);
	tandem_numa_plan(h, TANDEM_WHY_HOMES, &knobs);
	while (next_step(h, &step))
		carry_out(h, &step);
	for (i = 0; i < h->snapshot.nr_groups && h->plan.stage != TANDEM_FAILED; i++)
		if (is_to_settle(h, i))
			tandem_numa_move(h, &h->of[i], h->group[i].home, "home",
					 "most of its memory is there", 0);
}

/* Its memory is where it was: not all VMs shall be remote at once. */
static bool is_remote(const struct tandem_trial *trial)
{
	return trial->stage == TANDEM_PROBATION || trial->stage == TANDEM_COPYING;
}

static bool in_flight(struct tandem_numa_host *h)
{
	unsigned int i;

	for (i = 0; i < h->snapshot.nr_groups; i++)
		if (is_remote(&h->of[i].vm->numa.part[h->of[i].part].trial))
			return true;
	return false;
}

/* What is urgent is done at once, of the rest what can be while nothing is in flight. */
static void move_on(struct tandem_numa_host *h)
{
	struct tandem_step step;

	tandem_numa_fill(h);
	hold(h, false);
	tandem_numa_plan(h, TANDEM_WHY_MOVES, &h->knobs);
	while (next_step(h, &step) && (step.urgent || !in_flight(h)))
		carry_out(h, &step);
}

static void keep_all(struct tandem_numa_host *h)
{
	unsigned int i;

	for (i = 0; i < h->nr_vms && h->acts; i++)
		tandem_numa_keep(h, h->vm[i]);
}

/**
 * tandem_numa_decide() - make a plan of what was seen, and carry it out
 * @h:		the host, just looked at
 *
 * Context: may sleep; between steps of bounded work it lets others run.
 */
void tandem_numa_decide(struct tandem_numa_host *h)
{
	if (!h->snapshot.nr_groups)
		return;
	try_all(h);
	keep_all(h);
	give_homes(h);
	move_on(h);
}

static unsigned int running(int node)
{
	struct sched_cpu_snapshot s;
	unsigned int cpu, sum = 0;

	for_each_cpu(cpu, cpumask_of_node(node))
		if (!sched_cpu_snapshot(cpu, &s))
			sum += s.nr_running - s.nr_delayed;
	return sum;
}

/* That rule knows no VMs of several parts, either. */
static bool is_for_2011(const struct tandem_member *who)
{
	return who->vm->numa.stays == TANDEM_FREE && who->vm->numa.parts == 1;
}

static const struct tandem_member *first_on(struct tandem_numa_host *h, int from, int to)
{
	unsigned int i;

	for (i = 0; i < h->snapshot.nr_groups; i++)
		if (is_for_2011(&h->of[i]) && h->group[i].home == from &&
		    h->group[i].allowed >> to & 1)
			return &h->of[i];
	return NULL;
}

/* That rule knows no nodes without CPUs: those are left out. */
static unsigned int fill_2011(struct tandem_numa_host *h, struct tandem_vmb_node *node, u8 *id)
{
	unsigned int nr = 0;
	int n;

	for (n = 0; n < h->snapshot.nr_nodes; n++) {
		if (!h->node[n].cpus)
			continue;
		node[nr] = (struct tandem_vmb_node){ running(n), h->node[n].cpus };
		id[nr++] = n;
	}
	return nr;
}

/**
 * tandem_numa_decide_2011() - the rule of 2011, to compare with
 * @h:		the host, just looked at
 *
 * At most one VM goes, from the node with the most tasks to that with the fewest. One
 * without a home gets that where its memory is.
 *
 * Context: may sleep.
 */
void tandem_numa_decide_2011(struct tandem_numa_host *h)
{
	struct tandem_vmb_node node[TANDEM_NODES_MAX];
	u8 id[TANDEM_NODES_MAX];
	const struct tandem_member *who;
	struct tandem_vmb v;
	unsigned int i;

	for (i = 0; i < h->snapshot.nr_groups; i++)
		if (!has_home(&h->of[i]) && is_for_2011(&h->of[i]) &&
		    h->group[i].home != TANDEM_NOWHERE)
			tandem_numa_move(h, &h->of[i], h->group[i].home, "home",
					 "most of its memory is there", 0);
	keep_all(h);
	if (!tandem_numa_2011(node, fill_2011(h, node, id), &v) || !v.move)
		return;
	who = first_on(h, id[v.high], id[v.low]);
	if (who)
		tandem_numa_move(h, who, id[v.low], "move",
				 "the most tasks are there, the fewest here", 0);
}
