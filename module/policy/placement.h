/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_POLICY_PLACEMENT_H
#define TANDEM_POLICY_PLACEMENT_H

#include <linux/types.h>

#define TANDEM_NODES_MAX	32
/* Virtual nodes of a VM. */
#define TANDEM_WIDE_MAX		32
#define TANDEM_GROUPS_MAX	2048
/* A busy CPU, in the unit of loads. */
#define TANDEM_CPU		256
/* What the potential counts a busy CPU as. */
#define TANDEM_COST_CPU		65536
#define TANDEM_NOWHERE		0xff
/* Slots of a sharing sketch, and how many kinds of sharers are told apart. */
#define TANDEM_SKETCH		8
#define TANDEM_KINDS		32
/* Groups in a step: one against three at most. */
#define TANDEM_STEP_GROUPS	4
#define TANDEM_BEATEN		3
/* Candidates for swaps, of one node. */
#define TANDEM_PICKS		8

/**
 * struct tandem_node - what a NUMA node has
 * @cpus:	CPUs for groups: those of the host less isolated and agent CPUs;
 *		0: memory only
 * @cores:	how many physical cores they are on, 1..@cpus
 * @other:	load of what belongs to no group, 1/256 CPU
 * @noise:	standard error of @other, 1/256 CPU
 * @total_mib:	its memory, MiB
 * @free_mib:	how much of that nobody uses, MiB, @total_mib at most
 * @distance:	to each node, as in SLIT: 10 to itself, 11..254 to others
 */
struct tandem_node {
	__u32 cpus;
	__u32 cores;
	__u32 other;
	__u32 noise;
	__u32 total_mib;
	__u32 free_mib;
	__u8 distance[TANDEM_NODES_MAX];
};

/**
 * enum tandem_group_flags - why a group stays where it is
 * @TANDEM_PINNED:	its user chose its CPUs (a strict subset of those its cpuset
 *			and the host have), or it has a memory policy
 * @TANDEM_IN_FLIGHT:	on the way to its home, or on probation there
 * @TANDEM_LEAVING:	it is being live-migrated to another host
 * @TANDEM_RESTING:	a move of it was undone, see placement_trial.h
 */
enum tandem_group_flags {
	TANDEM_PINNED = 1,
	TANDEM_IN_FLIGHT = 2,
	TANDEM_LEAVING = 4,
	TANDEM_RESTING = 8,
};

#define TANDEM_STAYS	(TANDEM_PINNED | TANDEM_IN_FLIGHT | TANDEM_LEAVING | TANDEM_RESTING)

/**
 * struct tandem_group - a VM, or one virtual node of a wide VM
 * @load:	CPU that it runs or waits for, 1/256 CPU
 * @noise:	standard error of @load, 1/256 CPU
 * @allowed:	nodes that its cpuset allows, a bit each
 * @wide:	0, or which wide VM it is a virtual node of; those stand together
 * @home:	its node, or TANDEM_NOWHERE
 * @flags:	of enum tandem_group_flags
 * @grow_mib:	memory that it will touch yet: of a new VM all of it, MiB
 * @mib:	resident memory on each node that can be moved, MiB
 * @fixed_mib:	resident memory on each node that can't (long-term pins, mlock), MiB
 * @sketch:	a min-hash of its page frames that are shared, all 0: none
 */
struct tandem_group {
	__u32 load;
	__u32 noise;
	__u32 allowed;
	__u16 wide;
	__u8 home;
	__u8 flags;
	__u32 grow_mib;
	__u32 mib[TANDEM_NODES_MAX];
	__u32 fixed_mib[TANDEM_NODES_MAX];
	__u32 sketch[TANDEM_SKETCH];
};

/**
 * struct tandem_snapshot - all that a plan is made from
 * @node:	the nodes
 * @group:	the groups
 * @nr_nodes:	1..TANDEM_NODES_MAX
 * @nr_groups:	0..TANDEM_GROUPS_MAX
 */
struct tandem_snapshot {
	const struct tandem_node *node;
	const struct tandem_group *group;
	__u32 nr_nodes;
	__u32 nr_groups;
};

/**
 * struct tandem_placement_knobs - what plans may be told
 * @smt_percent: what a second thread adds to a core, percent, 0..100
 * @gain_min:	a step gains at least this, 1/65536 CPU, at least 1
 * @sigmas:	and this many standard errors of the loads more
 */
