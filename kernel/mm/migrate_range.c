// SPDX-License-Identifier: GPL-2.0
/*
 * A range of a process's memory goes to a NUMA node, bit by bit: so many pages a call,
 * whoever maps them. Mechanism only: when, and how fast, is the caller's.
 *
 * A call looks under mmap_lock and takes pages off the LRU; then, without it, they are
 * migrated, as compaction does that: nobody is waited for, what is in use stays, and huge
 * pages move whole or not at all. The node's memory is not reclaimed for it.
 *
 * Or lazily: it marks them, as NUMA balancing does, and who touches one brings it.
 */
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/memremap.h>
#include <linux/mempolicy.h>
#include <linux/migrate.h>
#include <linux/migrate_range.h>
#include <linux/mm.h>
#include <linux/pagewalk.h>
#include <linux/sched/mm.h>
#include <linux/sched/sysctl.h>
#include <linux/swap.h>

#include "internal.h"

/* So many pages are looked at for each that may be copied. */
#define LOOKS	16

/**
 * struct batch - what one call migrates, or marks
 * @range:	where it is, and goes
 * @budget:	how many pages may be copied
 * @lazily:	they are marked, and not isolated
 * @run:	addresses to be marked, up to @run_end: neighbours, as each time everybody's TLB
 *		is flushed
 * @run_end:	see @run
 * @folios:	those that were isolated
 * @large:	the last large one of them: a page table may map it page by page
 * @nr_pages:	their pages
 * @looked_at:	pages that were looked at
 * @no_room:	the node had no memory for one of them
 */
struct batch {
	struct migrate_range *range;
	unsigned long budget;
	bool lazily;
	unsigned long run;
	unsigned long run_end;
	struct list_head folios;
	struct folio *large;
	unsigned long nr_pages;
	unsigned long looked_at;
	bool no_room;
};

static bool pool_has_free(struct hstate *h, int node)
{
#ifdef CONFIG_HUGETLB_PAGE
	return READ_ONCE(h->free_huge_pages_node[node]) &&
	       READ_ONCE(h->free_huge_pages) > READ_ONCE(h->resv_huge_pages);
#else
	return false;
#endif
}

/* Another node's pool must not shrink, nor this one's grow. */
static struct folio *alloc_from_pool(struct hstate *h, int node)
{
	nodemask_t mask = nodemask_of_node(node);
	gfp_t gfp = (htlb_alloc_mask(h) | __GFP_THISNODE | __GFP_NOWARN) & ~__GFP_RECLAIM;

	if (!pool_has_free(h, node))
		return NULL;
	return alloc_hugetlb_folio_nodemask(h, node, &mask, gfp, false);
}

static struct folio *alloc_there(const struct folio *old, int node)
{
	gfp_t gfp = GFP_TRANSHUGE_LIGHT;

	if (!folio_test_large(old))
		gfp = (GFP_HIGHUSER_MOVABLE | __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN) &
		      ~__GFP_RECLAIM;
	return __folio_alloc_node(gfp | __GFP_THISNODE, folio_order(old), node);
}

static struct folio *alloc_target(struct folio *old, unsigned long private)
{
	struct batch *b = (struct batch *)private;
	struct folio *new;

	if (folio_test_hugetlb(old))
		new = alloc_from_pool(folio_hstate(old), b->range->node);
	else
		new = alloc_there(old, b->range->node);
	b->no_room |= !new;
	return new;
}

/* One that is too large for a call would be too long a copy. */
static bool is_movable_hugetlb(const struct batch *b, struct folio *folio)
{
	return !b->lazily && folio_nr_pages(folio) <= b->budget &&
	       pool_has_free(folio_hstate(folio), b->range->node);
}

/* MIGRATE_RANGE_MOVED: it may be, as far as can be seen. */
static enum migrate_range_outcome judge(const struct batch *b, struct folio *folio)
{
	if (folio_nid(folio) == b->range->node)
		return MIGRATE_RANGE_THERE;
	if (folio_is_zone_device(folio) || folio_test_reserved(folio))
		return MIGRATE_RANGE_FIXED;
	if (folio_test_ksm(folio) && !b->range->ksm)
		return MIGRATE_RANGE_KSM;
	if (folio_maybe_dma_pinned(folio))
		return MIGRATE_RANGE_PINNED;
	if (folio_test_hugetlb(folio) && !is_movable_hugetlb(b, folio))
		return MIGRATE_RANGE_HUGETLB;
	return MIGRATE_RANGE_MOVED;
}

