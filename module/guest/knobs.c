// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/tandem_guest/: the counters, one a file, summed over all CPUs, and the
 * windows of all online CPUs.
 */
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "guest.h"

DEFINE_PER_CPU(struct tandem_guest_counts, tandem_guest_counts);

static struct kobject *dir;

static ssize_t count_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf);

static struct kobj_attribute files[TANDEM_NR_COUNTS] = {
	[TANDEM_ARMS]		= __ATTR(arms, 0444, count_show, NULL),
	[TANDEM_ANNOUNCEMENTS]	= __ATTR(announced, 0444, count_show, NULL),
	[TANDEM_STALE]		= __ATTR(stale, 0444, count_show, NULL),
	[TANDEM_CANCELS]	= __ATTR(cancels, 0444, count_show, NULL),
	[TANDEM_REGISTERED]	= __ATTR(registered, 0444, count_show, NULL),
	[TANDEM_POLLS]		= __ATTR(polls, 0444, count_show, NULL),
	[TANDEM_POLL_HITS]	= __ATTR(poll_hits, 0444, count_show, NULL),
	[TANDEM_POLL_TIMERS]	= __ATTR(poll_timers, 0444, count_show, NULL),
	[TANDEM_POLL_MISSES]	= __ATTR(poll_misses, 0444, count_show, NULL),
	[TANDEM_POLL_PRESSURE]	= __ATTR(poll_pressure, 0444, count_show, NULL),
	[TANDEM_POLL_BUDGET]	= __ATTR(poll_budget, 0444, count_show, NULL),
	[TANDEM_POLLED_NS]	= __ATTR(polled_ns, 0444, count_show, NULL),
	[TANDEM_HALTS]		= __ATTR(halts, 0444, count_show, NULL),
};

static ssize_t windows_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return tandem_idle_windows(buf);
}

static struct kobj_attribute windows = __ATTR(poll_windows_ns, 0444, windows_show, NULL);

/* The counters, the windows, and the end; see tandem_knobs_start(). */
static struct attribute *attrs[TANDEM_NR_COUNTS + 2];

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
	int ret, i;

	for (i = 0; i < TANDEM_NR_COUNTS; i++)
		attrs[i] = &files[i].attr;
	attrs[i] = &windows.attr;
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
