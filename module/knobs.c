// SPDX-License-Identifier: GPL-2.0
/*
 * The module's parameters, in /sys/module/kvm_tandem/parameters. A value out of
 * range is refused, and the message names the range.
 */
#include <linux/moduleparam.h>

#include "tandem.h"
#include "agent.h"

/**
 * struct knob - a number with a range
 * @value:	the number
 * @range:	its range
 */
struct knob {
	unsigned int value;
	struct tandem_range range;
};

static struct knob sync_min = { 100, { 20, 10000, "us" } };
static struct knob sync_max = { 4000, { 20, 100000, "us" } };
static struct knob exit_price = { 10, { 1, 1000, "looks" } };
static struct knob min_gap = { 20, { 5, 1000, "us" } };
static struct knob vm_share = { 50, { 1, 100, "percent" } };
static struct knob watchdog = { 100, { 10, 10000, "ms" } };
static struct knob placement_interval = { 2000, { 100, 3600000, "ms" } };
static struct knob placement_margin = { 256, { 1, 65536, "1/65536 CPU" } };
static struct knob memory_rate = { 300, { 4, 100000, "MiB/s" } };

enum mode { MODE_OFF, MODE_TIMER, MODE_POLL };

static const char * const mode_names[] = { "off", "timer", "poll" };

static enum mode mode = MODE_TIMER;
static char *agent_cpus;
static bool loaded;

static DEFINE_MUTEX(knobs_lock);	/* mode and loaded, and the order of the bounds */

static int bounds_error(unsigned int min, unsigned int max)
{
	if (min <= max)
		return 0;
	pr_err("kvm_tandem: sync_min_us=%u must not exceed sync_max_us=%u\n", min, max);
	return -EINVAL;
}

/* While parameters are read at load their order doesn't count: see tandem_knobs_check(). */
static int relation_error(const struct knob *knob, unsigned int value)
{
	if (!loaded)
		return 0;
	if (knob == &sync_min)
		return bounds_error(value, sync_max.value);
	if (knob == &sync_max)
		return bounds_error(sync_min.value, value);
	return 0;
}

/* What comes from sysfs ends in a newline. */
static int line(const char *val)
{
	return strcspn(val, "\n");
}

/**
 * tandem_read_number() - a number that was written to a knob
 * @name:	the knob's, for the message where it is refused
 * @val:	what was written
 * @range:	what is allowed
 * @value:	on success: the number
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int tandem_read_number(const char *name, const char *val, const struct tandem_range *range,
		       unsigned int *value)
{
	unsigned int read;

	if (!kstrtouint(val, 0, &read) && read >= range->min && read <= range->max) {
		*value = read;
		return 0;
	}
	pr_err("kvm_tandem: %s=%.*s: must be %u..%u (%s)\n", name, line(val), val, range->min,
	       range->max, range->unit);
	return -EINVAL;
}

/**
 * tandem_read_word() - which of some words was written to a knob
 * @name:	the knob's, for the message where it is none of them
 * @val:	what was written
 * @words:	they
 * @nr:		how many
 * @allowed:	they, as the message has them
 *
 * Context: any.
 * Return: the word's index, or -EINVAL.
 */
int tandem_read_word(const char *name, const char *val, const char * const *words, size_t nr,
		     const char *allowed)
{
	int word = __sysfs_match_string(words, nr, val);

	if (word < 0)
		pr_err("kvm_tandem: %s=%.*s: must be %s\n", name, line(val), val, allowed);
	return word;
}

static int set_word(const char *val, const struct kernel_param *kp)
{
	struct tandem_word_knob *knob = kp->arg;
	int word = tandem_read_word(kp->name, val, knob->words, knob->nr, knob->allowed);

	if (word < 0)
		return word;
	WRITE_ONCE(knob->word, word);
	return 0;
}

static int get_word(char *buf, const struct kernel_param *kp)
{
	const struct tandem_word_knob *knob = kp->arg;

	return sysfs_emit(buf, "%s\n", knob->words[READ_ONCE(knob->word)]);
}

/* For a &struct tandem_word_knob that whoever needs it looks at. */
const struct kernel_param_ops tandem_word_ops = {
	.set = set_word,
	.get = get_word,
};

