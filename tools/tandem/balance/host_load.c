// SPDX-License-Identifier: GPL-2.0
/*
 * How much CPUs have to do. The time that tasks ran on them and waited for them is in
 * /proc/schedstat: both together are the average number of tasks there. The time that they
 * were busy is in /proc/stat, too, but in ticks, and those get lost on a host that is a
 * guest itself; it has the time of interrupts, and of tasks that ran all the time. A kernel
 * with Tandem's patches can also say how many there are now, in two more columns of
 * /proc/stat.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tree.h"
#include "host_load.h"
#include "proc.h"

enum {
	USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE,
	NR_RUNNING, LOAD, STAT_COLUMNS
};

/* Of a cpuN line of /proc/schedstat, which have not moved since version 15. */
#define RAN	6
#define WAITED	7
#define MOST	32

static unsigned int numbers(const char *text, unsigned long long value[MOST])
{
	unsigned int n = 0;
	char *end;

	while (n < MOST) {
		value[n] = strtoull(text, &end, 10);
		if (end == text)
			break;
		text = end;
		n++;
	}
	return n;
}

static uint64_t tick_ns(void)
{
	return 1000000000 / sysconf(_SC_CLK_TCK);
}

/* What no tick is needed for: a CPU that sleeps has none. */
static uint64_t idle_ns(const unsigned long long *value, unsigned int n)
{
	return n > IOWAIT ? (value[IDLE] + value[IOWAIT]) * tick_ns() : 0;
}

/* Guest time is in user time already. */
static uint64_t busy_ns(const unsigned long long *value, unsigned int n)
{
	uint64_t ticks = 0;

	for (unsigned int i = USER; i < n && i <= STEAL; i++)
		if (i != IDLE && i != IOWAIT)
			ticks += value[i];
	return ticks * tick_ns();
}

/* A counter that went back has shown nothing. */
static uint64_t count(const struct host_load *l, uint64_t *counter, uint64_t now)
{
	uint64_t before = *counter;

	*counter = now;
	return l->elapsed_ns && now > before ? now - before : 0;
}

/* What a task ran is only counted when it stops: that may be of more than this look. */
static uint64_t beyond_ticks(const struct cpu_used *c, uint64_t ran_ns)
{
	uint64_t ran = ran_ns < c->awake_ns ? ran_ns : c->awake_ns;

	return ran > c->ticked_ns ? ran - c->ticked_ns : 0;
}

static void take_stat(struct host_load *l, unsigned int cpu, unsigned int node, const char *line)
{
	unsigned long long value[MOST];
	unsigned int n = numbers(line, value);

	struct cpu_used *c = &l->cpu[cpu];
	uint64_t idle = count(l, &c->idle_ns, idle_ns(value, n));

	c->ticked_ns = count(l, &c->busy_ns, busy_ns(value, n));
	c->awake_ns = l->elapsed_ns > idle ? l->elapsed_ns - idle : 0;
	if (node != TANDEM_NOWHERE)
		l->used_ns[node] += c->ticked_ns;
	if (n != STAT_COLUMNS || node == TANDEM_NOWHERE)
		return;
	l->columns = true;
	l->nr_running[node] += value[NR_RUNNING];
}

static void take_schedstat(struct host_load *l, unsigned int cpu, unsigned int node,
			   const char *line)
{
	struct cpu_used *c = &l->cpu[cpu];
	unsigned long long value[MOST];
	uint64_t ran, waited;

	if (numbers(line, value) <= WAITED)
		return;
	ran = count(l, &c->run_ns, value[RAN]);
	waited = count(l, &c->wait_ns, value[WAITED]);
	if (node != TANDEM_NOWHERE)
		l->used_ns[node] += beyond_ticks(c, ran) + waited;
}

static void each_cpu(const struct host *h, const char *path, const struct topology *t,
		     struct host_load *l,
		     void (*take)(struct host_load *l, unsigned int cpu, unsigned int node,
				  const char *line))
{
	char *text = tree_read(h->root, path), *rest = text, *line;
	unsigned int cpu;
	int used;

	while (text && (line = strsep(&rest, "\n")))
		if (isdigit((unsigned char)line[strnlen(line, 3)]) &&
		    sscanf(line, "cpu%u %n", &cpu, &used) == 1 && cpu < CPUS_MAX)
			take(l, cpu, topology_of_cpu(t, cpu), line + used);
	free(text);
}

static void average_running(struct host_load *l, unsigned int node)
{
	if (!l->columns && l->elapsed_ns)
		l->nr_running[node] = (l->used_ns[node] + l->elapsed_ns / 2) / l->elapsed_ns;
}

/*
 * What is there in two looks in a row: tasks that wait for a moment, as for the drain of a
 * CPU's lists of pages, can be many, and are gone when a VM would have moved.
 */
void host_load_rest(struct host_load *l, unsigned int node, uint64_t vms_ns)
{
	struct tandem_load *rest = &l->rest[node];
	uint64_t now, before = l->rest_ns[node];

	if (l->used_ns[node] < vms_ns)
		l->used_ns[node] = vms_ns;
	average_running(l, node);
	now = l->used_ns[node] - vms_ns;
	l->rest_ns[node] = now;
	tandem_load_saw(rest, l->at_ns,
			rest->run_ns + (rest->samples && before < now ? before : now), 0);
}

/* Copying memory for a VM is no reason to move one. */
static void leave_out_own(const struct host *h, const struct topology *t, struct host_load *l)
{
	uint64_t ran, waited;
	struct proc_stat own;
	unsigned int node;

	if (proc_stat(h, getpid(), getpid(), &own))
		return;
	proc_used(h, getpid(), getpid(), &own, &ran, &waited);
	ran = count(l, &l->own_ns, ran + waited);
	node = topology_of_cpu(t, own.cpu);
	if (node != TANDEM_NOWHERE)
		l->used_ns[node] -= ran < l->used_ns[node] ? ran : l->used_ns[node];
}

void host_load_look(const struct host *h, const struct topology *t, struct host_load *l)
{
	uint64_t now = h->calls->now_ns((struct host *)h);

	l->elapsed_ns = l->at_ns && now > l->at_ns ? now - l->at_ns : 0;
	l->at_ns = now;
	l->columns = false;
	memset(l->used_ns, 0, sizeof(l->used_ns));
	memset(l->nr_running, 0, sizeof(l->nr_running));
	each_cpu(h, "/proc/stat", t, l, take_stat);
	each_cpu(h, "/proc/schedstat", t, l, take_schedstat);
	leave_out_own(h, t, l);
}

double host_load_imbalance(double load, double mean)
{
	return mean > 0 ? 100 * load / mean - 100 : 0;
}
