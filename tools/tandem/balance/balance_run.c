// SPDX-License-Identifier: GPL-2.0
/* The balancer's life: intervals, with the copying of memory in the time between. */
#include <stdio.h>
#include <unistd.h>

#include "balance_run.h"

/* Memory may follow for so many times what a look took. */
#define LOOKS	4

static uint64_t now_ns(const struct balance *b)
{
	return b->host->calls->now_ns(b->host);
}

static void wait_until(struct balance *b, uint64_t ns)
{
	if (!b->host->calls->sleep_ns(b->host, ns))
		b->ended = true;
}

static bool copies(const struct balance *b, const struct vm *vm)
{
	if (!b->options.vmb2011)
		return rule_tandem_copies(b, vm);
	return vm->claimed && vm->stays == FREE && !vm->passed && !b->options.no_memory;
}

static bool has_begun(const struct vm *vm)
{
	return vm->at_part || vm->at_page;
}

/* One at a time, and to its end, but what waits for free memory lets others leave it first. */
static bool goes_before(const struct vm *vm, const struct vm *other)
{
	if (vm->waits != other->waits)
		return vm->waits < other->waits;
	return has_begun(vm) && !has_begun(other);
}

static struct vm *next_to_copy(const struct balance *b)
{
	struct vm *next = NULL;

	for (unsigned int i = 0; i < b->vms.nr && !b->options.dry_run; i++)
		if (copies(b, b->vms.vm[i]) && (!next || goes_before(b->vms.vm[i], next)))
			next = b->vms.vm[i];
	return next;
}

static void copy_until(struct balance *b, uint64_t end_ns)
{
	uint64_t pause_ns;
	struct vm *vm;

	while (!b->ended && now_ns(b) < end_ns && (vm = next_to_copy(b))) {
		vm_copy_chunk(b, vm, &pause_ns);
		wait_until(b, now_ns(b) + pause_ns);
	}
}

static void decide(struct balance *b)
{
	if (b->options.vmb2011)
		rule_vmb2011(b);
	else
		rule_tandem(b);
}

static bool look(struct balance *b)
{
	if (balance_look(b))
		return true;
	fprintf(stderr, "tandem balance: %s/sys/devices/system/cpu/online can't be read\n",
		b->host->root);
	return false;
}

static void say_slow(struct balance *b, uint64_t took_ns)
{
	if (took_ns > b->options.interval_s * S_NS / 2)
		say(b, &b->said, SAID_SLOW, "a look takes %.1f s beside an interval of %u s",
		    took_ns / 1e9, b->options.interval_s);
}

/*
 * Where VMs have all CPUs a look may take longer than an interval: that begins when the
 * look has ended, and while memory follows looks take a fifth of the time at most. The
 * rule of 2011 waits until all of it is there.
 */
static uint64_t end_of_copying(const struct balance *b, uint64_t looked, uint64_t took)
{
	uint64_t interval = b->options.interval_s * S_NS;

	if (b->options.vmb2011)
		return UINT64_MAX;
	return looked + (took * LOOKS > interval ? took * LOOKS : interval);
}

bool balance_interval(struct balance *b)
{
	uint64_t began = now_ns(b), looked;

	if (!look(b))
		return false;
	report_begin(b);
	decide(b);
	looked = now_ns(b);
	say_slow(b, looked - began);
	report_end(b);
	copy_until(b, end_of_copying(b, looked, looked - began));
	if (b->options.vmb2011)
		looked = now_ns(b);
	if (!b->ended)
		wait_until(b, looked + b->options.interval_s * S_NS);
	return true;
}

/* There is no later look that would. */
static void end_probations(struct balance *b)
{
	for (unsigned int i = 0; i < b->vms.nr; i++)
		if (b->vms.vm[i]->trial.stage == TANDEM_PROBATION)
			b->vms.vm[i]->trial.stage = TANDEM_COPYING;
}

/* Loads are known from the second look on; a recorded system has only one. */
static bool balance_once(struct balance *b)
{
	if (!look(b))
		return false;
	if (!host_is_recorded(b->host))
		wait_until(b, now_ns(b) + b->options.interval_s * S_NS);
	if (b->ended || !look(b))
		return b->ended;
	report_begin(b);
	decide(b);
	end_probations(b);
	copy_until(b, UINT64_MAX);
	report_end(b);
	return true;
}

static unsigned int claimed(const struct balance *b)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->vms.nr; i++)
		n += b->vms.vm[i]->claimed;
	return n;
}

static void say_goodbye(const struct balance *b)
{
	if (claimed(b))
		fprintf(stderr, "tandem balance: %u VMs stay there; --restore gives them back\n",
			claimed(b));
}

static int balance_loop(struct balance *b)
{
	bool good = true;

	if (b->options.once)
		return balance_once(b) ? 0 : -1;
	while (good && !b->ended)
		good = balance_interval(b);
	if (good)
		say_goodbye(b);
	return good ? 0 : -1;
}

int balance_run(struct host *host, const struct balance_options *options)
{
	int lock = options->dry_run ? -1 : balance_lock(host), ret;
	struct balance *b;

	if (lock < 0 && !options->dry_run)
		return -1;
	b = balance_new(host, options);
	ret = options->restore ? balance_restore(b) : balance_loop(b);
	balance_free(b);
	if (lock >= 0)
		close(lock);
	return ret;
}
