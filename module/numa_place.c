// SPDX-License-Identifier: GPL-2.0
/*
 * Placement: a worker that keeps each VM on its NUMA node, and the nodes even. It looks,
 * decides by policy/placement*.c, and tells threads where they belong: that is a hint,
 * sched_home_set(), and no mask. So nothing that a user can set or see is ever changed,
 * and there is nothing to give back but the hints.
 *
 * Invariants:
 *
 * 1. Only while homes are on has any task a hint of ours: they are turned on before the
 *    first is given, and off after the last was taken.
 * 2. A task has a hint only as long as a VM of its process has a home: whoever clears the
 *    homes of a VM takes the hints first, under numa.lock.
 * 3. vm->kvm is used under numa.lock, and not once numa.gone is set. A VM's destruction
 *    sets it, under that lock, before anything is torn down.
 * 4. A thread's hint is its part's home. Of several parts a thread that is being made, or
 *    begins to be a vCPU, as they are told, may be wrong until the next look.
 * 5. How a VM is cut is written under tandem_numa_lock and numa.lock: who holds either of
 *    them finds its parts as they were.
 *
 * Turning placement off, or unloading, with guests running and moves under way:
 *
 * 1. host = NULL, under tandem_numa_lock: VMs that are created get no home any more, and
 *    nobody moves one by hand.
 * 2. The worker is stopped, at the latest after the look and plan that it is in.
 * 3. So is the thread that copies, at the latest after its chunk: nobody begins copies.
 * 4. Each VM that there is loses its home. One that is just being destroyed does so
 *    itself, before its record goes.
 * 5. Homes are turned off.
 *
 * Threads stay where they are then: for the scheduler any CPU is as good as another. So does
 * memory, of which each page is here or there.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/moduleparam.h>
#include <linux/sched/home.h>
#include <linux/vmalloc.h>

#include "tandem.h"
#include "stats.h"

enum placement { PLACEMENT_OFF, PLACEMENT_DRY_RUN, PLACEMENT_ON };

static const char * const placement_names[] = { "off", "dry_run", "on" };

enum compat { COMPAT_NONE, COMPAT_VMB2011 };

static const char * const compat_names[] = { "none", "vmb2011" };

DEFINE_MUTEX(tandem_numa_lock);		/* host, and all that it points to */

static DEFINE_MUTEX(switch_lock);	/* placement, ready, worker */
static enum placement placement = PLACEMENT_OFF;
static bool ready;
static struct task_struct *worker;

static struct tandem_word_knob compat = {
	compat_names, ARRAY_SIZE(compat_names), "none or vmb2011", COMPAT_NONE
};

static struct tandem_numa_host *host;	/* tandem_numa_lock */

/**
 * tandem_numa_host() - the host, while placement is not off
 *
 * Return: NULL where it is.
 */
struct tandem_numa_host *tandem_numa_host(void)
{
	lockdep_assert_held(&tandem_numa_lock);
	return host;
}

static void pass(struct tandem_numa_host *h)
{
	u64 began = ktime_get_ns();

	guard(mutex)(&tandem_numa_lock);
	h->knobs.gain_min = tandem_placement_margin();
	tandem_numa_look(h);
	if (READ_ONCE(compat.word) == COMPAT_VMB2011)
		tandem_numa_decide_2011(h);
	else
		tandem_numa_decide(h);
	tandem_numa_forget(h);
	tandem_count(TANDEM_PLACEMENT_LOOKS);
	tandem_count_add(TANDEM_PLACEMENT_NS, ktime_get_ns() - began);
}

/*
 * Frozen while the machine suspends: CPUs go offline then, all but one, and a look would
 * take homes away that are there again on resume.
 */
