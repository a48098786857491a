// SPDX-License-Identifier: GPL-2.0
/* What a simulated host is like at a moment, and what it gets done until the next. */
#include "place_model.h"
#include "place_sim.h"

uint64_t place_random(struct place *p, uint64_t below)
{
	uint64_t z = (p->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (z ^ z >> 31) % below;
}

/* vCPUs that want to run there, and the thread that copies. */
double place_load(const struct place *p, unsigned int node)
{
	double load = p->copy.vm >= 0 && p->copy.to == node;

	for (unsigned int i = 0; i < p->what->vms; i++)
		for (unsigned int c = 0; c < PLACE_VCPUS; c++)
			load += p->vm[i].busy && p->vm[i].at[c] == node;
	return load;
}

double place_used_mib(const struct place *p, unsigned int node)
{
	double mib = 0;

	for (unsigned int i = 0; i < p->what->vms; i++)
		mib += p->vm[i].mib[node];
	return mib;
}

/* How much of a VM's memory is not where one of its vCPUs is. */
double place_remote(const struct place_vm *vm, unsigned int nodes, unsigned int at)
{
	double all = 0;

	for (unsigned int n = 0; n < nodes; n++)
		all += vm->mib[n];
	return all > 0 ? 1 - vm->mib[at] / all : 0;
}

unsigned int place_home(const struct place_vm *vm)
{
	return __builtin_popcount(vm->mask) == 1 ? (unsigned int)__builtin_ctz(vm->mask) :
						   PLACE_NODES;
}

static double at_most(double value, double most)
{
	return value < most ? value : most;
}

/**
 * struct moment - what goes on all over the host
 * @speed:	vCPUs at full speed that do the same work
 * @running:	vCPUs that run
 * @remote:	those, times their remote shares
 */
struct moment {
	double speed;
	double running;
	double remote;
};

static void add_vm(struct moment *m, const struct place *p, const struct place_vm *vm,
		   const double *load)
{
	double cpus = p->what->cpus, over, runs, remote;

	for (unsigned int c = 0; c < PLACE_VCPUS; c++) {
		runs = at_most(1, cpus / load[vm->at[c]]);
		over = load[vm->at[c]] / cpus - 1;
		remote = place_remote(vm, p->what->nodes, vm->at[c]);
		m->running += runs;
		m->remote += runs * remote;
		m->speed += runs / (1 + MODEL_REMOTE * remote) /
			    (over > 0 ? 1 + MODEL_OVER * over : 1);
	}
}

static struct moment look(const struct place *p)
{
	double load[PLACE_NODES];
	struct moment m = { };

	for (unsigned int n = 0; n < p->what->nodes; n++)
		load[n] = place_load(p, n);
	for (unsigned int i = 0; i < p->what->vms; i++)
		if (p->vm[i].busy)
			add_vm(&m, p, &p->vm[i], load);
	return m;
}

static bool last_half(const struct place *p)
{
	return p->now_ms >= p->begin_ms + p->seconds * 500ULL;
}

/* Nothing changes until then. */
void place_measure(struct place *p, uint64_t until_ms)
{
	double seconds = (until_ms - p->now_ms) / 1e3;
	struct place_result *r = &p->result;
	struct moment m;

	if (p->begin_ms && until_ms > p->now_ms) {
		m = look(p);
		r->throughput += seconds * m.speed * MODEL_SCALE;
		r->remote += seconds * m.remote;
		p->running += seconds * m.running;
		if (last_half(p)) {
			r->settled_remote += seconds * m.remote;
			p->half_running += seconds * m.running;
		}
	}
	p->now_ms = until_ms;
}

void place_count_moves(struct place *p, unsigned int n)
{
	if (!p->begin_ms || !n)
		return;
	p->result.moves += n;
	p->result.late_moves += last_half(p) ? n : 0;
	p->result.settled_ms = p->now_ms - p->begin_ms;
}
