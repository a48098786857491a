// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM follows its VM in chunks, by move_pages(2): it asks where the pages of a
 * chunk are, and moves those that are there and elsewhere. Between two chunks it waits as
 * long as the rate demands.
 */
#include <errno.h>
#include <string.h>

#include "balance.h"

/*
 * Each call lets all CPUs drain their lists of pages, which takes as long for one page as
 * for many: 32 MiB of small pages, and no more of larger ones. But only what the rate
 * pays for in an eighth of a second, as nobody looks meanwhile, and a page at least.
 */
#define CHUNK	8192
#define BYTES	(32UL << 20)
#define CHUNKS_A_SECOND	8
/* Memory may get free, if others leave it: so often, a tenth of a second apart. */
#define WAITS	20
#define WAIT_NS	(100 * MS_NS)
#define MIB	(1024.0 * 1024)
/* A call that moved more than one page in so many is worth another. */
#define PART	8
/* Bytes of a huge page, of x86 and of arm64 with pages of 4 KiB. */
#define HUGE	(2UL << 20)

struct chunk {
	void *page[CHUNK];
	int node[CHUNK];
	int status[CHUNK];
	unsigned int nr;
	unsigned long bytes;	/* of each */
	bool again;		/* more would move */
};

/**
 * struct called - what came of a call
 * @full:	the node had no memory for some
 * @gave_up:	the kernel did, before the end
 * @shared:	pages that others have, too
 */
struct called {
	bool full;
	bool gave_up;
	unsigned int shared;
};

void vm_copy_start(struct vm *vm)
{
	vm->at_part = 0;
	vm->at_page = 0;
	vm->copied_mib = 0;
	vm->left_mib = 0;
	vm->shared_mib = 0;
	vm->huge = true;
	vm->rest = false;
	vm->waits = 0;
	vm->passed = false;
}

/* The next pages, all of one part of its RAM. */
static void fill(struct vm *vm, unsigned long bytes, struct chunk *c)
{
	const struct ram *r = &vm->ram[vm->at_part];
	unsigned long at = r->start + vm->at_page;

	c->bytes = r->page;
	for (c->nr = 0; c->nr < CHUNK && c->nr * r->page < bytes && at < r->end; at += r->page)
		c->page[c->nr++] = (void *)at;
	vm->at_page = at - r->start;
	if (at < r->end)
		return;
	vm->at_part++;
	vm->at_page = 0;
}

static unsigned long chunk_bytes(const struct balance *b)
{
	unsigned long paid = b->options.rate_mib * (1UL << 20) / CHUNKS_A_SECOND;

	return paid < BYTES ? paid : BYTES;
}

/* Only pages that are elsewhere stay in the chunk. */
static void keep_remote(struct chunk *c, int to)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < c->nr; i++) {
		if (c->status[i] < 0 || c->status[i] == to)
			continue;
		c->page[kept] = c->page[i];
		c->node[kept++] = to;
	}
	c->nr = kept;
}

/* The first page of each huge one there may be. */
static void keep_heads(struct chunk *c)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < c->nr; i++)
		if (!kept || (unsigned long)c->page[i] / HUGE !=
				     (unsigned long)c->page[kept - 1] / HUGE)
			c->page[kept++] = c->page[i];
	c->nr = kept;
}

static unsigned int count(const struct chunk *c, int status)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->nr; i++)
		n += c->status[i] == status;
	return n;
}

static void say_what_is_left(struct balance *b, struct vm *vm)
{
	if (vm->left_mib < 1)
		return;
	say(b, &vm->said, SAID_LEFT,
	    "%.0f MiB of memory of %s (%d) can't go to node %u: %.0f MiB others have, too; %s",
	    vm->left_mib, vm->name, vm->pid, vm->home, vm->shared_mib,
	    vm->fixed ? "devices have the rest" : "the rest is in use");
}

static void stop(struct balance *b, struct vm *vm)
{
	vm->passed = true;
	say_what_is_left(b, vm);
	report_memory(b, vm);
}

