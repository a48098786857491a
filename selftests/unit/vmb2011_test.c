// SPDX-License-Identifier: GPL-2.0
/*
 * module/policy/vmb2011.c: the five decisions that its author printed, from the loads
 * that he printed with them. data/vmbalanced-2011.trace is text of his slides, where two
 * lines of the VM lists were broken.
 */
#include <stdint.h>
#include <string.h>

#include "tap.h"
#include "vmb2011.h"

#define NODES	4
#define STEPS	5
#define VMS_MAX	64
#define NAME	16

struct printed {
	struct tandem_vmb_node node[NODES];
	uint64_t load[NODES];		/* 1/1000000 */
	char vm[NODES][VMS_MAX][NAME];
	unsigned int vms[NODES];
	unsigned int all;
	unsigned int all_cpus;
	unsigned int high, low;
	uint64_t ratio, load_high, load_low;
	char moved[NAME];
	unsigned int from, to;
	int moves;
};

static struct printed step[STEPS + 1];

/* "1.792980" without a rounding: as 1792980. */
static uint64_t millionths(const char *text)
{
	unsigned int whole = 0, rest = 0;

	return sscanf(text, "%u.%6u", &whole, &rest) == 2 ? whole * 1000000ULL + rest : 0;
}

static void read_vms(struct printed *p, unsigned int node, const char *at)
{
	int used;
	unsigned int running;

	while (p->vms[node] < VMS_MAX &&
	       sscanf(at, " %15[^: ]: %u%n", p->vm[node][p->vms[node]], &running, &used) == 2) {
		p->vms[node]++;
		at += used;
	}
}

static void read_node(struct printed *p, const char *line)
{
	unsigned int node, running, cpus;
	char load[NAME], imbalance[NAME];
	int used;

	if (sscanf(line, "node%u %u %u %15s %15s%n", &node, &running, &cpus, load, imbalance,
		   &used) != 5 || node >= NODES)
		return;
	p->node[node] = (struct tandem_vmb_node){ running, cpus };
	p->load[node] = millionths(load);
	read_vms(p, node, line + used);
}

static void read_line(struct printed *p, const char *line)
{
	char ratio[NAME], high[NAME], low[NAME];

	read_node(p, line);
	sscanf(line, "all %u %u", &p->all, &p->all_cpus);
	if (sscanf(line, "The nr_running_high[%u], nr_running_low[%u], nr_running_diff[%*u], load_high[%15[^]]], load_low[%15[^]]], load_ratio[%15[^]]]",
		   &p->high, &p->low, high, low, ratio) == 5) {
		p->ratio = millionths(ratio);
		p->load_high = millionths(high);
		p->load_low = millionths(low);
	}
	if (sscanf(line, "moving [%15[^]]] from node [node%u] to node [node%u]", p->moved, &p->from,
		   &p->to) == 3)
		p->moves = 1;
}

/* A line that ends in a VM's colon goes on in the next. */
static unsigned int read_trace(const char *path)
{
	static char line[4096];
	unsigned int steps = 0;
	size_t length = 0;
	FILE *f = fopen(path, "r");

	while (f && fgets(line + length, sizeof(line) - length, f)) {
		length = strcspn(line, "\n");
		while (length && line[length - 1] == ' ')
			length--;
		line[length] = 0;
		if (!strncmp(line, "[Mon", 4) && steps < STEPS)
			steps++;
		if (!strncmp(line, "node", 4) && length && line[length - 1] == ':') {
			line[length++] = ' ';
			continue;
		}
		read_line(&step[steps], line);
		length = 0;
	}
	if (f)
		fclose(f);
	return steps;
}

static unsigned int listed(const struct printed *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < NODES; i++)
		n += p->vms[i];
	return n;
}

static int same_figures(const struct printed *p, const struct tandem_vmb *v)
{
	const struct tandem_vmb_node *high = &p->node[v->high], *low = &p->node[v->low];

	return high->nr_running == p->high && low->nr_running == p->low &&
	       high->nr_running * 1000000ULL / high->nr_cpus == p->load_high &&
	       low->nr_running * 1000000ULL / low->nr_cpus == p->load_low &&
	       v->ratio == p->ratio;
}

/* The move that is printed is what the next VM lists show, too. */
static void test_step(unsigned int i)
{
	const struct printed *p = &step[i];
	struct tandem_vmb v;
	char name[100];
	int same;

	same = tandem_vmb2011(p->node, NODES, &v) && same_figures(p, &v) && v.move == p->moves;
	if (p->moves)
		same = same && v.high == p->from && v.low == p->to &&
		       !strcmp(p->vm[v.high][0], p->moved);
	snprintf(name, sizeof(name), "step %u: %s, at a ratio of %llu.%06llu", i,
		 p->moves ? p->moved : "none", (unsigned long long)v.ratio / 1000000,
		 (unsigned long long)v.ratio % 1000000);
	tap_ok(same, name);
}

static void test_trace(const char *path)
{
	unsigned int steps = read_trace(path), good = 1;

	tap_ok(steps == STEPS, "the trace has five steps");
	for (unsigned int i = 1; i <= STEPS; i++) {
		uint32_t sum = 0;

		for (unsigned int n = 0; n < NODES; n++) {
			sum += step[i].node[n].nr_running;
			good &= step[i].load[n] * step[i].node[n].nr_cpus ==
				step[i].node[n].nr_running * 1000000ULL;
		}
		good &= listed(&step[i]) == 40 && sum == step[i].all && step[i].all_cpus == 80;
	}
	tap_ok(good, "each names 40 VMs, and its sums are right");
	tap_ok(!step[5].moves && step[4].moves, "the last moves none, the others one");
	for (unsigned int i = 1; i <= STEPS; i++)
		test_step(i);
}

/* It never ends with 21 to 23 VMs, 25 to 27 and so on: one goes back and forth. */
static int ends(unsigned int vms)
{
	struct tandem_vmb_node node[NODES];
	struct tandem_vmb v = { .move = 1 };

	for (unsigned int n = 0; n < NODES; n++)
		node[n] = (struct tandem_vmb_node){ 4 * ((vms + n) / NODES), 20 };
	for (int i = 0; i < 100 && v.move; i++) {
		tandem_vmb2011(node, NODES, &v);
		node[v.high].nr_running -= v.move ? 4 : 0;
		node[v.low].nr_running += v.move ? 4 : 0;
	}
	return !v.move;
}

static void test_bounds(void)
{
	static const struct tandem_vmb_node none[] = { { 5, 0 } }, many[] = { { 10001, 20 } };
	struct tandem_vmb v;
	int as_known = 1;

	for (unsigned int k = 1; k <= 28; k++)
		as_known &= ends(k) == (k < 21 || k % 4 == 0);
	tap_ok(as_known, "21 to 23 and 25 to 27 busy VMs: it never ends");
	tap_ok(!tandem_vmb2011(none, 1, &v) && !v.move, "a node without CPUs is refused");
	tap_ok(!tandem_vmb2011(many, 1, &v) && !v.move, "... and one with 10,001 tasks");
	tap_ok(!tandem_vmb2011(many, 0, &v) && !v.move, "... and no nodes");
}

int main(int argc, char **argv)
{
	char path[4096];

	tap_plan(3 + STEPS + 4);
	snprintf(path, sizeof(path), "%s/vmbalanced-2011.trace", argc > 1 ? argv[1] : "data");
	test_trace(path);
	test_bounds();
	return tap_end();
}
