/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_MIGRATE_RANGE_H
#define _LINUX_MIGRATE_RANGE_H

#include <linux/types.h>

struct mm_struct;

/**
 * enum migrate_range_outcome - what came of a page
 * @MIGRATE_RANGE_MOVED:	it was copied to the node
 * @MIGRATE_RANGE_THERE:	it was on the node already
 * @MIGRATE_RANGE_ABSENT:	there is none: never written to, swapped out, or on its
 *				way somewhere just now
 * @MIGRATE_RANGE_PINNED:	a device, or somebody like one, holds it
 * @MIGRATE_RANGE_KSM:		KSM merged it with others, and it was not asked for
 * @MIGRATE_RANGE_HUGETLB:	the node's pool of huge pages has none free, or it is
 *				larger than what may be copied in one call; lazily: any
 * @MIGRATE_RANGE_FIXED:	its mapping can't be migrated
 * @MIGRATE_RANGE_BUSY:		somebody else worked with it just now
 * @MIGRATE_RANGE_NO_ROOM:	the node has no free memory of that size
 * @MIGRATE_RANGE_MARKED:	lazily: who touches it next faults, and it goes where his memory
 *				comes from
 * @NR_MIGRATE_RANGE_OUTCOMES:	how many there are
 */
enum migrate_range_outcome {
	MIGRATE_RANGE_MOVED,
	MIGRATE_RANGE_THERE,
	MIGRATE_RANGE_ABSENT,
	MIGRATE_RANGE_PINNED,
	MIGRATE_RANGE_KSM,
	MIGRATE_RANGE_HUGETLB,
	MIGRATE_RANGE_FIXED,
	MIGRATE_RANGE_BUSY,
	MIGRATE_RANGE_NO_ROOM,
	MIGRATE_RANGE_MARKED,
	NR_MIGRATE_RANGE_OUTCOMES
};

/**
 * struct migrate_range - memory that goes to a node, bit by bit
 * @next:	where the next call begins, page-aligned
 * @end:	where the range ends, page-aligned
 * @node:	where it goes
 * @ksm:	move what KSM merged, too: others' pages with it
 * @pages:	how many had which outcome, summed over calls
 */
struct migrate_range {
	unsigned long next;
	unsigned long end;
	int node;
	bool ksm;
	unsigned long pages[NR_MIGRATE_RANGE_OUTCOMES];
};

void migrate_range_prepare(void);
void migrate_range_make_room(int node);
int migrate_range(struct mm_struct *mm, struct migrate_range *range, unsigned long budget);
int migrate_range_lazily(struct mm_struct *mm, struct migrate_range *range, unsigned long budget);

#endif
