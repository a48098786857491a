// SPDX-License-Identifier: GPL-2.0
/*
 * Ask the policy again, about what was recorded. Answers are compared as words: a figure
 * that nobody reads differs, too.
 */
#include "placement_replay.h"

/* More than a step or a trial takes. */
#define ANSWER_WORDS	128

static _Bool same_words(const __u32 *a, const __u32 *b, __u32 words)
{
	while (words--)
		if (*a++ != *b++)
			return 0;
	return 1;
}

static struct tandem_tape blank(__u32 *word)
{
	return (struct tandem_tape){ .word = word, .end = ANSWER_WORDS, .writes = 1 };
}

/* Whether the words that end where the tape is are the answer's. */
static enum tandem_replayed compare(const struct tandem_tape *t, const struct tandem_tape *answer)
{
	return same_words(answer->word, t->word + t->at - answer->at, answer->at) ? TANDEM_SAME :
										    TANDEM_OTHER;
}

/* Numbers that follow each other: nothing was left out in between. */
static _Bool follows(const struct tandem_replay *r, __u32 number)
{
	return number == r->number + 1;
}

static _Bool read_head(struct tandem_replay *r, const __u32 *word, __u32 words)
{
	if (words < TANDEM_RECORD_BODY || word[TANDEM_RECORD_WORDS] < TANDEM_RECORD_BODY ||
	    word[TANDEM_RECORD_WORDS] > words)
		return 0;
	r->words = word[TANDEM_RECORD_WORDS];
	if (word[TANDEM_RECORD_SUM] != tandem_record_sum(word + 1, r->words - 1))
		return 0;
	r->founded &= follows(r, word[TANDEM_RECORD_NUMBER]);
	r->number = word[TANDEM_RECORD_NUMBER];
	r->kind = word[TANDEM_RECORD_KIND];
	r->why = word[TANDEM_RECORD_WHY];
	r->steps = word[TANDEM_RECORD_STEPS];
	return r->why < TANDEM_WHYS;
}

static _Bool read_sizes(struct tandem_replay *r, struct tandem_tape *t)
{
	struct tandem_snapshot *s = &r->snapshot;

	*s = (struct tandem_snapshot){ .node = r->node, .group = r->group };
	tandem_tape_knobs(t, &r->knobs);
	tandem_tape_word(t, &s->nr_nodes);
	tandem_tape_word(t, &s->nr_groups);
	return !t->bad && s->nr_nodes <= TANDEM_NODES_MAX && s->nr_groups <= TANDEM_GROUPS_MAX;
}

static _Bool read_snapshot(struct tandem_replay *r, struct tandem_tape *t)
{
	__u32 i;

	if (!read_sizes(r, t))
		return 0;
	for (i = 0; i < r->snapshot.nr_nodes; i++) {
		r->node[i] = (struct tandem_node){ };
		tandem_tape_node(t, &r->node[i], r->snapshot.nr_nodes);
	}
	for (i = 0; i < r->snapshot.nr_groups; i++) {
		r->group[i] = (struct tandem_group){ };
		tandem_tape_word(t, &r->id[i]);
		tandem_tape_group(t, &r->group[i], r->snapshot.nr_nodes);
	}
	return !t->bad;
}

/* The step that the record has next, if it has one. */
static _Bool read_step(struct tandem_replay *r, struct tandem_tape *t, __u32 *call)
{
	r->said = (struct tandem_step){ .kind = TANDEM_MORE };
	*call = r->call;
	if (!r->steps)
		return 1;
	r->steps--;
	tandem_tape_word(t, call);
	tandem_tape_step(t, &r->said);
	return !t->bad;
}

/* Whether it is what the policy says now, at this call. */
static enum tandem_replayed compare_step(struct tandem_replay *r, struct tandem_tape *t)
{
	__u32 word[ANSWER_WORDS], begin = t->at, call;
	struct tandem_step got = r->got;
	struct tandem_tape answer = blank(word);

	if (!read_step(r, t, &call))
		return TANDEM_DAMAGED;
	tandem_tape_word(&answer, &r->call);
	tandem_tape_step(&answer, &got);
	if (answer.at != t->at - begin || compare(t, &answer) == TANDEM_OTHER)
		return TANDEM_OTHER;
	if (r->told)
		r->told(r);
	return TANDEM_SAME;
}