static int set_knob(const char *val, const struct kernel_param *kp)
{
	struct knob *knob = kp->arg;
	unsigned int value;
	int ret = tandem_read_number(kp->name, val, &knob->range, &value);

	if (ret)
		return ret;
	guard(mutex)(&knobs_lock);
	ret = relation_error(knob, value);
	if (!ret)
		WRITE_ONCE(knob->value, value);
	return ret;
}

static int get_knob(char *buf, const struct kernel_param *kp)
{
	const struct knob *knob = kp->arg;

	return sysfs_emit(buf, "%u\n", READ_ONCE(knob->value));
}

static const struct kernel_param_ops knob_ops = {
	.set = set_knob,
	.get = get_knob,
};

module_param_cb(sync_min_us, &knob_ops, &sync_min, 0644);
MODULE_PARM_DESC(sync_min_us,
		 "shortest time between two looks at the page of a vCPU that keeps running, us, 20..10000, default 100; deadlines further away than that can do without an exit");
module_param_cb(sync_max_us, &knob_ops, &sync_max, 0644);
MODULE_PARM_DESC(sync_max_us,
		 "longest time between two looks, us, 20..100000, default 4000; equal to sync_min_us: the time is fixed, otherwise it follows the guest's timers");
module_param_cb(exit_price, &knob_ops, &exit_price, 0644);
MODULE_PARM_DESC(exit_price,
		 "how many looks of an agent one exit of a guest is worth, 1..1000, default 10");
module_param_cb(min_gap_us, &knob_ops, &min_gap, 0644);
MODULE_PARM_DESC(min_gap_us,
		 "an agent looks at one vCPU no more often than this, us, 5..1000, default 20; timers nearer to each other may be late by it");
module_param_cb(vm_share, &knob_ops, &vm_share, 0644);
MODULE_PARM_DESC(vm_share,
		 "how much of one CPU's time agents may spend on one VM, percent, 1..100, default 50; beyond it the VM has KVM's own timers for a while");
module_param_cb(watchdog_ms, &knob_ops, &watchdog, 0644);
MODULE_PARM_DESC(watchdog_ms,
		 "an agent that is late by this is taken for dead and its vCPUs go to another one or to KVM's own timers, ms, 10..10000, default 100");

module_param_cb(placement_interval_ms, &knob_ops, &placement_interval, 0644);
MODULE_PARM_DESC(placement_interval_ms,
		 "time between two looks at where VMs are, ms, 100..3600000, default 2000");
module_param_cb(placement_margin, &knob_ops, &placement_margin, 0644);
MODULE_PARM_DESC(placement_margin,
		 "a move of a VM gains at least this, beyond what could be noise, 1/65536 of a busy CPU, 1..65536, default 256");

module_param_cb(memory_rate, &knob_ops, &memory_rate, 0644);
MODULE_PARM_DESC(memory_rate,
		 "so much memory follows VMs in a second, all together, MiB/s, 4..100000, default 300");

/* Those in use, also where none were asked for. */
static int get_agent_cpus(char *buf, const struct kernel_param *kp)
{
	return tandem_agents_list(buf);
}

/* The CPUs are checked at load, where all CPUs are known. */
static const struct kernel_param_ops agent_cpus_ops = {
	.set = param_set_charp,
	.get = get_agent_cpus,
	.free = param_free_charp,
};
module_param_cb(agent_cpus, &agent_cpus_ops, &agent_cpus, 0444);
MODULE_PARM_DESC(agent_cpus,
		 "CPUs that the agents run on, a list of online CPUs, at most one for each NUMA node, default the first housekeeping CPU of each");

/* Those who relied on what the new mode has not are drained, or told. */
static int enter_mode(enum mode new)
{
	int ret = tandem_agents_poll(new == MODE_POLL);

	if (ret) {
		pr_err("kvm_tandem: mode=%s: no memory for the polling threads (%d)\n",
		       mode_names[new], ret);
		return ret;
	}
	WRITE_ONCE(mode, new);
	if (new == MODE_OFF)
		tandem_vcpus_drain();
	else
		tandem_vcpus_resume();
	return 0;
}

