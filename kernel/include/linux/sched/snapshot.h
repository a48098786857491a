/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_SCHED_SNAPSHOT_H
#define _LINUX_SCHED_SNAPSHOT_H

#include <linux/types.h>

struct seq_file;

/**
 * struct sched_cpu_snapshot - what one CPU's run queue looked like a moment ago
 * @nr_running:	runnable tasks of every class, the running one included. With
 *		DELAY_DEQUEUE this still counts fair tasks that went to sleep
 *		and keep their place until they are picked.
 * @nr_delayed:	how many of @nr_running are such sleeping tasks;
 *		@nr_running - @nr_delayed wait for the CPU or use it.
 * @load:	fair load weight, nice-0 task = 1024
 * @runnable:	average number of runnable fair tasks, 1024 = one task all the
 *		time (PELT, half-life 32 ms); the best figure for pressure,
 *		because it keeps growing past one CPU's capacity
 * @util:	fair utilisation, 1024 = the biggest CPU fully used; it is
 *		capped at the CPU's capacity, hence blind to overload
 *
 * The figures are read one after the other without rq->lock: each is right by
 * itself, together they are a hint.
 */
struct sched_cpu_snapshot {
	unsigned int nr_running;
	unsigned int nr_delayed;
	unsigned long load;
	unsigned long runnable;
	unsigned long util;
};

#ifdef CONFIG_SCHED_CPU_SNAPSHOT
int sched_cpu_snapshot(int cpu, struct sched_cpu_snapshot *snap);
void sched_cpu_snapshot_stat(struct seq_file *m, int cpu);
#else
static inline void sched_cpu_snapshot_stat(struct seq_file *m, int cpu) { }
#endif

#endif /* _LINUX_SCHED_SNAPSHOT_H */
