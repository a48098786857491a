// SPDX-License-Identifier: GPL-2.0
/*
 * sample CONFIG N NAME:PID:TID...: one sample of host.sh, as the lines that it describes.
 * What guests accessed comes from standard input, as offnode_read prints it; all else
 * is what /proc says, and the last line of /tmp/NAME.out. A program, since a hundred
 * small ones take longer than the interval on a host that guests keep busy. Fails where a
 * guest says nothing of its work any more: it has ended.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NODES_MAX = 8, CPUS_MAX = 64, TEXT = 512 };

static const char *config, *number;
static int node_of_cpu[CPUS_MAX], nodes;

static void find_nodes(void)
{
	char path[64];
	int cpu;

	for (; nodes < NODES_MAX; nodes++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", nodes);
		if (access(path, F_OK))
			return;
		for (cpu = 0; cpu < CPUS_MAX; cpu++) {
			snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpu%d",
				 nodes, cpu);
			if (!access(path, F_OK))
				node_of_cpu[cpu] = nodes;
		}
	}
}

static FILE *of(const char *pid, const char *tid, const char *name)
{
	char path[TEXT];

	snprintf(path, sizeof(path), *tid ? "/proc/%s/task/%s/%s" : "/proc/%s%s/%s",
		 pid, tid, name);
	return fopen(path, "r");
}

static void say_uptime(void)
{
	FILE *f = fopen("/proc/uptime", "r");
	double seconds = 0;

	if (f && fscanf(f, "%lf", &seconds) == 1)
		printf("at %s %s %.2f\n", config, number, seconds);
	if (f)
		fclose(f);
}

static void say_accesses(void)
{
	unsigned long long all = 0, off = 0, loads, stores;
	char line[TEXT], who[16];
	int cpu_node, page_node;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%*s %15s %d %d %llu %llu", who, &cpu_node, &page_node, &loads,
			   &stores) != 5 || strcmp(who, "guest"))
			continue;
		all += loads + stores;
		if (cpu_node != page_node)
			off += loads + stores;
	}
	printf("off %s %s %llu %llu\n", config, number, off, all);
}

/* user, nice, system, then after idle and iowait irq and softirq */
static void say_busy(void)
{
	unsigned long long busy[NODES_MAX] = { 0 }, t[7];
	FILE *f = fopen("/proc/stat", "r");
	char line[TEXT];
	int cpu;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cpu%d %llu %llu %llu %llu %llu %llu %llu", &cpu, t, t + 1,
			   t + 2, t + 3, t + 4, t + 5, t + 6) == 8 && cpu >= 0 && cpu < CPUS_MAX)
			busy[node_of_cpu[cpu]] += t[0] + t[1] + t[2] + t[5] + t[6];
	for (cpu = 0; cpu < nodes; cpu++)
		printf("busy %s %s %d %llu\n", config, number, cpu, busy[cpu]);
	if (f)
		fclose(f);
}

/* The 39th field; the second may have blanks and ends with the last bracket. */
static int last_cpu(const char *pid, const char *tid)
{
	FILE *f = of(pid, tid, "stat");
	char line[2 * TEXT] = "", *at;
	int field;

	if (!f)
		return -1;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	at = strrchr(line, ')');
	for (field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	return at ? atoi(at + 1) : -1;
}

static void say_allowed(const char *pid, const char *tid)
{
	FILE *f = of(pid, tid, "status");
	char line[TEXT], list[TEXT] = "-";

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Cpus_allowed_list: %511s", list) == 1)
			break;
	printf(" %s", list);
	if (f)
		fclose(f);
}

/* The words N0=PAGES, N1=PAGES of a mapping; their sum. */
static unsigned long long add_pages(char *line, unsigned long long *on)
{
	unsigned long long pages, sum = 0;
	char *word;
	int node;

	for (word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
		if (sscanf(word, "N%d=%llu", &node, &pages) != 2 || node < 0 ||
		    node >= NODES_MAX)
			continue;
		on[node] += pages;
		sum += pages;
	}
	return sum;
}

/* Of its largest mapping, which is the guest's memory. */
static void say_pages(const char *pid)
{
	unsigned long long best[NODES_MAX] = { 0 }, most = 0;
	FILE *f = of(pid, "", "numa_maps");
	char line[8 * TEXT];
	int node;

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long on[NODES_MAX] = { 0 }, sum = add_pages(line, on);

		if (sum > most) {
			most = sum;
			memcpy(best, on, sizeof(best));
		}
	}
	for (node = 0; node < nodes; node++)
		printf(" %llu", best[node]);
	if (f)
		fclose(f);
}

/* walk says what it walked, dbench how many lines of its load it has done. */
static unsigned long long work(const char *name)
{
	unsigned long long done = 0, n;
	char path[TEXT], line[TEXT];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/%s.out", name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fseek(f, -TEXT, SEEK_END))
		rewind(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "walked %llu\n", &n) == 1 ||
		    (strstr(line, "MB/sec") && sscanf(line, "%*d %llu", &n) == 1))
			done = n;
	fclose(f);
	return done;
}

/* Returns whether it works. */
static int say_vm(char *vm)
{
	const char *name = strtok(vm, ":"), *pid = strtok(NULL, ":"), *tid = strtok(NULL, ":");
	unsigned long long done;

	if (!tid)
		return 1;
	printf("vm %s %s %s %d", config, number, name, last_cpu(pid, tid));
	say_allowed(pid, tid);
	say_pages(pid);
	done = work(name);
	printf("\nwork %s %s %s %llu\n", config, number, name, done);
	if (!done)
		fprintf(stderr, "sample: guest %s says no more what it does: it has ended\n", name);
	return done > 0;
}

int main(int argc, char **argv)
{
	int i, ended = 0;

	if (argc < 3) {
		fputs("usage: sample CONFIG N NAME:PID:TID...\n", stderr);
		return 2;
	}
	config = argv[1];
	number = argv[2];
	find_nodes();
	say_uptime();
	say_accesses();
	say_busy();
	for (i = 3; i < argc; i++)
		ended |= !say_vm(argv[i]);
	return ended;
}
