// SPDX-License-Identifier: GPL-2.0
/*
 * All agents: one for each NUMA node that has a CPU for it, and which of them
 * serves a CPU. A node without one is served by the nearest.
 */
#include <linux/cpu.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/sched/isolation.h>
#include <linux/sysfs.h>
#include <linux/topology.h>

#include "tandem.h"
#include "agent.h"

/* Set up before the first vCPU registers, and then constant until the last is gone. */
static struct tandem_agent *agents[MAX_NUMNODES];	/* the nodes' own, or NULL */
static struct tandem_agent *nearest[MAX_NUMNODES];	/* who serves the node */

/* Where they run, and whether they poll. */
static DEFINE_MUTEX(agents_lock);
static enum cpuhp_state hotplug;

static struct tandem_agent *any_alive(void)
{
	int node;

	for_each_node(node)
		if (agents[node] && !READ_ONCE(agents[node]->dead))
			return agents[node];
	return NULL;
}

/**
 * tandem_agent_for() - the agent of the vCPUs that run on a CPU
 * @cpu:	the CPU
 *
 * Context: any.
 * Return: the agent, NULL where none is alive.
 */
struct tandem_agent *tandem_agent_for(int cpu)
{
	struct tandem_agent *agent = nearest[cpu_to_node(cpu)];

	return agent && !READ_ONCE(agent->dead) ? agent : any_alive();
}

/**
 * tandem_agents_watch() - see whether all agents come
 *
 * Context: the watchdog.
 * Return: whether any of them is awake.
 */
bool tandem_agents_watch(void)
{
	bool awake = false;
	int node;

	for_each_node(node)
		if (agents[node])
			awake |= tandem_agent_overdue(agents[node]);
	return awake;
}

static void stop_pollers(void)
{
	int node;

	lockdep_assert_held(&agents_lock);
	for_each_node(node)
		if (agents[node])
			tandem_poller_stop(agents[node]);
}

static int start_pollers(void)
{
	int node, ret = 0;

	lockdep_assert_held(&agents_lock);
	for_each_node(node)
		if (agents[node] && !ret)
			ret = tandem_poller_start(agents[node]);
	if (ret)
		stop_pollers();
	return ret;
}

/**
 * tandem_agents_poll() - poll, or don't
 * @on:		which
 *
 * Context: may sleep.
 * Return: 0, or why they can't; then none does.
 */
int tandem_agents_poll(bool on)
{
	guard(mutex)(&agents_lock);

	stop_pollers();
	return on ? start_pollers() : 0;
}

/* Another CPU of the node, or else of the host, one that does such work if any. */
static int other_cpu(int node, int cpu)
{
	const struct cpumask *housekeeping = housekeeping_cpumask(HK_TYPE_TIMER);
	int other;

	for_each_cpu_and(other, cpumask_of_node(node), cpu_online_mask)
		if (other != cpu && cpumask_test_cpu(other, housekeeping))
			return other;
	for_each_cpu_and(other, housekeeping, cpu_online_mask)
		if (other != cpu)
			return other;
	return cpumask_any_but(cpu_online_mask, cpu);
}

static int cpu_comes(unsigned int cpu)
{
	int node;

	guard(mutex)(&agents_lock);
	for_each_node(node)
		if (agents[node] && agents[node]->home == cpu && agents[node]->cpu != cpu)
			tandem_agent_rehome(agents[node], cpu);
	return 0;
}

static int cpu_goes(unsigned int cpu)
{
	int node;

	guard(mutex)(&agents_lock);
	for_each_node(node)
		if (agents[node] && agents[node]->cpu == cpu)
			tandem_agent_rehome(agents[node], other_cpu(node, cpu));
	return 0;
}

static void find_nearest(void)
{
	int node, other;

	for_each_node(node)
		for_each_node(other)
			if (agents[other] &&
			    (!nearest[node] || node_distance(node, other) <
					       node_distance(node, nearest[node]->node)))
				nearest[node] = agents[other];
}

static void free_agents(void)
{
	int node;

	for_each_node(node) {
		kfree(agents[node]);
		agents[node] = NULL;
		nearest[node] = NULL;
	}
}

static int new_agent(int node, int cpu)
{
	struct tandem_agent *agent = kzalloc_node(sizeof(*agent), GFP_KERNEL, node);

	if (!agent)
		return -ENOMEM;
	tandem_agent_init(agent, node, cpu);
	agents[node] = agent;
	return 0;
}

/* The first housekeeping CPU of each node. */
static int choose_cpus(struct cpumask *cpus)
{
	int node, cpu;

	for_each_online_node(node)
		for_each_cpu_and(cpu, cpumask_of_node(node), cpu_online_mask)
			if (cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_TIMER))) {
				cpumask_set_cpu(cpu, cpus);
				break;
			}
	return cpumask_empty(cpus) ? -EINVAL : 0;
}

