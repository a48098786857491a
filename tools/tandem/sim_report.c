// SPDX-License-Identifier: GPL-2.0
/* The faces of tandem sim: a table, and the form of Documentation/results.rst. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "model_host.h"
#include "sim.h"
#include "tree.h"

#define TITLES	"%-17s %-10s %9s %5s %8s %5s %8s %9s\n"
#define ROW	"%-17.17s %-10s %9s %5.2f %8s %5.2f %8.0f%s\n"
#define CELL	24

static double per_arm(const struct served *served, uint64_t count)
{
	return served->arms ? (double)count / served->arms : 0;
}

/* The period that hindsight chose, or that was chosen last. */
static const char *period(const struct config *c, const struct served *served, char text[CELL])
{
	if (c->rule == STOCK || c->rule == POLL)
		return "-";
	snprintf(text, CELL, "%.0f us", served->last_ns / 1e3);
	return text;
}

static const char *looks(const struct config *c, const struct served *served, char text[CELL])
{
	if (c->rule == POLL)
		return "-";
	snprintf(text, CELL, "%.2f", per_arm(served, served->looks));
	return text;
}

static const char *poll_from(const struct sim *sim, const struct arms *arms,
			     const struct config *c, const struct served *served, char text[CELL])
{
	if (c->rule != TANDEM)
		return "";
	snprintf(text, CELL, " %9" PRIu64, sim_poll_from(sim, arms, served));
	return text;
}

static void print_row(const struct sim *sim, const struct arms *arms, const struct config *c)
{
	struct served served = sim_serve(sim, arms, c->rule);
	char period_text[CELL], looks_text[CELL], poll_text[CELL];

	printf(ROW, c->rule == STOCK ? arms->name : "", c->name, period(c, &served, period_text),
	       per_arm(&served, served.exits_arm + served.exits_fire),
	       looks(c, &served, looks_text), per_arm(&served, served.ipis),
	       sim_cost_ns(sim, &served), poll_from(sim, arms, c, &served, poll_text));
}

void sim_print_text(const struct sim *sim)
{
	const struct config *c;
	size_t i;

	printf(TITLES, "pattern", "rule", "period", "exits", "looks", "IPIs",
	       "cost ns", "poll from");
	for (i = 0; i < sim->nr; i++)
		for (c = configs; c->name; c++)
			print_row(sim, &sim->pattern[i], c);
}

static void put_ratios(json_t *row, const struct sim *sim, const struct served *served)
{
	double timers = served->timers;

	if (!served->timers)
		return;
	put(row, "exits_total", rounded((served->exits_arm + served->exits_fire) / timers));
	put(row, "deadline_writes", rounded(served->exits_arm / timers));
	put(row, "modelled_ns", rounded(sim_cost_ns(sim, served) * served->arms / timers));
}

static json_t *json_row(const struct sim *sim, const struct arms *arms, const struct config *c)
{
	struct served served = sim_serve(sim, arms, c->rule);
	json_t *row = json_object();

	put(row, "workload", json_string(arms->name));
	put(row, "config", json_string(c->name));
	put(row, "timers", json_integer(served.timers));
	put(row, "arms", json_integer(served.arms));
	put(row, "announced", json_integer(served.announced));
	put_ratios(row, sim, &served);
	put(row, "agent_ipis", json_integer(served.ipis));
	if (c->rule != POLL)
		put(row, "agent_looks", json_integer(served.looks));
	if (c->rule == TANDEM)
		put(row, "poll_from", json_integer(sim_poll_from(sim, arms, &served)));
	return row;
}

/* With all that the figures depend on. */
#define COMMAND	"tandem --json sim timer --min-us %u --max-us %u --exit-price %u --exit-ns %u " \
		"--look-ns %u --interrupt-ns %u"

static json_t *json_command(const struct sim *sim)
{
	return json_sprintf(COMMAND, sim->knobs.min_us, sim->knobs.max_us, sim->knobs.exit_price,
			    sim->exit_ns, sim->look_ns, sim->interrupt_ns);
}

void sim_print_json(const struct sim *sim)
{
	json_t *rows = json_array();
	const struct config *c;
	size_t i;

	for (i = 0; i < sim->nr; i++)
		for (c = configs; c->name; c++)
			append(rows, json_row(sim, &sim->pattern[i], c));
	model_print("sim-timer", json_command(sim), rows);
}
