// SPDX-License-Identifier: GPL-2.0
/* A view as lines: what a screen draws, and --once prints. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tree.h"
#include "view_text.h"

#define MOST_CELL	64

static void add(struct lines *lines, enum look look, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct lines *lines, enum look look, const char *format, ...)
{
	struct line *line = realloc(lines->line, (lines->nr + 1) * sizeof(*line));
	va_list args;
	int ret;

	if (!line)
		abort();
	lines->line = line;
	line += lines->nr++;
	line->look = look;
	va_start(args, format);
	ret = vasprintf(&line->text, format, args);
	va_end(args);
	if (ret < 0)
		abort();
}

/* Whole numbers without a point: a tenth says nothing beside a hundred. */
static const char *cell(const json_t *row, const char *key, char *buffer)
{
	const json_t *value = json_object_get(row, key);

	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		snprintf(buffer, MOST_CELL, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		snprintf(buffer, MOST_CELL, json_real_value(value) < 100 ? "%.1f" : "%.0f",
			 json_real_value(value));
	else
		return "-";
	return buffer;
}

static void add_head(struct lines *lines, const json_t *view)
{
	const json_t *timers = json_object_get(view, "timers");
	char a[MOST_CELL], b[MOST_CELL], c[MOST_CELL], d[MOST_CELL], e[MOST_CELL];

	add(lines, HEAD, "tandem top: Linux %s, %s s", cell(view, "kernel", a),
	    cell(view, "seconds", b));
	add(lines, PLAIN, "mode %s   placement %s   memory %s   idle_mode %s",
	    cell(view, "mode", a), cell(view, "placement", b), cell(view, "memory", c),
	    cell(view, "idle_mode", d));
	add(lines, PLAIN, "timers/s: fired %s   announced %s   handed over %s",
	    cell(timers, "fired_s", a), cell(timers, "announced_s", b),
	    cell(timers, "handed_over_s", e));
	add(lines, PLAIN, "%s", "");
}

#define COLUMNS	7

/* A row a line, in a format of so many strings; nothing where there is none. */
static void add_table(struct lines *lines, const char *head, const char *format,
		      const json_t *rows, const char *const key[COLUMNS])
{
	char buffer[COLUMNS][MOST_CELL];
	const char *c[COLUMNS];
	json_t *row;
	size_t i, n;

	if (!json_array_size(rows))
		return;
	add(lines, HEAD, "%s", head);
	json_array_foreach(rows, i, row) {
		for (n = 0; n < COLUMNS; n++)
			c[n] = cell(row, key[n], buffer[n]);
		add(lines, PLAIN, format, c[0], c[1], c[2], c[3], c[4], c[5], c[6]);
	}
	add(lines, PLAIN, "%s", "");
}

static void add_agents(struct lines *lines, const json_t *rows)
{
	static const char *const key[COLUMNS] = { "node", "cpu", "state", "vcpus", "looks_s",
						  "busy_percent" };

	add_table(lines, "AGENT NODE  CPU  STATE   VCPUS  LOOKS/s  BUSY%",
		  "%10s %4s  %-6s %6s %8s %6s", rows, key);
}

static void add_nodes(struct lines *lines, const json_t *rows)
{
	static const char *const key[COLUMNS] = { "node", "nr_running", "cpus", "load",
						  "imbalance", "free_mib", "vms" };

	add_table(lines, "NODE  NR_RUNNING  NR_CPUS     LOAD  IMBALANCE%  FREE MiB  VMS",
		  "%4s  %10s  %7s %8s  %10s  %8s %4s", rows, key);
}

static void add_vm(struct lines *lines, const json_t *row)
{
	char a[MOST_CELL], b[MOST_CELL], c[MOST_CELL], d[MOST_CELL], e[MOST_CELL], f[MOST_CELL];
	char g[MOST_CELL], h[MOST_CELL], i[MOST_CELL];
	const char *note = json_string_value(json_object_get(row, "note"));

	/* 79 columns up to the word: what a VM has where is for wider screens. */
	add(lines, *note ? ALARM : PLAIN,
	    "%7s %-10.10s %4s %-4.4s %5s %5s %6s %6s %5s %-18.18s %s",
	    cell(row, "pid", a), cell(row, "name", b), cell(row, "vcpus", c),
	    cell(row, "home", d), cell(row, "cpu_percent", e), cell(row, "agent_us_s", f),
	    cell(row, "polled_ms_s", g), cell(row, "budget_ms_s", h), cell(row, "moves", i),
	    *note ? note : cell(row, "state", b), cell(row, "memory", c));
}

static void add_vms(struct lines *lines, const json_t *rows)
{
	json_t *row;
	size_t i;

	add(lines, HEAD,
	    "    PID NAME       VCPU HOME  CPU%% AGENT POLLED BUDGET MOVES STATE              MEMORY");
	add(lines, HEAD,
	    "                                     us/s   ms/s   ms/s                          MiB");
	lines->vms = lines->nr;
	json_array_foreach(rows, i, row)
		add_vm(lines, row);
	if (!json_array_size(rows))
		add(lines, PLAIN, "        no VM that Tandem knows");
}

struct lines lines_of(const json_t *view, const json_t *advice)
{
	struct lines lines = { };
	json_t *sentence;
	size_t i;

	add_head(&lines, view);
	add_agents(&lines, json_object_get(view, "agents"));
	add_nodes(&lines, json_object_get(view, "nodes"));
	add_vms(&lines, json_object_get(view, "vms"));
	if (json_array_size(advice))
		add(&lines, PLAIN, "%s", "");
	json_array_foreach(advice, i, sentence)
		add(&lines, PLAIN, "%s", json_string_value(sentence));
	return lines;
}

void lines_free(struct lines *lines)
{
	size_t i;

	for (i = 0; i < lines->nr; i++)
		free(lines->line[i].text);
	free(lines->line);
}
