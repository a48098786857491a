/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_TRIAL_H
#define TANDEM_POLICY_PLACEMENT_TRIAL_H

#include "placement.h"

/**
 * enum tandem_trial_stage - how far a move is
 * @TANDEM_SETTLED:	there is none
 * @TANDEM_PROBATION:	its threads have moved, its memory not
 * @TANDEM_COPYING:	its memory follows
 * @TANDEM_PROVING:	all is there: is it any better?
 * @TANDEM_BACKOFF:	a move was undone, and none is made for a while
 */
enum tandem_trial_stage {
	TANDEM_SETTLED,
	TANDEM_PROBATION,
	TANDEM_COPYING,
	TANDEM_PROVING,
	TANDEM_BACKOFF,
};

/**
 * enum tandem_trial_act - what to do about a move now
 * @TANDEM_WAIT:	nothing
 * @TANDEM_COPY:	let its memory follow, or go on with that
 * @TANDEM_GO_BACK:	its threads go back, and what was copied
 */
enum tandem_trial_act { TANDEM_WAIT, TANDEM_COPY, TANDEM_GO_BACK };

/**
 * struct tandem_trial_knobs - how moves are tried
 * @probation_ms:	the need must stay so long before memory is copied
 * @proof_ms:		the remote share is looked at so long after it was
 * @backoff_ms:		rest after the first move that was undone; doubles with each
 */
struct tandem_trial_knobs {
	__u32 probation_ms;
	__u32 proof_ms;
	__u32 backoff_ms;
};

#define TANDEM_TRIAL_DEFAULTS \
	{ .probation_ms = 5000, .proof_ms = 10000, .backoff_ms = 60000 }

/**
 * struct tandem_trial - a group's move; zeroed = it never moved
 * @since_ms:	when @stage began
 * @remote:	remote share before memory followed, 1/1024
 * @from:	the node it came from
 * @stage:	how far it is
 * @undone:	how many moves in a row were undone
 */
struct tandem_trial {
	__u64 since_ms;
	__u16 remote;
	__u8 from;
	__u8 stage;
	__u8 undone;
};

/**
 * struct tandem_trial_facts - what is known now
 * @now_ms:	ms of a clock that does not go back
 * @remote:	the group's remote share, 1/1024
 * @needed:	tandem_still_needed() of the move
 * @copied:	all its memory is where it should be
 */
struct tandem_trial_facts {
	__u64 now_ms;
	__u16 remote;
	_Bool needed;
	_Bool copied;
};

void tandem_trial_start(struct tandem_trial *t, __u64 now_ms, __u8 from);
enum tandem_trial_act tandem_trial_next(struct tandem_trial *t,
					const struct tandem_trial_knobs *knobs,
					const struct tandem_trial_facts *facts);
__u32 tandem_trial_flags(const struct tandem_trial *t);
_Bool tandem_still_needed(struct tandem_plan *p, __u32 g, __u32 from);

#endif