static int work(void *data)
{
	set_freezable();
	while (!kthread_freezable_should_stop(NULL)) {
		pass(data);
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule_timeout(msecs_to_jiffies(tandem_placement_interval_ms()));
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static void free_host(struct tandem_numa_host *h)
{
	free_cpumask_var(h->scratch);
	free_cpumask_var(h->usable);
	vfree(h);
}

static struct tandem_numa_host *new_host(bool acts)
{
	struct tandem_numa_host *h = vzalloc(sizeof(*h));

	if (!h)
		return NULL;
	h->snapshot.node = h->node;
	h->snapshot.group = h->group;
	h->knobs = (struct tandem_placement_knobs)TANDEM_PLACEMENT_DEFAULTS;
	h->acts = acts;
	if (zalloc_cpumask_var(&h->usable, GFP_KERNEL) &&
	    zalloc_cpumask_var(&h->scratch, GFP_KERNEL))
		return h;
	free_host(h);
	return NULL;
}

static void publish(struct tandem_numa_host *h)
{
	guard(mutex)(&tandem_numa_lock);
	host = h;
}

/* Without moves no memory follows any. */
static int start_threads(struct tandem_numa_host *h)
{
	int ret = h->acts ? tandem_copier_start() : 0;

	if (ret)
		return ret;
	worker = kthread_create(work, h, "tandem-numa");
	if (!IS_ERR(worker))
		return 0;
	if (h->acts)
		tandem_copier_stop();
	return PTR_ERR(worker);
}

static int turn_on(enum placement to)
{
	struct tandem_numa_host *h;
	int ret;

	lockdep_assert_held(&switch_lock);
	if (nr_node_ids > TANDEM_NODES_MAX) {
		pr_err("kvm_tandem: placement=%s: this host may have %u NUMA nodes, and %u are supported\n",
		       placement_names[to], nr_node_ids, TANDEM_NODES_MAX);
		return -EOPNOTSUPP;
	}
	h = new_host(to == PLACEMENT_ON);
	if (!h)
		return -ENOMEM;
	ret = start_threads(h);
	if (ret) {
		free_host(h);
		return ret;
	}
	if (h->acts)
		sched_homes_enable();
	publish(h);
	wake_up_process(worker);
	return 0;
}

static void release_all(struct tandem_numa_host *h)
{
	unsigned int nr = tandem_vms_hold(h->vm, TANDEM_GROUPS_MAX);

	while (nr--) {
		scoped_guard(mutex, &h->vm[nr]->numa.lock)
			tandem_numa_release(h->vm[nr]);
		tandem_vm_drop(h->vm[nr]);
	}
}

static void turn_off(void)
{
	struct tandem_numa_host *h;

	lockdep_assert_held(&switch_lock);
	scoped_guard(mutex, &tandem_numa_lock) {
		h = host;
		host = NULL;
	}
	kthread_stop(worker);
	if (h->acts) {
		tandem_copier_stop();
		release_all(h);
		sched_homes_disable();
	}
	free_host(h);
}

static int switch_placement(enum placement to)
{
	int ret = 0;

	lockdep_assert_held(&switch_lock);
	if (ready && to == placement)
		return 0;
	if (ready && placement != PLACEMENT_OFF)
		turn_off();
	placement = to;
	if (ready && to != PLACEMENT_OFF)
		ret = turn_on(to);
	if (ret)
		placement = PLACEMENT_OFF;
	return ret;
}

static int set_placement(const char *val, const struct kernel_param *kp)
{
	int to = tandem_read_word("placement", val, placement_names, ARRAY_SIZE(placement_names),
				  "off, dry_run or on");

	if (to < 0)
		return to;
	guard(mutex)(&switch_lock);
	return switch_placement(to);
}

static int get_placement(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", placement_names[READ_ONCE(placement)]);
}

static const struct kernel_param_ops placement_ops = {
	.set = set_placement,
	.get = get_placement,
};
module_param_cb(placement, &placement_ops, NULL, 0644);
MODULE_PARM_DESC(placement,
		 "keep each VM on a NUMA node: on = give VMs a home, and move them as one, dry_run = only decide, and trace that, off; default off");

module_param_cb(placement_compat, &tandem_word_ops, &compat, 0644);
MODULE_PARM_DESC(placement_compat,
		 "decide by another rule: vmb2011 = that of the balancer of 2011, to compare with, none; default none");

/**
 * tandem_numa_start() - begin to place VMs, where that was asked for
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tandem_numa_start(void)
{
	int ret = 0;

	guard(mutex)(&switch_lock);
	if (placement != PLACEMENT_OFF)
		ret = turn_on(placement);
	ready = !ret;
	return ret;
}

/**
 * tandem_numa_stop() - place none any more, and leave no hint behind
 *
 * VMs may still come and go.
 *
 * Context: may sleep.
 */
void tandem_numa_stop(void)
{
	guard(mutex)(&switch_lock);
	if (placement != PLACEMENT_OFF)
		turn_off();
	placement = PLACEMENT_OFF;
	ready = false;
}
