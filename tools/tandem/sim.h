/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_SIM_H
#define TANDEM_SIM_H

#include <stdbool.h>

#include "timer_model.h"

/**
 * struct sim - what to simulate, and how to price it
 * @pattern:	the patterns
 * @nr:		how many
 * @knobs:	of Tandem's policy
 * @exit_ns:	cost of an exit
 * @look_ns:	cost of a look
 * @interrupt_ns: cost of an interrupt of the agent's CPU
 * @json:	the answer as JSON
 * @help:	no answer but the help
 */
struct sim {
	struct arms *pattern;
	size_t nr;
	struct tandem_period_knobs knobs;
	uint32_t exit_ns;
	uint32_t look_ns;
	uint32_t interrupt_ns;
	bool json;
	bool help;
};

/* Takes the pattern over. */
void sim_add(struct sim *sim, const struct arms *arms);
bool sim_has(const struct sim *sim, const char *name);
void sim_free(struct sim *sim);

void sim_print_text(const struct sim *sim);
void sim_print_json(const struct sim *sim);

/**
 * struct config - a rule with what results call it
 * @name:	in results and in the table
 * @rule:	the rule
 */
struct config {
	const char *name;
	enum rule rule;
};

/* The rules, up to one without a name; stock first. */
extern const struct config configs[];

/* What a rule takes; for FIXED the period that costs least. */
struct served sim_serve(const struct sim *sim, const struct arms *arms, enum rule rule);

/* Both 0 where there is no such number. */
double sim_cost_ns(const struct sim *sim, const struct served *served);
uint64_t sim_poll_from(const struct sim *sim, const struct arms *arms, const struct served *served);

#endif
