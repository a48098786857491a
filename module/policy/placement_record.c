// SPDX-License-Identifier: GPL-2.0
/*
 * The last decisions and all that they were made from, so that the policy can be asked
 * again, elsewhere: the same words in must give the same words out.
 *
 * Invariants:
 *
 * 1. Up to @begin the room holds whole records, the oldest first; up to @tape.at the one
 *    that is being written, if any.
 * 2. What is too large for what is left drives the oldest out; what is too large for all
 *    the room is left out, and counted.
 */
#include "placement_record.h"

/* At a time, one in so many of the room is cleared: each word moves about so often. */
#define CLEARED	4

/**
 * tandem_record_sum() - of a record's words
 * @word:	they
 * @words:	how many
 *
 * FNV-1a by words: a change of any one word changes it.
 */
__u32 tandem_record_sum(const __u32 *word, __u32 words)
{
	__u32 sum = 2166136261U;

	while (words--)
		sum = (sum ^ *word++) * 16777619U;
	return sum;
}

/**
 * tandem_record_init() - nothing was decided yet
 * @r:		the record
 * @word:	its room
 * @room:	how many words that has
 */
void tandem_record_init(struct tandem_record *r, __u32 *word, __u32 room)
{
	*r = (struct tandem_record){
		.tape = { .word = word, .end = room, .writes = 1 },
	};
}

static void move_down(struct tandem_record *r, __u32 by)
{
	__u32 i;

	for (i = by; i < r->tape.at; i++)
		r->tape.word[i - by] = r->tape.word[i];
	r->tape.at -= by;
	r->begin -= by;
}

static void make_room(struct tandem_record *r, __u32 words)
{
	__u32 freed = 0;

	if (r->tape.end - r->tape.at >= words)
		return;
	while (freed < r->begin && (freed < words || freed < r->tape.end / CLEARED)) {
		freed += r->tape.word[freed + TANDEM_RECORD_WORDS];
		r->records--;
	}
	move_down(r, freed);
}

static void begin(struct tandem_record *r, enum tandem_record_kind kind,
		  enum tandem_record_why why, __u32 words)
{
	__u32 head[TANDEM_RECORD_BODY] = {
		[TANDEM_RECORD_NUMBER] = ++r->made,
		[TANDEM_RECORD_KIND] = kind,
		[TANDEM_RECORD_WHY] = why,
	};
	__u32 i;

	make_room(r, TANDEM_RECORD_BODY + words);
	for (i = 0; i < TANDEM_RECORD_BODY; i++)
		tandem_tape_word(&r->tape, &head[i]);
}

/**
 * tandem_record_close() - what was begun is whole
 * @r:		the record; nothing happens where nothing was begun
 */
void tandem_record_close(struct tandem_record *r)
{
	__u32 *word = r->tape.word + r->begin, words = r->tape.at - r->begin;

	if (r->tape.bad) {
		r->lost++;
		r->tape.at = r->begin;
		r->tape.bad = 0;
	} else if (words) {
		word[TANDEM_RECORD_WORDS] = words;
		word[TANDEM_RECORD_SUM] = tandem_record_sum(word + 1, words - 1);
		r->begin = r->tape.at;
		r->records++;
	}
}

static __u32 plan_words(const struct tandem_snapshot *s)
{
	return 5 + s->nr_nodes * (6 + s->nr_nodes) +
	       s->nr_groups * (8 + 2 * s->nr_nodes + TANDEM_SKETCH);
}

static void record_nodes(struct tandem_record *r, const struct tandem_snapshot *s)
{
	struct tandem_node node;
	__u32 n;

	for (n = 0; n < s->nr_nodes; n++) {
		node = s->node[n];
		tandem_tape_node(&r->tape, &node, s->nr_nodes);
	}
}

