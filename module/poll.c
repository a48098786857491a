// SPDX-License-Identifier: GPL-2.0
/*
 * The poller: where a CPU is dedicated to an agent, a thread that looks at all
 * its vCPUs over and over, so that no deadline is too early to be seen in time.
 * It sleeps while there are none. The agent's timer stays armed behind it, at
 * what the poller has seen: a poller that is held up makes nobody late for long.
 */
#include <linux/kthread.h>
#include <linux/rcupdate.h>

#include "tandem.h"
#include "agent.h"

static void sleep_while_alone(struct tandem_agent *agent)
{
	set_current_state(TASK_IDLE);
	/* Pairs with the wake-up after a vCPU was added under agent->lock. */
	if (!kthread_should_stop() && !READ_ONCE(agent->nr_vcpus))
		schedule();
	__set_current_state(TASK_RUNNING);
}

/* All of them once, so that nobody relies on the poller any more. */
static void say_goodbye(struct tandem_agent *agent)
{
	int left = READ_ONCE(agent->nr_vcpus) + TANDEM_POLLS_AT_ONCE;

	for (; left > 0; left -= TANDEM_POLLS_AT_ONCE)
		tandem_agent_poll(agent, false);
}

static int poller(void *data)
{
	struct tandem_agent *agent = data;

	while (!kthread_should_stop()) {
		if (!tandem_agent_poll(agent, true))
			sleep_while_alone(agent);
		cond_resched_tasks_rcu_qs();
	}
	say_goodbye(agent);
	return 0;
}

/**
 * tandem_poller_start() - look all the time
 * @agent:	the agent
 *
 * Context: may sleep, under the lock of all agents.
 * Return: 0, or why there is no thread.
 */
int tandem_poller_start(struct tandem_agent *agent)
{
	struct task_struct *task = kthread_create_on_node(poller, agent, agent->node,
							  "tandem_poll/%d", agent->node);

	if (IS_ERR(task))
		return PTR_ERR(task);
	set_cpus_allowed_ptr(task, cpumask_of(agent->cpu));
	rcu_assign_pointer(agent->poller, task);
	wake_up_process(task);
	return 0;
}

/**
 * tandem_poller_stop() - back to the timer
 * @agent:	the agent, with or without a poller
 *
 * Context: may sleep, under the lock of all agents.
 */
void tandem_poller_stop(struct tandem_agent *agent)
{
	struct task_struct *task = rcu_dereference_protected(agent->poller, true);

	if (!task)
		return;
	RCU_INIT_POINTER(agent->poller, NULL);
	/* Nobody is about to wake it any more. */
	synchronize_rcu();
	kthread_stop(task);
}

/**
 * tandem_poller_wake() - there is a vCPU to look at
 * @agent:	the agent, with or without a poller
 *
 * Context: any, without locks that a wake-up takes.
 */
void tandem_poller_wake(struct tandem_agent *agent)
{
	struct task_struct *task;

	guard(rcu)();
	task = rcu_dereference(agent->poller);
	if (task)
		wake_up_process(task);
}

/**
 * tandem_poller_rehome() - follow the agent to its CPU
 * @agent:	the agent, with or without a poller
 *
 * Context: may sleep, under the lock of all agents.
 */
void tandem_poller_rehome(struct tandem_agent *agent)
{
	struct task_struct *task = rcu_dereference_protected(agent->poller, true);

	if (task)
		set_cpus_allowed_ptr(task, cpumask_of(agent->cpu));
}
