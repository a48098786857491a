// SPDX-License-Identifier: GPL-2.0
/*
 * Confining a VM to a node: by its own cpuset, or by the affinity of each of its
 * threads. The claim on it is written first, so nothing is ever changed that is not on
 * record; what is on record but was not changed does no harm.
 */
#include <errno.h>
#include <string.h>

#include "balance.h"

/* Threads may start others while they are confined, one by one. */
#define ROUNDS	8

static int failed(struct balance *b, struct vm *vm, const char *what, int error)
{
	if (error != -ESRCH)
		say(b, &vm->said, SAID_FAILED, "%s (%d) can't be moved: %s: %s", vm->name, vm->pid,
		    what, strerror(-error));
	return error;
}

static void claim_begin(const struct host *h, struct vm *vm)
{
	struct claim *c = &vm->claim;

	*c = (struct claim){ .group = vm->cpuset.path, .home = TANDEM_NOWHERE };
	if (c->group) {
		cpuset_list(h, &vm->cpuset, "cpuset.cpus", &c->before);
		cpuset_list(h, &vm->cpuset, "cpuset.mems", &c->mems_before);
	} else {
		c->before = vm->masks[vm->thread[0].cpus];
	}
}

static int claim(struct balance *b, struct vm *vm, unsigned int node, const struct cpus *cpus)
{
	int ret;

	if (!vm->claimed)
		claim_begin(b->host, vm);
	if (!cpus_equal(&vm->claim.cpus, cpus))
		vm->claim.last = vm->claim.cpus;
	if (vm->claim.home != node)
		vm->claim.from = vm->claim.home;
	vm->claim.home = node;
	vm->claim.cpus = *cpus;
	ret = claim_write(b->host, vm);
	if (ret)
		return failed(b, vm, RUN_DIR, ret);
	vm->claimed = true;
	return 0;
}

static int set_thread(struct balance *b, struct vm_thread *thread, const struct cpus *cpus)
{
	int ret = b->host->calls->set_affinity(b->host, thread->tid, cpus);

	thread->set = !ret;
	return ret == -ESRCH ? 0 : ret;
}

/* How many were not where they should be, or -errno. */
static int set_threads(struct balance *b, struct vm *vm)
{
	int ret, count = 0;

	for (unsigned int i = 0; i < vm->nr_threads; i++) {
		if (vm_thread_is_set(vm, &vm->thread[i])) {
			vm->thread[i].set = true;
			continue;
		}
		ret = set_thread(b, &vm->thread[i], &vm->claim.cpus);
		if (ret)
			return ret;
		count++;
	}
	return count;
}

static int set_all_threads(struct balance *b, struct vm *vm)
{
	int ret = 1;

	for (int i = 0; i < ROUNDS && ret > 0; i++) {
		ret = set_threads(b, vm);
		if (ret > 0 && vm_read_threads(b->host, &b->topology, &b->workers, vm) == -ESRCH)
			return -ESRCH;
	}
	return ret < 0 ? ret : 0;
}

/* Memory will come from elsewhere, and go to what was not allowed: that limit goes first. */
static int set_cpuset(struct balance *b, struct vm *vm)
{
	struct claim *c = &vm->claim;
	int ret = 0;

	if (!cpus_empty(&c->mems))
		ret = cpuset_write(b->host, &vm->cpuset, "cpuset.mems", &c->mems_before);
	if (ret)
		return ret;
	memset(&c->mems, 0, sizeof(c->mems));
	return cpuset_write(b->host, &vm->cpuset, "cpuset.cpus", &c->cpus);
}

static int apply(struct balance *b, struct vm *vm)
{
	return vm->claim.group ? set_cpuset(b, vm) : set_all_threads(b, vm);
}

int vm_confine(struct balance *b, struct vm *vm, unsigned int node)
{
	unsigned int i = topology_find(&b->topology, node);
	struct cpus cpus = vm->bound;
	int ret;

	if (i == TANDEM_NOWHERE)
		return failed(b, vm, "its node is gone", -ENODEV);
	cpus_and(&cpus, &b->topology.node[i].cpus);
	if (cpus_empty(&cpus))
		return failed(b, vm, "no CPU that it may use is there", -EINVAL);
	ret = claim(b, vm, node, &cpus);
	if (ret)
		return ret;
	ret = apply(b, vm);
	if (ret) {
		failed(b, vm, vm->claim.group ? vm->cpuset.path : "its threads", ret);
		vm_release(b, vm);
		return ret;
	}
	vm->home = node;
	return 0;
}

