// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters, in /sys/module/kvm_tandem/parameters. A value out of
 * range is refused, and the message names the range.
 */
#include <linux/moduleparam.h>
#include <linux/sched/isolation.h>

#include "tandem.h"

#define SYNC_US_MIN	20
#define SYNC_US_MAX	10000
#define SYNC_US_DEFAULT	250

static unsigned int sync_us = SYNC_US_DEFAULT;
static int agent_cpu = -1;
static bool timer_on = true;
static bool loaded;

static DEFINE_MUTEX(mode_lock);

static int set_sync_us(const char *val, const struct kernel_param *kp)
{
	int ret = param_set_uint_minmax(val, kp, SYNC_US_MIN, SYNC_US_MAX);

	if (ret)
		pr_err("kvm_tandem: sync_us=%s: must be %d..%d (us)\n",
		       val, SYNC_US_MIN, SYNC_US_MAX);
	return ret;
}

static const struct kernel_param_ops sync_us_ops = {
	.set = set_sync_us,
	.get = param_get_uint,
};
module_param_cb(sync_us, &sync_us_ops, &sync_us, 0644);
MODULE_PARM_DESC(sync_us,
		 "how often the agent looks at the pages of vCPUs that keep running, us, 20..10000, default 250; shorter deadlines cost the guest an exit");

/* The CPU is checked at load, where all CPUs are known. */
module_param(agent_cpu, int, 0444);
MODULE_PARM_DESC(agent_cpu,
		 "CPU that the agent runs on, an online CPU's number, default -1 = the first housekeeping CPU");

/**
 * tandem_knobs_agent_cpu() - the CPU that the agent shall run on
 *
 * Return: an online CPU, or -EINVAL after a message.
 */
int tandem_knobs_agent_cpu(void)
{
	if (agent_cpu == -1)
		agent_cpu = cpumask_first_and(housekeeping_cpumask(HK_TYPE_TIMER),
					      cpu_online_mask);
	if (agent_cpu >= 0 && agent_cpu < nr_cpu_ids && cpu_online(agent_cpu))
		return agent_cpu;
	pr_err("kvm_tandem: agent_cpu=%d: must be an online CPU (%*pbl), or -1 for the first housekeeping CPU\n",
	       agent_cpu, cpumask_pr_args(cpu_online_mask));
	return -EINVAL;
}

static void switch_timer(bool on)
{
	guard(mutex)(&mode_lock);

	if (timer_on == on)
		return;
	WRITE_ONCE(timer_on, on);
	if (!loaded)
		return;
	if (on)
		tandem_vcpus_resume();
	else
		tandem_vcpus_drain();
}

static int set_mode(const char *val, const struct kernel_param *kp)
{
	if (sysfs_streq(val, "timer")) {
		switch_timer(true);
	} else if (sysfs_streq(val, "off")) {
		switch_timer(false);
	} else {
		pr_err("kvm_tandem: mode=%s: must be timer or off\n", val);
		return -EINVAL;
	}
	return 0;
}

static int get_mode(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", timer_on ? "timer" : "off");
}

static const struct kernel_param_ops mode_ops = {
	.set = set_mode,
	.get = get_mode,
};
module_param_cb(mode, &mode_ops, NULL, 0644);
MODULE_PARM_DESC(mode,
		 "who fires the timers of guests that registered: timer = the agent, off = KVM's own timers; default timer");

/**
 * tandem_period() - how often the agent looks
 */
ktime_t tandem_period(void)
{
	return ns_to_ktime(READ_ONCE(sync_us) * (u64)NSEC_PER_USEC);
}

/**
 * tandem_enabled() - may vCPUs be served?
 */
bool tandem_enabled(void)
{
	return READ_ONCE(timer_on) && READ_ONCE(loaded);
}

/**
 * tandem_knobs_start() - the module is ready: serve
 */
void tandem_knobs_start(void)
{
	guard(mutex)(&mode_lock);
	WRITE_ONCE(loaded, true);
}

/**
 * tandem_knobs_stop() - the module goes: nobody is served, whatever the mode
 *
 * Context: may sleep.
 */
void tandem_knobs_stop(void)
{
	guard(mutex)(&mode_lock);
	WRITE_ONCE(loaded, false);
	tandem_vcpus_drain();
}
