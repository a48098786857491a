// SPDX-License-Identifier: GPL-2.0
/* tandem sim placement: what comes of VMs on NUMA hosts, by who places them. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "sim_placement.h"

enum { HELP = 'h', CASE = 256, POLICY_NAME, SECONDS, SEED, NO_NOISE, TIMELINE, JSON };

const char sim_placement_help[] =
"usage: tandem [--json] sim placement [options]\n"
"\n"
"What comes of VMs on the NUMA hosts of published measurements, by who places\n"
"them: none (the kernel scatters), pinned by hand, vmb2011 (vmbalanced), numad,\n"
"rusty (a per-task balancer), tandem (the module's policy, from the start of\n"
"vmb2011), tandem-birth (the same, which also placed each VM when it was new).\n"
"Figures are predicted by a model that was fitted to three measured ones.\n"
"\n"
"  --case NAME        dbench-40, dbench-20, ebay-6, ebay-18, burst; else all\n"
"  --policy NAME      none and this one; else all\n"
"  --seconds N        of work, 600; 60 to 100000\n"
"  --seed N           of all that is random, 1; 0 to 1000000\n"
"  --no-noise         each VM always has 4 tasks, not 3 to 5\n"
"  --timeline FILE    CPUs that run and VMs at home on each node, each second:\n"
"                     tools/results/timelines draws them\n"
"  --json             the form of Documentation/results.rst\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "case", required_argument, NULL, CASE },
	{ "policy", required_argument, NULL, POLICY_NAME },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "seed", required_argument, NULL, SEED },
	{ "no-noise", no_argument, NULL, NO_NOISE },
	{ "timeline", required_argument, NULL, TIMELINE },
	{ "json", no_argument, NULL, JSON },
	{ }
};

static int take_number(unsigned int *field, const char *name, const char *text,
		       unsigned int min, unsigned int max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || value < min || value > max) {
		fprintf(stderr, "tandem sim: --%s %s: not a number from %u to %u\n", name, text,
			min, max);
		return BAD_USAGE;
	}
	*field = value;
	return DONE;
}

static int take_case(struct sim_placement *sim, const char *name)
{
	const struct place_case *c;

	sim->only_case = name;
	for (c = place_cases; c->name; c++)
		if (!strcmp(c->name, name))
			return DONE;
	fprintf(stderr, "tandem sim: --case %s: there are:", name);
	for (c = place_cases; c->name; c++)
		fprintf(stderr, " %s", c->name);
	fputc('\n', stderr);
	return BAD_USAGE;
}

static int take_policy(struct sim_placement *sim, const char *name)
{
	const struct place_policy *const *policy;

	sim->only_policy = name;
	for (policy = place_policies; *policy; policy++)
		if (!strcmp((*policy)->name, name))
			return DONE;
	fprintf(stderr, "tandem sim: --policy %s: there are:", name);
	for (policy = place_policies; *policy; policy++)
		fprintf(stderr, " %s", (*policy)->name);
	fputc('\n', stderr);
	return BAD_USAGE;
}

static int take_option(struct sim_placement *sim, int option)
{
	switch (option) {
	case HELP:
		sim->help = true;
		return DONE;
	case CASE:
		return take_case(sim, optarg);
	case POLICY_NAME:
		return take_policy(sim, optarg);
	case SECONDS:
		return take_number(&sim->seconds, "seconds", optarg, 60, 100000);
	case SEED:
		return take_number(&sim->seed, "seed", optarg, 0, 1000000);
	case NO_NOISE:
		sim->noise = false;
		return DONE;
	case TIMELINE:
		sim->timeline = optarg;
		return DONE;
	case JSON:
		sim->json = true;
		return DONE;
	default:
		fputs("See tandem sim placement --help\n", stderr);
		return BAD_USAGE;
	}
}

static int take_options(struct sim_placement *sim, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		ret = take_option(sim, option);
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem sim: what is %s? See tandem sim placement --help\n",
			argv[optind]);
		ret = BAD_USAGE;
	}
	return ret;
}

static void run_one(struct sim_placement *sim, unsigned int c, unsigned int i)
{
	const struct place_policy *policy = place_policies[i];
	struct place *p = &sim->run[c][i];

	if (i && sim->only_policy && strcmp(policy->name, sim->only_policy))
		return;
	*p = (struct place){
		.what = &place_cases[c], .policy = policy, .noise = sim->noise,
		.seconds = sim->seconds, .random = sim->seed,
	};
	place_run(p);
}

static void run_all(struct sim_placement *sim)
{
	for (unsigned int c = 0; c < PLACE_CASES; c++)
		for (unsigned int i = 0; i < PLACE_POLICIES; i++)
			if (!sim->only_case || !strcmp(place_cases[c].name, sim->only_case))
				run_one(sim, c, i);
}

static int simulate(struct sim_placement *sim)
{
	run_all(sim);
	if (sim->json)
		sim_placement_json(sim);
	else
		sim_placement_text(sim);
	return sim->timeline ? sim_placement_timeline(sim) : DONE;
}

int run_sim_placement(const struct options *options, int argc, char **argv)
{
	struct sim_placement *sim = calloc(1, sizeof(*sim));
	int ret;

	if (!sim)
		abort();
	sim->seconds = 600;
	sim->seed = 1;
	sim->noise = true;
	sim->json = options->json;
	ret = take_options(sim, argc, argv);
	if (ret == DONE && sim->help)
		fputs(sim_placement_help, stdout);
	else if (ret == DONE)
		ret = simulate(sim);
	free(sim);
	return ret;
}
