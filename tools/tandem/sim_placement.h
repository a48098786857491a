/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_SIM_PLACEMENT_H
#define TANDEM_SIM_PLACEMENT_H

#include "commands.h"
#include "place_cases.h"

#define PLACE_POLICIES	7
#define PLACE_CASES	5

/**
 * struct sim_placement - what to simulate
 * @only_case:	this case, NULL: all
 * @only_policy: beside nobody, this policy, NULL: all
 * @seconds:	how long
 * @seed:	of all that is random
 * @noise:	loads vary
 * @json:	the answer as JSON
 * @help:	no answer but the help
 * @timeline:	a file for what happened over time, NULL: none
 * @run:	the runs, by case and policy; @what is NULL where there was none
 */
struct sim_placement {
	const char *only_case;
	const char *only_policy;
	unsigned int seconds;
	unsigned int seed;
	bool noise;
	bool json;
	bool help;
	const char *timeline;
	struct place run[PLACE_CASES][PLACE_POLICIES];
};

extern const char sim_placement_help[];
int run_sim_placement(const struct options *options, int argc, char **argv);

void sim_placement_text(const struct sim_placement *sim);
void sim_placement_json(const struct sim_placement *sim);
int sim_placement_timeline(const struct sim_placement *sim);

#endif
