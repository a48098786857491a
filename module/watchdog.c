// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog: sees from another CPU whether the agents come. It sleeps while
 * all of them do.
 */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/sched/isolation.h>

#include "tandem.h"
#include "agent.h"

static struct task_struct *watchdog;

/* Not jiffies: they stand still while the CPU that counts them hangs. */
static void wait_a_while(void)
{
	ktime_t half = ms_to_ktime(tandem_watchdog_ms() / 2);

	schedule_hrtimeout_range(&half, NSEC_PER_MSEC, HRTIMER_MODE_REL);
}

static int watch(void *unused)
{
	while (!kthread_should_stop()) {
		bool awake = tandem_agents_watch();

		set_current_state(TASK_IDLE);
		if (kthread_should_stop())
			break;
		/* An agent that wakes from now on wakes this thread too. */
		if (awake || tandem_agents_watch())
			wait_a_while();
		else
			schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* A CPU that hangs takes its timers along: not on an agent's, if there is another. */
static void choose_cpus(const struct cpumask *not_on)
{
	cpumask_var_t cpus;

	if (!alloc_cpumask_var(&cpus, GFP_KERNEL))
		return;
	if (!cpumask_andnot(cpus, housekeeping_cpumask(HK_TYPE_TIMER), not_on))
		cpumask_copy(cpus, housekeeping_cpumask(HK_TYPE_TIMER));
	set_cpus_allowed_ptr(watchdog, cpus);
	free_cpumask_var(cpus);
}

/**
 * tandem_watchdog_start() - watch the agents
 * @not_on:	the agents' CPUs
 *
 * Context: may sleep.
 * Return: 0, or why there is no thread.
 */
int tandem_watchdog_start(const struct cpumask *not_on)
{
	struct task_struct *task = kthread_create(watch, NULL, "tandem_watchdog");

	if (IS_ERR(task))
		return PTR_ERR(task);
	watchdog = task;
	choose_cpus(not_on);
	wake_up_process(watchdog);
	return 0;
}

/**
 * tandem_watchdog_stop() - no agent is left to be watched
 *
 * Context: may sleep.
 */
void tandem_watchdog_stop(void)
{
	kthread_stop(watchdog);
}

/**
 * tandem_watchdog_wake() - an agent woke up
 *
 * Context: any, without locks that a wake-up takes.
 */
void tandem_watchdog_wake(void)
{
	wake_up_process(watchdog);
}
