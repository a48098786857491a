// SPDX-License-Identifier: GPL-2.0
/*
 * Lets one module know at once that one more task wants a CPU, for those who
 * use it as long as nobody else does: a virtual CPU that polls while it is idle.
 */
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/runnable_hook.h>

DEFINE_STATIC_KEY_FALSE(sched_runnable_hooked);

typedef void (*runnable_fn)(int cpu);

static DEFINE_MUTEX(hook_lock);
static runnable_fn __rcu hook;

/**
 * sched_runnable_hook() - have a function called when a task becomes runnable
 * @fn:		what is called with the CPU on whose run queue the task was put:
 *		after a wake-up, a fork, a migration, and when a task is queued
 *		again whose dequeue was delayed. The task is counted by
 *		sched_cpu_snapshot() already.
 *
 * @fn is called under that CPU's rq->lock, from any CPU, with interrupts off. So
 * it must not wait for a lock that anybody holds while he wakes a task or takes
 * an rq->lock, wake anybody, or start or cancel a timer. It may write to memory,
 * try a lock, and smp_send_reschedule().
 *
 * Context: may sleep.
 * Return: 0, or -EBUSY where somebody has it already.
 */
int sched_runnable_hook(runnable_fn fn)
{
	guard(mutex)(&hook_lock);

	if (rcu_access_pointer(hook))
		return -EBUSY;
	rcu_assign_pointer(hook, fn);
	static_branch_enable(&sched_runnable_hooked);
	return 0;
}
EXPORT_SYMBOL_GPL(sched_runnable_hook);

/**
 * sched_runnable_unhook() - no more calls, and none under way on return
 * @fn:		what was given to sched_runnable_hook()
 *
 * Context: may sleep.
 */
void sched_runnable_unhook(runnable_fn fn)
{
	guard(mutex)(&hook_lock);

	if (WARN_ON_ONCE(rcu_access_pointer(hook) != fn))
		return;
	static_branch_disable(&sched_runnable_hooked);
	RCU_INIT_POINTER(hook, NULL);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(sched_runnable_unhook);

/* Interrupts are off, and so RCU's readers are: synchronize_rcu() waits for it. */
void __sched_runnable(int cpu)
{
	runnable_fn fn = rcu_dereference_sched(hook);

	if (fn)
		fn(cpu);
}
