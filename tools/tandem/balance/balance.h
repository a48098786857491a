/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_BALANCE_H
#define TANDEM_BALANCE_H

#include <jansson.h>
#include <stdio.h>

#include "host_load.h"
#include "vm.h"

#define MS_NS	1000000ULL
#define S_NS	(1000 * MS_NS)

/**
 * struct balance_options - what was asked for
 * @interval_s:	between two looks, 1..3600
 * @rate_mib:	memory that is copied, MiB/s, 1..100000
 * @dry_run:	change nothing
 * @once:	one decision, and its end
 * @restore:	only give back
 * @json:	one object a line
 * @quiet:	no table
 * @no_memory:	memory stays where it is
 * @vmb2011:	by the rule of 2011
 */
struct balance_options {
	uint32_t interval_s;
	uint32_t rate_mib;
	bool dry_run;
	bool once;
	bool restore;
	bool json;
	bool quiet;
	bool no_memory;
	bool vmb2011;
};

/**
 * struct balance - a balancer
 * @host:	what it balances
 * @options:	how
 * @topology:	the host's nodes, at the last look
 * @load:	what their CPUs do
 * @vms:	its VMs
 * @workers:	kernel threads that work for them
 * @node:	the nodes, for plans
 * @group:	the VMs, for plans: the first TANDEM_GROUPS_MAX
 * @snapshot:	both
 * @plan:	what is made of them
 * @knobs:	how plans are made
 * @trial_knobs: and moves tried
 * @looks:	how many there were
 * @said:	what was said already, of the host
 * @report:	what this look has found
 * @moves:	what was done since the last report
 * @notes:	and what was said
 * @ended:	a signal wants an end
 * @out:	where reports go
 */
struct balance {
	struct host *host;
	struct balance_options options;
	struct topology topology;
	struct host_load load;
	struct vms vms;
	struct workers workers;
	struct tandem_node node[TANDEM_NODES_MAX];
	struct tandem_group group[TANDEM_GROUPS_MAX];
	struct tandem_snapshot snapshot;
	struct tandem_plan plan;
	struct tandem_placement_knobs knobs;
	struct tandem_trial_knobs trial_knobs;
	unsigned int looks;
	unsigned int said;
	json_t *report;
	json_t *moves;
	json_t *notes;
	bool ended;
	FILE *out;
};

/* What is said once, of a VM or of the host: a bit each. */
enum said {
	SAID_STAYS = 1 << 0,
	SAID_TAKEN = 1 << 1,
	SAID_DAMAGED = 1 << 2,
	SAID_FAILED = 1 << 3,
	SAID_FULL = 1 << 4,
	SAID_COPY = 1 << 5,
	SAID_HIDDEN = 1 << 6,
	SAID_NODES = 1 << 7,
	SAID_ONE_NODE = 1 << 8,
	SAID_MANY = 1 << 9,
	SAID_REFUSED = 1 << 10,
	SAID_GONE = 1 << 11,
	SAID_SLOW = 1 << 12,
	SAID_LEFT = 1 << 13,
};

/* balance_report.c: a line on stderr, or in the notes of --json; @what only once. */
void say(struct balance *b, unsigned int *said, enum said what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What was found, before anything is moved; then what was done about it. */
void report_begin(struct balance *b);
void report_end(struct balance *b);
void report_move(struct balance *b, const struct vm *vm, const char *kind, unsigned int to,
		 const char *reason);
void report_step(struct balance *b, const struct vm *vm, unsigned int to,
		 const struct tandem_step *step);
void report_memory(struct balance *b, const struct vm *vm);

/* observe.c: what there is now. */
struct balance *balance_new(struct host *host, const struct balance_options *options);
void balance_free(struct balance *b);
bool balance_look(struct balance *b);
void balance_snapshot(struct balance *b);
uint64_t balance_now_ms(const struct balance *b);

/*
 * move_threads.c: 0, or -errno; what can't be done was said. To a node's number. After
 * vm_release() nothing of what was changed is left but where memory is.
 */
int vm_confine(struct balance *b, struct vm *vm, unsigned int node);
int vm_release(struct balance *b, struct vm *vm);
/* What has come since, threads or CPUs, is confined too, and memory in the end. */
void vm_keep(struct balance *b, struct vm *vm);

/* move_memory.c: to its home, from the start; and on, for one chunk: false if none is left. */
void vm_copy_start(struct vm *vm);
bool vm_copy_chunk(struct balance *b, struct vm *vm, uint64_t *pause_ns);

/* rule_tandem.c, rule_vmb2011.c: decide, and carry it out. */
void rule_tandem(struct balance *b);
void rule_vmb2011(struct balance *b);
/* Is its memory to follow now? */
bool rule_tandem_copies(const struct balance *b, const struct vm *vm);

#endif
