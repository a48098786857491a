// SPDX-License-Identifier: GPL-2.0
/* /sys/kernel/tandem_guest/: the counters, one a file, summed over all CPUs. */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "guest.h"

DEFINE_PER_CPU(struct tandem_guest_counts, tandem_guest_counts);

static struct kobject *dir;

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf);

static struct kobj_attribute files[TANDEM_NR_COUNTS] = {
	[TANDEM_ARMS]		= __ATTR(arms, 0444, count_show, NULL),
	[TANDEM_ANNOUNCED]	= __ATTR(announced, 0444, count_show, NULL),
	[TANDEM_STALE]		= __ATTR(stale, 0444, count_show, NULL),
	[TANDEM_CANCELS]	= __ATTR(cancels, 0444, count_show, NULL),
	[TANDEM_REGISTERED]	= __ATTR(registered, 0444, count_show, NULL),
};

static struct attribute *attrs[] = {
	&files[TANDEM_ARMS].attr,
	&files[TANDEM_ANNOUNCED].attr,
	&files[TANDEM_STALE].attr,
	&files[TANDEM_CANCELS].attr,
	&files[TANDEM_REGISTERED].attr,
	NULL
};

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(tandem_guest_counts, cpu).n[attr - files]);
	return sysfs_emit(buf, "%lu\n", sum);
}

static const struct attribute_group group = { .attrs = attrs };

/**
 * tandem_knobs_start() - show the counters
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tandem_knobs_start(void)
{
	int ret;

	dir = kobject_create_and_add("tandem_guest", kernel_kobj);
	if (!dir)
		return -ENOMEM;
	ret = sysfs_create_group(dir, &group);
	if (ret)
		kobject_put(dir);
	return ret;
}

/**
 * tandem_knobs_stop() - take the files away, after their readers
 */
void tandem_knobs_stop(void)
{
	kobject_put(dir);
}
