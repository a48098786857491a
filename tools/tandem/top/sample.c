// SPDX-License-Identifier: GPL-2.0
/* One look at all files of a host that tandem top shows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../balance/proc.h"
#include "../balance/topology.h"
#include "../balance/vm.h"
#include "../tree.h"
#include "sample.h"

#define VMS		"/sys/kernel/tandem/vms"
#define NODES		"/sys/devices/system/node"
#define DEBUGFS		"/sys/kernel/debug"
#define PARAMETERS	"/sys/module/kvm_tandem/parameters"

#define MOST_PATH	256

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static json_t *cpu_ns_of(const struct host *host, int pid)
{
	struct proc_stat stat;

	return proc_whole(host, pid, &stat) ? json_null() : json_integer(stat.cpu_ns);
}

/* The module knows the program's name alone. */
static void rename_vm(json_t *vm, const struct host *host, int pid)
{
	char *name = vm_given_name(host, pid);

	if (name)
		put(vm, "name", json_string(name));
	free(name);
}

static json_t *row_of(const json_t *rows, const char *folder)
{
	const char *vm;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		vm = json_string_value(json_object_get(row, "vm"));
		if (vm && !strcmp(vm, folder))
			return row;
	}
	return NULL;
}

static void add_vm(json_t *vms, const char *root, const char *folder, const json_t *rows)
{
	struct host host = { .root = root, .calls = &real_calls };
	char path[MOST_PATH];
	int pid = atoi(folder);
	json_t *vm, *row = row_of(rows, folder);

	snprintf(path, sizeof(path), VMS "/%s", folder);
	vm = tree_folder(root, path);
	/* It went as we looked. */
	if (!json_is_object(vm)) {
		json_decref(vm);
		return;
	}
	if (row)
		json_object_update(vm, row);
	rename_vm(vm, &host, pid);
	put(vm, "vm", json_string(folder));
	put(vm, "pid", json_integer(pid));
	put(vm, "cpu_ns", cpu_ns_of(&host, pid));
	append(vms, vm);
}

static json_t *all_vms(const char *root)
{
	json_t *rows = tree_table(root, DEBUGFS "/kvm_tandem/vms");
	json_t *folders = tree_names(root, VMS), *vms = json_array(), *folder;
	size_t i;

	json_array_foreach(folders, i, folder)
		add_vm(vms, root, json_string_value(folder), rows);
	json_decref(folders);
	json_decref(rows);
	return vms;
}

static void add_free(json_t *free_mib, const char *root, const char *node)
{
	char path[MOST_PATH], *text;

	snprintf(path, sizeof(path), NODES "/%s/meminfo", node);
	text = tree_read(root, path);
	if (text && strstr(text, "MemFree:"))
		put(free_mib, node + strlen("node"),
		    json_integer(meminfo_kib(text, "MemFree:") / 1024));
	free(text);
}

static json_t *free_memory(const char *root)
{
	json_t *names = tree_names(root, NODES), *free_mib = json_object(), *name;
	size_t i;

	json_array_foreach(names, i, name)
		if (!strncmp(json_string_value(name), "node", strlen("node")))
			add_free(free_mib, root, json_string_value(name));
	json_decref(names);
	return free_mib;
}

json_t *top_sample(const char *root)
{
	json_t *sample = json_object();

	put(sample, "at", json_real(now()));
	put(sample, "kernel", tree_value(root, "/proc/sys/kernel/osrelease"));
	put(sample, "parameters", tree_folder(root, PARAMETERS));
	put(sample, "idle_mode", tree_value(root, "/sys/kernel/tandem/idle_mode"));
	put(sample, "counters", tree_pairs(root, DEBUGFS "/kvm_tandem/stats"));
	put(sample, "agents", tree_table(root, DEBUGFS "/kvm_tandem/agents"));
	put(sample, "cpus", tree_table(root, DEBUGFS "/sched/cpus"));
	put(sample, "free_mib", free_memory(root));
	put(sample, "vms", all_vms(root));
	return sample;
}
