/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_SCHED_RUNNABLE_HOOK_H
#define _LINUX_SCHED_RUNNABLE_HOOK_H

#include <linux/jump_label.h>

#ifdef CONFIG_SCHED_RUNNABLE_HOOK
DECLARE_STATIC_KEY_FALSE(sched_runnable_hooked);

int sched_runnable_hook(void (*fn)(int cpu));
void sched_runnable_unhook(void (*fn)(int cpu));
void __sched_runnable(int cpu);

static __always_inline void sched_runnable(int cpu)
{
	if (static_branch_unlikely(&sched_runnable_hooked))
		__sched_runnable(cpu);
}
#else
static __always_inline void sched_runnable(int cpu) { }
#endif

#endif /* _LINUX_SCHED_RUNNABLE_HOOK_H */
