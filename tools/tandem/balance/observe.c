// SPDX-License-Identifier: GPL-2.0
/* What there is now: nodes, VMs, loads and memory, as the policy wants to see them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance.h"
#include "placement_wide.h"

/* So long a VM is taken to use all that it has. */
#define NEW_NS	(30 * S_NS)

struct balance *balance_new(struct host *host, const struct balance_options *options)
{
	struct balance *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->host = host;
	b->options = *options;
	b->snapshot = (struct tandem_snapshot){ b->node, b->group, 0, 0 };
	b->knobs = (struct tandem_placement_knobs)TANDEM_PLACEMENT_DEFAULTS;
	b->trial_knobs = (struct tandem_trial_knobs)TANDEM_TRIAL_DEFAULTS;
	b->moves = json_array();
	b->notes = json_array();
	b->out = stdout;
	return b;
}

void balance_free(struct balance *b)
{
	vms_free(&b->vms);
	free(b->workers.worker);
	json_decref(b->report);
	json_decref(b->moves);
	json_decref(b->notes);
	free(b);
}

uint64_t balance_now_ms(const struct balance *b)
{
	return b->host->calls->now_ns(b->host) / MS_NS;
}

/*
 * What a VM used on a node while the host's CPUs were not looked at. Both are looked at one
 * after the other, and how long after differs from look to look: what is no more than that
 * must not seem to be another load, that comes and goes.
 */
static uint64_t used_meanwhile(const struct balance *b, const struct vm *vm, unsigned int i)
{
	return vm->elapsed_ns ? (double)vm->used_ns[i] / vm->elapsed_ns * b->load.elapsed_ns : 0;
}

static void fill_node(struct balance *b, unsigned int i)
{
	const struct numa_node *n = &b->topology.node[i];
	uint64_t vms = 0;

	for (unsigned int k = 0; k < b->vms.nr; k++)
		vms += used_meanwhile(b, b->vms.vm[k], i);
	host_load_rest(&b->load, i, vms);
	b->node[i] = (struct tandem_node){
		.cpus = cpus_count(&n->cpus), .cores = n->cores,
		.other = tandem_load_mean(&b->load.rest[i]),
		.noise = tandem_load_noise(&b->load.rest[i]),
		.total_mib = n->total_mib, .free_mib = n->free_mib,
	};
	memcpy(b->node[i].distance, n->distance, sizeof(n->distance));
}

static bool is_new(const struct vm *vm)
{
	return vm->age_ns < NEW_NS;
}

static bool is_wide(const struct balance *b, const struct vm *vm)
{
	struct tandem_vm_size size = { vm->vcpus, vm->ram_mib };

	return tandem_vm_width(&b->snapshot, vm->allowed, &size, NULL, 0) != TANDEM_NARROW;
}

static uint32_t resident(const struct balance *b, const struct vm *vm)
{
	uint32_t mib = vm->away_mib;

	for (unsigned int i = 0; i < b->topology.nr; i++)
		mib += vm->mib[i];
	return mib;
}

static uint32_t growth(const struct balance *b, const struct vm *vm)
{
	uint32_t mib = resident(b, vm);

	return is_new(vm) && vm->ram_mib > mib ? vm->ram_mib - mib : 0;
}

static bool is_nearer(const struct vm *vm, unsigned int i, unsigned int other)
{
	if (other == TANDEM_NOWHERE || vm->mib[i] != vm->mib[other])
		return other == TANDEM_NOWHERE || vm->mib[i] > vm->mib[other];
	return vm->used_ns[i] > vm->used_ns[other];
}

/*
 * Of one that was given no node: that which has half of the memory it will use, of two
 * such that where its threads were. A plan that begins there copies least.
 */
static uint8_t seat(const struct balance *b, const struct vm *vm)
{
	uint32_t all = resident(b, vm) + growth(b, vm);
	unsigned int best = TANDEM_NOWHERE;

	for (unsigned int i = 0; i < b->topology.nr && vm->stays == FREE && all; i++)
		if (vm->allowed >> i & 1 && b->node[i].cpus && vm->mib[i] >= all - vm->mib[i] &&
		    is_nearer(vm, i, best))
			best = i;
	return best;
}

static uint8_t flags(const struct vm *vm, uint32_t assumed)
{
	uint8_t flags = tandem_trial_flags(&vm->trial);

	if (vm->stays != FREE)
		flags |= TANDEM_PINNED;
	if (tandem_load_rests(&vm->load, is_new(vm), vm->home != TANDEM_NOWHERE, assumed))
		flags |= TANDEM_RESTING;
	return flags;
}

static void fill_group(struct balance *b, struct tandem_group *g, const struct vm *vm)
{
	struct tandem_vm_size size = { vm->vcpus, vm->ram_mib };

	tandem_newborn(g, &size, vm->allowed ? vm->allowed : 1, 0);
	g->home = topology_find(&b->topology, vm->home);
	if (g->home == TANDEM_NOWHERE)
		g->home = seat(b, vm);
	g->flags = flags(vm, g->load);
	g->grow_mib = growth(b, vm);
	if (!is_new(vm) && vm->load.samples) {
		g->load = tandem_load_mean(&vm->load);
		g->noise = tandem_load_noise(&vm->load);
	}
	memcpy(vm->fixed ? g->fixed_mib : g->mib, vm->mib, sizeof(vm->mib));
}