static int switch_mode(enum mode new)
{
	guard(mutex)(&knobs_lock);
	if (loaded && mode != new)
		return enter_mode(new);
	WRITE_ONCE(mode, new);
	return 0;
}

static int set_mode(const char *val, const struct kernel_param *kp)
{
	int new = tandem_read_word("mode", val, mode_names, ARRAY_SIZE(mode_names),
				   "timer, poll or off");

	return new < 0 ? new : switch_mode(new);
}

static int get_mode(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", mode_names[READ_ONCE(mode)]);
}

static const struct kernel_param_ops mode_ops = {
	.set = set_mode,
	.get = get_mode,
};
module_param_cb(mode, &mode_ops, NULL, 0644);
MODULE_PARM_DESC(mode,
		 "who fires the timers of guests that registered: timer = agents that wake when they must, poll = agents that look all the time, each on a CPU that has nothing else to do (agent_cpus), off = KVM's own timers; default timer");

/**
 * tandem_period_knobs() - the bounds of the period between looks
 *
 * It is no shorter than the minimum gap: a promise that can't be kept is none.
 */
struct tandem_period_knobs tandem_period_knobs(void)
{
	unsigned int gap = READ_ONCE(min_gap.value);

	return (struct tandem_period_knobs) {
		.min_us = max(READ_ONCE(sync_min.value), gap),
		.max_us = max(READ_ONCE(sync_max.value), gap),
		.exit_price = READ_ONCE(exit_price.value),
	};
}

/**
 * tandem_longest_ns() - the longest time between two looks, ns
 */
u64 tandem_longest_ns(void)
{
	return (u64)tandem_period_knobs().max_us * NSEC_PER_USEC;
}

/**
 * tandem_min_gap_ns() - the shortest time between two looks at a vCPU, ns
 */
u64 tandem_min_gap_ns(void)
{
	return (u64)READ_ONCE(min_gap.value) * NSEC_PER_USEC;
}

/**
 * tandem_vm_share() - a VM's share of agent time, percent of a CPU
 */
u32 tandem_vm_share(void)
{
	return READ_ONCE(vm_share.value);
}

/**
 * tandem_watchdog_ms() - after how long an agent that does not come is dead, ms
 */
unsigned int tandem_watchdog_ms(void)
{
	return READ_ONCE(watchdog.value);
}

/**
 * tandem_placement_interval_ms() - time between two looks at where VMs are, ms
 */
unsigned int tandem_placement_interval_ms(void)
{
	return READ_ONCE(placement_interval.value);
}

/**
 * tandem_placement_margin() - what a move of a VM must gain, 1/65536 CPU
 */
u32 tandem_placement_margin(void)
{
	return READ_ONCE(placement_margin.value);
}

/**
 * tandem_memory_rate() - how much memory may be copied in a second, MiB
 */
u32 tandem_memory_rate(void)
{
	return READ_ONCE(memory_rate.value);
}

/**
 * tandem_knobs_agent_cpus() - the CPUs asked for, as text; NULL = none were
 */
const char *tandem_knobs_agent_cpus(void)
{
	return agent_cpus;
}

/**
 * tandem_enabled() - may vCPUs be served?
 */
bool tandem_enabled(void)
{
	return READ_ONCE(mode) != MODE_OFF && READ_ONCE(loaded);
}

/**
 * tandem_knobs_check() - do the parameters given at load go together?
 *
 * Return: 0, or -EINVAL after a message.
 */
int tandem_knobs_check(void)
{
	return bounds_error(sync_min.value, sync_max.value);
}

/**
 * tandem_knobs_start() - the agents are ready: serve
 *
 * Context: may sleep.
 * Return: 0, or why the mode can't be had.
 */
int tandem_knobs_start(void)
{
	int ret;

	guard(mutex)(&knobs_lock);
	ret = tandem_agents_poll(mode == MODE_POLL);
	if (!ret)
		WRITE_ONCE(loaded, true);
	return ret;
}

/**
 * tandem_knobs_stop() - the module goes: nobody is served, whatever the mode
 *
 * Context: may sleep.
 */
void tandem_knobs_stop(void)
{
	guard(mutex)(&knobs_lock);
	WRITE_ONCE(loaded, false);
	tandem_vcpus_drain();
}