static void say_why(struct balance *b, struct vm *vm, long error)
{
	switch (error) {
	case -ESRCH:
		say(b, &vm->said, SAID_GONE, "%s (%d) is gone: its memory need not follow",
		    vm->name, vm->pid);
		return;
	case -ENOMEM:
		say(b, &vm->said, SAID_FULL,
		    "node %u has no free memory: %.0f MiB of %s (%d) followed, the rest stays",
		    vm->home, vm->copied_mib, vm->name, vm->pid);
		return;
	case -ENODEV:
		say(b, &vm->said, SAID_COPY,
		    "node %u has no memory any more: that of %s (%d) stays", vm->home,
		    vm->name, vm->pid);
		return;
	default:
		say(b, &vm->said, SAID_COPY, "memory of %s (%d) can't be moved: %s", vm->name,
		    vm->pid, strerror(-error));
	}
}

static long ask(struct balance *b, const struct vm *vm, struct chunk *c)
{
	return b->host->calls->move_pages(b->host, vm->pid, c->nr, c->page, NULL, c->status);
}

/* Of a chunk that was asked for again after it was moved. */
static void count_left(struct vm *vm, const struct chunk *c, unsigned int shared)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < c->nr; i++)
		left += c->status[i] >= 0 && c->status[i] != vm->home;
	vm->left_mib += left * (c->bytes / MIB);
	vm->shared_mib += (shared < left ? shared : left) * (c->bytes / MIB);
}

/* One call that moves pages; 0, or -errno. */
static long call(struct balance *b, const struct vm *vm, struct chunk *c, struct called *r)
{
	long ret;

	memset(c->status, 0, sizeof(c->status));
	ret = b->host->calls->move_pages(b->host, vm->pid, c->nr, c->page, c->node, c->status);
	r->full = ret == -ENOMEM || count(c, -ENOMEM);
	r->gave_up = ret > 0;
	r->shared = count(c, -EACCES);
	return ret < 0 && ret != -ENOMEM ? ret : 0;
}

/* Huge pages by one page each: each other one would be looked up, and be busy. */
static long call_for_heads(struct balance *b, const struct vm *vm, const struct chunk *c,
			   struct called *r)
{
	struct chunk heads = *c;

	keep_heads(&heads);
	return call(b, vm, &heads, r);
}

/*
 * How many pages moved, or -errno: -ENOMEM also where some did. What has moved is asked
 * for: a call does not know of all that it took along. Where pages turn out to be small
 * the rest of them follows by itself. The kernel gives up a call where a page would not
 * move: then it is called again, while that moves a part of the rest.
 */
static long move(struct balance *b, struct vm *vm, struct chunk *c)
{
	long ret = ask(b, vm, c), moved;
	bool huge = vm->huge && !vm->rest;
	struct called r;

	if (ret < 0)
		return ret;
	keep_remote(c, vm->home);
	if (!c->nr)
		return 0;
	ret = huge ? call_for_heads(b, vm, c, &r) : call(b, vm, c, &r);
	if (!ret)
		ret = ask(b, vm, c);
	if (ret < 0)
		return ret;
	moved = count(c, vm->home);
	vm->copied_mib += moved * (c->bytes / MIB);
	if (moved)
		vm->waits = 0;
	if (r.full)
		return -ENOMEM;
	if (huge)
		vm->huge = moved > c->nr / 2;
	vm->rest = huge && moved < c->nr;
	c->again = vm->rest || (r.gave_up && moved > c->nr / PART);
	if (!c->again)
		count_left(vm, c, r.shared);
	return moved;
}

static void repeat(struct vm *vm, unsigned int part, unsigned long page)
{
	vm->at_part = part;
	vm->at_page = page;
}

/* The same chunk again, later. */
static bool wait_for_memory(struct vm *vm, unsigned int part, unsigned long page)
{
	if (++vm->waits == WAITS)
		return false;
	repeat(vm, part, page);
	return true;
}

bool vm_copy_chunk(struct balance *b, struct vm *vm, uint64_t *pause_ns)
{
	unsigned int part = vm->at_part;
	unsigned long page = vm->at_page;
	struct chunk c = { .nr = 0 };
	long moved;

	*pause_ns = 0;
	if (vm->passed)
		return false;
	if (part >= vm->nr_ram) {
		stop(b, vm);
		return false;
	}
	fill(vm, chunk_bytes(b), &c);
	moved = move(b, vm, &c);
	if (moved == -ENOMEM && wait_for_memory(vm, part, page)) {
		*pause_ns = WAIT_NS;
		return true;
	}
	if (moved < 0) {
		say_why(b, vm, moved);
		stop(b, vm);
		return false;
	}
	if (c.again)
		repeat(vm, part, page);
	*pause_ns = moved * (c.bytes / MIB) * S_NS / b->options.rate_mib;
	return true;
}
