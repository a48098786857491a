// SPDX-License-Identifier: GPL-2.0
/*
 * How decisions lie in words. What is written is read by the same lines, so that the two
 * can't differ.
 */
#include "placement_record.h"

/**
 * tandem_tape_word() - the next word
 * @t:		the tape
 * @value:	is written, or read; past the end 0 is read
 */
void tandem_tape_word(struct tandem_tape *t, __u32 *value)
{
	t->bad |= t->at >= t->end;
	if (!t->writes)
		*value = t->bad ? 0 : t->word[t->at];
	else if (!t->bad)
		t->word[t->at] = *value;
	t->at += !t->bad;
}

/* One that is less than @most in a good record. */
static void below(struct tandem_tape *t, __u32 *value, __u32 most)
{
	tandem_tape_word(t, value);
	if (*value < most)
		return;
	t->bad = 1;
	*value = 0;
}

static void narrow(struct tandem_tape *t, __u8 *value)
{
	__u32 word = *value;

	below(t, &word, 256);
	*value = word;
}

static void half(struct tandem_tape *t, __u16 *value)
{
	__u32 word = *value;

	below(t, &word, 65536);
	*value = word;
}

static void truth(struct tandem_tape *t, _Bool *value)
{
	__u32 word = *value;

	below(t, &word, 2);
	*value = word;
}

static void wide(struct tandem_tape *t, __u64 *value)
{
	__u32 low = *value, high = *value >> 32;

	tandem_tape_word(t, &low);
	tandem_tape_word(t, &high);
	*value = (__u64)high << 32 | low;
}

static void with_sign(struct tandem_tape *t, __s64 *value)
{
	__u64 bits = *value;

	wide(t, &bits);
	*value = bits;
}

static void words(struct tandem_tape *t, __u32 *value, __u32 nr)
{
	while (nr--)
		tandem_tape_word(t, value++);
}

/**
 * tandem_tape_knobs() - how plans are made
 * @t:		the tape
 * @knobs:	they
 */
void tandem_tape_knobs(struct tandem_tape *t, struct tandem_placement_knobs *knobs)
{
	tandem_tape_word(t, &knobs->smt_percent);
	tandem_tape_word(t, &knobs->gain_min);
	tandem_tape_word(t, &knobs->sigmas);
}

/**
 * tandem_tape_node() - a node
 * @t:		the tape
 * @node:	it
 * @nodes:	how many there are
 */
void tandem_tape_node(struct tandem_tape *t, struct tandem_node *node, __u32 nodes)
{
	__u32 n;

	tandem_tape_word(t, &node->cpus);
	tandem_tape_word(t, &node->cores);
	tandem_tape_word(t, &node->other);
	tandem_tape_word(t, &node->noise);
	tandem_tape_word(t, &node->total_mib);
	tandem_tape_word(t, &node->free_mib);
	for (n = 0; n < nodes; n++)
		narrow(t, &node->distance[n]);
}

/**
 * tandem_tape_group() - a group
 * @t:		the tape
 * @group:	it
 * @nodes:	how many there are
 */
void tandem_tape_group(struct tandem_tape *t, struct tandem_group *group, __u32 nodes)
{
	tandem_tape_word(t, &group->load);
	tandem_tape_word(t, &group->noise);
	tandem_tape_word(t, &group->allowed);
	half(t, &group->wide);
	narrow(t, &group->home);
	narrow(t, &group->flags);
	tandem_tape_word(t, &group->grow_mib);
	words(t, group->mib, nodes);
	words(t, group->fixed_mib, nodes);
	words(t, group->sketch, TANDEM_SKETCH);
}

static void choice(struct tandem_tape *t, struct tandem_choice *c)
{
	__u32 nr = c->nr, i;

	below(t, &nr, TANDEM_STEP_GROUPS + 1);
	c->nr = nr;
	narrow(t, &c->from);
	narrow(t, &c->to);
	wide(t, &c->mib);
	with_sign(t, &c->gain);
	for (i = 0; i < nr; i++)
		half(t, &c->group[i]);
}

/**
 * tandem_tape_step() - a step of a plan
 * @t:		the tape
 * @step:	it
 */
void tandem_tape_step(struct tandem_tape *t, struct tandem_step *step)
{
	__u32 kind = step->kind, reason = step->reason, bad = step->bad, i;

	below(t, &kind, TANDEM_REFUSED + 1);
	below(t, &reason, TANDEM_REASONS);
	below(t, &bad, TANDEM_BAD_WIDE + 1);
	step->kind = kind;
	step->reason = reason;
	step->bad = bad;
	tandem_tape_word(t, &step->bad_at);
	truth(t, &step->urgent);
	choice(t, &step->choice);
	below(t, &step->nr_beaten, TANDEM_BEATEN + 1);
	for (i = 0; i < step->nr_beaten; i++)
		choice(t, &step->beaten[i]);
}

static void stage(struct tandem_tape *t, struct tandem_trial *trial)
{
	wide(t, &trial->since_ms);
	half(t, &trial->remote);
	narrow(t, &trial->from);
	narrow(t, &trial->stage);
	narrow(t, &trial->undone);
}

/**
 * tandem_tape_trial() - a trial, and what was decided
 * @t:		the tape
 * @trial:	it
 */
void tandem_tape_trial(struct tandem_tape *t, struct tandem_recorded_trial *trial)
{
	tandem_tape_word(t, &trial->id);
	tandem_tape_word(t, &trial->group);
	tandem_tape_word(t, &trial->knobs.probation_ms);
	tandem_tape_word(t, &trial->knobs.proof_ms);
	tandem_tape_word(t, &trial->knobs.backoff_ms);
	stage(t, &trial->before);
	wide(t, &trial->facts.now_ms);
	half(t, &trial->facts.remote);
	truth(t, &trial->facts.needed);
	truth(t, &trial->facts.copied);
	below(t, &trial->act, TANDEM_GO_BACK + 1);
	stage(t, &trial->after);
}

/**
 * tandem_tape_2011() - a decision by the rule of 2011
 * @t:		the tape
 * @decision:	it
 */
void tandem_tape_2011(struct tandem_tape *t, struct tandem_recorded_2011 *decision)
{
	__u32 i;

	below(t, &decision->nr, TANDEM_NODES_MAX + 1);
	for (i = 0; i < decision->nr; i++) {
		tandem_tape_word(t, &decision->node[i].nr_running);
		tandem_tape_word(t, &decision->node[i].nr_cpus);
	}
	truth(t, &decision->good);
	tandem_tape_word(t, &decision->result.high);
	tandem_tape_word(t, &decision->result.low);
	wide(t, &decision->result.ratio);
	truth(t, &decision->result.move);
}
