// SPDX-License-Identifier: GPL-2.0
/*
 * A move is a trial: first the threads go, and only if what they went for lasts does
 * the memory. What did not help is undone, and not tried again soon.
 *
 *	SETTLED --> PROBATION --> COPYING --> PROVING --> SETTLED
 *	   ^            | not needed             | still remote
 *	   '- BACKOFF <-'------------------------'
 */
#include "placement_score.h"
#include "placement_trial.h"

/* An hour, where backoff_ms is a minute. */
#define DOUBLINGS_MAX	6

static void enter(struct tandem_trial *t, enum tandem_trial_stage stage, __u64 now_ms)
{
	t->stage = stage;
	t->since_ms = now_ms;
}

/* A clock that went back has shown no time. */
static _Bool passed(const struct tandem_trial *t, __u64 now_ms, __u64 ms)
{
	return now_ms >= t->since_ms && now_ms - t->since_ms >= ms;
}

static enum tandem_trial_act undo(struct tandem_trial *t, __u64 now_ms)
{
	enter(t, TANDEM_BACKOFF, now_ms);
	t->undone += t->undone <= DOUBLINGS_MAX;
	return TANDEM_GO_BACK;
}

static __u64 backoff(const struct tandem_trial *t, const struct tandem_trial_knobs *knobs)
{
	return (__u64)knobs->backoff_ms << (t->undone ? t->undone - 1 : 0);
}

static enum tandem_trial_act on_probation(struct tandem_trial *t,
					  const struct tandem_trial_knobs *knobs,
					  const struct tandem_trial_facts *facts)
{
	if (!facts->needed)
		return undo(t, facts->now_ms);
	if (!passed(t, facts->now_ms, knobs->probation_ms))
		return TANDEM_WAIT;
	t->remote = facts->remote;
	enter(t, TANDEM_COPYING, facts->now_ms);
	return TANDEM_COPY;
}

/* Half of what was remote must no longer be; what was not can't tell. */
static enum tandem_trial_act prove(struct tandem_trial *t,
				   const struct tandem_trial_knobs *knobs,
				   const struct tandem_trial_facts *facts)
{
	if (!passed(t, facts->now_ms, knobs->proof_ms))
		return TANDEM_WAIT;
	if (facts->remote > t->remote / 2 && t->from != TANDEM_NOWHERE)
		return undo(t, facts->now_ms);
	enter(t, TANDEM_SETTLED, facts->now_ms);
	t->undone = 0;
	return TANDEM_WAIT;
}

/**
 * tandem_trial_start() - a group's threads were moved
 * @t:		its trial
 * @now_ms:	when
 * @from:	the node it came from, or TANDEM_NOWHERE: there is no way back, so its
 *		memory follows at once
 */
void tandem_trial_start(struct tandem_trial *t, __u64 now_ms, __u8 from)
{
	t->from = from;
	t->remote = 1024;
	enter(t, from == TANDEM_NOWHERE ? TANDEM_COPYING : TANDEM_PROBATION, now_ms);
}

/**
 * tandem_trial_next() - what to do about a group now
 * @t:		its trial
 * @knobs:	how long things take
 * @facts:	what is known
 *
 * To be called once an interval. On TANDEM_GO_BACK its home is @t->from again.
 */
enum tandem_trial_act tandem_trial_next(struct tandem_trial *t,
					const struct tandem_trial_knobs *knobs,
					const struct tandem_trial_facts *facts)
{
	switch (t->stage) {
	case TANDEM_PROBATION:
		return on_probation(t, knobs, facts);
	case TANDEM_COPYING:
		if (!facts->copied)
			return TANDEM_COPY;
		enter(t, TANDEM_PROVING, facts->now_ms);
		return TANDEM_WAIT;
	case TANDEM_PROVING:
		return prove(t, knobs, facts);
	case TANDEM_BACKOFF:
		if (passed(t, facts->now_ms, backoff(t, knobs)))
			enter(t, TANDEM_SETTLED, facts->now_ms);
		return TANDEM_WAIT;
	default:
		return TANDEM_WAIT;
	}
}

/**
 * tandem_trial_flags() - what a snapshot says of a group, for its trial
 * @t:		its trial
 */
__u32 tandem_trial_flags(const struct tandem_trial *t)
{
	switch (t->stage) {
	case TANDEM_SETTLED:
		return 0;
	case TANDEM_BACKOFF:
		return TANDEM_RESTING;
	default:
		return TANDEM_IN_FLIGHT;
	}
}

/* What it gains of CPU by having come, even if the loads are off. */
static __s64 sure_gain(const struct tandem_plan *p, __u32 g, __u32 from)
{
	struct tandem_plan_node there = p->node[from], here = p->node[p->group[g].home];
	__u32 load = p->snapshot->group[g].load;

	there.load += load;
	here.load -= load;
	return tandem_sure_gain(&there, &here, tandem_doubt(&there, &here, p->knobs.sigmas * 3 / 4),
				load);
}

/**
 * tandem_still_needed() - would a group rather be where it is than where it was?
 * @p:		a plan that is loaded, from loads as they are now
 * @g:		index of the group
 * @from:	where it was, and where its memory still is
 *
 * The same potential that it was moved for, in doubt: of two nodes that are about as busy
 * it would rather be where its memory is. But it need not be worth the least gain of a move,
 * nor quite as sure: that is the hysteresis. As sure as a move, noise sends VMs back.
 */
_Bool tandem_still_needed(struct tandem_plan *p, __u32 g, __u32 from)
{
	struct tandem_choice back = {
		.group = { g }, .nr = 1, .from = p->group[g].home, .to = from,
	};
	struct tandem_gain gain;
	__s64 loses;

	if (back.from == TANDEM_NOWHERE || from >= p->snapshot->nr_nodes || back.from == from)
		return 0;
	loses = -tandem_weigh(p, &back, &gain);
	return loses + gain.part[TANDEM_FOR_CPU] + sure_gain(p, g, from) >= 0;
}
