// SPDX-License-Identifier: GPL-2.0
/*
 * Bring a VM's threads home: vCPUs, emulator, I/O threads and vhost tasks are threads of
 * the VMM; vhost's and the PIT's kernel threads are named after it.
 *
 * All are told first, and then those that want a CPU are brought, one by one: what wakes
 * up meanwhile goes home by itself, and new threads begin there.
 */
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/home.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "tandem.h"
#include "stats.h"

/* Threads that come while memory for the list of them is got; they begin at home. */
#define SPARE	8

/* A list of a VM's threads, a reference each. */
struct threads {
	struct task_struct **task;
	unsigned int nr;
	unsigned int room;
};

static void add(struct threads *l, struct task_struct *t)
{
	if (l->nr < l->room)
		l->task[l->nr++] = get_task_struct(t);
}

/* For whose process a kernel thread works, 0: nobody's. RCU's lock held. */
static pid_t works_for(const struct task_struct *t)
{
	struct task_struct *owner;
	pid_t pid;

	if (!(t->flags & PF_KTHREAD) || (sscanf(t->comm, "vhost-%d", &pid) != 1 &&
					 sscanf(t->comm, "kvm-pit/%d", &pid) != 1))
		return 0;
	owner = pid_task(find_pid_ns(pid, &init_pid_ns), PIDTYPE_PID);
	return owner ? owner->tgid : pid;
}

static bool is_quick_no(const struct task_struct *t)
{
	return !(t->flags & PF_KTHREAD) || (t->comm[0] != 'v' && t->comm[0] != 'k');
}

static void tell_workers(pid_t vmm, int node, struct threads *l)
{
	struct task_struct *t;

	guard(rcu)();
	for_each_process(t) {
		if (is_quick_no(t) || works_for(t) != vmm)
			continue;
		sched_home_set(t, node);
		if (l)
			add(l, t);
	}
}

static void tell_threads(struct pid *vmm, int node)
{
	struct task_struct *leader = get_pid_task(vmm, PIDTYPE_TGID);

	if (!leader)
		return;
	sched_home_set_group(leader, node);
	put_task_struct(leader);
}

static unsigned int count(struct pid *vmm)
{
	struct task_struct *leader;

	guard(rcu)();
	leader = pid_task(vmm, PIDTYPE_TGID);
	return leader ? get_nr_threads(leader) : 0;
}

/* The threads of a part; what is being made meanwhile is told at the next look. */
static void tell_part(struct tandem_vm *vm, unsigned int part, struct threads *l)
{
	struct task_struct *leader, *t;
	unsigned long vcpu = 0;

	guard(rcu)();
	leader = pid_task(vm->numa.vmm, PIDTYPE_TGID);
	if (!leader)
		return;
	for_each_thread(leader, t) {
		if (tandem_numa_part_of(vm, t, &vcpu) != part)
			continue;
		sched_home_set(t, vm->numa.part[part].home);
		if (l)
			add(l, t);
	}
}

static void tell(struct tandem_vm *vm, unsigned int part, struct threads *l)
{
	struct tandem_numa *numa = &vm->numa;
	int home = numa->part[part].home;

	if (numa->parts == 1)
		tell_threads(numa->vmm, home);
	tell_part(vm, part, l);
	if (!part)
		tell_workers(pid_nr(numa->vmm), home, l);
}

static void bring(struct tandem_numa_host *h, struct threads *l, bool only_idle)
{
	unsigned int i;

	for (i = 0; i < l->nr; i++) {
		if (sched_home_move(l->task[i], h->usable, only_idle) > 0)
			tandem_count(TANDEM_BROUGHT_HOME);
		put_task_struct(l->task[i]);
		cond_resched();
	}
}

/* Without memory for the list they come as they wake up, and at the next look. */
static void tell_and_bring(struct tandem_numa_host *h, struct tandem_vm *vm, unsigned int part,
			   bool only_idle)
{
	struct threads l = { .room = count(vm->numa.vmm) + SPARE };

	l.task = kcalloc(l.room, sizeof(*l.task), GFP_KERNEL);
	if (!l.task)
		l.room = 0;
	tell(vm, part, &l);
	bring(h, &l, only_idle);
	kfree(l.task);
}

/**
 * tandem_numa_tell() - all threads of a VM shall know their homes
 * @vm:		the VM, numa.lock held, not gone
 *
 * They come there as they wake up.
 *
 * Context: may sleep.
 */
