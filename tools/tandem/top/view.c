// SPDX-License-Identifier: GPL-2.0
/* From two samples to rates, and to a word about each VM that needs one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../balance/host_load.h"
#include "../tree.h"
#include "view.h"

/*
 * What a VM may poll before it is said to ignore its budget: that of the time between the
 * looks and of the 100 ms over which the module averages it, and a tenth.
 */
#define BURST_S		0.1
#define TOLERANCE	1.1

const char *const top_columns[] = {
	"cpu_percent", "pid", "name", "vcpus", "home", "agent_us_s", "polled_ms_s", "moves", NULL
};

static json_t *tenths(double value)
{
	return json_real(round(value * 10) / 10);
}

/* By how much it grew in a second, times @scale. */
static json_t *rate(const json_t *before, const json_t *after, const char *key, double seconds,
		    double scale)
{
	const json_t *old = json_object_get(before, key), *new = json_object_get(after, key);
	double grown = (double)json_integer_value(new) - json_integer_value(old);

	if (!json_is_integer(old) || !json_is_integer(new) || grown < 0 || seconds <= 0)
		return json_null();
	return tenths(grown * scale / seconds);
}

static bool grew(const json_t *before, const json_t *after, const char *key)
{
	const json_t *old = json_object_get(before, key), *new = json_object_get(after, key);

	return json_is_integer(old) && json_integer_value(new) > json_integer_value(old);
}

static json_t *with_key(const json_t *rows, const char *key, const json_t *value)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (json_equal(json_object_get(row, key), value))
			return row;
	return NULL;
}

static void copy_as(json_t *to, const char *name, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	put(to, name, value ? json_incref(value) : json_null());
}

static void copy(json_t *to, const json_t *from, const char *key)
{
	copy_as(to, key, from, key);
}

/* What a host wants to know first. A budget that was spent is what budgets are for. */
static const char *note(const json_t *before, const json_t *after, const json_t *row,
			double seconds)
{
	double polled = json_number_value(json_object_get(row, "polled_ms_s")) * seconds;
	double budget = json_number_value(json_object_get(row, "budget_ms_s"));

	if (polled > budget * (seconds + BURST_S) * TOLERANCE)
		return "ignores its budget";
	if (grew(before, after, "throttled"))
		return "timers throttled";
	if (grew(before, after, "over_budget"))
		return "budget spent";
	return "";
}

static json_t *vm_row(const json_t *before, const json_t *after, double seconds)
{
	static const char *const kept[] = { "vm", "pid", "name", "vcpus", "home", "state", "memory",
					    "moves", "reason", NULL };
	json_t *row = json_object();
	size_t i;

	for (i = 0; kept[i]; i++)
		copy(row, after, kept[i]);
	put(row, "cpu_percent", rate(before, after, "cpu_ns", seconds, 100 / 1e9));
	put(row, "looks_s", rate(before, after, "looks", seconds, 1));
	put(row, "agent_us_s", rate(before, after, "agent_us", seconds, 1));
	put(row, "polled_ms_s", rate(before, after, "polled_us", seconds, 0.001));
	copy_as(row, "budget_ms_s", after, "idle_budget_ms");
	put(row, "note", json_string(note(before, after, row, seconds)));
	return row;
}

static json_t *vm_rows(const json_t *before, const json_t *after, double seconds)
{
	json_t *rows = json_array(), *vm, *old;
	size_t i;

	json_array_foreach(json_object_get(after, "vms"), i, vm) {
		old = with_key(json_object_get(before, "vms"), "vm", json_object_get(vm, "vm"));
		append(rows, vm_row(old, vm, seconds));
	}
	return rows;
}

static json_t *agent_rows(const json_t *before, const json_t *after, double seconds)
{
	json_t *rows = json_array(), *agent, *old, *row;
	size_t i;

	json_array_foreach(json_object_get(after, "agents"), i, agent) {
		old = with_key(json_object_get(before, "agents"), "node",
			       json_object_get(agent, "node"));
		row = json_object();
		copy(row, agent, "node");
		copy(row, agent, "cpu");
		copy(row, agent, "state");
		copy(row, agent, "vcpus");
		put(row, "looks_s", rate(old, agent, "looks", seconds, 1));
		put(row, "busy_percent", rate(old, agent, "busy_us", seconds, 0.0001));
		append(rows, row);
	}
	return rows;
}

static json_t *node_row(json_t *rows, json_int_t node)
{
	json_t *number = json_integer(node), *row = with_key(rows, "node", number);

	if (row) {
		json_decref(number);
		return row;
	}
	row = json_object();
	put(row, "node", number);
	put(row, "cpus", json_integer(0));
	put(row, "nr_running", json_integer(0));
	put(row, "load", json_integer(0));
	put(row, "imbalance", json_null());
	put(row, "free_mib", json_null());
	put(row, "vms", json_integer(0));
	append(rows, row);
	return row;
}

static void add(json_t *row, const char *key, json_int_t value)
{
	json_t *sum = json_object_get(row, key);

	/* Damaged files must not overflow it. */
	json_integer_set(sum, (unsigned long long)json_integer_value(sum) + value);
}

