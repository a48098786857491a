// SPDX-License-Identifier: GPL-2.0
/* tandem sim timer: what serving timers takes, under each rule, by a model. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "number.h"
#include "sim.h"
#include "simulators.h"

enum { HELP = 'h', PATTERN = 256, JSON, NUMBER };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "pattern", required_argument, NULL, PATTERN },
	{ "json", no_argument, NULL, JSON },
	{ "min-us", required_argument, NULL, NUMBER },
	{ "max-us", required_argument, NULL, NUMBER + 1 },
	{ "exit-price", required_argument, NULL, NUMBER + 2 },
	{ "exit-ns", required_argument, NULL, NUMBER + 3 },
	{ "look-ns", required_argument, NULL, NUMBER + 4 },
	{ "interrupt-ns", required_argument, NULL, NUMBER + 5 },
	{ }
};

/* Which of them is the option less NUMBER. */
static int set_number(struct sim *sim, unsigned int which)
{
	const struct number numbers[] = {
		{ "min-us", &sim->knobs.min_us, 20, 10000 },
		{ "max-us", &sim->knobs.max_us, 20, 100000 },
		{ "exit-price", &sim->knobs.exit_price, 1, 1000 },
		{ "exit-ns", &sim->exit_ns, 1, 1000000 },
		{ "look-ns", &sim->look_ns, 1, 1000000 },
		{ "interrupt-ns", &sim->interrupt_ns, 1, 1000000 },
	};

	return take_number("sim", &numbers[which], optarg);
}

static int add_pattern(struct sim *sim, const char *path)
{
	struct arms arms = { };

	if (arms_load(&arms, path)) {
		arms_free(&arms);
		return FAILED;
	}
	if (sim_has(sim, arms.name)) {
		fprintf(stderr, "tandem sim: two patterns are called %s\n", arms.name);
		arms_free(&arms);
		return BAD_USAGE;
	}
	sim_add(sim, &arms);
	return DONE;
}

static int take_option(struct sim *sim, int option)
{
	switch (option) {
	case PATTERN:
		return add_pattern(sim, optarg);
	case JSON:
		sim->json = true;
		return DONE;
	case '?':
		fputs("See tandem help sim\n", stderr);
		return BAD_USAGE;
	default:
		return set_number(sim, option - NUMBER);
	}
}

/* Returns DONE where there is something to do: sim->help else. */
static int take_options(struct sim *sim, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == HELP)
			sim->help = true;
		else
			ret = take_option(sim, option);
	}
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem sim: what is %s? See tandem help sim\n", argv[optind]);
		ret = BAD_USAGE;
	}
	if (ret == DONE && sim->knobs.min_us > sim->knobs.max_us) {
		fputs("tandem sim: --min-us is more than --max-us\n", stderr);
		ret = BAD_USAGE;
	}
	return ret;
}

static void make_patterns(struct sim *sim)
{
	struct arms arms = { };
	unsigned int i;

	for (i = 0; !arms_make(&arms, i); i++) {
		sim_add(sim, &arms);
		arms = (struct arms){ };
	}
}

static void simulate(struct sim *sim)
{
	if (!sim->nr)
		make_patterns(sim);
	if (sim->json)
		sim_print_json(sim);
	else
		sim_print_text(sim);
}

int run_sim_timer(const struct options *options, int argc, char **argv)
{
	struct sim sim = {
		.knobs = { .min_us = 100, .max_us = 4000, .exit_price = 10 },
		.exit_ns = 2000, .look_ns = 400, .interrupt_ns = 1500,
		.json = options->json,
	};
	int ret = take_options(&sim, argc, argv);

	if (ret == DONE && sim.help)
		fputs(sim_timer_help, stdout);
	else if (ret == DONE)
		simulate(&sim);
	sim_free(&sim);
	return ret;
}
