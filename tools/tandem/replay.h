/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_REPLAY_H
#define TANDEM_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "placement_replay.h"

/**
 * struct replay_counts - what was in a file of decisions
 * @decisions:	how many
 * @plans:	those that were plans
 * @trials:	what to do about a move
 * @rules:	by the rule of 2011
 * @steps:	homes, moves and swaps of the plans
 * @differ:	decisions that the policy would not make so
 * @made:	decisions until the file was read, older ones too
 * @lost:	of those: larger than the room
 */
struct replay_counts {
	uint32_t decisions;
	uint32_t plans;
	uint32_t trials;
	uint32_t rules;
	uint32_t steps;
	uint32_t differ;
	uint32_t made;
	uint32_t lost;
};

/**
 * struct replay_file - a file of decisions, in memory
 * @path:	where it was
 * @word:	its words
 * @words:	how many there are
 */
struct replay_file {
	const char *path;
	uint32_t *word;
	size_t words;
};

/* 0, or -1 after saying on stderr what is wrong with it. */
int replay_load(struct replay_file *file, const char *path);

/* On stdout: a plan, or other decision, that is as it should be; and one that is not. */
void replay_title(const struct tandem_replay *r);
void replay_step(const struct tandem_replay *r, const char *who, const struct tandem_step *step);
void replay_explain(const struct tandem_replay *r);
void replay_difference(const struct tandem_replay *r);

#endif
