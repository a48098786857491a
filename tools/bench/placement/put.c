// SPDX-License-Identifier: GPL-2.0
/*
 * put PID NODE [pin]: move all threads and all memory of a process to a node, and pin
 * the threads there, or else let them run anywhere again.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NODES_MAX = 64 };

static int read_list(const char *path, cpu_set_t *cpus)
{
	int first, last, found = 0;
	FILE *f = fopen(path, "r");
	char after = ',';

	CPU_ZERO(cpus);
	while (f && after == ',' && fscanf(f, "%d%c", &first, &after) == 2) {
		last = first;
		if (after == '-' && fscanf(f, "%d%c", &last, &after) != 2)
			break;
		for (; first <= last; first++, found++)
			CPU_SET(first, cpus);
	}
	if (f)
		fclose(f);
	return found;
}

/* Threads may come while others are moved: they have the mask of who made them. */
static void set_threads(const char *pid, const cpu_set_t *cpus)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			sched_setaffinity(atoi(entry->d_name), sizeof(*cpus), cpus);
	if (dir)
		closedir(dir);
}

static long move_memory(const char *pid, unsigned int node)
{
	unsigned long to = 1UL << node, from = ~to;

	return syscall(SYS_migrate_pages, atoi(pid), NODES_MAX, &from, &to);
}

int main(int argc, char **argv)
{
	cpu_set_t all, cpus;
	char path[64];

	if (argc < 3) {
		fputs("usage: put PID NODE [pin]\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%s/cpulist", argv[2]);
	if (!read_list(path, &cpus) || !read_list("/sys/devices/system/cpu/online", &all)) {
		fprintf(stderr, "put: node %s has no CPUs\n", argv[2]);
		return 1;
	}
	set_threads(argv[1], &cpus);
	if (move_memory(argv[1], atoi(argv[2])) < 0) {
		perror("put: migrate_pages");
		return 1;
	}
	if (argc < 4)
		set_threads(argv[1], &all);
	return 0;
}
