// SPDX-License-Identifier: GPL-2.0
/*
 * Home nodes: where tasks belong that others keep together, such as the threads
 * of a virtual machine. A hint that the fair class and the default memory policy
 * respect, and no mask: what the user or a cpuset allows a task is not touched,
 * and counts for more.
 */
#include <linux/cpuset.h>
#include <linux/mempolicy.h>
#include <linux/mm.h>
#include <linux/sched/home.h>
#include <linux/sched/isolation.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "sched.h"

DEFINE_STATIC_KEY_FALSE(sched_homes_used);

/**
 * sched_homes_enable() - respect home nodes from now on
 *
 * Context: may sleep.
 */
void sched_homes_enable(void)
{
	static_branch_inc(&sched_homes_used);
}
EXPORT_SYMBOL_GPL(sched_homes_enable);

/**
 * sched_homes_disable() - undo one sched_homes_enable()
 *
 * Whoever gave tasks a home has taken it from them before.
 *
 * Context: may sleep.
 */
void sched_homes_disable(void)
{
	static_branch_dec(&sched_homes_used);
}
EXPORT_SYMBOL_GPL(sched_homes_disable);

/**
 * sched_home_get() - where does a task belong?
 * @p:		the task
 *
 * Context: any.
 * Return: a node, or NUMA_NO_NODE: nowhere, or no home is in use.
 */
int sched_home_get(const struct task_struct *p)
{
	return sched_home_node(p);
}
EXPORT_SYMBOL_GPL(sched_home_get);

/**
 * sched_home_set() - say where one task belongs
 * @p:		the task
 * @node:	a possible node, or NUMA_NO_NODE: nowhere
 *
 * It moves at its next wake-up, at a tick when there is room on its home, or by
 * sched_home_move().
 *
 * Context: any.
 */
void sched_home_set(struct task_struct *p, int node)
{
	WRITE_ONCE(p->sched_home, node + 1);
}
EXPORT_SYMBOL_GPL(sched_home_set);

/**
 * sched_home_set_group() - say where all threads of a process belong
 * @p:		one of them
 * @node:	a possible node, or NUMA_NO_NODE: nowhere
 *
 * On return each thread that the process has, or is about to have, is told.
 *
 * Context: process, atomic.
 */
void sched_home_set_group(struct task_struct *p, int node)
{
	struct task_struct *t;

	read_lock(&tasklist_lock);
	for_each_thread(p, t)
		sched_home_set(t, node);
	read_unlock(&tasklist_lock);
}
EXPORT_SYMBOL_GPL(sched_home_set_group);

/* Where @p may run of its home, among @usable. */
static bool home_cpu(struct task_struct *p, int cpu, const struct cpumask *usable)
{
	return cpumask_test_cpu(cpu, p->cpus_ptr) && cpumask_test_cpu(cpu, usable) &&
	       cpu_active(cpu);
}

static unsigned int tasks_on(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->nr_running) - READ_ONCE(rq->cfs.h_nr_delayed);
}

static bool core_is_idle(int cpu)
{
	int sibling;

	for_each_cpu(sibling, topology_sibling_cpumask(cpu))
		if (!available_idle_cpu(sibling))
			return false;
	return true;
}

/* One of an idle core, else an idle one, else the one with the fewest tasks. */
static int emptiest_cpu(struct task_struct *p, int node, const struct cpumask *usable)
{
	unsigned int tasks, fewest = UINT_MAX;
	int cpu, best = -1;

	for_each_cpu(cpu, cpumask_of_node(node)) {
		if (!home_cpu(p, cpu, usable))
			continue;
		tasks = available_idle_cpu(cpu) ? 0 : 1 + tasks_on(cpu);
		if (!tasks && core_is_idle(cpu))
			return cpu;
		if (tasks < fewest) {
			fewest = tasks;
			best = cpu;
		}
	}
	return best;
}

/* Is it for a home to say where @p runs? */
static bool may_choose(struct task_struct *p, int wake_flags)
{
	return p->sched_class == &fair_sched_class && p->nr_cpus_allowed > 1 &&
	       !is_migration_disabled(p) && !(wake_flags & WF_CURRENT_CPU);
}