/* A VM of several parts counts where each is. */
static void count_home(json_t *rows, const json_t *home)
{
	const char *at = json_string_value(home);
	char *end;
	long node;

	if (json_is_integer(home))
		add(node_row(rows, json_integer_value(home)), "vms", 1);
	while (at && *at) {
		node = strtol(at, &end, 10);
		if (end != at)
			add(node_row(rows, node), "vms", 1);
		at = strchr(at, ',');
		at = at ? at + 1 : NULL;
	}
}

/* A kernel without the patches says nothing of its CPUs. */
static void forget_cpus(json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		put(row, "cpus", json_null());
		put(row, "nr_running", json_null());
		put(row, "load", json_null());
	}
}

static double sum_of(const json_t *rows, const char *key)
{
	double sum = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		sum += json_number_value(json_object_get(row, key));
	return sum;
}

/* How far off a node's tasks for each CPU are from the host's, in percent. */
static void compare_nodes(json_t *rows)
{
	double cpus = sum_of(rows, "cpus"), mean = cpus ? sum_of(rows, "nr_running") / cpus : 0;
	json_t *row;
	double load;
	size_t i;

	json_array_foreach(rows, i, row) {
		cpus = json_number_value(json_object_get(row, "cpus"));
		if (!cpus)
			continue;
		load = json_number_value(json_object_get(row, "nr_running")) / cpus;
		put(row, "imbalance", json_real(host_load_imbalance(load, mean)));
	}
}

static json_t *node_rows(const json_t *sample)
{
	json_t *rows = json_array(), *item, *row;
	const char *node;
	size_t i;

	json_array_foreach(json_object_get(sample, "cpus"), i, item) {
		row = node_row(rows, json_integer_value(json_object_get(item, "node")));
		add(row, "cpus", 1);
		add(row, "nr_running", json_integer_value(json_object_get(item, "nr_running")));
		add(row, "load", json_integer_value(json_object_get(item, "load")));
	}
	json_object_foreach(json_object_get(sample, "free_mib"), node, item)
		put(node_row(rows, atoi(node)), "free_mib", json_incref(item));
	if (json_is_null(json_object_get(sample, "cpus")))
		forget_cpus(rows);
	compare_nodes(rows);
	json_array_foreach(json_object_get(sample, "vms"), i, item)
		count_home(rows, json_object_get(item, "home"));
	return rows;
}

static json_t *timers(const json_t *before, const json_t *after, double seconds)
{
	const json_t *old = json_object_get(before, "counters");
	const json_t *new = json_object_get(after, "counters");
	json_t *object = json_object();

	put(object, "fired_s", rate(old, new, "fired", seconds, 1));
	put(object, "announced_s", rate(old, new, "announced", seconds, 1));
	put(object, "handed_over_s", rate(old, new, "handed_over", seconds, 1));
	return object;
}

/* Then no counter of before has to do with those of now, not even one that is less. */
static bool loaded_anew(const json_t *before, const json_t *after)
{
	json_t *old = json_object_get(before, "counters"), *value;
	const json_t *new = json_object_get(after, "counters");
	const char *key;

	json_object_foreach(old, key, value)
		if (json_integer_value(json_object_get(new, key)) < json_integer_value(value))
			return true;
	return false;
}

json_t *top_view(const json_t *before, const json_t *after)
{
	const json_t *parameters = json_object_get(after, "parameters");
	double seconds = json_real_value(json_object_get(after, "at")) -
			 json_real_value(json_object_get(before, "at"));
	json_t *view = json_object();

	if (loaded_anew(before, after))
		before = NULL;
	put(view, "seconds", tenths(seconds));
	copy(view, after, "kernel");
	copy(view, parameters, "mode");
	copy(view, parameters, "placement");
	copy(view, parameters, "memory");
	copy(view, after, "idle_mode");
	put(view, "timers", timers(before, after, seconds));
	put(view, "agents", agent_rows(before, after, seconds));
	put(view, "nodes", node_rows(after));
	put(view, "vms", vm_rows(before, after, seconds));
	return view;
}

static const char *sorted_by;

static int compare(const void *a, const void *b)
{
	const json_t *x = json_object_get(*(json_t *const *)a, sorted_by);
	const json_t *y = json_object_get(*(json_t *const *)b, sorted_by);

	if (json_is_string(x) && json_is_string(y))
		return strcmp(json_string_value(x), json_string_value(y));
	if (json_is_number(x) && json_is_number(y))
		return (json_number_value(y) > json_number_value(x)) -
		       (json_number_value(y) < json_number_value(x));
	return json_is_null(x) - json_is_null(y);
}

void top_sort(json_t *view, const char *column)
{
	json_t *vms = json_object_get(view, "vms"), *row;
	size_t i, nr = json_array_size(vms);
	json_t **rows = calloc(nr + 1, sizeof(*rows));

	if (!rows)
		return;
	json_array_foreach(vms, i, row)
		rows[i] = json_incref(row);
	sorted_by = column;
	qsort(rows, nr, sizeof(*rows), compare);
	json_array_clear(vms);
	for (i = 0; i < nr; i++)
		append(vms, rows[i]);
	free(rows);
}
