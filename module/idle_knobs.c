// SPDX-License-Identifier: GPL-2.0
/*
 * The knobs of polling: /sys/kernel/tandem/ for all VMs, vms/PID-N/ there for one, and
 * module parameters for what the former begin with. A value out of range is refused, and
 * the message names the range. A VM's knob follows everybody's until it is written, and
 * again from "default" on.
 */
#include <linux/moduleparam.h>
#include <linux/sysfs.h>

#include "tandem.h"
#include "idle.h"

/**
 * struct idle_knob - what a knob may be
 * @attr:	its file
 * @range:	its range
 */
struct idle_knob {
	struct kobj_attribute attr;
	struct tandem_range range;
};

#define KNOB(_name, _max, _unit) {				\
	.attr = __ATTR(_name, 0644, knob_show, knob_store),	\
	.range = { 0, _max, _unit },				\
}

static ssize_t knob_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf);
static ssize_t knob_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t len);

static struct idle_knob knobs[TANDEM_NR_IDLE_KNOBS] = {
	[TANDEM_IDLE_MODE]  = KNOB(idle_mode, 3, "a mode"),
	[TANDEM_IDLE_MIN]   = KNOB(idle_poll_min_ns, 2000000, "ns"),
	[TANDEM_IDLE_MAX]   = KNOB(idle_poll_max_ns, 2000000, "ns"),
	[TANDEM_IDLE_PRICE] = KNOB(idle_price_permille, 1000000, "per mille"),
	[TANDEM_IDLE_HALT]  = KNOB(idle_halt_cost_ns, 1000000, "ns"),
	[TANDEM_IDLE_BUDGET] = KNOB(idle_budget_ms, 1000000, "ms in a second"),
};

static struct tandem_idle_dir all = {
	.value = {
		[TANDEM_IDLE_MODE]  = TANDEM_POLL_GUEST,
		[TANDEM_IDLE_MIN]   = 0,
		[TANDEM_IDLE_MAX]   = 1000000,
		[TANDEM_IDLE_PRICE] = 100,
		[TANDEM_IDLE_HALT]  = 20000,
		[TANDEM_IDLE_BUDGET] = 1000,
	},
};

static const char * const mode_names[] = { "off", "guest", "host", "both" };

static struct kobject *vms_dir;

static enum tandem_idle_knob knob_index(const struct kobj_attribute *attr)
{
	return container_of(attr, struct idle_knob, attr) - knobs;
}

static struct tandem_idle_dir *to_dir(struct kobject *kobj)
{
	return container_of(kobj, struct tandem_idle_dir, kobj);
}

static unsigned int value_of(const struct tandem_idle_dir *dir, enum tandem_idle_knob which)
{
	if (test_bit_acquire(which, &dir->own))
		return READ_ONCE(dir->value[which]);
	return READ_ONCE(all.value[which]);
}

static int parse_mode(const char *val, unsigned int *value)
{
	int mode = tandem_read_word("idle_mode", val, mode_names, ARRAY_SIZE(mode_names),
				    "off, guest, host or both");

	if (mode < 0)
		return mode;
	*value = mode;
	return 0;
}

static int set(struct tandem_idle_dir *dir, enum tandem_idle_knob which, const char *val)
{
	const struct idle_knob *knob = &knobs[which];
	unsigned int value;
	int ret;

	ret = which == TANDEM_IDLE_MODE ? parse_mode(val, &value) :
		tandem_read_number(knob->attr.attr.name, val, &knob->range, &value);
	if (ret)
		return ret;
	WRITE_ONCE(dir->value[which], value);
	/* Whoever sees that there is one sees that one; pairs with value_of(). */
	smp_wmb();
	set_bit(which, &dir->own);
	return 0;
}

static ssize_t show(char *buf, const struct tandem_idle_dir *dir, enum tandem_idle_knob which)
{
	unsigned int value = value_of(dir, which);

	if (which == TANDEM_IDLE_MODE)
		return sysfs_emit(buf, "%s\n", mode_names[value]);
	return sysfs_emit(buf, "%u\n", value);
}

static ssize_t knob_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return show(buf, to_dir(kobj), knob_index(attr));
}

static ssize_t knob_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t len)
{
	struct tandem_idle_dir *dir = to_dir(kobj);
	int ret = 0;

	if (dir != &all && sysfs_streq(buf, "default"))
		clear_bit(knob_index(attr), &dir->own);
	else
		ret = set(dir, knob_index(attr), buf);
	if (ret)
		return ret;
	tandem_vcpus_resume();
	return len;
}

static struct attribute *attrs[] = {
	&knobs[TANDEM_IDLE_MODE].attr.attr,
	&knobs[TANDEM_IDLE_MIN].attr.attr,
	&knobs[TANDEM_IDLE_MAX].attr.attr,
	&knobs[TANDEM_IDLE_PRICE].attr.attr,
	&knobs[TANDEM_IDLE_HALT].attr.attr,
	&knobs[TANDEM_IDLE_BUDGET].attr.attr,
	NULL
};

const struct attribute_group tandem_idle_knob_group = { .attrs = attrs };

static const struct attribute_group *all_groups[] = { &tandem_idle_knob_group, NULL };

/* Nothing to free: it is part of the module, which waits for the last reader. */
static void all_release(struct kobject *kobj)
{
}

static const struct kobj_type all_type = {
	.release = all_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = all_groups,
};

