// SPDX-License-Identifier: GPL-2.0
/*
 * stall: loading it holds a CPU with interrupts off for some time, or until it is
 * let go, as a fault of firmware or of another driver would. What runs there is late
 * by that much.
 */
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>

static unsigned int cpu;
module_param(cpu, uint, 0444);
MODULE_PARM_DESC(cpu, "CPU to be held, an online CPU's number, default 0");

static unsigned int ms = 100;
module_param(ms, uint, 0444);
MODULE_PARM_DESC(ms, "for how long, ms, 1..15000, default 100");

static bool release;
module_param(release, bool, 0644);
MODULE_PARM_DESC(release, "let it go before that, default no");

/* By the clock: mdelay() is far off on a CPU that was offline in an emulator. */
static int hold(void *unused)
{
	u64 end = ktime_get_mono_fast_ns() + (u64)ms * NSEC_PER_MSEC;
	unsigned long flags;

	local_irq_save(flags);
	while (ktime_get_mono_fast_ns() < end && !READ_ONCE(release))
		cpu_relax();
	local_irq_restore(flags);
	return 0;
}

static int __init stall_init(void)
{
	if (!ms || ms > 15000)
		return -EINVAL;
	/* By a worker of that CPU; an IPI would be waited for spinning, here. */
	return smp_call_on_cpu(cpu, hold, NULL, false);
}

static void __exit stall_exit(void)
{
}

module_init(stall_init);
module_exit(stall_exit);

MODULE_DESCRIPTION("Hold a CPU with interrupts off, for tests");
MODULE_LICENSE("GPL");
