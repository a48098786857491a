// SPDX-License-Identifier: GPL-2.0
/* The faces of tandem sim poll: a table, and the form of Documentation/results.rst. */
#include <stdio.h>

#include "model_host.h"
#include "sim_poll.h"
#include "tree.h"

#define TITLES	"%-20s%8s%8s%9s%8s%8s%8s%8s\n"
#define BEST	"%-20.20s%8.2f"
#define RATIO	"%*.3f"

/**
 * struct poll_config - a rule, and what results and the table call it
 * @name:	in results
 * @width:	of its column in the table; 0 = it has none
 * @rule:	the rule
 */
static const struct poll_config {
	const char *name;
	int width;
	enum poll_rule rule;
} configs[] = {
	{ "stock", 8, POLL_NEVER },
	{ "haltpoll", 9, POLL_HALTPOLL },
	{ "kvm", 8, POLL_KVM },
	{ "ski-rental", 8, POLL_SKI_RENTAL },
	{ "best-fixed", 0, POLL_BEST_FIXED },
	{ "clairvoyant", 8, POLL_CLAIRVOYANT },
	{ "tandem", 8, POLL_TANDEM },
	{ }
};

static double cost_per_idle(const struct sim_poll *sim, const struct idles *idles,
			    enum poll_rule rule)
{
	struct polled polled = poll_serve(idles, rule, &sim->knobs);

	return poll_cost(&polled, &sim->knobs) / idles->nr;
}

/* Where the best costs nothing, nothing is a multiple of it. */
static void print_ratio(const struct poll_config *c, double cost, double best)
{
	if (best)
		printf(RATIO, c->width, cost / best);
	else
		printf("%*s", c->width, "-");
}

static void print_row(const struct sim_poll *sim, const struct idles *idles)
{
	double best = cost_per_idle(sim, idles, POLL_BEST_FIXED);
	const struct poll_config *c;

	printf(BEST, idles->name, best / 1e3);
	for (c = configs; c->name; c++)
		if (c->width)
			print_ratio(c, cost_per_idle(sim, idles, c->rule), best);
	putchar('\n');
}

void sim_poll_print_text(const struct sim_poll *sim)
{
	bool changing = false;

	printf(TITLES, "pattern", "best us", "stock", "haltpoll", "kvm", "ski", "knows", "tandem");
	for (size_t i = 0; i < sim->nr; i++) {
		if (sim->pattern[i].changing && !changing)
			puts("changing:");
		changing = sim->pattern[i].changing;
		print_row(sim, &sim->pattern[i]);
	}
}

static json_t *json_row(const struct sim_poll *sim, const struct idles *idles,
			const struct poll_config *c)
{
	struct polled polled = poll_serve(idles, c->rule, &sim->knobs);
	json_t *row = json_object();
	double nr = idles->nr;

	put(row, "workload", json_string(idles->name));
	put(row, "config", json_string(c->name));
	put(row, "idles", json_integer(polled.idles));
	put(row, "exits_hlt", rounded(polled.halts / nr));
	put(row, "polled_ns", rounded(polled.polled_ns / nr));
	put(row, "modelled_ns", rounded(poll_cost(&polled, &sim->knobs) / nr));
	return row;
}

/* With all that the figures depend on. */
#define COMMAND "tandem --json sim poll --seed %u --price %u --halt-ns %u --max-ns %u"

void sim_poll_print_json(const struct sim_poll *sim)
{
	const struct tandem_poll_knobs *k = &sim->knobs;
	json_t *rows = json_array(), *command;
	const struct poll_config *c;

	for (size_t i = 0; i < sim->nr; i++)
		for (c = configs; c->name; c++)
			append(rows, json_row(sim, &sim->pattern[i], c));
	command = json_sprintf(COMMAND, sim->seed, k->price, k->halt_cost_ns, k->max_ns);
	model_print("sim-poll", command, rows);
}
