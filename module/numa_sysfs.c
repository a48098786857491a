// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/tandem/vms/PID-N/: where a VM belongs, and why. Writing a node to home, or one
 * for each part, moves it there by hand; 0 to managed leaves it alone.
 */
#include <linux/kobject.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sysfs.h>

#include "tandem.h"
#include "trace.h"

static const char * const stages[] = {
	[TANDEM_SETTLED]	= "settled",
	[TANDEM_PROBATION]	= "probation",
	[TANDEM_COPYING]	= "copying",
	[TANDEM_PROVING]	= "proving",
	[TANDEM_BACKOFF]	= "resting",
};

static const char * const outcomes[NR_MIGRATE_RANGE_OUTCOMES] = {
	[MIGRATE_RANGE_MOVED]	= "moved",
	[MIGRATE_RANGE_THERE]	= "there",
	[MIGRATE_RANGE_ABSENT]	= "absent",
	[MIGRATE_RANGE_PINNED]	= "pinned",
	[MIGRATE_RANGE_KSM]	= "ksm",
	[MIGRATE_RANGE_HUGETLB]	= "hugetlb",
	[MIGRATE_RANGE_FIXED]	= "fixed",
	[MIGRATE_RANGE_BUSY]	= "busy",
	[MIGRATE_RANGE_NO_ROOM]	= "no_room",
	[MIGRATE_RANGE_MARKED]	= "marked",
};

static struct tandem_vm *to_vm(struct kobject *kobj)
{
	return container_of(kobj, struct tandem_vm, dir.kobj);
}

/* The VMM's, as it calls itself. */
static ssize_t name_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;
	struct task_struct *leader;
	char comm[TASK_COMM_LEN] = "";

	guard(mutex)(&numa->lock);
	leader = numa->vmm ? get_pid_task(numa->vmm, PIDTYPE_TGID) : NULL;
	if (leader) {
		get_task_comm(comm, leader);
		put_task_struct(leader);
	}
	return sysfs_emit(buf, "%s\n", comm);
}

/* "1", or of several parts "1,0". */
static ssize_t home_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;
	unsigned int p;
	int len = 0;

	guard(mutex)(&numa->lock);
	if (!tandem_numa_has_home(numa))
		return sysfs_emit(buf, "none\n");
	for (p = 0; p < numa->parts; p++) {
		len += sysfs_emit_at(buf, len, p ? "," : "");
		if (numa->part[p].home == NUMA_NO_NODE)
			len += sysfs_emit_at(buf, len, "none");
		else
			len += sysfs_emit_at(buf, len, "%d", numa->part[p].home);
	}
	return len + sysfs_emit_at(buf, len, "\n");
}

/* What is written to home: a node for each part. */
struct homes {
	char text[64];
	unsigned int node[TANDEM_PARTS_MAX];
	unsigned int nr;
};

static int read_homes(struct homes *homes, const char *buf)
{
	char text[sizeof(homes->text)], *rest, *word;
	int ret = 0;

	if (strscpy(text, buf) < 0)
		return -EINVAL;
	rest = strim(text);
	strscpy(homes->text, rest);
	while (!ret && (word = strsep(&rest, ","))) {
		if (homes->nr == TANDEM_PARTS_MAX)
			return -EINVAL;
		ret = kstrtouint(word, 0, &homes->node[homes->nr++]);
	}
	return ret;
}

static bool has_nodes(const struct tandem_numa *numa, const struct homes *homes)
{
	unsigned int i;

	for (i = 0; i < homes->nr; i++)
		if (homes->node[i] >= nr_node_ids || !(numa->allowed >> homes->node[i] & 1))
			return false;
	return true;
}

static bool is_ours(const struct tandem_numa *numa)
{
	return numa->stays == TANDEM_FREE || numa->stays == TANDEM_UNMANAGED;
}

/* The last look may be as old as the interval is long. */
static int may_live_on(struct tandem_numa_host *h, struct tandem_vm *vm,
		       const struct homes *homes)
{
	struct tandem_numa *numa = &vm->numa;

	guard(mutex)(&numa->lock);
	if (numa->gone)
		return -ENODEV;
	tandem_numa_look_nodes(h);
	tandem_numa_judge(h, vm);
	if (!is_ours(numa)) {
		pr_err_ratelimited("kvm_tandem: home=%s: the VM is left alone: %s\n", homes->text,
				   tandem_stays_text(numa->stays));
		return -EBUSY;
	}
	if (homes->nr != numa->parts) {
		pr_err_ratelimited("kvm_tandem: home=%s: must be %u nodes with commas between, one for each part of the VM\n",
				   homes->text, numa->parts);
		return -EINVAL;
	}
	if (has_nodes(numa, homes))
		return 0;
	pr_err_ratelimited("kvm_tandem: home=%s: must be a node with CPUs for VMs that the VM's cpuset allows\n",
			   homes->text);
	return -EINVAL;
}

