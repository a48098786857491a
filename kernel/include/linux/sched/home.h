/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_SCHED_HOME_H
#define _LINUX_SCHED_HOME_H

#include <linux/jump_label.h>
#include <linux/numa.h>
#include <linux/sched.h>

struct cpumask;
struct mm_struct;

#ifdef CONFIG_SCHED_HOME_NODE
DECLARE_STATIC_KEY_FALSE(sched_homes_used);

void sched_homes_enable(void);
void sched_homes_disable(void);
int sched_home_get(const struct task_struct *p);
void sched_home_set(struct task_struct *p, int node);
void sched_home_set_group(struct task_struct *p, int node);
int sched_home_move(struct task_struct *p, const struct cpumask *usable, bool only_idle);
void sched_home_bound(struct task_struct *p, struct cpumask *bound);
int sched_home_memory_chosen(struct mm_struct *mm, unsigned long addr);

/* For the scheduler. */
int sched_home_select(struct task_struct *p, int cpu, int wake_flags);
void sched_home_begin(struct task_struct *p);
bool sched_home_has_idle(struct task_struct *p, int node);
void sched_home_tick(void);

static __always_inline bool sched_homes_on(void)
{
	return static_branch_unlikely(&sched_homes_used);
}

/* The node that @p belongs on, or NUMA_NO_NODE. Any context. */
static __always_inline int sched_home_node(const struct task_struct *p)
{
	return sched_homes_on() ? READ_ONCE(p->sched_home) - 1 : NUMA_NO_NODE;
}

/*
 * Threads begin with the home of who made them, processes with none. Under
 * tasklist_lock: sched_home_set_group() misses none.
 */
static inline void sched_home_fork(struct task_struct *p, bool thread)
{
	p->sched_home = thread ? current->sched_home : 0;
}
#else
static __always_inline bool sched_homes_on(void)
{
	return false;
}

static __always_inline int sched_home_node(const struct task_struct *p)
{
	return NUMA_NO_NODE;
}

static inline void sched_home_fork(struct task_struct *p, bool thread) { }

static inline int sched_home_select(struct task_struct *p, int cpu, int wake_flags)
{
	return cpu;
}

static inline void sched_home_begin(struct task_struct *p) { }

static inline bool sched_home_has_idle(struct task_struct *p, int node)
{
	return false;
}

static inline void sched_home_tick(void) { }
#endif

#endif /* _LINUX_SCHED_HOME_H */
