// SPDX-License-Identifier: GPL-2.0
/* tandem sim timer: what serving timers takes, under each rule, by a model. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "sim.h"
#include "sim_placement.h"

enum { HELP = 'h', PATTERN = 256, JSON, NUMBER };

const char sim_help[] =
"usage: tandem [--json] sim timer [--pattern FILE]... [options]\n"
"       tandem [--json] sim placement [options]   (its --help says more)\n"
"\n"
"What the timers of one vCPU take under each rule, by a model with the module's\n"
"own policy: stock KVM; the 2017 RFC (a fixed grid of 250 us, an exit and an IPI\n"
"for a deadline before the next look); the fixed period that hindsight finds\n"
"best; Tandem's timer mode; its poll mode.\n"
"\n"
"  --pattern FILE     lines \"ARM_NS DEADLINE_NS\", 0 cancels, \"NS halt\" and\n"
"                     \"NS run\"; may repeat; without it, patterns that are made\n"
"  --min-us N         as the parameter sync_min_us, 100\n"
"  --max-us N         as the parameter sync_max_us, 4000\n"
"  --exit-price N     as the parameter exit_price, 10\n"
"  --exit-ns N        what an exit costs, 2000\n"
"  --look-ns N        what a look costs, 400\n"
"  --interrupt-ns N   what an interrupt of the agent's CPU costs, 1500\n"
"  --json             the form of Documentation/results.rst\n"
"\n"
"Exits, looks and IPIs are for each deadline that was armed; cost is what they\n"
"cost, in ns by the three figures above. \"poll from\" says from how many such\n"
"vCPUs on a CPU that only polls is cheaper than timer mode, where each look is\n"
"counted as an interrupt of its own.\n";

static const struct number {
	const char *name;
	size_t offset;
	unsigned int min;
	unsigned int max;
} numbers[] = {
	{ "min-us", offsetof(struct sim, knobs.min_us), 20, 10000 },
	{ "max-us", offsetof(struct sim, knobs.max_us), 20, 100000 },
	{ "exit-price", offsetof(struct sim, knobs.exit_price), 1, 1000 },
	{ "exit-ns", offsetof(struct sim, exit_ns), 1, 1000000 },
	{ "look-ns", offsetof(struct sim, look_ns), 1, 1000000 },
	{ "interrupt-ns", offsetof(struct sim, interrupt_ns), 1, 1000000 },
};

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

static int take_number(struct sim *sim, const struct number *number, const char *text)
{
	unsigned int *field = (unsigned int *)((char *)sim + number->offset);
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < number->min ||
	    value > number->max) {
		fprintf(stderr, "tandem sim: --%s %s: not a number from %u to %u\n",
			number->name, text, number->min, number->max);
		return BAD_USAGE;
	}
	*field = value;
	return DONE;
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
		return take_number(sim, &numbers[option - NUMBER], optarg);
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

int run_sim(const struct options *options, int argc, char **argv)
{
	struct sim sim = {
		.knobs = { .min_us = 100, .max_us = 4000, .exit_price = 10 },
		.exit_ns = 2000, .look_ns = 400, .interrupt_ns = 1500,
		.json = options->json,
	};
	int ret;

	if (argc >= 2 && !strcmp(argv[1], "placement"))
		return run_sim_placement(options->json, argc - 1, argv + 1);
	if (argc < 2 || strcmp(argv[1], "timer")) {
		fputs("tandem sim: of what? There are: timer placement. See tandem help sim\n",
		      stderr);
		return BAD_USAGE;
	}
	ret = take_options(&sim, argc - 1, argv + 1);
	if (ret == DONE && sim.help)
		fputs(sim_help, stdout);
	else if (ret == DONE)
		simulate(&sim);
	sim_free(&sim);
	return ret;
}
