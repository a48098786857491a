/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_PROC_H
#define TANDEM_PROC_H

#include "host.h"

/* Of a task, with its end. */
#define NAME_SIZE	16

/**
 * struct proc_stat - of /proc/PID/task/TID/stat, or /proc/PID/stat
 * @name:	of the task
 * @state:	R, S, ...
 * @kernel:	it is a kernel thread
 * @cpu_ns:	time that it ran, in whole ticks
 * @start:	clock ticks since boot
 * @cpu:	where it was last, CPUS_MAX if it doesn't say
 */
struct proc_stat {
	char name[NAME_SIZE];
	char state;
	bool kernel;
	uint64_t cpu_ns;
	uint64_t start;
	unsigned int cpu;
};

/* Of a whole process, as if of a thread; "ran" is what all its threads did. As below. */
int proc_whole(const struct host *h, pid_t pid, struct proc_stat *s);

/* 0, or -errno: -ESRCH if it is gone, -EPROTO if it says too little. */
int proc_stat(const struct host *h, pid_t pid, pid_t tid, struct proc_stat *s);

/* What it ran and waited for a CPU, ns; without schedstat *wait_ns is 0. */
void proc_used(const struct host *h, pid_t pid, pid_t tid, const struct proc_stat *s,
	       uint64_t *run_ns, uint64_t *wait_ns);

/* A line "KEY:	0-3" of /proc/PID/task/TID/status. */
bool proc_list(const struct host *h, pid_t pid, pid_t tid, const char *key, struct cpus *c);

/* How long ago something began; UINT64_MAX without /proc/uptime. */
uint64_t proc_age_ns(const struct host *h, uint64_t start);

#endif