static void move_parts(struct tandem_numa_host *h, struct tandem_vm *vm,
		       const struct homes *homes)
{
	struct tandem_member who = { .vm = vm };

	for (; who.part < homes->nr; who.part++)
		tandem_numa_move(h, &who, homes->node[who.part], "hand", "by hand", 0);
}

static void forget_trials(struct tandem_numa *numa)
{
	unsigned int p;

	for (p = 0; p < numa->parts; p++)
		numa->part[p].trial = (struct tandem_trial){ };
}

static int move_by_hand(struct tandem_vm *vm, const struct homes *homes)
{
	struct tandem_numa_host *h;
	int ret;

	guard(mutex)(&tandem_numa_lock);
	h = tandem_numa_host();
	if (!h || !h->acts) {
		pr_err_ratelimited("kvm_tandem: home=%s: placement is not on\n", homes->text);
		return -EOPNOTSUPP;
	}
	/* Who else is in its process counts. */
	h->nr_vms = tandem_vms_hold(h->vm, TANDEM_GROUPS_MAX);
	ret = may_live_on(h, vm, homes);
	tandem_numa_forget(h);
	if (ret)
		return ret;
	move_parts(h, vm, homes);
	guard(mutex)(&vm->numa.lock);
	forget_trials(&vm->numa);
	tandem_numa_follow(vm);
	return 0;
}

static ssize_t home_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			  size_t len)
{
	struct homes homes = { };
	int ret = read_homes(&homes, buf);

	if (!ret)
		ret = move_by_hand(to_vm(kobj), &homes);
	return ret ?: len;
}

static ssize_t managed_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_vm(kobj)->numa.managed));
}

static ssize_t managed_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;
	bool managed;
	int ret = kstrtobool(buf, &managed);

	if (ret)
		return ret;
	guard(mutex)(&numa->lock);
	WRITE_ONCE(numa->managed, managed);
	if (managed)
		return len;
	/* Nor does it go back, or its memory follow. */
	numa->stays = TANDEM_UNMANAGED;
	forget_trials(numa);
	tandem_numa_stay(to_vm(kobj));
	return len;
}

/* Of several parts that of the first whose move is not done. */
static const char *stage_of(const struct tandem_numa *numa)
{
	unsigned int p = 0;

	while (p < numa->parts - 1 && numa->part[p].trial.stage == TANDEM_SETTLED)
		p++;
	return stages[numa->part[p].trial.stage];
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;

	guard(mutex)(&numa->lock);
	if (tandem_copy_active(&numa->memory.copy))
		return sysfs_emit(buf, "copying\n");
	if (numa->stays != TANDEM_FREE)
		return sysfs_emit(buf, "%s\n", tandem_stays_text(numa->stays));
	if (numa->leaving)
		return sysfs_emit(buf, "leaving\n");
	if (!tandem_numa_has_home(numa))
		return sysfs_emit(buf, "homeless\n");
	return sysfs_emit(buf, "%s\n", stage_of(numa));
}

static ssize_t memory_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;
	int node, len = 0;

	guard(mutex)(&numa->lock);
	for_each_online_node(node)
		len += sysfs_emit_at(buf, len, "%sN%d=%u", len ? " " : "", node,
				     tandem_numa_mib(numa, node) +
				     tandem_numa_merged_mib(numa, node));
	return len + sysfs_emit_at(buf, len, "\n");
}

static ssize_t copied_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned long pages = READ_ONCE(to_vm(kobj)->numa.memory.moved);

	return sysfs_emit(buf, "%lu\n", pages >> (20 - PAGE_SHIFT));
}

/* Pages of the copy that is under way, or was the last. */
static ssize_t copy_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tandem_numa *numa = &to_vm(kobj)->numa;
	int i, len = 0;

	guard(mutex)(&numa->lock);
	for (i = 0; i < NR_MIGRATE_RANGE_OUTCOMES; i++)
		len += sysfs_emit_at(buf, len, "%s%s=%lu", i ? " " : "", outcomes[i],
				     numa->memory.pages[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}

static ssize_t moves_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_vm(kobj)->numa.moves));
}

static ssize_t reason_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(to_vm(kobj)->numa.reason));
}

static struct kobj_attribute name_attr = __ATTR_RO(name);
static struct kobj_attribute home_attr = __ATTR_RW(home);
static struct kobj_attribute managed_attr = __ATTR_RW(managed);
static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute memory_attr = __ATTR_RO(memory);
static struct kobj_attribute copied_attr = __ATTR_RO(copied);
static struct kobj_attribute copy_attr = __ATTR_RO(copy);
static struct kobj_attribute moves_attr = __ATTR_RO(moves);
static struct kobj_attribute reason_attr = __ATTR_RO(reason);

static struct attribute *attrs[] = {
	&name_attr.attr,
	&home_attr.attr,
	&managed_attr.attr,
	&state_attr.attr,
	&memory_attr.attr,
	&copied_attr.attr,
	&copy_attr.attr,
	&moves_attr.attr,
	&reason_attr.attr,
	NULL
};

const struct attribute_group tandem_numa_group = { .attrs = attrs };
