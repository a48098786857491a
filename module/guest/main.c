// SPDX-License-Identifier: GPL-2.0
/*
 * tandem_guest: the guest's half of Tandem, for unmodified kernels.
 *
 * Each way in which a CPU starts or stops has its pair of calls:
 *
 *   CPU online / offline	the hotplug state, on that CPU
 *   suspend / resume		the PM notifier, for all CPUs, before any is offlined
 *   reboot, kexec		the reboot notifier: the host must not write into
 *				memory that the next kernel uses
 *   load / unload		installing and removing the hotplug state
 */
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/smp.h>
#include <linux/suspend.h>
#include <asm/kvm_para.h>

#include "guest.h"

static enum cpuhp_state hotplug;

static void take_here(void *unused)
{
	tandem_clockevent_take();
}

static void give_back_here(void *unused)
{
	tandem_clockevent_give_back();
}

static int cpu_starts(unsigned int cpu)
{
	tandem_clockevent_take();
	tandem_idle_cpu_start(cpu);
	return 0;
}

static int cpu_stops(unsigned int cpu)
{
	tandem_idle_cpu_stop(cpu);
	tandem_clockevent_give_back();
	return 0;
}

static int sleeping(struct notifier_block *nb, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		on_each_cpu(give_back_here, NULL, 1);
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		on_each_cpu(take_here, NULL, 1);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block sleep = {
	.notifier_call = sleeping,
};

static int rebooting(struct notifier_block *nb, unsigned long action, void *data)
{
	on_each_cpu(give_back_here, NULL, 1);
	return NOTIFY_DONE;
}

static struct notifier_block reboot = {
	.notifier_call = rebooting,
};

static const char *why_not(void)
{
	if (!kvm_para_available())
		return "this is not a KVM guest";
	if (!boot_cpu_has(X86_FEATURE_TSC_DEADLINE_TIMER))
		return "this guest has no TSC-deadline timer";
	if (!tandem_host_present())
		return "the host has no Tandem (kvm_tandem is not loaded there, or is older)";
	if (tandem_clockevents_find())
		return "this kernel's timer is not lapic-deadline, or it lacks kprobes";
	return NULL;
}

static int __init tandem_guest_init(void)
{
	const char *reason = why_not();
	int ret;

	if (reason) {
		pr_info("tandem_guest: not loaded: %s\n", reason);
		return -ENODEV;
	}
	ret = tandem_entries_alloc();
	if (ret)
		return ret;
	ret = tandem_knobs_start();
	if (ret)
		goto err_entries;
	tandem_idle_start();
	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "tandem_guest:online",
				cpu_starts, cpu_stops);
	if (ret < 0)
		goto err_idle;
	hotplug = ret;
	if (!tandem_clockevents_taken()) {
		pr_info("tandem_guest: not loaded: the host refused (its TSC is unstable, or this guest's memory is encrypted)\n");
		ret = -ENODEV;
		goto err_hotplug;
	}
	register_pm_notifier(&sleep);
	register_reboot_notifier(&reboot);
	return 0;

err_hotplug:
	cpuhp_remove_state(hotplug);
err_idle:
	tandem_idle_stop();
	tandem_knobs_stop();
err_entries:
	tandem_entries_free();
	return ret;
}

static void __exit tandem_guest_exit(void)
{
	unregister_reboot_notifier(&reboot);
	unregister_pm_notifier(&sleep);
	cpuhp_remove_state(hotplug);
	tandem_idle_stop();
	tandem_knobs_stop();
	tandem_entries_free();
}

module_init(tandem_guest_init);
module_exit(tandem_guest_exit);

MODULE_DESCRIPTION("Tandem for guests: timers without exits on hosts that have kvm_tandem");
MODULE_LICENSE("GPL");