static bool one_a_node(const struct cpumask *cpus)
{
	nodemask_t seen = NODE_MASK_NONE;
	int cpu;

	for_each_cpu(cpu, cpus)
		if (node_test_and_set(cpu_to_node(cpu), seen))
			return false;
	return true;
}

static int parse_cpus(const char *list, struct cpumask *cpus)
{
	if (!list || !*list)
		return choose_cpus(cpus);
	if (!cpulist_parse(list, cpus) && !cpumask_empty(cpus) &&
	    cpumask_subset(cpus, cpu_online_mask) && one_a_node(cpus))
		return 0;
	pr_err("kvm_tandem: agent_cpus=%s: must be a list of online CPUs (%*pbl), one for each NUMA node at most; without it, the first housekeeping CPU of each node\n",
	       list, cpumask_pr_args(cpu_online_mask));
	return -EINVAL;
}

static int new_agents(const struct cpumask *cpus)
{
	int cpu, ret = 0;

	for_each_cpu(cpu, cpus)
		if (!ret)
			ret = new_agent(cpu_to_node(cpu), cpu);
	if (ret)
		free_agents();
	else
		find_nearest();
	return ret;
}

static int start(struct cpumask *cpus)
{
	int ret;

	guard(cpus_read_lock)();

	ret = parse_cpus(tandem_knobs_agent_cpus(), cpus);
	if (ret)
		return ret;
	ret = new_agents(cpus);
	if (ret)
		return ret;
	ret = tandem_watchdog_start(cpus);
	if (ret)
		goto err_agents;
	ret = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN, "kvm/tandem:agents",
						   cpu_comes, cpu_goes);
	if (ret < 0)
		goto err_watchdog;
	hotplug = ret;
	return 0;

err_watchdog:
	tandem_watchdog_stop();
err_agents:
	free_agents();
	return ret;
}

/**
 * tandem_agents_start() - from now on vCPUs may join
 *
 * Context: may sleep.
 * Return: 0, -EINVAL for agent_cpus after a message, or another error.
 */
int tandem_agents_start(void)
{
	cpumask_var_t cpus;
	int ret;

	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL))
		return -ENOMEM;
	ret = start(cpus);
	free_cpumask_var(cpus);
	return ret;
}

/**
 * tandem_agents_stop() - no agent any more
 *
 * No vCPU is being served.
 *
 * Context: may sleep.
 */
void tandem_agents_stop(void)
{
	int node;

	cpuhp_remove_state_nocalls(hotplug);
	tandem_agents_poll(false);
	cpus_read_lock();
	for_each_node(node)
		if (agents[node])
			tandem_agent_stop(agents[node]);
	cpus_read_unlock();
	tandem_watchdog_stop();
}

/**
 * tandem_agents_free() - free them; no vCPU is left that might ask for one
 */
void tandem_agents_free(void)
{
	free_agents();
}

static const char *state(struct tandem_agent *agent)
{
	if (agent->dead)
		return "dead";
	if (!agent->awake)
		return "asleep";
	return agent->polled_at ? "polls" : "awake";
}

static void show(struct seq_file *m, struct tandem_agent *agent)
{
	guard(raw_spinlock_irqsave)(&agent->lock);

	seq_printf(m, "%d %d %s %u %llu %llu %llu\n", agent->node, agent->cpu, state(agent),
		   agent->nr_vcpus, agent->wakeups, agent->looks,
		   div_u64(agent->busy_ns, NSEC_PER_USEC));
}

/**
 * tandem_agents_show() - a line for each agent
 * @m:		where to
 *
 * Context: may sleep.
 */
void tandem_agents_show(struct seq_file *m)
{
	int node;

	seq_puts(m, "node cpu state vcpus wakeups looks busy_us\n");
	for_each_node(node)
		if (agents[node])
			show(m, agents[node]);
}

/**
 * tandem_agents_leave() - take the agents' CPUs out of a set
 * @cpus:	the set
 *
 * Those where they are now, which need not be those that they were given.
 */
void tandem_agents_leave(struct cpumask *cpus)
{
	int node;

	guard(mutex)(&agents_lock);
	for_each_node(node)
		if (agents[node])
			cpumask_clear_cpu(agents[node]->cpu, cpus);
}

/**
 * tandem_agents_list() - the CPUs that the agents were given, as a list
 * @buf:	a page
 *
 * Return: the length.
 */
int tandem_agents_list(char *buf)
{
	const char *comma = "";
	int node, len = 0;

	for_each_node(node) {
		if (!agents[node])
			continue;
		len += sysfs_emit_at(buf, len, "%s%d", comma, agents[node]->home);
		comma = ",";
	}
	return len + sysfs_emit_at(buf, len, "\n");
}
