/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_REPLAY_H
#define TANDEM_POLICY_PLACEMENT_REPLAY_H

#include "placement_record.h"

/**
 * enum tandem_replayed - what came of asking again
 * @TANDEM_SAME:	the same, to the bit
 * @TANDEM_OTHER:	something else
 * @TANDEM_DAMAGED:	this is no record that was written so
 */
enum tandem_replayed { TANDEM_SAME, TANDEM_OTHER, TANDEM_DAMAGED };

/**
 * struct tandem_replay - a record, and the policy asked again
 * @told:	is called for each step that is the same, may be NULL
 * @words:	of this record
 * @number:	its number
 * @kind:	what was decided
 * @why:	what for
 * @snapshot:	of the last plan
 * @knobs:	its knobs
 * @node:	its nodes
 * @group:	its groups
 * @id:		what those are called
 * @plan:	it
 * @founded:	the plan that a trial is judged by is there
 * @call:	at which call of tandem_plan_step()
 * @steps:	how many steps are left to be read
 * @said:	what the record says there; of kind TANDEM_MORE: nothing
 * @got:	what the policy says
 * @trial:	of a trial: what the record says
 * @trial_got:	what the policy says
 * @rule:	of the rule of 2011: what the record says
 * @rule_got:	what the policy says
 *
 * Begin with all zeroed.
 */
struct tandem_replay {
	void (*told)(const struct tandem_replay *r);
	__u32 words;
	__u32 number;
	enum tandem_record_kind kind;
	enum tandem_record_why why;
	struct tandem_snapshot snapshot;
	struct tandem_placement_knobs knobs;
	struct tandem_node node[TANDEM_NODES_MAX];
	struct tandem_group group[TANDEM_GROUPS_MAX];
	__u32 id[TANDEM_GROUPS_MAX];
	struct tandem_plan plan;
	_Bool founded;
	__u32 call;
	__u32 steps;
	struct tandem_step said;
	struct tandem_step got;
	struct tandem_recorded_trial trial;
	struct tandem_recorded_trial trial_got;
	struct tandem_recorded_2011 rule;
	struct tandem_recorded_2011 rule_got;
};

enum tandem_replayed tandem_replay(struct tandem_replay *r, __u32 *word, __u32 words);

#endif
