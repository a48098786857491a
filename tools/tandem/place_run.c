// SPDX-License-Identifier: GPL-2.0
/* A run: boot, fault memory in, work, measure. Same seed, same run. */
#include "place_sim.h"

#define SECOND		1000
/* VMs boot and fault their memory in before anybody works. */
#define BOOT_MS		60000

/* Memory in flight goes from wherever it is, chunk by chunk. */
static void copy_chunk(struct place *p)
{
	struct place_vm *vm = &p->vm[p->copy.vm];
	double mib = p->copy.rate * PLACE_CHUNK_MS / 1000, part;

	for (unsigned int n = 0; n < p->what->nodes; n++) {
		if (n == p->copy.to)
			continue;
		part = vm->mib[n] < mib ? vm->mib[n] : mib;
		vm->mib[n] -= part;
		vm->mib[p->copy.to] += part;
		p->result.copied_mib += part;
		mib -= part;
	}
	if (mib <= 0) {
		place_at(p, p->now_ms + PLACE_CHUNK_MS, COPY);
		return;
	}
	p->copy.vm = -1;
	if (p->policy->copied)
		p->policy->copied(p);
}

static void run_policy(struct place *p)
{
	unsigned int ms;

	place_sample_loads(p);
	ms = p->policy->run(p);
	if (ms)
		place_at(p, p->now_ms + ms, POLICY);
}

static void begin(struct place *p)
{
	p->begin_ms = p->now_ms;
	for (unsigned int i = 0; i < p->what->vms; i++)
		p->vm[i].busy = i < p->what->busy || p->what->burst_ms;
	if (p->what->burst_ms)
		place_at(p, p->now_ms + p->what->burst_ms, CALM);
}

/* A burst is over. */
static void calm(struct place *p)
{
	for (unsigned int i = p->what->busy; i < p->what->vms; i++)
		p->vm[i].busy = false;
}

static void mark(struct place *p)
{
	struct place_sample *s = &p->sample[p->nr_samples];
	double load, cpus = p->what->cpus;

	if (p->nr_samples == PLACE_SAMPLES)
		return;
	p->nr_samples++;
	s->at_ms = p->now_ms - p->begin_ms;
	for (unsigned int n = 0; n < p->what->nodes; n++) {
		load = place_load(p, n);
		s->busy[n] = load < cpus ? load : cpus;
	}
	for (unsigned int i = 0; i < p->what->busy; i++)
		if (place_home(&p->vm[i]) < PLACE_NODES)
			s->vms[place_home(&p->vm[i])]++;
}

static void happen(struct place *p, enum place_event_kind kind)
{
	switch (kind) {
	case FAULT:
		place_fault(p);
		place_at(p, p->now_ms + SECOND, FAULT);
		break;
	case SCATTER:
		place_scatter(p);
		place_at(p, p->now_ms + SECOND, SCATTER);
		break;
	case POLICY:
		run_policy(p);
		break;
	case COPY:
		copy_chunk(p);
		break;
	case BEGIN:
		begin(p);
		break;
	case CALM:
		calm(p);
		break;
	case MARK:
		mark(p);
		place_at(p, p->now_ms + SECOND, MARK);
		break;
	}
}

static double ratio(double a, double b)
{
	return b > 0 ? a / b : 0;
}

/* Integrals become means. */
static void finish(struct place *p)
{
	struct place_result *r = &p->result;
	double most;

	r->throughput *= p->what->scale / p->seconds;
	r->remote = ratio(r->remote, p->running);
	r->settled_remote = ratio(r->settled_remote, p->half_running);
	for (unsigned int i = 0; i < p->what->vms; i++) {
		most = 1;
		for (unsigned int n = 0; n < p->what->nodes; n++)
			if (place_remote(&p->vm[i], p->what->nodes, n) < most)
				most = place_remote(&p->vm[i], p->what->nodes, n);
		r->concentration += (1 - most) / p->what->vms;
	}
}

void place_run(struct place *p)
{
	uint64_t end = BOOT_MS + p->seconds * (uint64_t)SECOND;
	struct place_event e;

	p->copy.vm = -1;
	if (p->policy->start)
		p->policy->start(p);
	place_boot(p);
	if (p->policy->run)
		place_at(p, 0, POLICY);
	place_at(p, 0, FAULT);
	if (p->policy->scatters)
		place_at(p, 0, SCATTER);
	place_at(p, BOOT_MS, BEGIN);
	place_at(p, BOOT_MS, MARK);
	while (place_next(p, &e) && e.at_ms < end) {
		place_measure(p, e.at_ms);
		happen(p, e.kind);
	}
	place_measure(p, end);
	finish(p);
	if (p->policy->stop)
		p->policy->stop(p);
}