void balance_snapshot(struct balance *b)
{
	b->snapshot.nr_nodes = b->topology.nr;
	b->snapshot.nr_groups = b->vms.nr < TANDEM_GROUPS_MAX ? b->vms.nr : TANDEM_GROUPS_MAX;
	for (unsigned int i = 0; i < b->snapshot.nr_groups; i++)
		fill_group(b, &b->group[i], b->vms.vm[i]);
	tandem_plan_start(&b->plan, &b->snapshot, &b->knobs);
}

static void say_stays(struct balance *b, struct vm *vm)
{
	if (vm->stays != FREE && !b->options.restore)
		say(b, &vm->said, vm->stays == TAKEN ? SAID_TAKEN : SAID_STAYS,
		    "%s (%d) stays as it is: %s", vm->name, vm->pid, vm_stays_text(vm->stays));
}

/* It was ours, and is not any more: that must outlive us. */
static void record_taken(struct balance *b, struct vm *vm)
{
	if (vm->stays != TAKEN || vm->claim.taken)
		return;
	vm->claim.taken = true;
	if (vm->claimed && !b->options.dry_run)
		claim_write(b->host, vm);
}

/* What is on record of one that is seen for the first time by this process. */
static void recall(struct balance *b, struct vm *vm)
{
	int found;

	if (vm->nr_threads || vm->claimed)
		return;
	found = claim_read(b->host, vm);
	if (found < 0) {
		say(b, &vm->said, SAID_DAMAGED,
		    "%s (%d) stays as it is: its record in " RUN_DIR " is damaged", vm->name,
		    vm->pid);
		vm->claim.taken = true;
		vm->claimed = true;
	}
	if (found > 0)
		tandem_trial_start(&vm->trial, balance_now_ms(b), vm->claim.from);
}

/* False if it is gone, or going. */
static bool is_there(struct vm *vm, int ret)
{
	if (ret && ret != -ESRCH)
		vm->stays = UNREADABLE;
	return ret != -ESRCH;
}

static bool look_at_threads(struct balance *b, struct vm *vm)
{
	int ret;

	recall(b, vm);
	vm->stays = FREE;
	ret = vm_read_threads(b->host, &b->topology, &b->workers, vm);
	tandem_load_saw(&vm->load, vm->at_ns, vm->run_ns, vm->wait_ns);
	return is_there(vm, ret);
}

static bool look_at_the_rest(struct balance *b, struct vm *vm)
{
	if (vm->stays == FREE && !is_there(vm, vm_read_memory(b->host, &b->topology, vm)))
		return false;
	vm_read_cpuset(b->host, &b->topology, vm);
	vm_judge(b->host, &b->topology, vm);
	return true;
}

/* All threads at first, soon after the host's CPUs: what comes then takes long. */
static void look_at_all(struct balance *b)
{
	host_load_look(b->host, &b->topology, &b->load);
	for (unsigned int i = 0; i < b->vms.nr; i++)
		b->vms.vm[i]->seen = look_at_threads(b, b->vms.vm[i]);
	vms_drop_gone(&b->vms);
	for (unsigned int i = 0; i < b->vms.nr; i++)
		b->vms.vm[i]->seen = look_at_the_rest(b, b->vms.vm[i]);
	vms_drop_gone(&b->vms);
}

/* By what needs all nodes to be known. */
static void judge_again(struct balance *b, struct vm *vm)
{
	if (vm->stays == FREE && !vm->claimed && is_wide(b, vm))
		vm->stays = WIDE;
	record_taken(b, vm);
	say_stays(b, vm);
}

static void say_host(struct balance *b)
{
	if (b->vms.hidden)
		say(b, &b->said, SAID_HIDDEN,
		    "%u processes can't be looked at: run as root to see all VMs", b->vms.hidden);
	if (b->topology.too_many)
		say(b, &b->said, SAID_NODES, "only %u nodes, with numbers up to %u, are used",
		    b->topology.nr, NODE_ID_MAX);
	if (b->topology.nr == 1)
		say(b, &b->said, SAID_ONE_NODE, "this host has one node: there is nothing to do");
	if (b->vms.nr > TANDEM_GROUPS_MAX)
		say(b, &b->said, SAID_MANY, "%u VMs are too many: the first %u are balanced",
		    b->vms.nr, TANDEM_GROUPS_MAX);
}

/* False if this is no host that can be looked at. */
bool balance_look(struct balance *b)
{
	if (!topology_read(b->host, &b->topology))
		return false;
	workers_find(b->host, &b->workers);
	vms_find(b->host, &b->vms);
	look_at_all(b);
	for (unsigned int i = 0; i < b->topology.nr; i++)
		fill_node(b, i);
	b->snapshot.nr_nodes = b->topology.nr;
	for (unsigned int i = 0; i < b->vms.nr; i++)
		judge_again(b, b->vms.vm[i]);
	say_host(b);
	if (!b->options.dry_run)
		claims_sweep(b->host, &b->vms);
	b->looks++;
	return true;
}