struct tandem_placement_knobs {
	__u32 smt_percent;
	__u32 gain_min;
	__u32 sigmas;
};

#define TANDEM_PLACEMENT_DEFAULTS	{ .smt_percent = 25, .gain_min = 256, .sigmas = 5 }

/**
 * enum tandem_bad - what is wrong with a snapshot; tandem_bad_text() says it in words
 * @TANDEM_GOOD:	nothing
 * @TANDEM_BAD_NODES:	number of nodes
 * @TANDEM_BAD_GROUPS:	number of groups
 * @TANDEM_BAD_KNOBS:	knobs
 * @TANDEM_BAD_CPUS:	CPUs of a node, or none in all
 * @TANDEM_BAD_CORES:	cores of a node
 * @TANDEM_BAD_MEMORY:	memory of a node
 * @TANDEM_BAD_DISTANCE: a distance
 * @TANDEM_BAD_LOAD:	load or noise of a group, or load of a node
 * @TANDEM_BAD_ALLOWED:	nodes that a group is allowed
 * @TANDEM_BAD_HOME:	home of a group
 * @TANDEM_BAD_FLAGS:	flags of a group
 * @TANDEM_BAD_SIZE:	memory of a group
 * @TANDEM_BAD_WIDE:	virtual nodes of a VM
 */
enum tandem_bad {
	TANDEM_GOOD,
	TANDEM_BAD_NODES,
	TANDEM_BAD_GROUPS,
	TANDEM_BAD_KNOBS,
	TANDEM_BAD_CPUS,
	TANDEM_BAD_CORES,
	TANDEM_BAD_MEMORY,
	TANDEM_BAD_DISTANCE,
	TANDEM_BAD_LOAD,
	TANDEM_BAD_ALLOWED,
	TANDEM_BAD_HOME,
	TANDEM_BAD_FLAGS,
	TANDEM_BAD_SIZE,
	TANDEM_BAD_WIDE,
};

/**
 * enum tandem_step_kind - what a step is
 * @TANDEM_DONE:	nothing is left to do
 * @TANDEM_MORE:	nothing yet: call again
 * @TANDEM_HOME:	a group without a home gets one
 * @TANDEM_MOVE:	a group moves
 * @TANDEM_SWAP:	a group and one to three others change places
 * @TANDEM_REFUSED:	the snapshot is bad
 */
enum tandem_step_kind {
	TANDEM_DONE,
	TANDEM_MORE,
	TANDEM_HOME,
	TANDEM_MOVE,
	TANDEM_SWAP,
	TANDEM_REFUSED,
};

/**
 * enum tandem_reason - what a step gains most by
 * @TANDEM_FOR_CPU:	even load
 * @TANDEM_FOR_MEMORY:	a node has less memory than is used there
 * @TANDEM_FOR_LOCALITY: memory that is there already, or can't leave
 * @TANDEM_FOR_SHARING:	pages that it shares with others there
 * @TANDEM_FOR_WIDE:	other virtual nodes of its VM are near
 */
enum tandem_reason {
	TANDEM_FOR_CPU,
	TANDEM_FOR_MEMORY,
	TANDEM_FOR_LOCALITY,
	TANDEM_FOR_SHARING,
	TANDEM_FOR_WIDE,
	TANDEM_REASONS,
};

/**
 * struct tandem_choice - groups that could change places
 * @group:	their indices; the first goes from @from to @to, the others back
 * @nr:		how many, 1..TANDEM_STEP_GROUPS
 * @from:	where the first is, or TANDEM_NOWHERE
 * @to:		where it would go
 * @mib:	what would be copied, MiB
 * @gain:	by how much the potential falls, 1/65536 CPU
 */
struct tandem_choice {
	__u16 group[TANDEM_STEP_GROUPS];
	__u8 nr;
	__u8 from;
	__u8 to;
	__u64 mib;
	__s64 gain;
};

/**
 * struct tandem_step - the next step of a plan, and why
 * @kind:	what it is
 * @reason:	what it gains most by
 * @bad:	what is wrong, for TANDEM_REFUSED
 * @bad_at:	and with which node or group
 * @urgent:	it pays from the start, although memory will be remote for a while: CPUs
 *		that are idle would run. What is not urgent can wait until nothing
 *		else is in flight
 * @choice:	who moves
 * @beaten:	the next best that were looked at between the same two nodes
 * @nr_beaten:	how many of those
 */