static enum migrate_range_outcome isolate(struct batch *b, struct folio *folio)
{
	if (!isolate_folio_to_list(folio, &b->folios))
		return MIGRATE_RANGE_BUSY;
	b->nr_pages += folio_nr_pages(folio);
	b->large = folio_test_large(folio) ? folio : b->large;
	return MIGRATE_RANGE_MOVED;
}

/* What can't be touched never faults. */
static enum migrate_range_outcome judge_mark(struct vm_area_struct *vma)
{
	if (!vma_is_accessible(vma) || vma->vm_flags & VM_MIXEDMAP)
		return MIGRATE_RANGE_FIXED;
	return MIGRATE_RANGE_MARKED;
}

/* MIGRATE_RANGE_MOVED: what moved is counted once it has, a large folio as a whole. */
static enum migrate_range_outcome look_at_folio(struct batch *b, struct vm_area_struct *vma,
						struct folio *folio)
{
	enum migrate_range_outcome outcome;

	if (folio == b->large)
		return MIGRATE_RANGE_MOVED;
	outcome = judge(b, folio);
	if (outcome != MIGRATE_RANGE_MOVED)
		return outcome;
	return b->lazily ? judge_mark(vma) : isolate(b, folio);
}

static unsigned long entry_size(const struct folio_walk *fw)
{
	switch (fw->level) {
	case FW_LEVEL_PUD:
		return PUD_SIZE;
	case FW_LEVEL_PMD:
		return PMD_SIZE;
	default:
		return PAGE_SIZE;
	}
}

/* How far it is from an address to the end of its entry, or of the range. */
static unsigned long left(const struct batch *b, unsigned long size)
{
	unsigned long next = b->range->next;

	return min(ALIGN_DOWN(next, size) + size, b->range->end) - next;
}

static void mark_run(struct batch *b, struct vm_area_struct *vma)
{
#ifdef CONFIG_NUMA_BALANCING
	if (b->run != b->run_end)
		change_prot_numa(vma, b->run, b->run_end);
#endif
	b->run = 0;
	b->run_end = 0;
}

/* All that an entry maps: a huge page that is only partly in the range must not be split. */
static void mark(struct batch *b, struct vm_area_struct *vma, unsigned long size)
{
	unsigned long from = max(ALIGN_DOWN(b->range->next, size), vma->vm_start);

	if (b->run_end != from) {
		mark_run(b, vma);
		b->run = from;
	}
	b->run_end = min(ALIGN_DOWN(b->range->next, size) + size, vma->vm_end);
	b->nr_pages += size >> PAGE_SHIFT;
}

/* Returns: so many bytes were looked at. */
static unsigned long look_at_entry(struct batch *b, struct vm_area_struct *vma)
{
	struct folio_walk fw;
	struct folio *folio = folio_walk_start(&fw, vma, b->range->next, 0);
	enum migrate_range_outcome outcome = MIGRATE_RANGE_ABSENT;
	unsigned long size = folio ? entry_size(&fw) : vma_kernel_pagesize(vma);
	unsigned long bytes = left(b, size);

	if (folio) {
		outcome = look_at_folio(b, vma, folio);
		folio_walk_end(&fw, vma);
	}
	if (outcome == MIGRATE_RANGE_MARKED)
		mark(b, vma, size);
	if (outcome != MIGRATE_RANGE_MOVED)
		b->range->pages[outcome] += bytes >> PAGE_SHIFT;
	return bytes;
}

/* Up to an address all have the same outcome. */
static void skip(struct batch *b, unsigned long to, enum migrate_range_outcome outcome)
{
	struct migrate_range *range = b->range;

	to = min(to, range->end);
	range->pages[outcome] += (to - range->next) >> PAGE_SHIFT;
	range->next = to;
}

static bool is_full(const struct batch *b)
{
	return b->range->next >= b->range->end || b->nr_pages >= b->budget ||
	       b->looked_at >= LOOKS * b->budget;
}

static void look_at_mapping(struct batch *b, struct vm_area_struct *vma)
{
	while (b->range->next < vma->vm_end && !is_full(b)) {
		b->range->next += look_at_entry(b, vma);
		b->looked_at++;
		cond_resched();
	}
	mark_run(b, vma);
}

static void look(struct batch *b, struct mm_struct *mm)
{
	while (!is_full(b)) {
		struct vm_area_struct *vma = find_vma(mm, b->range->next);

		b->looked_at++;
		if (!vma)
			skip(b, b->range->end, MIGRATE_RANGE_ABSENT);
		else if (vma->vm_start > b->range->next)
			skip(b, vma->vm_start, MIGRATE_RANGE_ABSENT);
		else if (!vma_migratable(vma))
			skip(b, vma->vm_end, MIGRATE_RANGE_FIXED);
		else
			look_at_mapping(b, vma);
	}
}

