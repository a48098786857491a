// SPDX-License-Identifier: GPL-2.0
/*
 * The rule of vmbalanced of 2011, to compare with: each interval at most one VM goes
 * from the node with the most tasks to that with the fewest, and takes its memory along
 * at once. Other than there a VM that has most of its memory on a node already is not
 * given a random one, and what its user pinned is left alone.
 */
#include <stdlib.h>

#include "balance.h"
#include "vmb2011.h"

static void go(struct balance *b, struct vm *vm, const char *kind, unsigned int to,
	       const char *reason)
{
	report_move(b, vm, kind, to, reason);
	if (b->options.dry_run || vm_confine(b, vm, to))
		return;
	vm_copy_start(vm);
}

/* The node that has more than half of it, else any. */
static unsigned int first_home(const struct balance *b, const struct vm *vm)
{
	uint32_t all = 0, nodes = vm->allowed;
	unsigned int skip = random() % __builtin_popcount(nodes);

	for (unsigned int i = 0; i < b->topology.nr; i++)
		all += vm->mib[i];
	for (unsigned int i = 0; i < b->topology.nr; i++)
		if (nodes >> i & 1 && vm->mib[i] > all / 2)
			return b->topology.node[i].id;
	while (skip--)
		nodes &= nodes - 1;
	return b->topology.node[__builtin_ctz(nodes)].id;
}

static struct vm *first_listed(const struct balance *b, unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < b->vms.nr; i++)
		if (b->vms.vm[i]->stays == FREE && b->vms.vm[i]->allowed >> to & 1 &&
		    b->vms.vm[i]->home == b->topology.node[from].id)
			return b->vms.vm[i];
	return NULL;
}

void rule_vmb2011(struct balance *b)
{
	struct tandem_vmb_node node[TANDEM_NODES_MAX] = { };
	struct tandem_vmb v;
	struct vm *vm;

	for (unsigned int i = 0; i < b->vms.nr; i++) {
		vm = b->vms.vm[i];
		if (vm->stays == FREE && vm->home == TANDEM_NOWHERE)
			go(b, vm, "home", first_home(b, vm), "it has none");
		else if (!b->options.dry_run)
			vm_keep(b, vm);
	}
	for (unsigned int i = 0; i < b->topology.nr; i++)
		node[i] = (struct tandem_vmb_node){ b->load.nr_running[i], b->node[i].cpus };
	if (!tandem_vmb2011(node, b->topology.nr, &v) || !v.move)
		return;
	vm = first_listed(b, v.high, v.low);
	if (vm)
		go(b, vm, "move", b->topology.node[v.low].id,
		   "the most tasks are there, the fewest here");
}
