// SPDX-License-Identifier: GPL-2.0
/*
 * A range of a process's memory goes to a NUMA node, bit by bit: so many pages a call,
 * whoever maps them. Mechanism only: when, and how fast, is the caller's.
 *
 * A call looks under mmap_lock and takes pages off the LRU; then, without it, they are
 * migrated, as compaction does that: nobody is waited for, what is in use stays, and huge
 * pages move whole or not at all. The node's memory is not reclaimed for it.
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
#include <linux/swap.h>

#include "internal.h"

/* So many pages are looked at for each that may be copied. */
#define LOOKS	16

/**
 * struct batch - what one call migrates
 * @range:	where it is, and goes
 * @budget:	how many pages may be copied
 * @folios:	those that were isolated
 * @large:	the last large one of them: a page table may map it page by page
 * @nr_pages:	their pages
 * @looked_at:	pages that were looked at
 * @no_room:	the node had no memory for one of them
 */
struct batch {
	struct migrate_range *range;
	unsigned long budget;
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
	return folio_nr_pages(folio) <= b->budget &&
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

static void look_at_folio(struct batch *b, struct folio *folio, unsigned long nr_pages)
{
	enum migrate_range_outcome outcome;

	/* It was counted as a whole. */
	if (folio == b->large)
		return;
	outcome = judge(b, folio);
	if (outcome != MIGRATE_RANGE_MOVED) {
		b->range->pages[outcome] += nr_pages;
	} else if (!isolate_folio_to_list(folio, &b->folios)) {
		b->range->pages[MIGRATE_RANGE_BUSY] += nr_pages;
	} else {
		b->nr_pages += folio_nr_pages(folio);
		b->large = folio_test_large(folio) ? folio : b->large;
	}
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

/* Returns: so many bytes were looked at. */
static unsigned long look_at_entry(struct batch *b, struct vm_area_struct *vma)
{
	struct folio_walk fw;
	struct folio *folio = folio_walk_start(&fw, vma, b->range->next, 0);
	unsigned long bytes;

	if (!folio) {
		bytes = left(b, vma_kernel_pagesize(vma));
		b->range->pages[MIGRATE_RANGE_ABSENT] += bytes >> PAGE_SHIFT;
		return bytes;
	}
	bytes = left(b, entry_size(&fw));
	look_at_folio(b, folio, bytes >> PAGE_SHIFT);
	folio_walk_end(&fw, vma);
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

	if (range->node < 0 || range->node >= MAX_NUMNODES ||
	    !node_state(range->node, N_MEMORY))
		return -EINVAL;
	if (!mmap_read_trylock(mm))
		return -EAGAIN;
	lru_add_drain();
	look(&b, mm);
	mmap_read_unlock(mm);
	if (!list_empty(&b.folios))
		migrate(&b);
	return 0;
}
EXPORT_SYMBOL_GPL(migrate_range);