static int look_at_range(struct batch *b, struct mm_struct *mm)
{
	int node = b->range->node;

	if (node < 0 || node >= MAX_NUMNODES || !node_state(node, N_MEMORY))
		return -EINVAL;
	if (!mmap_read_trylock(mm))
		return -EAGAIN;
	look(b, mm);
	mmap_read_unlock(mm);
	return 0;
}

static void migrate(struct batch *b)
{
	unsigned long *pages = b->range->pages;
	unsigned int moved = 0;

	migrate_pages(&b->folios, alloc_target, NULL, (unsigned long)b, MIGRATE_ASYNC,
		      MR_NUMA_MISPLACED, &moved);
	if (!list_empty(&b->folios))
		putback_movable_pages(&b->folios);
	pages[MIGRATE_RANGE_MOVED] += moved;
	pages[b->no_room ? MIGRATE_RANGE_NO_ROOM : MIGRATE_RANGE_BUSY] += b->nr_pages - moved;
}

/**
 * migrate_range_prepare() - let all CPUs give up the pages that they hold back
 *
 * Those could not be moved. Worth it before the first of many calls, as it takes a while.
 *
 * Context: may sleep.
 */
void migrate_range_prepare(void)
{
	lru_add_drain_all();
}
EXPORT_SYMBOL_GPL(migrate_range_prepare);

/**
 * migrate_range_make_room() - let all CPUs give back what they keep of a node's free memory
 * @node:	which, with memory
 *
 * A CPU keeps pages that were freed there for the next that it allocates, and the more the more
 * it frees: an eighth of the node at most, and for a minute or so. Nobody else can have them
 * meanwhile without reclaim, nor are they counted as free. Whoever brings memory away from a node
 * frees a lot there.
 *
 * Context: may sleep; the length of a walk over all CPUs.
 */
void migrate_range_make_room(int node)
{
	struct zone *zone;

	for (zone = NODE_DATA(node)->node_zones;
	     zone < NODE_DATA(node)->node_zones + MAX_NR_ZONES; zone++)
		if (populated_zone(zone))
			drain_all_pages(zone);
}
EXPORT_SYMBOL_GPL(migrate_range_make_room);

/**
 * migrate_range() - bring the next bit of a range to a node
 * @mm:		whose memory; the caller holds a reference to its users
 * @range:	which, and where to; @range->next is behind what was looked at
 * @budget:	how many pages may be copied, 1 or more. A huge page goes whole: it may be
 *		exceeded by one less than those of a huge page.
 *
 * Everybody's page tables follow, and secondary ones, as always in migration. At most 16
 * pages are looked at for each of @budget.
 *
 * Context: may sleep, and holds mmap_lock for reading meanwhile.
 * Return: 0; -EAGAIN where the mappings are being changed, with nothing done; -EINVAL
 * where that node has no memory.
 */
int migrate_range(struct mm_struct *mm, struct migrate_range *range, unsigned long budget)
{
	struct batch b = { .range = range, .budget = budget, .folios = LIST_HEAD_INIT(b.folios) };
	int ret;

	lru_add_drain();
	ret = look_at_range(&b, mm);
	if (!list_empty(&b.folios))
		migrate(&b);
	return ret;
}
EXPORT_SYMBOL_GPL(migrate_range);

/**
 * migrate_range_lazily() - have the next bit of a range go to a node as it is touched
 * @mm:		whose memory; the caller holds a reference to its users
 * @range:	which, and where to; @range->next is behind what was looked at
 * @budget:	how many pages may be marked, 1 or more. A huge page is marked whole.
 *
 * What is elsewhere is taken out of the page tables as NUMA balancing does it, and that brings it
 * where its next user wants it: one whose home (include/linux/sched/home.h) is @range->node
 * there, by his first touch. Pages that nobody touches stay.
 *
 * Context: may sleep, and holds mmap_lock for reading meanwhile.
 * Return: 0; -EAGAIN where the mappings are being changed, with nothing done; -EINVAL
 * where that node has no memory; -EOPNOTSUPP while NUMA balancing is off.
 */
int migrate_range_lazily(struct mm_struct *mm, struct migrate_range *range, unsigned long budget)
{
	struct batch b = { .range = range, .budget = budget, .lazily = true,
			   .folios = LIST_HEAD_INIT(b.folios) };

	/* Without it nothing is marked, or not looked at when it is touched. */
	if (!(sysctl_numa_balancing_mode & NUMA_BALANCING_NORMAL))
		return -EOPNOTSUPP;
	return look_at_range(&b, mm);
}
EXPORT_SYMBOL_GPL(migrate_range_lazily);