/* Only what is still as we left it: the rest is somebody else's by now. */
static int release_threads(struct balance *b, struct vm *vm)
{
	const struct claim *c = &vm->claim;
	const struct cpus *mask;
	int ret, bad = 0;

	for (unsigned int i = 0; i < vm->nr_threads; i++) {
		if (vm->thread[i].cpus == MASKS_MAX)
			continue;
		mask = &vm->masks[vm->thread[i].cpus];
		if (!vm->thread[i].set && !cpus_equal(mask, &c->cpus) &&
		    !cpus_equal(mask, &c->last))
			continue;
		ret = set_thread(b, &vm->thread[i], &c->before);
		bad = ret ? ret : bad;
		vm->thread[i].set = false;
	}
	return bad;
}

static int release_file(struct balance *b, const struct vm *vm, const char *file,
			const struct cpus *ours, const struct cpus *last,
			const struct cpus *before)
{
	struct cpus now;

	if (cpus_empty(ours) || !cpuset_list(b->host, &vm->cpuset, file, &now) ||
	    (!cpus_equal(&now, ours) && !cpus_equal(&now, last)))
		return 0;
	return cpuset_write(b->host, &vm->cpuset, file, before);
}

static int release_cpuset(struct balance *b, const struct vm *vm)
{
	const struct claim *c = &vm->claim;
	int cpus, mems;

	if (!vm->cpuset.path)
		return 0;
	mems = release_file(b, vm, "cpuset.mems", &c->mems, &c->mems, &c->mems_before);
	cpus = release_file(b, vm, "cpuset.cpus", &c->cpus, &c->last, &c->before);
	return mems ? mems : cpus;
}

static int release_all_threads(struct balance *b, struct vm *vm)
{
	int ret = release_threads(b, vm);

	/* what was started meanwhile by one that was confined still */
	if (!ret && !vm_read_threads(b->host, &b->topology, &b->workers, vm))
		ret = release_threads(b, vm);
	return ret;
}

int vm_release(struct balance *b, struct vm *vm)
{
	int ret = vm->claim.group ? release_cpuset(b, vm) : release_all_threads(b, vm);

	if (ret)
		return failed(b, vm, "giving it back", ret);
	claim_drop(b->host, vm);
	vm->home = TANDEM_NOWHERE;
	return 0;
}

/* All is there: what it allocates from now on shall be, too. */
static void confine_memory(struct balance *b, struct vm *vm)
{
	struct claim *c = &vm->claim;

	cpus_add(&c->mems, c->home);
	if (claim_write(b->host, vm) ||
	    cpuset_write(b->host, &vm->cpuset, "cpuset.mems", &c->mems)) {
		memset(&c->mems, 0, sizeof(c->mems));
		say(b, &vm->said, SAID_COPY, "%s (%d): its cpuset.mems can't be written", vm->name,
		    vm->pid);
	}
}

/* Is all of it where the claim says? A kill may have come between the two. */
static bool is_set(const struct balance *b, const struct vm *vm)
{
	struct cpus now;

	if (vm->claim.group)
		return cpuset_list(b->host, &vm->cpuset, "cpuset.cpus", &now) &&
		       cpus_equal(&now, &vm->claim.cpus);
	for (unsigned int i = 0; i < vm->nr_threads; i++)
		if (!vm_thread_is_set(vm, &vm->thread[i]))
			return false;
	return true;
}

void vm_keep(struct balance *b, struct vm *vm)
{
	unsigned int i = topology_find(&b->topology, vm->home);
	struct cpus cpus = vm->bound;

	if (!vm->claimed || vm->stays != FREE || i == TANDEM_NOWHERE)
		return;
	cpus_and(&cpus, &b->topology.node[i].cpus);
	if ((!is_set(b, vm) || !cpus_equal(&cpus, &vm->claim.cpus)) && !cpus_empty(&cpus))
		vm_confine(b, vm, vm->home);
	else if (vm->claim.group && vm->passed && cpus_empty(&vm->claim.mems) &&
		 vm->trial.stage == TANDEM_SETTLED && vm_remote(&b->topology, vm) < 16)
		confine_memory(b, vm);
}
