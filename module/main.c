// SPDX-License-Identifier: GPL-2.0
/* kvm_tandem: KVM's half of Tandem. */
#include <linux/module.h>

#include "tandem.h"
#include "agent.h"
#include "stats.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init tandem_init(void)
{
	int ret;

	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		pr_err("kvm_tandem: PREEMPT_RT hosts are not supported: guest pages are reached from hard interrupts\n");
		return -EOPNOTSUPP;
	}
	ret = tandem_knobs_check();
	if (ret)
		return ret;
	ret = tandem_agents_start();
	if (ret)
		return ret;
	ret = tandem_knobs_start();
	if (ret)
		goto err_agents;
	ret = tandem_idle_knobs_start();
	if (ret)
		goto err_knobs;
	ret = tandem_pressure_start();
	if (ret)
		goto err_idle_knobs;
	ret = tandem_numa_start();
	if (ret)
		goto err_pressure;
	ret = kvm_tandem_register(&tandem_ops);
	if (ret)
		goto err_numa;
	tandem_vms_find();
	tandem_stats_start();
	return 0;

err_numa:
	tandem_numa_stop();
err_pressure:
	tandem_pressure_stop();
err_idle_knobs:
	tandem_idle_knobs_stop();
err_knobs:
	tandem_knobs_stop();
err_agents:
	tandem_agents_stop();
	tandem_agents_free();
	return ret;
}

/* The order is proved in vcpu.c. */
static void __exit tandem_exit(void)
{
	tandem_stats_stop();
	tandem_numa_stop();
	tandem_knobs_stop();
	tandem_vcpus_stop_watches();
	tandem_pressure_stop();
	tandem_agents_stop();
	tandem_vcpus_detach();
	kvm_tandem_unregister(&tandem_ops);
	tandem_vcpus_free();
	tandem_vms_forget();
	tandem_idle_knobs_stop();
	tandem_agents_free();
}

module_init(tandem_init);
module_exit(tandem_exit);

MODULE_DESCRIPTION("Tandem: KVM hosts and guests schedule together");
MODULE_LICENSE("GPL");