static _Bool is_end(const struct tandem_step *step)
{
	return step->kind == TANDEM_DONE || step->kind == TANDEM_REFUSED;
}

/* What the record has and the policy does not say any more. */
static enum tandem_replayed compare_rest(struct tandem_replay *r, struct tandem_tape *t)
{
	r->got = (struct tandem_step){ .kind = TANDEM_MORE };
	if (!r->steps)
		return t->at == t->end ? TANDEM_SAME : TANDEM_DAMAGED;
	return read_step(r, t, &r->call) ? TANDEM_OTHER : TANDEM_DAMAGED;
}

static enum tandem_replayed replay_plan(struct tandem_replay *r, struct tandem_tape *t,
					__u32 calls)
{
	enum tandem_replayed replayed = TANDEM_SAME;

	r->founded = 0;
	if (!read_snapshot(r, t))
		return TANDEM_DAMAGED;
	r->got.kind = TANDEM_MORE;
	tandem_plan_start(&r->plan, &r->snapshot, &r->knobs);
	for (r->call = 0; r->call < calls && replayed == TANDEM_SAME; r->call++) {
		/* Nobody calls again after that. */
		if (is_end(&r->got))
			return TANDEM_OTHER;
		tandem_plan_step(&r->plan, &r->got);
		if (r->got.kind != TANDEM_MORE)
			replayed = compare_step(r, t);
	}
	r->founded = r->why == TANDEM_WHY_TRIALS && r->plan.stage != TANDEM_LOADING &&
		     r->plan.stage != TANDEM_FAILED;
	return replayed == TANDEM_SAME ? compare_rest(r, t) : replayed;
}

static _Bool is_needed(struct tandem_replay *r)
{
	return tandem_still_needed(&r->plan, r->trial.group, r->trial.before.from);
}

static void decide_trial(struct tandem_replay *r)
{
	struct tandem_recorded_trial *got = &r->trial_got;

	*got = r->trial;
	got->after = got->before;
	if (r->founded) {
		got->id = r->id[got->group];
		got->facts.needed = is_needed(r);
	}
	got->act = tandem_trial_next(&got->after, &got->knobs, &got->facts);
}

static enum tandem_replayed replay_trial(struct tandem_replay *r, struct tandem_tape *t)
{
	__u32 word[ANSWER_WORDS];
	struct tandem_tape answer = blank(word);

	tandem_tape_trial(t, &r->trial);
	if (t->bad || t->at != t->end || (r->founded && r->trial.group >= r->snapshot.nr_groups))
		return TANDEM_DAMAGED;
	decide_trial(r);
	tandem_tape_trial(&answer, &r->trial_got);
	return compare(t, &answer);
}

static enum tandem_replayed replay_2011(struct tandem_replay *r, struct tandem_tape *t)
{
	__u32 word[ANSWER_WORDS];
	struct tandem_tape answer = blank(word);

	r->founded = 0;
	tandem_tape_2011(t, &r->rule);
	if (t->bad || t->at != t->end)
		return TANDEM_DAMAGED;
	r->rule_got = r->rule;
	r->rule_got.good = tandem_vmb2011(r->rule.node, r->rule.nr, &r->rule_got.result);
	tandem_tape_2011(&answer, &r->rule_got);
	return compare(t, &answer);
}

/**
 * tandem_replay() - ask the policy again
 * @r:		about the records before, and on return about this one
 * @word:	the record
 * @words:	how many words are left of the file, at least one
 *
 * A trial whose plan is not there any more is decided from what was thought of its need.
 * Of a damaged one @r->words is not known.
 *
 * Context: any; as long as the plan took.
 */
enum tandem_replayed tandem_replay(struct tandem_replay *r, __u32 *word, __u32 words)
{
	struct tandem_tape t = { .word = word, .at = TANDEM_RECORD_BODY };

	if (!read_head(r, word, words))
		return TANDEM_DAMAGED;
	t.end = r->words;
	switch (r->kind) {
	case TANDEM_RECORD_PLAN:
		return replay_plan(r, &t, word[TANDEM_RECORD_CALLS]);
	case TANDEM_RECORD_TRIAL:
		return replay_trial(r, &t);
	case TANDEM_RECORD_2011:
		return replay_2011(r, &t);
	}
	return TANDEM_DAMAGED;
}