static void record_groups(struct tandem_record *r, const struct tandem_snapshot *s,
			  const __u32 *id)
{
	struct tandem_group group;
	__u32 g, who;

	for (g = 0; g < s->nr_groups; g++) {
		group = s->group[g];
		who = id[g];
		tandem_tape_word(&r->tape, &who);
		tandem_tape_group(&r->tape, &group, s->nr_nodes);
	}
}

/**
 * tandem_record_plan() - a plan begins
 * @r:		the record
 * @why:	what for
 * @s:		what it is made from, with at most TANDEM_NODES_MAX nodes and
 *		TANDEM_GROUPS_MAX groups
 * @knobs:	how
 * @id:		what the groups are called, a number each
 *
 * Its steps follow, by tandem_record_step(), until something else is recorded.
 *
 * Context: any; some 30 instructions for each word.
 */
void tandem_record_plan(struct tandem_record *r, enum tandem_record_why why,
			const struct tandem_snapshot *s,
			const struct tandem_placement_knobs *knobs, const __u32 *id)
{
	struct tandem_placement_knobs k = *knobs;
	__u32 nodes = s->nr_nodes, groups = s->nr_groups;

	tandem_record_close(r);
	begin(r, TANDEM_RECORD_PLAN, why, plan_words(s));
	tandem_tape_knobs(&r->tape, &k);
	tandem_tape_word(&r->tape, &nodes);
	tandem_tape_word(&r->tape, &groups);
	record_nodes(r, s);
	record_groups(r, s, id);
}

/* What it takes when it has the most to say. */
#define STEP_WORDS	(7 + 11 * (1 + TANDEM_BEATEN))

/**
 * tandem_record_step() - tandem_plan_step() was called
 * @r:		the record, whose last was a plan
 * @step:	what it returned
 */
void tandem_record_step(struct tandem_record *r, const struct tandem_step *step)
{
	struct tandem_step copy = *step;
	__u32 *word, call;

	if (r->tape.bad || r->tape.at == r->begin)
		return;
	make_room(r, STEP_WORDS);
	word = r->tape.word + r->begin;
	call = word[TANDEM_RECORD_CALLS]++;
	if (step->kind == TANDEM_MORE)
		return;
	word[TANDEM_RECORD_STEPS]++;
	tandem_tape_word(&r->tape, &call);
	tandem_tape_step(&r->tape, &copy);
}

/**
 * tandem_record_trial() - what to do about a move was decided
 * @r:		the record
 * @trial:	all of it
 */
void tandem_record_trial(struct tandem_record *r, const struct tandem_recorded_trial *trial)
{
	struct tandem_recorded_trial copy = *trial;

	tandem_record_close(r);
	begin(r, TANDEM_RECORD_TRIAL, TANDEM_WHY_TRIALS, 23);
	tandem_tape_trial(&r->tape, &copy);
	tandem_record_close(r);
}

/**
 * tandem_record_2011() - the rule of 2011 decided
 * @r:		the record
 * @decision:	all of it
 */
void tandem_record_2011(struct tandem_record *r, const struct tandem_recorded_2011 *decision)
{
	struct tandem_recorded_2011 copy = *decision;

	tandem_record_close(r);
	begin(r, TANDEM_RECORD_2011, TANDEM_WHY_MOVES, 7 + 2 * decision->nr);
	tandem_tape_2011(&r->tape, &copy);
	tandem_record_close(r);
}

/**
 * tandem_record_head() - what the file begins with
 * @r:		the record, closed
 * @head:	on return: that
 *
 * The first @r->begin words of its room follow.
 */
void tandem_record_head(const struct tandem_record *r, __u32 head[TANDEM_RECORD_HEAD])
{
	head[TANDEM_HEAD_MAGIC] = TANDEM_RECORD_MAGIC;
	head[TANDEM_HEAD_VERSION] = TANDEM_RECORD_VERSION;
	head[TANDEM_HEAD_WORDS] = r->begin;
	head[TANDEM_HEAD_RECORDS] = r->records;
	head[TANDEM_HEAD_MADE] = r->made;
	head[TANDEM_HEAD_LOST] = r->lost;
}
