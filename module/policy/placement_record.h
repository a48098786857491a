/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_RECORD_H
#define TANDEM_POLICY_PLACEMENT_RECORD_H

#include "placement.h"
#include "placement_trial.h"
#include "vmb2011.h"

/*
 * A file of decisions: TANDEM_RECORD_HEAD words, and records one after the other. All
 * words are 32 bits, of the machine's own byte order. A new layout gets a new version.
 */
#define TANDEM_RECORD_MAGIC	0x444e4154	/* "TAND" where bytes go upwards */
#define TANDEM_RECORD_VERSION	1

/**
 * enum tandem_record_head - the words that a file begins with
 * @TANDEM_HEAD_MAGIC:		TANDEM_RECORD_MAGIC
 * @TANDEM_HEAD_VERSION:	TANDEM_RECORD_VERSION
 * @TANDEM_HEAD_WORDS:		words of all records
 * @TANDEM_HEAD_RECORDS:	how many there are
 * @TANDEM_HEAD_MADE:		decisions so far, those that are not there any more too
 * @TANDEM_HEAD_LOST:		of those: larger than all the room
 * @TANDEM_RECORD_HEAD:		how many words these are
 */
enum tandem_record_head {
	TANDEM_HEAD_MAGIC,
	TANDEM_HEAD_VERSION,
	TANDEM_HEAD_WORDS,
	TANDEM_HEAD_RECORDS,
	TANDEM_HEAD_MADE,
	TANDEM_HEAD_LOST,
	TANDEM_RECORD_HEAD
};

/**
 * enum tandem_record_word - the words that a record begins with
 * @TANDEM_RECORD_SUM:		of all that follows, tandem_record_sum()
 * @TANDEM_RECORD_WORDS:	how many words it has, these too
 * @TANDEM_RECORD_NUMBER:	the first since recording began is 1; goes on after 2^32 - 1
 * @TANDEM_RECORD_KIND:		of enum tandem_record_kind
 * @TANDEM_RECORD_WHY:		of enum tandem_record_why
 * @TANDEM_RECORD_CALLS:	of a plan: so often tandem_plan_step() was called
 * @TANDEM_RECORD_STEPS:	of a plan: how many of those were not TANDEM_MORE
 * @TANDEM_RECORD_BODY:		where the rest begins
 */
enum tandem_record_word {
	TANDEM_RECORD_SUM,
	TANDEM_RECORD_WORDS,
	TANDEM_RECORD_NUMBER,
	TANDEM_RECORD_KIND,
	TANDEM_RECORD_WHY,
	TANDEM_RECORD_CALLS,
	TANDEM_RECORD_STEPS,
	TANDEM_RECORD_BODY
};

/**
 * enum tandem_record_kind - what was decided
 * @TANDEM_RECORD_PLAN:		a plan: snapshot and knobs, then the steps that were taken
 * @TANDEM_RECORD_TRIAL:	what to do about a move, by the plan before
 * @TANDEM_RECORD_2011:		by the rule of 2011
 */
enum tandem_record_kind {
	TANDEM_RECORD_PLAN = 1,
	TANDEM_RECORD_TRIAL,
	TANDEM_RECORD_2011,
};

/**
 * enum tandem_record_why - what for
 * @TANDEM_WHY_TRIALS:	a plan that is only loaded: are moves still needed?
 * @TANDEM_WHY_HOMES:	first homes of VMs that were there before
 * @TANDEM_WHY_MOVES:	who should live elsewhere
 * @TANDEM_WHY_BIRTH:	the home of a new VM, the last group
 * @TANDEM_WHYS:	how many there are
 */
enum tandem_record_why {
	TANDEM_WHY_TRIALS,
	TANDEM_WHY_HOMES,
	TANDEM_WHY_MOVES,
	TANDEM_WHY_BIRTH,
	TANDEM_WHYS
};

/**
 * struct tandem_tape - words that are written or read, one after the other
 * @word:	they
 * @at:		the next one
 * @end:	where they end
 * @writes:	they are written
 * @bad:	there were too few, or one can't be what it should
 */
struct tandem_tape {
	__u32 *word;
	__u32 at;
	__u32 end;
	_Bool writes;
	_Bool bad;
};

/**
 * struct tandem_record - the last decisions, in a room of fixed size
 * @tape:	the room; @tape.at is the end of the one that is being written
 * @begin:	where that begins; all before it is whole
 * @records:	how many are whole
 * @made:	how many there were
 * @lost:	how many of them did not fit, even alone
 */
struct tandem_record {
	struct tandem_tape tape;
	__u32 begin;
	__u32 records;
	__u32 made;
	__u32 lost;
};

/**
 * struct tandem_recorded_trial - a trial, and what was decided
 * @id:		the VM's
 * @group:	its index in the plan before
 * @knobs:	how moves are tried
 * @before:	how far it was
 * @facts:	what was known
 * @act:	what to do
 * @after:	how far it is
 */
struct tandem_recorded_trial {
	__u32 id;
	__u32 group;
	struct tandem_trial_knobs knobs;
	struct tandem_trial before;
	struct tandem_trial_facts facts;
	__u32 act;
	struct tandem_trial after;
};

/**
 * struct tandem_recorded_2011 - a decision by the rule of 2011
 * @nr:		how many nodes
 * @node:	they
 * @good:	it could decide
 * @result:	what it decided
 */
struct tandem_recorded_2011 {
	__u32 nr;
	struct tandem_vmb_node node[TANDEM_NODES_MAX];
	_Bool good;
	struct tandem_vmb result;
};

void tandem_record_init(struct tandem_record *r, __u32 *word, __u32 room);
void tandem_record_plan(struct tandem_record *r, enum tandem_record_why why,
			const struct tandem_snapshot *s,
			const struct tandem_placement_knobs *knobs, const __u32 *id);
void tandem_record_step(struct tandem_record *r, const struct tandem_step *step);
void tandem_record_trial(struct tandem_record *r, const struct tandem_recorded_trial *trial);
void tandem_record_2011(struct tandem_record *r, const struct tandem_recorded_2011 *decision);
void tandem_record_close(struct tandem_record *r);
void tandem_record_head(const struct tandem_record *r, __u32 head[TANDEM_RECORD_HEAD]);
__u32 tandem_record_sum(const __u32 *word, __u32 words);

/* The layout: each writes, or reads, as the tape is. */
void tandem_tape_word(struct tandem_tape *t, __u32 *value);
void tandem_tape_knobs(struct tandem_tape *t, struct tandem_placement_knobs *knobs);
void tandem_tape_node(struct tandem_tape *t, struct tandem_node *node, __u32 nodes);
void tandem_tape_group(struct tandem_tape *t, struct tandem_group *group, __u32 nodes);
void tandem_tape_step(struct tandem_tape *t, struct tandem_step *step);
void tandem_tape_trial(struct tandem_tape *t, struct tandem_recorded_trial *trial);
void tandem_tape_2011(struct tandem_tape *t, struct tandem_recorded_2011 *decision);

#endif
