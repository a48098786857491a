// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's memory, by node: /proc/PID/numa_maps has where pages are, /proc/PID/maps how
 * long each mapping is. Guest RAM are the large mappings that hold no file of a disk: the
 * largest, and what has at least a 16th of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tree.h"
#include "vm.h"

#define MIB		(1024UL * 1024)
#define KIB		1024UL
#define SMALLEST	(1 * MIB)
#define PART		16

/* Shared memory is RAM, too, where it is a memfd, or lies in hugetlbfs or in tmpfs. */
static bool may_be_ram(const char *access, const char *name)
{
	static const char * const kinds[] = {
		"[anon", "/memfd:", "/dev/shm/", "/dev/hugepages", "/anon_hugepage", "/dev/zero",
		NULL
	};

	if (access[0] != 'r' || access[1] != 'w')
		return false;
	for (const char * const *k = kinds; *k; k++)
		if (!strncmp(name, *k, strlen(*k)))
			return true;
	return !*name || strstr(name, "/libvirt/qemu/");
}

static unsigned long length(const struct ram *r)
{
	return r->end - r->start;
}

static void keep_largest(struct vm *vm, const struct ram *r)
{
	unsigned int smallest = 0;

	if (vm->nr_ram < RAM_MAX) {
		vm->ram[vm->nr_ram++] = *r;
		return;
	}
	for (unsigned int i = 1; i < RAM_MAX; i++)
		if (length(&vm->ram[i]) < length(&vm->ram[smallest]))
			smallest = i;
	if (length(&vm->ram[smallest]) < length(r))
		vm->ram[smallest] = *r;
}

/* Advice splits a mapping in parts that lie beside each other. */
static void take_mapping(struct vm *vm, char *line)
{
	struct ram r = { .page = 4 * KIB };
	char access[8];
	int used = 0;

	if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %n", &r.start, &r.end, access, &used) != 3 ||
	    !used || r.end <= r.start || !may_be_ram(access, line + used))
		return;
	if (vm->nr_ram && vm->ram[vm->nr_ram - 1].end == r.start)
		vm->ram[vm->nr_ram - 1].end = r.end;
	else
		keep_largest(vm, &r);
}

static void drop_small(struct vm *vm)
{
	unsigned long largest = SMALLEST * PART;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < vm->nr_ram; i++)
		if (length(&vm->ram[i]) > largest)
			largest = length(&vm->ram[i]);
	for (unsigned int i = 0; i < vm->nr_ram; i++)
		if (length(&vm->ram[i]) >= largest / PART)
			vm->ram[kept++] = vm->ram[i];
	vm->nr_ram = kept;
}

static int read_maps(const struct host *h, struct vm *vm)
{
	char path[64], *text, *rest, *line;

	snprintf(path, sizeof(path), "/proc/%d/maps", vm->pid);
	text = tree_read(h->root, path);
	if (!text)
		return errno == ENOENT ? -ESRCH : -errno;
	vm->nr_ram = 0;
	for (rest = text; (line = strsep(&rest, "\n")); )
		take_mapping(vm, line);
	free(text);
	drop_small(vm);
	return 0;
}

static struct ram *part_at(struct vm *vm, unsigned long address)
{
	for (unsigned int i = 0; i < vm->nr_ram; i++)
		if (address >= vm->ram[i].start && address < vm->ram[i].end)
			return &vm->ram[i];
	return NULL;
}

/* KiB for each node, until all of the VM is known. */
struct tally {
	uint64_t kib[TANDEM_NODES_MAX];
	uint64_t away_kib;
};

static void take_pages(const struct topology *t, struct tally *sum, const char *fields,
		       unsigned long page_kib)
{
	unsigned long long pages;
	unsigned int id, node;
	const char *at;

	for (at = strstr(fields, " N"); at; at = strstr(at + 1, " N")) {
		if (sscanf(at, " N%u=%llu", &id, &pages) != 2)
			continue;
		node = topology_find(t, id);
		if (node == TANDEM_NOWHERE)
			sum->away_kib += pages * page_kib;
		else
			sum->kib[node] += pages * page_kib;
	}
}

static bool is_default(const char *policy)
{
	return !strncmp(policy, "default", 7) || !strncmp(policy, "local", 5);
}

/* "7f0000000000 default anon=9 dirty=9 N0=4 N1=5 kernelpagesize_kB=4" */
static void take_numa_line(const struct topology *t, struct vm *vm, struct tally *sum, char *line)
{
	char *policy, *fields, *size;
	unsigned long address = strtoul(line, &policy, 16), page_kib = 4;
	struct ram *part = part_at(vm, address);

	if (!part || *policy != ' ')
		return;
	policy++;
	fields = policy + strcspn(policy, " ");
	size = strstr(fields, "kernelpagesize_kB=");
	if (size)
		page_kib = strtoul(size + strlen("kernelpagesize_kB="), NULL, 10);
	vm->policy |= !is_default(policy);
	part->page = page_kib ? page_kib * KIB : part->page;
	take_pages(t, sum, fields, page_kib);
}

static void set_memory(struct vm *vm, const struct tally *sum)
{
	unsigned long bytes = 0;

	for (unsigned int i = 0; i < TANDEM_NODES_MAX; i++)
		vm->mib[i] = sum->kib[i] / KIB;
	vm->away_mib = sum->away_kib / KIB;
	for (unsigned int i = 0; i < vm->nr_ram; i++)
		bytes += length(&vm->ram[i]);
	vm->ram_mib = bytes / MIB;
}

int vm_read_memory(const struct host *h, const struct topology *t, struct vm *vm)
{
	char path[64], *text, *rest, *line;
	struct tally sum = { };
	int ret = read_maps(h, vm);

	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/proc/%d/numa_maps", vm->pid);
	text = tree_read(h->root, path);
	if (!text)
		return -errno;
	vm->policy = false;
	for (rest = text; (line = strsep(&rest, "\n")); )
		take_numa_line(t, vm, &sum, line);
	free(text);
	set_memory(vm, &sum);
	return 0;
}

unsigned int vm_remote(const struct topology *t, const struct vm *vm)
{
	uint64_t all = vm->away_mib, home = 0;

	for (unsigned int i = 0; i < t->nr; i++) {
		all += vm->mib[i];
		if (t->node[i].id == vm->home)
			home = vm->mib[i];
	}
	return all && vm->home != TANDEM_NOWHERE ? (all - home) * 1024 / all : 0;
}
