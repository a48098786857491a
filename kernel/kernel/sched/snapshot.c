// SPDX-License-Identifier: GPL-2.0
/*
 * Snapshots of the per-CPU run queues, for those who place work from outside
 * the scheduler: a hypervisor's companion module, or a user-space balancer.
 */
#include <linux/debugfs.h>
#include <linux/mmu_context.h>
#include <linux/sched/snapshot.h>
#include <linux/seq_file.h>
#include <linux/sysctl.h>

#include "sched.h"

/* The columns change a file that many programs parse: off unless asked for. */
static int stat_columns __read_mostly;

/**
 * sched_cpu_snapshot() - read one CPU's run queue figures
 * @cpu:	the CPU to look at
 * @snap:	filled in on success
 *
 * Context: any, also under rq->lock; takes no lock and never sleeps.
 * Return: 0, or -EINVAL where @cpu is not an online CPU.
 */
int sched_cpu_snapshot(int cpu, struct sched_cpu_snapshot *snap)
{
	struct rq *rq;

	if (cpu < 0 || cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;

	rq = cpu_rq(cpu);
	snap->nr_running = READ_ONCE(rq->nr_running);
	/* Read after nr_running and without its lock: never report more. */
	snap->nr_delayed = min(READ_ONCE(rq->cfs.h_nr_delayed), snap->nr_running);
	snap->load = scale_load_down(READ_ONCE(rq->cfs.load.weight));
	snap->runnable = READ_ONCE(rq->cfs.avg.runnable_avg);
	snap->util = cpu_util_cfs(cpu);
	return 0;
}
EXPORT_SYMBOL_GPL(sched_cpu_snapshot);

/**
 * sched_cpu_snapshot_stat() - append the two columns to a cpuN line
 * @m:		/proc/stat
 * @cpu:	the CPU whose line it is
 *
 * nr_running without the delayed tasks, then load. Nothing while
 * kernel.sched_stat_columns is 0.
 */
void sched_cpu_snapshot_stat(struct seq_file *m, int cpu)
{
	struct sched_cpu_snapshot s = {};

	if (!READ_ONCE(stat_columns))
		return;
	/* A CPU that went away meanwhile keeps the line's shape: zeros. */
	sched_cpu_snapshot(cpu, &s);
	seq_put_decimal_ull(m, " ", s.nr_running - s.nr_delayed);
	seq_put_decimal_ull(m, " ", s.load);
}

static int snapshot_table_show(struct seq_file *m, void *unused)
{
	struct sched_cpu_snapshot s;
	int cpu;

	seq_puts(m, "cpu node nr_running nr_delayed load runnable util\n");
	for_each_online_cpu(cpu) {
		if (sched_cpu_snapshot(cpu, &s))
			continue;
		seq_printf(m, "%d %d %u %u %lu %lu %lu\n", cpu, cpu_to_node(cpu),
			   s.nr_running, s.nr_delayed, s.load, s.runnable, s.util);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(snapshot_table);

static struct ctl_table snapshot_sysctls[] = {
	{
		.procname	= "sched_stat_columns",
		.data		= &stat_columns,
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
};

static int __init snapshot_init(void)
{
	register_sysctl_init("kernel", snapshot_sysctls);
	debugfs_create_file("cpus", 0444, debugfs_lookup("sched", NULL), NULL,
			    &snapshot_table_fops);
	return 0;
}
late_initcall(snapshot_init);