struct tandem_step {
	enum tandem_step_kind kind;
	enum tandem_reason reason;
	enum tandem_bad bad;
	__u32 bad_at;
	_Bool urgent;
	struct tandem_choice choice;
	struct tandem_choice beaten[TANDEM_BEATEN];
	__u32 nr_beaten;
};

/**
 * struct tandem_plan_node - a node as the plan would have it
 * @load:	1/256 CPU
 * @capacity:	1/256 CPU, 0: no CPUs
 * @inverse:	2^26 / @capacity
 * @limit_mib:	what groups may use
 * @used_mib:	what they will use, once their memory has followed
 * @variance:	sum of the squares of all noise there
 * @first:	a group that is there, or TANDEM_GROUPS_MAX
 * @nr:		how many are
 * @to_move:	to which nodes moves from here must still be tried
 * @to_swap:	with which nodes swaps must be
 * @unsure:	to which nodes a move would gain, were the loads sure
 */
struct tandem_plan_node {
	__u32 load;
	__u32 capacity;
	__u64 inverse;
	__u64 limit_mib;
	__u64 used_mib;
	__u64 variance;
	__u16 first;
	__u16 nr;
	__u32 to_move;
	__u32 to_swap;
	__u32 unsure;
};

/**
 * struct tandem_plan_group - a group as the plan would have it
 * @toll:	what its memory costs on each node, 1/65536 CPU
 * @total_mib:	what can be moved of its memory, MiB
 * @claim_mib:	what it will use where its home is, MiB
 * @home:	its node
 * @kind:	of sharers, TANDEM_KINDS: none
 * @next:	another group that is there, or TANDEM_GROUPS_MAX
 */
struct tandem_plan_group {
	__u32 toll[TANDEM_NODES_MAX];
	__u32 total_mib;
	__u32 claim_mib;
	__u8 home;
	__u8 kind;
	__u16 next;
};

enum tandem_plan_stage { TANDEM_LOADING, TANDEM_HOMING, TANDEM_IMPROVING, TANDEM_FAILED };

/**
 * struct tandem_plan - a plan in the making: room for the caller to give
 * @snapshot:	what it is made from; must stay as it is until the plan is done
 * @knobs:	how
 * @stage:	what tandem_plan_step() is at
 * @cursor:	the group it is at
 * @scan_from:	the pair of nodes that moves are tried between,
 * @scan_to:	where that was interrupted
 * @scan_next:	at this group; TANDEM_GROUPS_MAX: it was not
 * @scanned:	after so many
 * @swap_at:	which swap is tried next between that pair; 0: none was tried
 * @work:	what this step may still do
 * @doubt:	about the loads of that pair, see tandem_doubt()
 * @load:	of all groups and nodes, 1/256 CPU
 * @best:	the best so far of that pair, and what it beats
 * @bad:	what is wrong with the snapshot
 * @bad_at:	and with which node or group
 * @node:	the nodes
 * @group:	the groups
 * @leader:	the first group of each kind of sharers
 * @nr_kinds:	how many kinds
 * @sharers:	how many groups of a kind are on each node
 * @of_kind:	how many there are
 */
struct tandem_plan {
	const struct tandem_snapshot *snapshot;
	struct tandem_placement_knobs knobs;
	enum tandem_plan_stage stage;
	__u32 cursor;
	__u8 scan_from;
	__u8 scan_to;
	__u16 scan_next;
	__u16 scanned;
	__u16 swap_at;
	__u32 work;
	__u64 doubt;
	__u32 load;
	struct tandem_step best;
	enum tandem_bad bad;
	__u32 bad_at;
	struct tandem_plan_node node[TANDEM_NODES_MAX];
	struct tandem_plan_group group[TANDEM_GROUPS_MAX];
	__u16 leader[TANDEM_KINDS];
	__u32 nr_kinds;
	__u16 sharers[TANDEM_KINDS][TANDEM_NODES_MAX];
	__u16 of_kind[TANDEM_KINDS];
};

void tandem_plan_start(struct tandem_plan *p, const struct tandem_snapshot *snapshot,
		       const struct tandem_placement_knobs *knobs);
void tandem_plan_step(struct tandem_plan *p, struct tandem_step *step);
__s64 tandem_plan_potential(const struct tandem_plan *p);
const char *tandem_bad_text(enum tandem_bad bad);
const char *tandem_reason_text(enum tandem_reason reason);

#endif