/**
 * sched_home_select() - where a task that has a home wakes up, or begins
 * @p:		the task, its pi_lock held
 * @cpu:	where it would without one
 * @wake_flags:	of the wake-up
 *
 * Where it was if that is at home and idle, else an idle CPU there, else one where
 * it waits until an idle CPU takes it, of its home or another node.
 *
 * Context: any; the length of a walk over the node's CPUs.
 * Return: a CPU; @cpu where the task has no home, may not run there, is not of the
 * fair class, or shall run where its waker does.
 */
int sched_home_select(struct task_struct *p, int cpu, int wake_flags)
{
	const struct cpumask *usable = housekeeping_cpumask(HK_TYPE_DOMAIN);
	int node = sched_home_node(p), prev = p->wake_cpu, home;

	if (node == NUMA_NO_NODE || !may_choose(p, wake_flags))
		return cpu;
	if (cpu_to_node(prev) == node && available_idle_cpu(prev) && home_cpu(p, prev, usable))
		return prev;
	home = emptiest_cpu(p, node, usable);
	return home < 0 ? cpu : home;
}

/**
 * sched_home_begin() - let a task that has a home begin there
 * @p:		the task, its pi_lock held, on no run queue yet
 */
void sched_home_begin(struct task_struct *p)
{
	__set_task_cpu(p, sched_home_select(p, task_cpu(p), WF_FORK));
}

/**
 * sched_home_has_idle() - does a task's home have an idle CPU for it?
 * @p:		the task
 * @node:	its home
 *
 * Context: any; the length of a walk over the node's CPUs.
 */
bool sched_home_has_idle(struct task_struct *p, int node)
{
	int cpu = emptiest_cpu(p, node, housekeeping_cpumask(HK_TYPE_DOMAIN));

	return cpu >= 0 && available_idle_cpu(cpu);
}

/**
 * sched_home_move() - bring a task that wants a CPU home now
 * @p:		the task; the caller holds a reference
 * @usable:	CPUs that it may be brought to
 * @only_idle:	only to one that is idle
 *
 * No mask is written: what the task may use is looked at once more, under its
 * locks, when it moves. One that sleeps wakes up at home, and is left alone.
 *
 * Context: may sleep, for a stopper's turn on the task's CPU.
 * Return: 1 if it was moved, 0 where there is nothing to do, -EBUSY where no
 * CPU is idle, -EINVAL where it may not use one of @usable there, or another
 * error of the move: its CPU went away.
 */
int sched_home_move(struct task_struct *p, const struct cpumask *usable, bool only_idle)
{
	int node = sched_home_node(p), cpu, ret;

	if (node == NUMA_NO_NODE || task_node(p) == node || !READ_ONCE(p->on_rq))
		return 0;
	cpu = emptiest_cpu(p, node, usable);
	if (cpu < 0)
		return -EINVAL;
	if (only_idle && !available_idle_cpu(cpu))
		return -EBUSY;
	ret = migrate_task_to(p, cpu);
	return ret < 0 ? ret : task_node(p) == node;
}
EXPORT_SYMBOL_GPL(sched_home_move);

/* May @t go from @node to a CPU: is neither its home nor its memory there? */
static bool is_stranger(const struct task_struct *t, int node, int to)
{
	return t->sched_class == &fair_sched_class && !(t->flags & PF_EXITING) &&
	       sched_home_node(t) != node && t->numa_preferred_nid != node &&
	       cpumask_test_cpu(to, t->cpus_ptr);
}

/* Who runs where @p belongs, and could run where @p does; it is there for RCU's readers. */
static struct task_struct *stranger_at_home(struct task_struct *p, int node, int *cpu)
{
	const struct cpumask *usable = housekeeping_cpumask(HK_TYPE_DOMAIN);
	struct task_struct *t;

	for_each_cpu(*cpu, cpumask_of_node(node)) {
		if (!home_cpu(p, *cpu, usable))
			continue;
		t = rcu_dereference(cpu_rq(*cpu)->curr);
		if (is_stranger(t, node, task_cpu(p)))
			return t;
	}
	return NULL;
}

static bool has_stranger(struct task_struct *p, int node)
{
	int cpu;

	guard(rcu)();
	return stranger_at_home(p, node, &cpu);
}

