// SPDX-License-Identifier: GPL-2.0
/*
 * Which groups share pages: by a min-hash of the page frames that sampling found
 * shared. Two sets that share a part x of all they have agree in about x of the
 * slots. Groups that agree in half of them are of one kind.
 */
#include "placement_share.h"

#define ALIKE	(TANDEM_SKETCH / 2)

/* A permutation of 64 bits, another for each slot. */
static __u32 mix(__u64 z, __u32 slot)
{
	z += (slot + 1) * 0x9e3779b97f4a7c15ULL;
	z = (z ^ z >> 32) * 0xd6e8feb86659fd93ULL;
	z = (z ^ z >> 32) * 0xd6e8feb86659fd93ULL;
	return (z ^ z >> 32) | 1;
}

/**
 * tandem_sketch_add() - a page frame was found shared
 * @sketch:	of the group; all 0 before the first
 * @frame:	the page frame's number
 */
void tandem_sketch_add(__u32 sketch[TANDEM_SKETCH], __u64 frame)
{
	__u32 i, hash;

	for (i = 0; i < TANDEM_SKETCH; i++) {
		hash = mix(frame, i);
		if (!sketch[i] || hash < sketch[i])
			sketch[i] = hash;
	}
}

static __u32 agree(const __u32 *a, const __u32 *b)
{
	__u32 i, n = 0;

	for (i = 0; i < TANDEM_SKETCH; i++)
		n += a[i] && a[i] == b[i];
	return n;
}

static _Bool empty(const __u32 *sketch)
{
	__u32 i, any = 0;

	for (i = 0; i < TANDEM_SKETCH; i++)
		any |= sketch[i];
	return !any;
}

/**
 * tandem_kind_of() - the kind of sharers that a group is of
 * @p:		the plan; a new kind is added to it
 * @g:		index of the group
 *
 * Return: the kind, or TANDEM_KINDS: it shares nothing, or there are too many kinds
 */
__u32 tandem_kind_of(struct tandem_plan *p, __u32 g)
{
	const struct tandem_group *group = p->snapshot->group;
	__u32 kind;

	if (empty(group[g].sketch))
		return TANDEM_KINDS;
	for (kind = 0; kind < p->nr_kinds; kind++)
		if (agree(group[p->leader[kind]].sketch, group[g].sketch) >= ALIKE)
			return kind;
	if (kind < TANDEM_KINDS)
		p->leader[p->nr_kinds++] = g;
	return kind;
}
