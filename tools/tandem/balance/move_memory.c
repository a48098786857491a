// SPDX-License-Identifier: GPL-2.0
/*
 * Guest RAM follows its VM in chunks, by move_pages(2): it asks where the pages of a
 * chunk are, and moves those that are there and elsewhere. Between two chunks it waits as
 * long as the rate demands.
 */
#include <errno.h>
#include <string.h>

#include "balance.h"

/* 4 MiB of small pages. */
#define CHUNK	1024
#define MIB	(1024.0 * 1024)

struct chunk {
	void *page[CHUNK];
	int node[CHUNK];
	int status[CHUNK];
	unsigned int nr;
	unsigned long bytes;	/* of each */
};

void vm_copy_start(struct vm *vm)
{
	vm->at_part = 0;
	vm->at_page = 0;
	vm->copied_mib = 0;
	vm->passed = false;
}

/* The next pages, all of one part of its RAM. */
static void fill(struct vm *vm, struct chunk *c)
{
	const struct ram *r = &vm->ram[vm->at_part];
	unsigned long at = r->start + vm->at_page;

	c->bytes = r->page;
	for (c->nr = 0; c->nr < CHUNK && at < r->end; at += r->page)
		c->page[c->nr++] = (void *)at;
	vm->at_page = at - r->start;
	if (at < r->end)
		return;
	vm->at_part++;
	vm->at_page = 0;
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

/* Pages not tried because of one before them keep the status that says so. */
static void clear(struct chunk *c)
{
	for (unsigned int i = 0; i < c->nr; i++)
		c->status[i] = -EAGAIN;
}

static unsigned int count(const struct chunk *c, int status)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < c->nr; i++)
		n += c->status[i] == status;
	return n;
}

static void stop(struct balance *b, struct vm *vm)
{
	vm->passed = true;
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

/* How many pages moved, or -errno. */
static long move(struct balance *b, struct vm *vm, struct chunk *c)
{
	const struct host_calls *calls = b->host->calls;
	long ret = calls->move_pages(b->host, vm->pid, c->nr, c->page, NULL, c->status);

	if (ret < 0)
		return ret;
	keep_remote(c, vm->home);
	if (!c->nr)
		return 0;
	clear(c);
	ret = calls->move_pages(b->host, vm->pid, c->nr, c->page, c->node, c->status);
	if (ret < 0 && ret != -ENOMEM)
		return ret;
	vm->copied_mib += count(c, vm->home) * (c->bytes / MIB);
	return ret == -ENOMEM || count(c, -ENOMEM) ? -ENOMEM : (long)count(c, vm->home);
}

bool vm_copy_chunk(struct balance *b, struct vm *vm, uint64_t *pause_ns)
{
	struct chunk c;
	long moved;

	*pause_ns = 0;
	if (vm->passed)
		return false;
	if (vm->at_part >= vm->nr_ram) {
		stop(b, vm);
		return false;
	}
	fill(vm, &c);
	moved = move(b, vm, &c);
	if (moved < 0) {
		say_why(b, vm, moved);
		stop(b, vm);
		return false;
	}
	*pause_ns = moved * (c.bytes / MIB) * S_NS / b->options.rate_mib;
	return true;
}