static int param_set(const char *val, const struct kernel_param *kp)
{
	return set(&all, (unsigned long)kp->arg, val);
}

static int param_get(char *buf, const struct kernel_param *kp)
{
	return show(buf, &all, (unsigned long)kp->arg);
}

static const struct kernel_param_ops param_ops = {
	.set = param_set,
	.get = param_get,
};

#define ARG(which)	((void *)(unsigned long)(which))

module_param_cb(idle_mode, &param_ops, ARG(TANDEM_IDLE_MODE), 0444);
MODULE_PARM_DESC(idle_mode,
		 "who polls before an idle vCPU halts: guest = guests with tandem_guest, as long as nobody else wants the CPU, host = KVM, for all others, with windows that are learned, both, off; default guest; later by /sys/kernel/tandem/");
module_param_cb(idle_poll_min_ns, &param_ops, ARG(TANDEM_IDLE_MIN), 0444);
MODULE_PARM_DESC(idle_poll_min_ns,
		 "shortest time that is polled, ns, 0..2000000, default 0; later by /sys/kernel/tandem/");
module_param_cb(idle_poll_max_ns, &param_ops, ARG(TANDEM_IDLE_MAX), 0444);
MODULE_PARM_DESC(idle_poll_max_ns,
		 "longest time that is polled, ns, 0..2000000, default 1000000; for KVM's polling its own halt_poll_ns holds too; later by /sys/kernel/tandem/");
module_param_cb(idle_price_permille, &param_ops, ARG(TANDEM_IDLE_PRICE), 0444);
MODULE_PARM_DESC(idle_price_permille,
		 "what a ns of polling costs on a CPU that nobody else wants, per mille of a ns, 0..1000000, default 100; later by /sys/kernel/tandem/");
module_param_cb(idle_halt_cost_ns, &param_ops, ARG(TANDEM_IDLE_HALT), 0444);
MODULE_PARM_DESC(idle_halt_cost_ns,
		 "what a halt costs: exit, wake-up, often an IPI, ns, 0..1000000, default 20000; later by /sys/kernel/tandem/");
module_param_cb(idle_budget_ms, &param_ops, ARG(TANDEM_IDLE_BUDGET), 0444);
MODULE_PARM_DESC(idle_budget_ms,
		 "how long one VM may poll in a second, all its vCPUs together, ms, 0..1000000, default 1000; later by /sys/kernel/tandem/");

/**
 * tandem_idle_knob() - a knob's value
 * @vm:		for whom
 * @which:	the knob
 *
 * Context: any.
 */
unsigned int tandem_idle_knob(const struct tandem_vm *vm, enum tandem_idle_knob which)
{
	return value_of(&vm->dir, which);
}

/**
 * tandem_idle_host_polls() - does KVM poll for vCPUs that we don't know?
 *
 * Context: any.
 */
bool tandem_idle_host_polls(void)
{
	return value_of(&all, TANDEM_IDLE_MODE) & TANDEM_POLL_HOST;
}

/**
 * tandem_idle_knobs() - what a window may be
 * @vm:		for whom
 * @who:	who would poll: TANDEM_POLL_GUEST or TANDEM_POLL_HOST; not at all where
 *		the mode does not have him
 * @sibling_busy: an SMT sibling has something to do
 *
 * Context: any.
 */
struct tandem_poll_knobs tandem_idle_knobs(const struct tandem_vm *vm, unsigned int who,
					   bool sibling_busy)
{
	bool on = tandem_idle_knob(vm, TANDEM_IDLE_MODE) & who &&
		  tandem_idle_knob(vm, TANDEM_IDLE_BUDGET);

	return (struct tandem_poll_knobs) {
		.min_ns = tandem_idle_knob(vm, TANDEM_IDLE_MIN),
		.max_ns = on ? tandem_idle_knob(vm, TANDEM_IDLE_MAX) : 0,
		.price = tandem_poll_price(tandem_idle_knob(vm, TANDEM_IDLE_PRICE),
					   sibling_busy),
		.halt_cost_ns = tandem_idle_knob(vm, TANDEM_IDLE_HALT),
	};
}

/**
 * tandem_idle_dir_add() - a VM's directory
 * @dir:	zeroed
 * @type:	whose release frees what @dir is part of
 * @pid:	the VMM's process
 * @serial:	tells its VMs apart
 *
 * Context: may sleep.
 * Return: 0 or a negative error; kobject_put() either way.
 */
int tandem_idle_dir_add(struct tandem_idle_dir *dir, const struct kobj_type *type,
			pid_t pid, unsigned int serial)
{
	return kobject_init_and_add(&dir->kobj, type, vms_dir, "%d-%u", pid, serial);
}

/**
 * tandem_idle_knobs_start() - show the knobs
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tandem_idle_knobs_start(void)
{
	int ret = kobject_init_and_add(&all.kobj, &all_type, kernel_kobj, "tandem");

	if (ret)
		goto err_put;
	vms_dir = kobject_create_and_add("vms", &all.kobj);
	if (vms_dir)
		return 0;
	ret = -ENOMEM;
	kobject_del(&all.kobj);
err_put:
	kobject_put(&all.kobj);
	return ret;
}

/**
 * tandem_idle_knobs_stop() - take the files away, after their readers; no VM is left
 */
void tandem_idle_knobs_stop(void)
{
	kobject_put(vms_dir);
	kobject_del(&all.kobj);
	kobject_put(&all.kobj);
}
