// SPDX-License-Identifier: GPL-2.0
/*
 * Decisions are kept where somebody asked for that, the last ones in a room of fixed size:
 * debugfs kvm_tandem/decisions, for `tandem replay`. All that asks the policy goes through
 * here.
 */
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/moduleparam.h>
#include <linux/vmalloc.h>

#include "tandem.h"

#define WORDS_PER_KIB	(1024 / sizeof(u32))

static const struct tandem_range range = { 0, 16384, "KiB, 0 keeps none" };

/* Under tandem_numa_lock, and so is what they are about. */
static unsigned int room_kib;
static struct tandem_record record;
static u32 *id;		/* of a snapshot's VMs */

static void forget_all(void)
{
	vfree(record.tape.word);
	kvfree(id);
	tandem_record_init(&record, NULL, 0);
	id = NULL;
	room_kib = 0;
}

static int keep(unsigned int kib)
{
	u32 *word;

	lockdep_assert_held(&tandem_numa_lock);
	forget_all();
	if (!kib)
		return 0;
	word = vmalloc(kib * 1024UL);
	id = kvcalloc(TANDEM_GROUPS_MAX, sizeof(*id), GFP_KERNEL);
	tandem_record_init(&record, word, kib * WORDS_PER_KIB);
	if (!word || !id) {
		forget_all();
		return -ENOMEM;
	}
	room_kib = kib;
	return 0;
}

static int set_room(const char *val, const struct kernel_param *kp)
{
	unsigned int kib;
	int ret = tandem_read_number(kp->name, val, &range, &kib);

	if (ret)
		return ret;
	guard(mutex)(&tandem_numa_lock);
	return keep(kib);
}

static int get_room(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(room_kib));
}

/* The module goes, or could not come. */
static void free_room(void *unused)
{
	forget_all();
}

static const struct kernel_param_ops room_ops = {
	.set = set_room,
	.get = get_room,
	.free = free_room,
};
module_param_cb(placement_record_kib, &room_ops, NULL, 0644);
MODULE_PARM_DESC(placement_record_kib,
		 "room for the last decisions and all that they were made from, for tandem replay, KiB, 0..16384, default 0; writing it forgets those that were kept");

static void record_plan(struct tandem_numa_host *h, enum tandem_record_why why,
			const struct tandem_placement_knobs *knobs)
{
	unsigned int i;

	for (i = 0; i < h->snapshot.nr_groups; i++)
		id[i] = h->of[i].vm->pid;
	tandem_record_plan(&record, why, &h->snapshot, knobs, id);
}

/**
 * tandem_numa_plan() - begin a plan, from what is known of the VMs
 * @h:		the host
 * @why:	what for
 * @knobs:	how
 */
void tandem_numa_plan(struct tandem_numa_host *h, enum tandem_record_why why,
		      const struct tandem_placement_knobs *knobs)
{
	lockdep_assert_held(&tandem_numa_lock);
	if (room_kib)
		record_plan(h, why, knobs);
	tandem_plan_start(&h->plan, &h->snapshot, knobs);
}

/**
 * tandem_numa_step() - the next step of that plan
 * @h:		the host
 * @step:	on return: the step
 */
void tandem_numa_step(struct tandem_numa_host *h, struct tandem_step *step)
{
	lockdep_assert_held(&tandem_numa_lock);
	tandem_plan_step(&h->plan, step);
	if (room_kib)
		tandem_record_step(&record, step);
}

/**
 * tandem_numa_try() - what to do about a move
 * @h:		the host, whose plan is loaded
 * @g:		the group, its VM's numa.lock held
 * @knobs:	how moves are tried
 * @facts:	what is known
 *
 * Where there is no move nothing is decided, and nothing kept.
 */
enum tandem_trial_act tandem_numa_try(struct tandem_numa_host *h, unsigned int g,
				      const struct tandem_trial_knobs *knobs,
				      const struct tandem_trial_facts *facts)
{
	const struct tandem_member *who = &h->of[g];
	struct tandem_trial *trial = &who->vm->numa.part[who->part].trial;
	struct tandem_recorded_trial decision = {
		.id = who->vm->pid, .group = g, .knobs = *knobs, .before = *trial,
		.facts = *facts,
	};

	lockdep_assert_held(&tandem_numa_lock);
	decision.act = tandem_trial_next(trial, knobs, facts);
	decision.after = *trial;
	if (room_kib && decision.before.stage != TANDEM_SETTLED)
		tandem_record_trial(&record, &decision);
	return decision.act;
}

/**
 * tandem_numa_2011() - what the rule of 2011 says
 * @node:	the nodes
 * @nr:		how many, TANDEM_NODES_MAX at most
 * @result:	on return: that
 *
 * Return: false if it can't say anything.
 */
bool tandem_numa_2011(const struct tandem_vmb_node *node, unsigned int nr,
		      struct tandem_vmb *result)
{
	struct tandem_recorded_2011 decision = { .nr = nr };

	lockdep_assert_held(&tandem_numa_lock);
	decision.good = tandem_vmb2011(node, nr, result);
	decision.result = *result;
	memcpy(decision.node, node, nr * sizeof(*node));
	if (room_kib)
		tandem_record_2011(&record, &decision);
	return decision.good;
}

/**
 * struct copy - what was kept when the file was opened
 * @bytes:	how many
 * @word:	they
 */
struct copy {
	size_t bytes;
	u32 word[];
};

/* A plan is whole where the lock is free: nobody lets go of it in between. */
static int open_decisions(struct inode *inode, struct file *file)
{
	struct copy *copy;
	size_t words;

	guard(mutex)(&tandem_numa_lock);
	tandem_record_close(&record);
	words = TANDEM_RECORD_HEAD + record.begin;
	copy = vmalloc(struct_size(copy, word, words));
	if (!copy)
		return -ENOMEM;
	copy->bytes = words * sizeof(u32);
	tandem_record_head(&record, copy->word);
	memcpy(copy->word + TANDEM_RECORD_HEAD, record.tape.word, record.begin * sizeof(u32));
	file->private_data = copy;
	return nonseekable_open(inode, file);
}

static ssize_t read_decisions(struct file *file, char __user *to, size_t bytes, loff_t *at)
{
	struct copy *copy = file->private_data;

	return simple_read_from_buffer(to, bytes, at, copy->word, copy->bytes);
}

static int release_decisions(struct inode *inode, struct file *file)
{
	vfree(file->private_data);
	return 0;
}

const struct file_operations tandem_decisions_fops = {
	.owner = THIS_MODULE,
	.open = open_decisions,
	.read = read_decisions,
	.release = release_decisions,
};
