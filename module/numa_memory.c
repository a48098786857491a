// SPDX-License-Identifier: GPL-2.0
/*
 * Where a VM's memory is, by samples of its guest RAM: of 1,000 pages the share on a node
 * is right to 3 %. They are looked up as if by the VMM, and never faulted in.
 *
 * What KSM merged is other VMs' too, and follows nobody. With whom a VM shares it, a sketch
 * of the page frames tells, from a pass over all of its RAM, page by page.
 */
#include <linux/ksm.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/home.h>
#include <linux/sched/mm.h>

#include "tandem.h"
#include "policy/placement_share.h"

/* Of one of which little is known, of one that ran, and of one that did not. */
#define SAMPLES_FIRST	128
#define SAMPLES_RAN	32
#define SAMPLES_IDLE	4
/* So many are known well; beyond twice as many the old ones fade. */
#define SAMPLES_ENOUGH	512
/* Pages that are looked at for the sketch of one that shares: some 50 us. */
#define SHARED_LOOKS	512

/* A mapping smaller than this is no RAM to speak of. */
#define RAM_PAGES	((1UL << 20) >> PAGE_SHIFT)

static unsigned int samples(const struct tandem_numa *numa)
{
	unsigned int n = numa->absent, node;

	for (node = 0; node < nr_node_ids; node++)
		n += numa->found[node] + numa->merged[node];
	return n;
}

static void fade(struct tandem_numa *numa)
{
	unsigned int node;

	numa->absent /= 2;
	for (node = 0; node < nr_node_ids; node++) {
		numa->found[node] /= 2;
		numa->merged[node] /= 2;
	}
}

static bool ran(const struct tandem_numa *numa)
{
	unsigned int node, p;

	for (p = 0; p < numa->parts; p++)
		for (node = 0; node < nr_node_ids; node++)
			if (numa->part[p].used_ns[node] > NSEC_PER_MSEC)
				return true;
	return false;
}

/* What was only read is the zero page, and nowhere. */
static void sample(struct tandem_numa *numa, unsigned long addr)
{
	struct page *page;

	if (get_user_pages_fast_only(addr, 1, 0, &page) != 1) {
		numa->absent++;
		return;
	}
	if (is_zero_pfn(page_to_pfn(page)))
		numa->absent++;
	else if (PageKsm(page))
		numa->merged[page_to_nid(page)]++;
	else
		numa->found[page_to_nid(page)]++;
	put_page(page);
}

static unsigned long ram_pages(struct kvm_memslots *slots)
{
	struct kvm_memory_slot *slot;
	unsigned long pages = 0;
	int bkt;

	kvm_for_each_memslot(slot, bkt, slots)
		if (slot->npages >= RAM_PAGES)
			pages += slot->npages;
	return pages;
}

static unsigned long address(struct kvm_memslots *slots, unsigned long page)
{
	struct kvm_memory_slot *slot;
	int bkt;

	kvm_for_each_memslot(slot, bkt, slots) {
		if (slot->npages < RAM_PAGES)
			continue;
		if (page < slot->npages)
			return slot->userspace_addr + page * PAGE_SIZE;
		page -= slot->npages;
	}
	return 0;
}

static unsigned long random_page(unsigned long pages)
{
	return get_random_u64() % pages;
}

static void take_samples(struct tandem_numa *numa, struct kvm_memslots *slots)
{
	unsigned long pages = ram_pages(slots);
	unsigned int known = samples(numa), n;

	numa->ram_mib = pages >> (20 - PAGE_SHIFT);
	if (!pages)
		return;
	if (known > 2 * SAMPLES_ENOUGH)
		fade(numa);
	n = known < SAMPLES_ENOUGH ? SAMPLES_FIRST : ran(numa) ? SAMPLES_RAN : SAMPLES_IDLE;
	while (n--)
		sample(numa, address(slots, random_page(pages)));
}

static bool shares(struct mm_struct *mm)
{
#ifdef CONFIG_KSM
	return READ_ONCE(mm->ksm_merging_pages);
#else
	return false;
#endif
}

static void look_at_frame(u32 *sketch, unsigned long addr)
{
	struct page *page;

	if (get_user_pages_fast_only(addr, 1, 0, &page) != 1)
		return;
	if (PageKsm(page))
		tandem_sketch_add(sketch, page_to_pfn(page));
	put_page(page);
}

static void end_sketch(struct tandem_shared *s)
{
	memcpy(s->sketch, s->next, sizeof(s->sketch));
	memset(s->next, 0, sizeof(s->next));
	s->page = 0;
}

