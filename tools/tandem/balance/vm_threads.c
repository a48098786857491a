// SPDX-License-Identifier: GPL-2.0
/*
 * All that runs for a VM: vCPUs, emulator, I/O threads and vhost tasks are threads of
 * the VMM; vhost's kernel threads, of kernels that have those, are named after it.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"
#include "vm.h"

/* The threads of the look before, and what the new ones used since. */
struct before {
	struct vm_thread *thread;
	unsigned int nr;
};

static int by_tid(const void *a, const void *b)
{
	const struct vm_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

static unsigned int mask_of(struct vm *vm, const struct cpus *c)
{
	for (unsigned int i = 0; i < vm->nr_masks; i++)
		if (cpus_equal(&vm->masks[i], c))
			return i;
	if (vm->nr_masks == MASKS_MAX)
		return MASKS_MAX;
	vm->masks[vm->nr_masks] = *c;
	return vm->nr_masks++;
}

/*
 * QEMU's thread that sends a VM away, as older and newer versions name it where
 * debug-threads=on, which libvirt always asks for.
 */
static bool sends_away(const char *name)
{
	return !strcmp(name, "live_migration") || !strcmp(name, "mig/src/main");
}

/* 0, or -errno. */
static int read_thread(const struct host *h, struct vm *vm, pid_t pid, pid_t tid,
		       struct vm_thread *thread)
{
	struct proc_stat stat;
	struct cpus cpus;
	int ret = proc_stat(h, pid, tid, &stat);

	if (ret)
		return ret;
	if (!proc_list(h, pid, tid, "Cpus_allowed_list", &cpus))
		return -EPROTO;
	*thread = (struct vm_thread){
		.tid = tid, .running = stat.state == 'R', .cpu = stat.cpu,
		.kernel = pid != vm->pid, .cpus = mask_of(vm, &cpus),
	};
	vm->leaving |= sends_away(stat.name);
	proc_used(h, pid, tid, &stat, &thread->run_ns, &thread->wait_ns);
	return 0;
}

static struct vm_thread *room(struct vm *vm)
{
	unsigned int n = vm->nr_threads;

	if (!(n & (n - 1)))
		vm->thread = realloc(vm->thread, (n ? 2 * n : 1) * sizeof(*vm->thread));
	if (!vm->thread)
		abort();
	return &vm->thread[n];
}

static void add_thread(const struct host *h, struct vm *vm, pid_t pid, pid_t tid, int *bad)
{
	int ret = read_thread(h, vm, pid, tid, room(vm));

	if (!ret)
		vm->nr_threads++;
	else if (ret != -ESRCH)
		*bad = ret;
}

static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* What threads that are gone used is in the counter already: it never goes back. */
static void account(const struct topology *t, struct vm *vm, struct vm_thread *thread,
		    const struct before *b)
{
	const struct vm_thread *old = NULL;
	uint64_t ran = thread->run_ns, waited = thread->wait_ns;
	unsigned int node = topology_of_cpu(t, thread->cpu);

	if (b->nr)
		old = bsearch(thread, b->thread, b->nr, sizeof(*old), by_tid);
	if (old) {
		ran = grown(thread->run_ns, old->run_ns);
		waited = grown(thread->wait_ns, old->wait_ns);
		thread->set = old->set;
	}
	vm->run_ns += ran;
	vm->wait_ns += waited;
	vm->nr_running += thread->running;
	if (node != TANDEM_NOWHERE && b->nr)
		vm->used_ns[node] += ran + waited;
}

static void account_all(const struct topology *t, struct vm *vm, struct before *b)
{
	vm->nr_running = 0;
	memset(vm->used_ns, 0, sizeof(vm->used_ns));
	for (unsigned int i = 0; i < vm->nr_threads; i++)
		account(t, vm, &vm->thread[i], b);
	free(b->thread);
}

static int list_threads(const struct host *h, struct vm *vm)
{
	char *path = host_path(h, "/proc/%d/task", vm->pid);
	DIR *dir = opendir(path);
	int bad = dir ? 0 : -ESRCH;
	struct dirent *entry;

	free(path);
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			add_thread(h, vm, vm->pid, atoi(entry->d_name), &bad);
	if (dir)
		closedir(dir);
	return bad;
}

static void add_workers(const struct host *h, const struct workers *w, struct vm *vm)
{
	int ignored;

	for (unsigned int i = 0; i < w->nr; i++)
		if (w->worker[i].owner == vm->pid)
			add_thread(h, vm, w->worker[i].tid, w->worker[i].tid, &ignored);
}

static void read_clock(const struct host *h, struct vm *vm)
{
	uint64_t now = h->calls->now_ns((struct host *)h);

	vm->elapsed_ns = vm->at_ns ? grown(now, vm->at_ns) : 0;
	vm->at_ns = now;
}

int vm_read_threads(const struct host *h, const struct topology *t, const struct workers *w,
		    struct vm *vm)
{
	struct before b = { vm->thread, vm->nr_threads };
	int bad;

	vm->thread = NULL;
	vm->nr_threads = 0;
	vm->nr_masks = 0;
	vm->leaving = false;
	read_clock(h, vm);
	bad = list_threads(h, vm);
	add_workers(h, w, vm);
	if (vm->nr_threads)
		qsort(vm->thread, vm->nr_threads, sizeof(*vm->thread), by_tid);
	account_all(t, vm, &b);
	if (bad)
		return bad;
	return vm->nr_threads ? 0 : -ESRCH;
}

static void look_at_worker(const struct host *h, struct workers *w, pid_t tid)
{
	struct proc_stat stat;
	char text[64];
	int owner;

	if (host_read(h, text, sizeof(text), "/proc/%d/comm", tid) <= 0 ||
	    sscanf(text, "vhost-%d", &owner) != 1 || proc_stat(h, tid, tid, &stat) || !stat.kernel)
		return;
	w->worker = realloc(w->worker, (w->nr + 1) * sizeof(*w->worker));
	if (!w->worker)
		abort();
	w->worker[w->nr++] = (struct worker){ tid, owner };
}

void workers_find(const struct host *h, struct workers *w)
{
	char *path = host_path(h, "/proc");
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	w->nr = 0;
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at_worker(h, w, atoi(entry->d_name));
	if (dir)
		closedir(dir);
}
