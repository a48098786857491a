// SPDX-License-Identifier: GPL-2.0
/*
 * What the balancer prints: one object an interval, or from that object the table that
 * vmbalanced of 2011 printed, each move with its reason, and the command that undoes it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../tree.h"
#include "balance.h"

void say(struct balance *b, unsigned int *said, enum said what, const char *format, ...)
{
	va_list args;
	char *text;

	if (*said & what)
		return;
	*said |= what;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (!b->options.json)
		fprintf(stderr, "tandem balance: %s\n", text);
	append(b->notes, json_string(text));
	free(text);
}

static json_t *node_value(unsigned int node)
{
	return node == TANDEM_NOWHERE ? json_null() : json_integer(node);
}

static double cpus_of(double parts)
{
	return parts / TANDEM_CPU;
}

static json_t *memory_json(const struct balance *b, const struct vm *vm)
{
	json_t *object = json_object();
	char key[16];

	for (unsigned int i = 0; i < b->topology.nr; i++) {
		snprintf(key, sizeof(key), "%u", b->topology.node[i].id);
		put(object, key, json_integer(vm->mib[i]));
	}
	return object;
}

static json_t *vm_json(const struct balance *b, const struct vm *vm)
{
	json_t *object = json_object();

	put(object, "name", json_string(vm->name));
	put(object, "pid", json_integer(vm->pid));
	put(object, "home", node_value(vm->home));
	put(object, "vcpus", json_integer(vm->vcpus));
	put(object, "threads", json_integer(vm->nr_threads));
	put(object, "nr_running", json_integer(vm->nr_running));
	put(object, "load", json_real(cpus_of(tandem_load_mean(&vm->load))));
	put(object, "mib", memory_json(b, vm));
	put(object, "remote", json_real(vm_remote(&b->topology, vm) / 1024.0));
	put(object, "stays", vm->stays == FREE ? json_null() :
						 json_string(vm_stays_text(vm->stays)));
	return object;
}

static json_t *vms_json(const struct balance *b, unsigned int home)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < b->vms.nr; i++)
		if (b->vms.vm[i]->home == home)
			append(list, vm_json(b, b->vms.vm[i]));
	return list;
}

/* A load is tasks for each CPU; how far off from the host's it is, in percent. */
static json_t *load_json(unsigned int running, unsigned int cpus, double mean)
{
	json_t *object = json_object();
	double load = cpus ? (double)running / cpus : 0;

	put(object, "nr_running", json_integer(running));
	put(object, "nr_cpus", json_integer(cpus));
	put(object, "load", json_real(load));
	put(object, "imbalance", json_real(cpus ? host_load_imbalance(load, mean) : 0));
	return object;
}

static json_t *node_json(const struct balance *b, unsigned int i, double mean)
{
	json_t *object = load_json(b->load.nr_running[i], b->node[i].cpus, mean);

	put(object, "node", json_integer(b->topology.node[i].id));
	put(object, "free_mib", json_integer(b->node[i].free_mib));
	put(object, "vms", vms_json(b, b->topology.node[i].id));
	return object;
}

/* "2026-11-21T18:00:00+0000" */
static json_t *time_json(void)
{
	time_t now = time(NULL);
	char text[64];

	strftime(text, sizeof(text), "%FT%T%z", localtime(&now));
	return json_string(text);
}

static json_t *look_json(const struct balance *b)
{
	json_t *object = json_object(), *nodes = json_array();
	unsigned int running = 0, cpus = 0;
	double mean;

	for (unsigned int i = 0; i < b->topology.nr; i++) {
		running += b->load.nr_running[i];
		cpus += b->node[i].cpus;
	}
	mean = cpus ? (double)running / cpus : 0;
	for (unsigned int i = 0; i < b->topology.nr; i++)
		append(nodes, node_json(b, i, mean));
	put(object, "time", time_json());
	put(object, "uptime_ms", json_integer(balance_now_ms(b)));
	put(object, "rule", json_string(b->options.vmb2011 ? "vmb2011" : "tandem"));
	put(object, "dry_run", json_boolean(b->options.dry_run));
	put(object, "nodes", nodes);
	put(object, "nowhere", vms_json(b, TANDEM_NOWHERE));
	put(object, "all", load_json(running, cpus, mean));
	return object;
}

static long long number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void print_vms(FILE *out, const json_t *vms)
{
	json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm)
		fprintf(out, "%s: %lld ", string(vm, "name"), number(vm, "nr_running"));
	fputc('\n', out);
}

static void print_load(FILE *out, const char *name, const json_t *load, const json_t *vms)
{
	fprintf(out, "%s %lld %lld %.6f %07.2f ", name, number(load, "nr_running"),
		number(load, "nr_cpus"), json_real_value(json_object_get(load, "load")),
		json_real_value(json_object_get(load, "imbalance")));
	print_vms(out, vms);
}

static void print_table(FILE *out, const json_t *report)
{
	const json_t *nowhere = json_object_get(report, "nowhere");
	json_t *node;
	char text[64];
	time_t now = time(NULL);
	size_t i;

	strftime(text, sizeof(text), "%a %b %e %T %Z %Y", localtime(&now));
	fprintf(out, "[%s]\nnode nr_running nr_cpus load imbalance   VMs(nr_running)\n", text);
	json_array_foreach(json_object_get(report, "nodes"), i, node) {
		snprintf(text, sizeof(text), "node%lld", number(node, "node"));
		print_load(out, text, node, json_object_get(node, "vms"));
	}
	print_load(out, "all", json_object_get(report, "all"), NULL);
	if (json_array_size(nowhere)) {
		fprintf(out, "on several nodes: ");
		print_vms(out, nowhere);
	}
}

