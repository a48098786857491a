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

/* What a process's descriptors say of it. */
struct descriptors {
	unsigned int vcpus;
	bool vfio;
};

static void look_at_descriptor(int dir, const char *name, struct descriptors *d)
{
	char target[64];
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = 0;
	d->vcpus += !strncmp(target, VCPU, strlen(VCPU));
	d->vfio |= !strncmp(target, VFIO, strlen(VFIO));
}

/* 0, or -errno. */
static int look_at_descriptors(const struct host *h, pid_t pid, struct descriptors *d)
{
	char *path = host_path(h, "/proc/%d/fd", pid);
	DIR *dir = opendir(path);
	int error = errno;
	struct dirent *entry;

	*d = (struct descriptors){ };
	free(path);
	if (!dir)
		return -error;
	while ((entry = readdir(dir)))
		look_at_descriptor(dirfd(dir), entry->d_name, d);
	closedir(dir);
	return 0;
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

static void look_at_process(const struct host *h, struct vms *v, pid_t pid)
{
	struct descriptors d;
	struct proc_stat stat;
	struct vm *vm;
	int ret = look_at_descriptors(h, pid, &d);

	v->hidden += ret == -EACCES || ret == -EPERM;
	if (ret || !d.vcpus || proc_stat(h, pid, pid, &stat))
		return;
	vm = find(v, pid, stat.start);
	if (!vm)
		vm = add(h, v, pid, stat.start);
	vm->seen = true;
	vm->vcpus = d.vcpus;
	vm->fixed = d.vfio;
	vm->age_ns = proc_age_ns(h, stat.start);
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
	char *path = host_path(h, "/proc");
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	v->hidden = 0;
	for (unsigned int i = 0; i < v->nr; i++)
		v->vm[i]->seen = false;
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at_process(h, v, atoi(entry->d_name));
	if (dir)
		closedir(dir);
	vms_drop_gone(v);
}

void vms_free(struct vms *v)
{
	for (unsigned int i = 0; i < v->nr; i++)
		free_vm(v->vm[i]);
	free(v->vm);
	*v = (struct vms){ };
}
