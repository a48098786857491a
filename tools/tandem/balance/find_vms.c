// SPDX-License-Identifier: GPL-2.0
/* VMs are processes that hold descriptors of KVM vCPUs. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"
#include "vm.h"

#define VCPU	"anon_inode:kvm-vcpu"
#define VFIO	"/dev/vfio/"

/* Descriptors are looked at each time at first, and then only once in so many. */
#define OFTEN	16

static void look_at_descriptor(int dir, const char *name, struct process *p)
{
	char target[64];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = 0;
	p->vcpus += !strncmp(target, VCPU, strlen(VCPU));
	p->vfio |= !strncmp(target, VFIO, strlen(VFIO));
}

/* 0, or -errno. */
static int look_at_descriptors(const struct host *h, struct process *p)
{
	char *path = host_path(h, "/proc/%d/fd", p->pid);
	DIR *dir = opendir(path);
	int error = errno;
	struct dirent *entry;

	p->vcpus = 0;
	p->vfio = false;
	free(path);
	if (!dir)
		return -error;
	while ((entry = readdir(dir)))
		look_at_descriptor(dirfd(dir), entry->d_name, p);
	closedir(dir);
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct vm *find(const struct vms *v, pid_t pid, uint64_t start)
{
	for (unsigned int i = 0; i < v->nr; i++)
		if (v->vm[i]->pid == pid && v->vm[i]->start == start)
			return v->vm[i];
	return NULL;
}

static struct vm *add(const struct host *h, struct vms *v, pid_t pid, uint64_t start)
{
	struct vm *vm = calloc(1, sizeof(*vm));

	v->vm = realloc(v->vm, (v->nr + 1) * sizeof(struct vm *));
	if (!vm || !v->vm)
		abort();
	vm->pid = pid;
	vm->start = start;
	vm->name = vm_name(h, pid);
	vm->home = TANDEM_NOWHERE;
	v->vm[v->nr++] = vm;
	return vm;
}

static void take_vm(const struct host *h, struct vms *v, const struct process *p)
{
	struct vm *vm = find(v, p->pid, p->start);

	if (!vm)
		vm = add(h, v, p->pid, p->start);
	vm->seen = true;
	vm->vcpus = p->vcpus;
	vm->fixed = p->vfio;
	vm->age_ns = proc_age_ns(h, p->start);
}

/* What it was at the look before, if it is the same still. */
static void remember(const struct vms *before, struct process *p)
{
	const struct process *old = NULL;

	if (before->processes)
		old = bsearch(p, before->process, before->processes, sizeof(*p), by_pid);
	if (!old || old->start != p->start)
		return;
	*p = *old;
	p->looks++;
}

static void keep(struct vms *v, const struct process *p)
{
	unsigned int n = v->processes;

	if (!(n & (n - 1)))
		v->process = realloc(v->process, (n ? 2 * n : 1) * sizeof(*p));
	if (!v->process)
		abort();
	v->process[v->processes++] = *p;
}

static void look_at_process(const struct host *h, struct vms *v, const struct vms *before,
			    pid_t pid)
{
	struct process p = { .pid = pid };
	struct proc_stat stat;
	int ret;

	if (proc_stat(h, pid, pid, &stat))
		return;
	p.start = stat.start;
	remember(before, &p);
	ret = p.looks < OFTEN || p.looks % OFTEN == 0 ? look_at_descriptors(h, &p) : 0;
	if (ret == -EACCES || ret == -EPERM)
		v->hidden++;
	if (ret)
		return;
	keep(v, &p);
	if (p.vcpus)
		take_vm(h, v, &p);
}

static void free_vm(struct vm *vm)
{
	free(vm->name);
	free(vm->thread);
	free(vm->cpuset.path);
	free(vm);
}

void vms_drop_gone(struct vms *v)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < v->nr; i++) {
		if (v->vm[i]->seen)
			v->vm[kept++] = v->vm[i];
		else
			free_vm(v->vm[i]);
	}
	v->nr = kept;
}

void vms_find(const struct host *h, struct vms *v)
{
	struct vms before = { .process = v->process, .processes = v->processes };
	char *path = host_path(h, "/proc");
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	v->hidden = 0;
	v->process = NULL;
	v->processes = 0;
	for (unsigned int i = 0; i < v->nr; i++)
		v->vm[i]->seen = false;
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at_process(h, v, &before, atoi(entry->d_name));
	if (dir)
		closedir(dir);
	if (v->processes)
		qsort(v->process, v->processes, sizeof(*v->process), by_pid);
	free(before.process);
	vms_drop_gone(v);
}

void vms_free(struct vms *v)
{
	for (unsigned int i = 0; i < v->nr; i++)
		free_vm(v->vm[i]);
	free(v->vm);
	free(v->process);
	*v = (struct vms){ };
}