/* As it was said in 2011, and why. */
static void print_move(FILE *out, const json_t *move)
{
	const json_t *from = json_object_get(move, "from");

	if (json_is_true(json_object_get(move, "dry_run")))
		fprintf(out, "would be ");
	fprintf(out, "moving [%s]", string(move, "vm"));
	if (!json_is_null(from))
		fprintf(out, " from node [node%lld]", json_integer_value(from));
	fprintf(out, " to node [node%lld]: %s\n", number(move, "to"), string(move, "reason"));
	fprintf(out, "  undo: %s\n", string(move, "undo"));
}

static void print_text(const struct balance *b, const json_t *report)
{
	json_t *move;
	size_t i;

	if (!b->options.quiet)
		print_table(b->out, report);
	json_array_foreach(json_object_get(report, "moves"), i, move)
		print_move(b->out, move);
	if (!b->options.quiet)
		fputc('\n', b->out);
}

void report_begin(struct balance *b)
{
	json_decref(b->report);
	b->report = look_json(b);
}

void report_end(struct balance *b)
{
	put(b->report, "moves", b->moves);
	put(b->report, "notes", b->notes);
	if (b->options.json) {
		json_dumpf(b->report, b->out, JSON_COMPACT);
		fputc('\n', b->out);
	} else {
		print_text(b, b->report);
	}
	fflush(b->out);
	b->moves = json_array();
	b->notes = json_array();
}

/* Where a VM has its own cpuset that, else the affinity of its threads. */
static json_t *undo_json(const struct vm *vm, const struct cpus *before)
{
	char *list = cpus_list(before), *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	json_t *value;

	if (!f)
		abort();
	if (vm->cpuset.path)
		fprintf(f, "echo %s > %s/cpuset.cpus", list, vm->cpuset.path);
	else
		fprintf(f, "taskset -apc %s %d", list, vm->pid);
	for (unsigned int i = 0; i < vm->nr_threads && !vm->cpuset.path; i++)
		if (vm->thread[i].kernel)
			fprintf(f, "; taskset -pc %s %d", list, vm->thread[i].tid);
	fclose(f);
	value = json_string(text);
	free(text);
	free(list);
	return value;
}

/* What it was confined to before this. */
static void before_move(const struct balance *b, const struct vm *vm, struct cpus *before)
{
	*before = (struct cpus){ };
	if (vm->claimed)
		*before = vm->claim.cpus;
	else if (vm->cpuset.path)
		cpuset_list(b->host, &vm->cpuset, "cpuset.cpus", before);
	else if (vm->nr_threads && vm->thread[0].cpus < MASKS_MAX)
		*before = vm->masks[vm->thread[0].cpus];
}

/* The caller frees. */
static char *step_reason(const struct balance *b, const struct tandem_step *step)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	fprintf(f, "%s, gains %.2f CPUs, %llu MiB are elsewhere", tandem_reason_text(step->reason),
		(double)step->choice.gain / TANDEM_COST_CPU, (unsigned long long)step->choice.mib);
	if (step->nr_beaten)
		fprintf(f, "; the next best, %s%u, %.2f",
			step->kind == TANDEM_HOME ? "node" : "by another to node",
			b->topology.node[step->beaten[0].to].id,
			(double)step->beaten[0].gain / TANDEM_COST_CPU);
	fclose(f);
	return text;
}

static json_t *move_json(const struct balance *b, const struct vm *vm, const char *kind)
{
	json_t *move = json_object();

	put(move, "kind", json_string(kind));
	put(move, "vm", json_string(vm->name));
	put(move, "pid", json_integer(vm->pid));
	put(move, "dry_run", json_boolean(b->options.dry_run));
	return move;
}

/* To be called before the move: it says what is to be undone. */
void report_move(struct balance *b, const struct vm *vm, const char *kind, unsigned int to,
		 const char *reason)
{
	json_t *move = move_json(b, vm, kind);
	struct cpus before;

	before_move(b, vm, &before);
	put(move, "from", node_value(vm->home));
	put(move, "to", node_value(to));
	put(move, "reason", json_string(reason));
	put(move, "undo", undo_json(vm, &before));
	append(b->moves, move);
}

static const char *kind_of(const struct vm *vm, const struct tandem_step *step)
{
	if (vm->home == TANDEM_NOWHERE)
		return "home";
	switch (step->kind) {
	case TANDEM_HOME:
		return "home";
	case TANDEM_SWAP:
		return "swap";
	default:
		return "move";
	}
}

void report_step(struct balance *b, const struct vm *vm, unsigned int to,
		 const struct tandem_step *step)
{
	char *reason = step_reason(b, step);

	report_move(b, vm, kind_of(vm, step), to, reason);
	free(reason);
}

void report_memory(struct balance *b, const struct vm *vm)
{
	json_t *move = move_json(b, vm, "memory");
	char text[128];

	put(move, "from", node_value(vm->claim.from));
	put(move, "to", node_value(vm->home));
	snprintf(text, sizeof(text), "%.0f MiB of its memory have followed", vm->copied_mib);
	put(move, "mib", json_real(vm->copied_mib));
	put(move, "reason", json_string(text));
	if (vm->claim.from == TANDEM_NOWHERE)
		snprintf(text, sizeof(text), "none is needed: nobody had chosen where it was");
	else
		snprintf(text, sizeof(text), "migratepages %d %u %u", vm->pid, vm->home,
			 vm->claim.from);
	put(move, "undo", json_string(text));
	append(b->moves, move);
}
