// SPDX-License-Identifier: GPL-2.0
/*
 * How much CPUs have to do. The time that they were busy is in /proc/stat, the time
 * that tasks waited for them in /proc/schedstat: both together are the average number of
 * tasks there. A kernel with Tandem's patches can also say how many there are now, in
 * two more columns of /proc/stat.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../tree.h"
#include "host_load.h"

enum {
	USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, GUEST, GUEST_NICE,
	NR_RUNNING, LOAD, STAT_COLUMNS
};

/* Of a cpuN line of /proc/schedstat, which has not moved since version 15. */
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

/* Guest time is in user time already. */
static uint64_t busy_ns(const unsigned long long *value, unsigned int n)
{
	uint64_t ticks = 0, tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);

	for (unsigned int i = USER; i < n && i <= STEAL; i++)
		if (i != IDLE && i != IOWAIT)
			ticks += value[i];
	return ticks * tick_ns;
}

/* A counter that went back has shown nothing. */
static void count(struct host_load *l, unsigned int node, uint64_t *counter, uint64_t now)
{
	if (node != TANDEM_NOWHERE && l->elapsed_ns && now > *counter)
		l->used_ns[node] += now - *counter;
	*counter = now;
}

static void take_stat(struct host_load *l, unsigned int cpu, unsigned int node, const char *line)
{
	unsigned long long value[MOST];
	unsigned int n = numbers(line, value);

	count(l, node, &l->cpu[cpu].busy_ns, busy_ns(value, n));
	if (n != STAT_COLUMNS || node == TANDEM_NOWHERE)
		return;
	l->columns = true;
	l->nr_running[node] += value[NR_RUNNING];
}

static void take_schedstat(struct host_load *l, unsigned int cpu, unsigned int node,
			   const char *line)
{
	unsigned long long value[MOST];

	if (numbers(line, value) > WAITED)
		count(l, node, &l->cpu[cpu].wait_ns, value[WAITED]);
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

uint64_t host_load_rest(struct host_load *l, unsigned int node, uint64_t vms_ns)
{
	if (l->used_ns[node] < vms_ns)
		l->used_ns[node] = vms_ns;
	average_running(l, node);
	return l->used_ns[node] - vms_ns;
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
}
