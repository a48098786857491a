/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_AGENT_H
#define TANDEM_AGENT_H

#include <linux/hrtimer.h>
#include <linux/smp.h>
#include <linux/timerqueue.h>

/* Looks at once, under the agent's lock. */
#define TANDEM_POLLS_AT_ONCE	16

struct seq_file;
struct task_struct;
struct tandem_vcpu;

/**
 * struct tandem_agent - looks at the pages of the vCPUs of one NUMA node
 * @node:	the node
 * @home:	the CPU it was given
 * @cpu:	the CPU it runs on: @home, or another one while that is offline
 *
 * @lock:	covers what follows. Taken before the locks of vCPUs.
 * @vcpus:	whom it looks at; the first is polled next
 * @nr_vcpus:	how many they are
 * @due:	the same, by when it must look at the latest
 * @awake:	@timer is armed, or the IPI that arms it was sent
 * @running:	may be woken
 * @dead:	the watchdog found that it does not come; it may yet
 * @polled_at:	when @poller looked last, CLOCK_MONOTONIC; 0 = it doesn't poll
 * @expires:	when @timer expires, or will once the IPI has armed it
 * @timer:	looks at all that are due
 * @wake:	the IPI
 * @poller:	looks all the time, where the mode is poll; RCU, written under the
 *		lock of all agents
 * @wakeups:	how often @timer expired
 * @looks:	looks at pages
 * @busy_ns:	time spent in @timer and, polling, in looks
 */
struct tandem_agent {
	int node;
	int home;
	int cpu;

	raw_spinlock_t lock;
	struct list_head vcpus;
	unsigned int nr_vcpus;
	struct timerqueue_head due;
	bool awake;
	bool running;
	bool dead;
	ktime_t polled_at;
	ktime_t expires;
	struct hrtimer timer;
	call_single_data_t wake;
	struct task_struct __rcu *poller;
	u64 wakeups;
	u64 looks;
	u64 busy_ns;
};

/* agent.c: one of them */
void tandem_agent_init(struct tandem_agent *agent, int node, int cpu);
void tandem_agent_stop(struct tandem_agent *agent);
void tandem_agent_rehome(struct tandem_agent *agent, int cpu);
void tandem_agent_join(struct tandem_vcpu *tv);
void tandem_agent_leave_wrong(struct tandem_vcpu *tv);
void tandem_agent_forget(struct tandem_vcpu *tv);
unsigned int tandem_agent_poll(struct tandem_agent *agent, bool on);
bool tandem_agent_overdue(struct tandem_agent *agent);

/* agents.c: all of them */
int tandem_agents_start(void);
void tandem_agents_stop(void);
void tandem_agents_free(void);
struct tandem_agent *tandem_agent_for(int cpu);
bool tandem_agents_watch(void);
int tandem_agents_poll(bool on);
void tandem_agents_show(struct seq_file *m);
int tandem_agents_list(char *buf);
void tandem_agents_leave(struct cpumask *cpus);

/* poll.c */
int tandem_poller_start(struct tandem_agent *agent);
void tandem_poller_stop(struct tandem_agent *agent);
void tandem_poller_wake(struct tandem_agent *agent);
void tandem_poller_rehome(struct tandem_agent *agent);

/* watchdog.c */
int tandem_watchdog_start(const struct cpumask *not_on);
void tandem_watchdog_stop(void);
void tandem_watchdog_wake(void);

#endif
