// SPDX-License-Identifier: GPL-2.0
/* The faces of tandem sim placement: tables, results, timelines. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "commands.h"
#include "place_model.h"
#include "sim_placement.h"
#include "tree.h"

#define TITLES	"%-9s %-12s %8s %5s %7s %7s %5s %5s %7s %5s\n"
#define ROW	"%-9s %-12s %8s %5.2f %6.2f%% %6.2f%% %5u %5u %7.0f %5.0f\n"
#define CELL	32

/* Two digits where one would be little. */
static const char *value_text(double value, char text[CELL])
{
	snprintf(text, CELL, value < 1000 ? "%.2f" : "%.0f", value);
	return text;
}

static double gain(const struct sim_placement *sim, unsigned int c, unsigned int i)
{
	return sim->run[c][i].result.throughput / sim->run[c][0].result.throughput;
}

static void print_row(const struct sim_placement *sim, unsigned int c, unsigned int i)
{
	const struct place *p = &sim->run[c][i];
	const struct place_result *r = &p->result;
	char text[CELL];

	printf(ROW, i ? "" : p->what->name, p->policy->name, value_text(r->throughput, text),
	       gain(sim, c, i), 100 * r->remote, 100 * r->settled_remote, r->moves, r->late_moves,
	       r->copied_mib, r->settled_ms / 1e3);
}

static const struct place *find_run(const struct sim_placement *sim, const char *what,
				    const char *policy)
{
	for (unsigned int c = 0; c < PLACE_CASES; c++)
		for (unsigned int i = 0; i < PLACE_POLICIES; i++) {
			const struct place *p = &sim->run[c][i];

			if (p->what && !strcmp(p->what->name, what) &&
			    !strcmp(p->policy->name, policy))
				return p;
		}
	return NULL;
}

static void print_figure(const struct sim_placement *sim, const struct place_figure *f)
{
	const struct place *p = find_run(sim, f->what, f->policy);
	char ours[CELL], theirs[CELL];

	if (!p)
		return;
	printf("%-9s %-12s %9s %9s %7.1f%%  %s\n", f->what, f->policy,
	       value_text(p->result.throughput, ours), value_text(f->value, theirs),
	       100 * (p->result.throughput / f->value - 1), f->source);
}

void sim_placement_text(const struct sim_placement *sim)
{
	const struct place_figure *f;

	printf(TITLES, "case", "placed by", "modelled", "gain", "remote", "settled", "moves",
	       "late", "MiB", "last");
	for (unsigned int c = 0; c < PLACE_CASES; c++)
		for (unsigned int i = 0; i < PLACE_POLICIES; i++)
			if (sim->run[c][i].what)
				print_row(sim, c, i);
	printf("\n%-9s %-12s %9s %9s %8s  %s\n", "case", "placed by", "predicted", "measured",
	       "off by", "by");
	for (f = place_figures; f->what; f++)
		print_figure(sim, f);
}

static json_t *whole(double value)
{
	return json_integer(value + 0.5);
}

static void put_published(json_t *row, const struct place *p)
{
	const struct place_figure *f;

	for (f = place_figures; f->what; f++)
		if (!strcmp(f->what, p->what->name) && !strcmp(f->policy, p->policy->name) &&
		    strcmp(f->policy, "tandem"))
			put(row, "published", whole(100 * f->value));
}

static json_t *json_row(const struct sim_placement *sim, unsigned int c, unsigned int i)
{
	const struct place *p = &sim->run[c][i];
	const struct place_result *r = &p->result;
	json_t *row = json_object();

	put(row, "workload", json_string(p->what->name));
	put(row, "config", json_string(i ? p->policy->name : "stock"));
	put(row, "modelled", whole(100 * r->throughput));
	put_published(row, p);
	put(row, "modelled_gain", whole(1000 * gain(sim, c, i)));
	put(row, "remote", whole(10000 * r->remote));
	put(row, "remote_settled", whole(10000 * r->settled_remote));
	put(row, "moves", json_integer(r->moves));
	put(row, "moves_late", json_integer(r->late_moves));
	put(row, "copied_mib", whole(r->copied_mib));
	put(row, "settled_s", whole(r->settled_ms / 1e3));
	return row;
}

static json_t *json_host(const struct sim_placement *sim)
{
	json_t *host = json_object();
	struct utsname name;

	put(host, "kernel", json_string(uname(&name) ? "unknown" : name.release));
	put(host, "cpus", json_integer(80));
	put(host, "nodes", json_integer(4));
	put(host, "emulator", json_string("model"));
	put(host, "icount", json_null());
	put(host, "command", json_sprintf("tandem --json sim placement --seconds %u --seed %u%s",
					  sim->seconds, sim->seed,
					  sim->noise ? "" : " --no-noise"));
	return host;
}

void sim_placement_json(const struct sim_placement *sim)
{
	json_t *doc = json_object(), *rows = json_array();

	put(doc, "bench", json_string("sim-placement"));
	put(doc, "host", json_host(sim));
	for (unsigned int c = 0; c < PLACE_CASES; c++)
		for (unsigned int i = 0; i < PLACE_POLICIES; i++)
			if (sim->run[c][i].what)
				append(rows, json_row(sim, c, i));
	put(doc, "rows", rows);
	json_dumpf(doc, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(doc);
}

static json_t *json_nodes(const double *value, unsigned int nodes)
{
	json_t *list = json_array();

	while (nodes--)
		append(list, json_integer(*value++));
	return list;
}

static json_t *json_timeline(const struct place *p)
{
	json_t *run = json_object(), *busy = json_array(), *vms = json_array();
	json_t *seconds = json_array();

	for (unsigned int i = 0; i < p->nr_samples; i++) {
		append(seconds, json_integer(p->sample[i].at_ms / 1000));
		append(busy, json_nodes(p->sample[i].busy, p->what->nodes));
		append(vms, json_nodes(p->sample[i].vms, p->what->nodes));
	}
	put(run, "case", json_string(p->what->name));
	put(run, "policy", json_string(p->policy->name));
	put(run, "cpus", json_integer(p->what->cpus));
	put(run, "seconds", seconds);
	put(run, "busy", busy);
	put(run, "vms", vms);
	return run;
}

int sim_placement_timeline(const struct sim_placement *sim)
{
	json_t *runs = json_array();
	int failed;

	for (unsigned int c = 0; c < PLACE_CASES; c++)
		for (unsigned int i = 0; i < PLACE_POLICIES; i++)
			if (sim->run[c][i].what)
				append(runs, json_timeline(&sim->run[c][i]));
	errno = 0;
	failed = json_dump_file(runs, sim->timeline, JSON_COMPACT);
	json_decref(runs);
	if (!failed)
		return DONE;
	fprintf(stderr, "tandem sim: --timeline %s: %s\n", sim->timeline, strerror(errno));
	return FAILED;
}
