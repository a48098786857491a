// SPDX-License-Identifier: GPL-2.0
/* tandem sim poll: what idles cost under each rule for polling, by a model. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "sim_poll.h"
#include "simulators.h"

enum { HELP = 'h', TRACE = 256, JSON, NUMBER };

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "trace", required_argument, NULL, TRACE },
	{ "json", no_argument, NULL, JSON },
	{ "seed", required_argument, NULL, NUMBER },
	{ "price", required_argument, NULL, NUMBER + 1 },
	{ "halt-ns", required_argument, NULL, NUMBER + 2 },
	{ "max-ns", required_argument, NULL, NUMBER + 3 },
	{ }
};

/* Which of them is the option less NUMBER. */
static int set_number(struct sim_poll *sim, unsigned int which)
{
	const struct number numbers[] = {
		{ "seed", &sim->seed, 1, 1000000 },
		{ "price", &sim->knobs.price, 1, 100000 },
		{ "halt-ns", &sim->knobs.halt_cost_ns, 1, 10000000 },
		{ "max-ns", &sim->knobs.max_ns, 0, 2000000 },
	};

	return take_number("sim", &numbers[which], optarg);
}

static bool has(const struct sim_poll *sim, const char *name)
{
	for (size_t i = 0; i < sim->nr; i++)
		if (!strcmp(sim->pattern[i].name, name))
			return true;
	return false;
}

/* Takes the pattern over. */
static void add(struct sim_poll *sim, struct idles *idles)
{
	sim->pattern = reallocarray(sim->pattern, sim->nr + 1, sizeof(*sim->pattern));
	if (!sim->pattern)
		abort();
	sim->pattern[sim->nr++] = *idles;
	*idles = (struct idles){ };
}

static int add_each(struct sim_poll *sim, struct idle_trace *trace)
{
	for (size_t i = 0; i < trace->nr; i++) {
		if (has(sim, trace->cpu[i].name)) {
			fprintf(stderr, "tandem sim: two patterns are called %s\n",
				trace->cpu[i].name);
			return BAD_USAGE;
		}
		add(sim, &trace->cpu[i]);
	}
	return DONE;
}

static int add_trace(struct sim_poll *sim, const char *path)
{
	struct idle_trace trace = { };
	int ret = idle_trace_load(&trace, path) ? FAILED : add_each(sim, &trace);

	idle_trace_free(&trace);
	return ret;
}

static int take_option(struct sim_poll *sim, int option)
{
	switch (option) {
	case HELP:
		sim->help = true;
		return DONE;
	case TRACE:
		return add_trace(sim, optarg);
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

static int take_options(struct sim_poll *sim, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		ret = take_option(sim, option);
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem sim: what is %s? See tandem help sim\n", argv[optind]);
		ret = BAD_USAGE;
	}
	return ret;
}

static void make_patterns(struct sim_poll *sim)
{
	struct idles idles = { };

	for (unsigned int i = 0; !idles_make(&idles, i, sim->seed); i++)
		add(sim, &idles);
}

static void simulate(struct sim_poll *sim)
{
	if (!sim->nr)
		make_patterns(sim);
	if (sim->json)
		sim_poll_print_json(sim);
	else
		sim_poll_print_text(sim);
}

int run_sim_poll(const struct options *options, int argc, char **argv)
{
	struct sim_poll sim = {
		.knobs = { .max_ns = 1000000, .price = 100, .halt_cost_ns = 20000 },
		.seed = 1,
		.json = options->json,
	};
	int ret = take_options(&sim, argc, argv);

	if (ret == DONE && sim.help)
		fputs(sim_poll_help, stdout);
	else if (ret == DONE)
		simulate(&sim);
	while (sim.nr)
		idles_free(&sim.pattern[--sim.nr]);
	free(sim.pattern);
	return ret;
}