/* @p and a stranger on its home change places, if both are where they were seen. */
static void change_places(struct task_struct *p)
{
	int node = sched_home_node(p), from = task_cpu(p), cpu;
	struct task_struct *t;

	if (node == NUMA_NO_NODE || cpu_to_node(from) == node)
		return;
	scoped_guard(rcu) {
		t = stranger_at_home(p, node, &cpu);
		if (t)
			get_task_struct(t);
	}
	if (!t)
		return;
	migrate_swap(p, t, cpu, from);
	put_task_struct(t);
}

/* A CPU sends tasks home so often at most: where homes are crowded they come and go. */
#define SEND_INTERVAL	(HZ / 10)

/*
 * Who is being sent home from a CPU. @task and @next are written by this CPU's tick while
 * @task is NULL, and @task is set to NULL by the work that it queues.
 */
struct homeward {
	struct work_struct work;
	struct task_struct *task;	/* a reference, or NULL */
	unsigned long next;		/* not before, jiffies */
};

static DEFINE_PER_CPU(struct homeward, homeward);

static void send_home(struct work_struct *work)
{
	struct homeward *h = container_of(work, struct homeward, work);

	if (sched_home_move(h->task, housekeeping_cpumask(HK_TYPE_DOMAIN), true) == -EBUSY)
		change_places(h->task);
	put_task_struct(h->task);
	/* Pairs with smp_load_acquire() in sched_home_tick(): the task was read before. */
	smp_store_release(&h->task, NULL);
}

/**
 * sched_home_tick() - send the current task home, where there is room
 *
 * Balancing takes it away where it would wait, and one that never sleeps never wakes up
 * at home; nor does balancing bring it back, for which two nodes with a task each are even.
 * There is room where a CPU is idle, or runs what does not belong there: that then runs
 * here.
 *
 * Context: the tick, no run queue's lock held; the length of two walks over the home's
 * CPUs for a task that is not at home.
 */
void sched_home_tick(void)
{
	struct homeward *h = this_cpu_ptr(&homeward);
	struct task_struct *p = current;
	int node = sched_home_node(p);

	if (node == NUMA_NO_NODE || numa_node_id() == node || !may_choose(p, 0) ||
	    time_before(jiffies, h->next))
		return;
	/* Pairs with smp_store_release() in send_home(). */
	if (smp_load_acquire(&h->task) || !(sched_home_has_idle(p, node) || has_stranger(p, node)))
		return;
	h->next = jiffies + SEND_INTERVAL;
	h->task = get_task_struct(p);
	queue_work_on(smp_processor_id(), system_highpri_wq, &h->work);
}

static int __init sched_home_init(void)
{
	struct homeward *h;
	int cpu;

	for_each_possible_cpu(cpu) {
		h = per_cpu_ptr(&homeward, cpu);
		INIT_WORK(&h->work, send_home);
		h->next = jiffies;
	}
	return 0;
}
core_initcall(sched_home_init);

/**
 * sched_home_bound() - the CPUs that a task's cpuset allows it
 * @p:		the task; the caller holds a reference, or RCU's lock
 * @bound:	on return: they. A task that may use fewer was pinned by somebody.
 *
 * Context: any but hard interrupts.
 */
void sched_home_bound(struct task_struct *p, struct cpumask *bound)
{
	cpuset_cpus_allowed(p, bound);
}
EXPORT_SYMBOL_GPL(sched_home_bound);

/**
 * sched_home_memory_chosen() - did somebody choose where a mapping's memory goes?
 * @mm:		whose; the caller holds a reference to its users
 * @addr:	an address in the mapping
 *
 * Context: process.
 * Return: 1 where it has a memory policy of its own, 0 where it has none, -EAGAIN
 * while the mappings change, -EFAULT where there is no mapping.
 */
int sched_home_memory_chosen(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	struct mempolicy *policy;
	int ret = -EFAULT;
	pgoff_t ilx;

	if (!mmap_read_trylock(mm))
		return -EAGAIN;
	vma = vma_lookup(mm, addr);
	if (vma) {
		policy = __get_vma_policy(vma, addr, &ilx);
		ret = !!policy;
		mpol_cond_put(policy);
	}
	mmap_read_unlock(mm);
	return ret;
}
EXPORT_SYMBOL_GPL(sched_home_memory_chosen);
