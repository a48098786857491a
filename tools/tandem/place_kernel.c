// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel does with vCPUs and their memory, as Theurer found it: a task starts
 * on the least loaded node; balances over all of the system are rare, and then take
 * whatever task; memory is faulted in where its vCPU runs.
 */
#include "place_sim.h"

/*
 * How often a vCPU is taken to another node, and how long a VM takes to fault its
 * memory in. His listing of 12 VMs has 0.50 of each VM's memory on its fullest
 * node; this gives 0.41. Nothing depends on it: where vCPUs go has nothing to do with
 * where memory is, so 3/4 of it is remote on four nodes however it lies.
 */
#define SCATTER_S	15
#define FAULT_S		45
/* Per second at most; from the trace: 1771 MiB in 4.2 to 6.9 s. */
#define COPY_MIN	256
#define COPY_MAX	419

static unsigned int least_loaded(struct place *p, unsigned int mask)
{
	unsigned int load[PLACE_NODES] = { }, best = __builtin_ctz(mask);

	for (unsigned int i = 0; i < p->what->vms; i++)
		for (unsigned int c = 0; c < PLACE_VCPUS; c++)
			load[p->vm[i].at[c] % PLACE_NODES] += p->vm[i].at[c] < PLACE_NODES;
	for (unsigned int n = 0; n < p->what->nodes; n++)
		if (mask >> n & 1 && load[n] < load[best])
			best = n;
	return best;
}

static unsigned int first_home(const struct place *p, unsigned int vm, const unsigned int *homes)
{
	unsigned int n = 0;

	while (n + 1 < p->what->nodes && vm >= homes[n])
		vm -= homes[n++];
	return n;
}

static void boot_vm(struct place *p, unsigned int i)
{
	const unsigned int *homes = p->policy == &place_pinned ? p->what->pinned : p->what->homes;
	struct place_vm *vm = &p->vm[i];

	vm->resident = p->what->vm_mib;
	vm->mask = ALL_NODES(p->what);
	vm->listed = p->listings++;
	if (p->policy->placed)
		vm->mask = 1U << first_home(p, i, homes);
	for (unsigned int c = 0; c < PLACE_VCPUS; c++)
		vm->at[c] = least_loaded(p, vm->mask);
}

void place_boot(struct place *p)
{
	for (unsigned int i = 0; i < p->what->vms; i++)
		for (unsigned int c = 0; c < PLACE_VCPUS; c++)
			p->vm[i].at[c] = PLACE_NODES;
	for (unsigned int i = 0; i < p->what->vms; i++)
		boot_vm(p, i);
}

/* One second's worth, by vCPUs in turn; to another node where one is full. */
void place_fault(struct place *p)
{
	for (unsigned int i = 0; i < p->what->vms; i++) {
		struct place_vm *vm = &p->vm[i];
		double all = 0, part;

		for (unsigned int n = 0; n < p->what->nodes; n++)
			all += vm->mib[n];
		part = (vm->resident - all) / PLACE_VCPUS;
		if (part > vm->resident / FAULT_S / PLACE_VCPUS)
			part = vm->resident / FAULT_S / PLACE_VCPUS;
		for (unsigned int c = 0; c < PLACE_VCPUS && part > 0; c++) {
			unsigned int n = vm->at[c];

			while (place_used_mib(p, n) + part > p->what->node_mib)
				n = (n + 1) % p->what->nodes;
			vm->mib[n] += part;
		}
	}
}

void place_move_vcpu(struct place *p, struct place_vm *vm, unsigned int vcpu, unsigned int to)
{
	(void)p;
	vm->at[vcpu] = to;
}

/* Which vCPU is the n-th that is busy, on a node, and not confined to it? */
static bool nth_free(struct place *p, unsigned int node, unsigned int n, unsigned int *vm,
		     unsigned int *vcpu)
{
	for (*vm = 0; *vm < p->what->vms; ++*vm)
		for (*vcpu = 0; *vcpu < PLACE_VCPUS; ++*vcpu)
			if (p->vm[*vm].busy && p->vm[*vm].at[*vcpu] == node &&
			    place_home(&p->vm[*vm]) == PLACE_NODES && !n--)
				return true;
	return false;
}

static unsigned int count_free(struct place *p, unsigned int node)
{
	unsigned int n = 0, vm, vcpu;

	while (nth_free(p, node, n, &vm, &vcpu))
		n++;
	return n;
}

/* Takes one task from the fullest node to the emptiest; false: they are even. */
static bool even_out(struct place *p)
{
	unsigned int high = 0, low = 0, vm, vcpu, n;

	for (n = 1; n < p->what->nodes; n++) {
		high = place_load(p, n) > place_load(p, high) ? n : high;
		low = place_load(p, n) < place_load(p, low) ? n : low;
	}
	n = count_free(p, high);
	if (place_load(p, high) - place_load(p, low) < 2 || !n)
		return false;
	nth_free(p, high, place_random(p, n), &vm, &vcpu);
	if (!(p->vm[vm].mask >> low & 1))
		return false;
	place_move_vcpu(p, &p->vm[vm], vcpu, low);
	return true;
}

/* Each second. */
void place_scatter(struct place *p)
{
	for (unsigned int i = 0; i < p->what->vms; i++) {
		struct place_vm *vm = &p->vm[i];

		for (unsigned int c = 0; c < PLACE_VCPUS && place_home(vm) == PLACE_NODES; c++) {
			unsigned int to = place_random(p, p->what->nodes);

			if (!place_random(p, SCATTER_S) && vm->mask >> to & 1)
				place_move_vcpu(p, vm, c, to);
		}
	}
	for (int tries = 0; tries < 200 && even_out(p); tries++)
		;
}

/*
 * What a look finds: in the trace 4 tasks of a busy VM in 168 of 200 cases, 5 in 31 and
 * 3 in one; mostly the emulator's own threads are what is more.
 */
void place_sample_loads(struct place *p)
{
	for (unsigned int i = 0; i < p->what->vms; i++) {
		unsigned int dice = place_random(p, 200);

		p->vm[i].running = p->vm[i].busy ? PLACE_VCPUS : 0;
		if (p->noise && p->vm[i].busy)
			p->vm[i].running += dice < 31 ? 1 : dice == 31 ? -1 : 0;
	}
}

void place_confine(struct place *p, struct place_vm *vm, unsigned int mask)
{
	unsigned int last = __builtin_ctz(mask);

	if (mask != vm->mask)
		vm->listed = p->listings++;
	vm->mask = mask;
	for (unsigned int c = 0; c < PLACE_VCPUS; c++)
		if (!(mask >> vm->at[c] & 1))
			place_move_vcpu(p, vm, c, last);
}

void place_copy(struct place *p, unsigned int vm, unsigned int to)
{
	p->copy = (struct place_copy){
		vm, to, COPY_MIN + place_random(p, COPY_MAX - COPY_MIN + 1)
	};
	place_at(p, p->now_ms + PLACE_CHUNK_MS, COPY);
}