/* Two sketches can be compared only where each saw all of its VM. */
static void look_shared(struct tandem_shared *s, struct kvm_memslots *slots, struct mm_struct *mm)
{
	unsigned long pages = ram_pages(slots);
	unsigned int n;

	if (!pages || !shares(mm)) {
		*s = (struct tandem_shared){ };
		return;
	}
	for (n = 0; n < SHARED_LOOKS && s->page < pages; n++)
		look_at_frame(s->next, address(slots, s->page++));
	if (s->page >= pages)
		end_sketch(s);
}

/* A display's memory is logged all the time, a guest's RAM when it migrates. */
static bool is_logged(const struct kvm_memory_slot *slot, unsigned long pages)
{
	return slot->flags & KVM_MEM_LOG_DIRTY_PAGES && slot->npages > pages / 4;
}

/**
 * tandem_numa_is_logged() - is a VM being live-migrated?
 * @slots:	its memslots; the caller keeps them
 *
 * Return: whether most of its RAM is logged.
 */
bool tandem_numa_is_logged(struct kvm_memslots *slots)
{
	unsigned long pages = ram_pages(slots);
	struct kvm_memory_slot *slot;
	bool logged = false;
	int bkt;

	kvm_for_each_memslot(slot, bkt, slots)
		logged |= slot->npages >= RAM_PAGES && is_logged(slot, pages);
	return logged;
}

static void look_slots(struct tandem_numa *numa, struct kvm_memslots *slots,
		       struct mm_struct *mm)
{
	struct kvm_memory_slot *slot;
	bool chosen = false;
	int bkt, ret;

	numa->leaving = tandem_numa_is_logged(slots);
	kvm_for_each_memslot(slot, bkt, slots) {
		if (slot->npages < RAM_PAGES)
			continue;
		ret = sched_home_memory_chosen(mm, slot->userspace_addr);
		/* Not now: what is known holds. */
		chosen |= ret == -EAGAIN ? numa->memory_chosen : ret > 0;
	}
	numa->memory_chosen = chosen;
}

/**
 * tandem_numa_look_memory() - see where a VM's memory is
 * @vm:		the VM, numa.lock held, not gone
 *
 * Context: the worker's.
 * Return: an mm whose user we are, for mmput() without the lock, or NULL.
 */
struct mm_struct *tandem_numa_look_memory(struct tandem_vm *vm)
{
	struct kvm *kvm = vm->kvm;
	int idx;

	lockdep_assert_held(&vm->numa.lock);
	if (!mmget_not_zero(kvm->mm))
		return NULL;
	kthread_use_mm(kvm->mm);
	idx = srcu_read_lock(&kvm->srcu);
	take_samples(&vm->numa, kvm_memslots(kvm));
	look_shared(&vm->numa.shared, kvm_memslots(kvm), kvm->mm);
	look_slots(&vm->numa, kvm_memslots(kvm), kvm->mm);
	srcu_read_unlock(&kvm->srcu, idx);
	kthread_unuse_mm(kvm->mm);
	return kvm->mm;
}

/**
 * tandem_numa_forget_memory() - where a VM's memory was is not where it is any more
 * @numa:	the VM's, its lock held
 *
 * The next look takes as many samples as the first.
 */
void tandem_numa_forget_memory(struct tandem_numa *numa)
{
	memset(numa->found, 0, sizeof(numa->found));
	memset(numa->merged, 0, sizeof(numa->merged));
	numa->absent = 0;
}

static u32 to_mib(const struct tandem_numa *numa, u16 found)
{
	unsigned int all = samples(numa);

	return all ? (u64)numa->ram_mib * found / all : 0;
}

/**
 * tandem_numa_mib() - how much memory that can follow it a VM has on a node, MiB
 * @numa:	the VM's
 * @node:	the node
 */
u32 tandem_numa_mib(const struct tandem_numa *numa, int node)
{
	return to_mib(numa, numa->found[node]);
}

/**
 * tandem_numa_merged_mib() - how much that KSM merged, and that can't, MiB
 * @numa:	the VM's
 * @node:	the node
 */
u32 tandem_numa_merged_mib(const struct tandem_numa *numa, int node)
{
	return to_mib(numa, numa->merged[node]);
}

/**
 * tandem_numa_remote() - what share of its memory that can follow it is not on a VM's home
 * @numa:	the VM's
 *
 * Return: 1/1024; 0 without a home, and of several parts, as which memory is whose is not known.
 */
unsigned int tandem_numa_remote(const struct tandem_numa *numa)
{
	unsigned int there = 0, node;

	for (node = 0; node < nr_node_ids; node++)
		there += numa->found[node];
	if (numa->parts > 1 || numa->part[0].home == NUMA_NO_NODE || !there)
		return 0;
	return (there - numa->found[numa->part[0].home]) * 1024 / there;
}