void tandem_numa_tell(struct tandem_vm *vm)
{
	unsigned int p;

	lockdep_assert_held(&vm->numa.lock);
	for (p = 0; p < vm->numa.parts && vm->numa.vmm; p++)
		tell(vm, p, NULL);
}

/**
 * tandem_numa_go() - give a part of a VM a home, and bring its threads there
 * @h:		the host
 * @vm:		the VM, numa.lock held, not gone, its process known
 * @part:	which part
 * @node:	its home from now on
 *
 * Context: may sleep, for a stopper's turn for each thread that wants a CPU.
 */
void tandem_numa_go(struct tandem_numa_host *h, struct tandem_vm *vm, unsigned int part,
		    int node)
{
	struct tandem_part *p = &vm->numa.part[part];

	lockdep_assert_held(&vm->numa.lock);
	if (p->home != node)
		tandem_numa_stay(vm);
	WRITE_ONCE(p->home, node);
	p->chosen = true;
	tell_and_bring(h, vm, part, false);
}

/**
 * tandem_numa_release() - take a VM's home away, or homes
 * @vm:		the VM, numa.lock held
 *
 * Nothing of what we did is left then but where its threads happen to be.
 *
 * Context: may sleep.
 */
void tandem_numa_release(struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;
	unsigned int p;

	lockdep_assert_held(&numa->lock);
	if (!tandem_numa_has_home(numa))
		return;
	tandem_numa_stay(vm);
	tandem_numa_resume_scans(vm);
	tell_threads(numa->vmm, NUMA_NO_NODE);
	tell_workers(pid_nr(numa->vmm), NUMA_NO_NODE, NULL);
	for (p = 0; p < numa->parts; p++) {
		WRITE_ONCE(numa->part[p].home, NUMA_NO_NODE);
		numa->part[p].chosen = false;
		numa->part[p].trial = (struct tandem_trial){ };
	}
}

/* Threads of another part are where this one's should be, and the other way round. */
static bool is_crossed(const struct tandem_numa *numa, const struct tandem_part *part)
{
	const struct tandem_part *other;

	for (other = numa->part; other < numa->part + numa->parts; other++)
		if (other->home != NUMA_NO_NODE && part->astray >> other->home & 1 &&
		    other->astray >> part->home & 1)
			return true;
	return false;
}

/**
 * tandem_numa_keep() - what strayed comes home, where that has an idle CPU
 * @h:		the host
 * @vm:		the VM
 *
 * Threads of two parts that are in each other's place change places: they leave no CPU idle.
 *
 * Context: may sleep.
 */
void tandem_numa_keep(struct tandem_numa_host *h, struct tandem_vm *vm)
{
	struct tandem_numa *numa = &vm->numa;
	unsigned int p;

	guard(mutex)(&numa->lock);
	if (numa->gone || !tandem_numa_has_home(numa) || numa->stays != TANDEM_FREE)
		return;
	for (p = 0; p < numa->parts; p++)
		if (numa->part[p].astray || numa->part[p].untold)
			tell_and_bring(h, vm, p, !is_crossed(numa, &numa->part[p]));
}

static struct tandem_vm *vm_of(struct tandem_numa_host *h, pid_t vmm)
{
	unsigned int i;

	for (i = 0; i < h->nr_vms; i++)
		if (h->vm[i]->numa.vmm && pid_nr(h->vm[i]->numa.vmm) == vmm)
			return h->vm[i];
	return NULL;
}

static void look_at_worker(struct tandem_numa_host *h, struct task_struct *t)
{
	struct tandem_vm *vm = vm_of(h, works_for(t));
	int node = cpu_to_node(task_cpu(t)), home;
	struct tandem_part *part;

	if (!vm)
		return;
	part = vm->numa.part;
	home = READ_ONCE(part->home);
	if (home == NUMA_NO_NODE)
		return;
	part->untold |= sched_home_get(t) != home;
	if (node != home && READ_ONCE(t->on_rq))
		part->astray |= 1U << node;
}

/**
 * tandem_numa_workers() - see to the kernel threads that work for VMs
 * @h:		the host, its VMs looked at
 */
void tandem_numa_workers(struct tandem_numa_host *h)
{
	struct task_struct *t;

	guard(rcu)();
	for_each_process(t)
		if (!is_quick_no(t) && works_for(t))
			look_at_worker(h, t);
}
