// SPDX-License-Identifier: GPL-2.0
/* Who else places: nobody, a user by hand, the rule of 2011, a per-task rule. */
#include "place_sim.h"
#include "vmb2011.h"

#define VMB_MS		5000
#define RUSTY_MS	2000

static struct place_vm *first_listed(struct place *p, unsigned int node)
{
	struct place_vm *first = NULL;

	for (unsigned int i = 0; i < p->what->vms; i++)
		if (place_home(&p->vm[i]) == node && (!first || p->vm[i].listed < first->listed))
			first = &p->vm[i];
	return first;
}

/* It waits until the memory is there, and sleeps then. */
static unsigned int run_vmb2011(struct place *p)
{
	struct tandem_vmb_node node[PLACE_NODES] = { };
	struct tandem_vmb v;
	struct place_vm *vm;

	for (unsigned int n = 0; n < p->what->nodes; n++)
		node[n].nr_cpus = p->what->cpus;
	for (unsigned int i = 0; i < p->what->vms; i++)
		node[place_home(&p->vm[i])].nr_running += p->vm[i].running;
	if (!tandem_vmb2011(node, p->what->nodes, &v) || !v.move)
		return VMB_MS;
	vm = first_listed(p, v.high);
	if (!vm)
		return VMB_MS;
	place_confine(p, vm, 1U << v.low);
	place_count_moves(p, 1);
	place_copy(p, vm - p->vm, v.low);
	return 0;
}

static void vmb2011_copied(struct place *p)
{
	place_at(p, p->now_ms + VMB_MS, POLICY);
}

/* Moves a vCPU from a node to another if that makes them more even. */
static bool rusty_moves(struct place *p, unsigned int high, unsigned int low)
{
	for (unsigned int i = 0; i < p->what->vms; i++) {
		for (unsigned int c = 0; c < PLACE_VCPUS; c++) {
			if (!p->vm[i].busy || p->vm[i].at[c] != high)
				continue;
			place_move_vcpu(p, &p->vm[i], c, low);
			place_count_moves(p, 1);
			return true;
		}
	}
	return false;
}

static unsigned int run_rusty(struct place *p)
{
	unsigned int high, low;

	do {
		high = 0;
		low = 0;
		for (unsigned int n = 1; n < p->what->nodes; n++) {
			high = place_load(p, n) > place_load(p, high) ? n : high;
			low = place_load(p, n) < place_load(p, low) ? n : low;
		}
	} while (place_load(p, high) - place_load(p, low) > 1 && rusty_moves(p, high, low));
	return RUSTY_MS;
}

const struct place_policy place_none = {
	.name = "none", .about = "nobody: the kernel scatters", .scatters = true,
};

const struct place_policy place_pinned = {
	.name = "pinned", .about = "bound by hand, for ever", .placed = true,
};

const struct place_policy place_vmb2011 = {
	.name = "vmb2011", .about = "vmbalanced's rule", .placed = true,
	.run = run_vmb2011, .copied = vmb2011_copied,
};

const struct place_policy place_rusty = {
	.name = "rusty", .about = "single vCPUs, never memory", .run = run_rusty,
};
