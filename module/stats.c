// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: kvm_tandem/stats, one "name value" a line; agents and vms, a table
 * each, whose first line names the columns; decisions, for tandem replay.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "tandem.h"
#include "agent.h"
#include "stats.h"

DEFINE_PER_CPU(struct tandem_counts, tandem_counts);

static struct dentry *dir;

static const char * const names[TANDEM_NR_STATS] = {
	[TANDEM_REGISTERED]	= "registered",
	[TANDEM_REJECTED]	= "refused",
	[TANDEM_FIRED]		= "fired",
	[TANDEM_ANNOUNCEMENTS]	= "announced",
	[TANDEM_FOREIGN_WRITES]	= "foreign",
	[TANDEM_HANDED_OVER]	= "handed_over",
	[TANDEM_LOST_PAGE]	= "lost_page",
	[TANDEM_AGENT_WAKEUPS]	= "agent_wakeups",
	[TANDEM_AGENT_IPIS]	= "agent_ipis",
	[TANDEM_AGENT_LOOKS]	= "agent_looks",
	[TANDEM_AGENT_NS]	= "agent_ns",
	[TANDEM_THROTTLED]	= "throttled",
	[TANDEM_WATCHDOG]	= "watchdog",
	[TANDEM_MOVED]		= "moved",
	[TANDEM_PRESSURE_RAISED] = "pressure_raised",
	[TANDEM_PRESSURE_IPIS]	= "pressure_ipis",
	[TANDEM_PLACED]		= "placed",
	[TANDEM_PLACEMENTS]	= "placements",
	[TANDEM_BROUGHT_HOME]	= "brought_home",
	[TANDEM_PLACEMENT_LOOKS] = "placement_looks",
	[TANDEM_PLACEMENT_NS]	= "placement_ns",
	[TANDEM_COPIED]		= "copied",
	[TANDEM_COPY_NS]	= "copy_ns",
};

static unsigned long sum(enum tandem_stat stat)
{
	unsigned long total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(per_cpu(tandem_counts, cpu).n[stat]);
	return total;
}

static int stats_show(struct seq_file *m, void *unused)
{
	int i;

	for (i = 0; i < TANDEM_NR_STATS; i++)
		seq_printf(m, "%s %lu\n", names[i], sum(i));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int agents_show(struct seq_file *m, void *unused)
{
	tandem_agents_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(agents);

static int vms_show(struct seq_file *m, void *unused)
{
	tandem_vms_show(m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vms);

/**
 * tandem_stats_start() - show the counters and tables
 *
 * Without debugfs there are none to see, and nothing else changes.
 */
void tandem_stats_start(void)
{
	dir = debugfs_create_dir("kvm_tandem", NULL);
	debugfs_create_file("stats", 0444, dir, NULL, &stats_fops);
	debugfs_create_file("agents", 0444, dir, NULL, &agents_fops);
	debugfs_create_file("vms", 0444, dir, NULL, &vms_fops);
	debugfs_create_file("decisions", 0400, dir, NULL, &tandem_decisions_fops);
}

/**
 * tandem_stats_stop() - take the files away, after its readers
 */
void tandem_stats_stop(void)
{
	debugfs_remove(dir);
}
