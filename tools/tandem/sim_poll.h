/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_SIM_POLL_H
#define TANDEM_SIM_POLL_H

#include "idles.h"
#include "poll_rules.h"

/**
 * struct sim_poll - which idles to simulate, and how to price them
 * @pattern:	the patterns, each with a name of its own
 * @nr:		how many
 * @knobs:	of the policy; the price and the cost of a halt are everybody's
 * @seed:	of the patterns that are made
 * @json:	the answer as JSON
 * @help:	no answer but the help
 */
struct sim_poll {
	struct idles *pattern;
	size_t nr;
	struct tandem_poll_knobs knobs;
	uint32_t seed;
	bool json;
	bool help;
};

void sim_poll_print_text(const struct sim_poll *sim);
void sim_poll_print_json(const struct sim_poll *sim);

#endif
