// SPDX-License-Identifier: GPL-2.0
/*
 * Memory follows a VM to its home: a thread copies it, a chunk at a time, as fast as
 * memory_rate allows, by policy/memory_copy.c. Lazily: it only marks what is elsewhere, and
 * the VM's own threads bring what they touch; what they don't stays.
 *
 * Invariants:
 *
 * 1. A page is copied by migrate_range() alone, or by whoever touches it, which leaves what
 *    anybody holds.
 * 2. A chunk goes to the home that the VM had when it began. Whoever changes the home ends
 *    the copy, under numa.lock: at most one chunk goes where it no longer should.
 * 3. Guest RAM is found in the memslots, under numa.lock and kvm->srcu, for each chunk anew.
 *    A chunk has its addresses, and references to the VM and to the users of the VMM's memory,
 *    which are given up without any lock.
 * 4. Nothing is copied while memory is off, or the VM's RAM is logged; what has no home, as
 *    it is left alone, or several, has no copy.
 */
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/migrate_range.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/moduleparam.h>
#include <linux/sched/home.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "tandem.h"
#include "stats.h"
#include "trace.h"
#include "policy/rate.h"

/* Pages of a chunk: a huge page is one. */
#define CHUNK		((2UL << 20) >> PAGE_SHIFT)
/* A node keeps one page in so many free, beyond its watermarks. */
#define RESERVE		64
/* So long it sleeps where the rate demands it, and where all copies wait. */
#define RATE_NAP_MS	10
#define WAIT_NAP_MS	100

enum memory { MEMORY_OFF, MEMORY_CHUNKS, MEMORY_LAZY };

static const char * const memory_names[] = { "off", "chunks", "lazy" };

static const struct tandem_copy_knobs copy_knobs = TANDEM_COPY_DEFAULTS;

static struct tandem_word_knob memory = {
	memory_names, ARRAY_SIZE(memory_names), "off, chunks or lazy", MEMORY_CHUNKS
};

static struct task_struct *copier;
static struct tandem_vm **vms;		/* the thread's: those that it looks at */
static DECLARE_WAIT_QUEUE_HEAD(begun);
static bool wanted;			/* a copy has begun */
static struct tandem_rate rate;		/* the thread's */

/**
 * struct chunk - what is copied next
 * @range:	the addresses
 * @gfn:	the first one's frame number
 * @serial:	which copy it is of
 * @first:	it is the first of a pass
 * @begins:	... and that of a copy
 * @kvm:	whose RAM; we have a reference
 * @mm:		whose addresses; we are a user
 */
struct chunk {
	struct migrate_range range;
	gfn_t gfn;
	unsigned int serial;
	bool first;
	bool begins;
	struct kvm *kvm;
	struct mm_struct *mm;
};

/**
 * tandem_memory_follows() - shall memory follow VMs?
 */
bool tandem_memory_follows(void)
{
	return READ_ONCE(memory.word) != MEMORY_OFF;
}

/**
 * tandem_memory_is_copied() - is all of a VM's memory at its home, once a copy has ended?
 */
bool tandem_memory_is_copied(void)
{
	return READ_ONCE(memory.word) == MEMORY_CHUNKS;
}

static void trace_copy(struct tandem_vm *vm, const char *what)
{
	trace_tandem_memory(vm->pid, what, vm->numa.part[0].home, vm->numa.memory.pages);
}

static void begin_pass(struct tandem_memory *m)
{
	m->serial++;
	m->next = 0;
	memset(m->pages, 0, sizeof(m->pages));
}

/**
 * tandem_numa_follow() - a VM's memory shall be where its home is
 * @vm:		the VM, numa.lock held
 *
 * Does nothing where that is not wanted, or the VM has several homes.
 */
void tandem_numa_follow(struct tandem_vm *vm)
{
	lockdep_assert_held(&vm->numa.lock);
	if (!tandem_memory_follows() || vm->numa.gone || vm->numa.parts > 1 ||
	    vm->numa.part[0].home == NUMA_NO_NODE)
		return;
	begin_pass(&vm->numa.memory);
	tandem_copy_start(&vm->numa.memory.copy, tandem_now_ms());
	trace_copy(vm, "begins");
	WRITE_ONCE(wanted, true);
	wake_up(&begun);
}

/**
 * tandem_numa_stay() - a VM's memory shall stay where it is
 * @vm:		the VM, numa.lock held
 */
void tandem_numa_stay(struct tandem_vm *vm)
{
	struct tandem_memory *m = &vm->numa.memory;

	lockdep_assert_held(&vm->numa.lock);
	if (!tandem_copy_active(&m->copy))
		return;
	trace_copy(vm, "ends early");
	tandem_copy_stop(&m->copy);
	m->serial++;
}

static bool is_guests(const struct kvm_memory_slot *slot, gfn_t from)
{
	return slot->id < KVM_USER_MEM_SLOTS && slot->base_gfn + slot->npages > from;
}

/* The rest of the first memslot that ends behind a frame number. */
static bool find_ram(struct kvm_memslots *slots, gfn_t from, struct chunk *c)
{
	struct kvm_memory_slot *slot, *first = NULL;
	int bkt;

	kvm_for_each_memslot(slot, bkt, slots)
		if (is_guests(slot, from) && (!first || slot->base_gfn < first->base_gfn))
			first = slot;
	if (!first)
		return false;
	c->gfn = max(first->base_gfn, from);
	c->range.next = first->userspace_addr + (c->gfn - first->base_gfn) * PAGE_SIZE;
	c->range.end = first->userspace_addr + first->npages * PAGE_SIZE;
	return true;
}

/* What can be had on a node without reclaiming anything. */
static bool has_free(int node)
{
	unsigned long keep = CHUNK, free = 0;
	struct zone *zone;

	for (zone = NODE_DATA(node)->node_zones;
	     zone < NODE_DATA(node)->node_zones + MAX_NR_ZONES; zone++) {
		free += zone_page_state(zone, NR_FREE_PAGES);
		keep += high_wmark_pages(zone) + zone_managed_pages(zone) / RESERVE;
	}
	return free > keep;
}

/* Where two VMs change places the one is waited for to leave: what it left is not free at once. */
static bool has_room(int node)
{
	if (!node_state(node, N_MEMORY))
		return false;
	if (has_free(node))
		return true;
	migrate_range_make_room(node);
	return has_free(node);
}

static enum tandem_copy_act find_next(struct tandem_vm *vm, struct chunk *c)
{
	struct tandem_memory *m = &vm->numa.memory;
	struct tandem_copy_facts facts = { .now_ms = tandem_now_ms() };
	struct kvm_memslots *slots;
	int idx;

	idx = srcu_read_lock(&vm->kvm->srcu);
	slots = kvm_memslots(vm->kvm);
	facts.at_end = !find_ram(slots, m->next, c);
	facts.barred = tandem_numa_is_logged(slots);
	srcu_read_unlock(&vm->kvm->srcu, idx);
	facts.room = !tandem_copy_pauses(&m->copy, &copy_knobs, facts.now_ms) &&
		     has_room(vm->numa.part[0].home);
	return tandem_copy_next(&m->copy, &copy_knobs, &facts);
}

/* Where memory is must be sampled anew. */
static void end_copy(struct tandem_vm *vm)
{
	trace_copy(vm, "ends");
	tandem_numa_forget_memory(&vm->numa);
}

/* What a chunk must have while it is copied. */
static bool hold(struct chunk *c, struct kvm *kvm)
{
	if (kvm_get_kvm_safe(kvm))
		c->kvm = kvm;
	if (mmget_not_zero(kvm->mm))
		c->mm = kvm->mm;
	return c->kvm && c->mm;
}

/* We may be the last that had either: not under any lock. */
static void release(struct chunk *c)
{
	if (c->mm)
		mmput(c->mm);
	if (c->kvm)
		kvm_put_kvm(c->kvm);
}

static enum tandem_copy_act take(struct tandem_vm *vm, struct chunk *c)
{
	struct tandem_memory *m = &vm->numa.memory;

	c->range.node = vm->numa.part[0].home;
	c->serial = m->serial;
	c->first = !m->next;
	c->begins = c->first && m->copy.pass == 1;
	if (hold(c, vm->kvm))
		return TANDEM_COPY_CHUNK;
	tandem_numa_stay(vm);
	return TANDEM_COPY_END;
}

static enum tandem_copy_act begin_chunk(struct tandem_vm *vm, struct chunk *c)
{
	enum tandem_copy_act act;

	guard(mutex)(&vm->numa.lock);
	if (!tandem_memory_follows() || vm->numa.gone)
		tandem_numa_stay(vm);
	if (!tandem_copy_active(&vm->numa.memory.copy))
		return TANDEM_COPY_END;
	act = find_next(vm, c);
	if (act == TANDEM_COPY_AGAIN)
		begin_pass(&vm->numa.memory);
	if (act == TANDEM_COPY_END)
		end_copy(vm);
	return act == TANDEM_COPY_CHUNK ? take(vm, c) : act;
}

/* Its user has decided where this memory is. */
static int leave(struct migrate_range *range)
{
	range->pages[MIGRATE_RANGE_FIXED] = (range->end - range->next) >> PAGE_SHIFT;
	range->next = range->end;
	return 0;
}

/* Who turned balancing off still wants memory to follow. */
static int mark(struct chunk *c)
{
	int ret = migrate_range_lazily(c->mm, &c->range, CHUNK);

	if (ret != -EOPNOTSUPP)
		return ret;
	pr_warn_once("kvm_tandem: memory=lazy needs kernel.numa_balancing=1; memory is copied in chunks until then\n");
	return migrate_range(c->mm, &c->range, CHUNK);
}

static int copy(struct chunk *c)
{
	/* Page tables come first: what is copied is mapped anew anyway, by those at home. */
	if (c->begins)
		kvm_mmu_rebuild(c->kvm);
	if (c->first)
		migrate_range_prepare();
	if (sched_home_memory_chosen(c->mm, c->range.next) > 0)
		return leave(&c->range);
	if (READ_ONCE(memory.word) == MEMORY_LAZY)
		return mark(c);
	return migrate_range(c->mm, &c->range, CHUNK);
}

static void charge(unsigned long pages)
{
	u64 ns = (u64)pages * (NSEC_PER_SEC >> (20 - PAGE_SHIFT));

	tandem_rate_charge(&rate, ktime_get_ns(), div_u64(ns, tandem_memory_rate()), 1000);
}

static void count(struct tandem_memory *m, const unsigned long *pages)
{
	unsigned int i;

	for (i = 0; i < NR_MIGRATE_RANGE_OUTCOMES; i++)
		m->pages[i] += pages[i];
	tandem_copy_count(&m->copy, tandem_now_ms(),
			  pages[MIGRATE_RANGE_MOVED] + pages[MIGRATE_RANGE_MARKED],
			  pages[MIGRATE_RANGE_BUSY] + pages[MIGRATE_RANGE_NO_ROOM] +
			  pages[MIGRATE_RANGE_PINNED]);
}

static void end_chunk(struct tandem_vm *vm, struct chunk *c, unsigned long bytes, int ret)
{
	struct tandem_memory *m = &vm->numa.memory;
	unsigned long moved = c->range.pages[MIGRATE_RANGE_MOVED];

	/* What is marked may all be touched at once. */
	charge(moved + c->range.pages[MIGRATE_RANGE_MARKED]);
	tandem_count_add(TANDEM_COPIED, moved);
	guard(mutex)(&vm->numa.lock);
	m->moved += moved;
	if (c->serial != m->serial)
		return;
	if (ret) {
		tandem_copy_pause(&m->copy, tandem_now_ms());
		return;
	}
	m->next = c->gfn + (bytes >> PAGE_SHIFT);
	count(m, c->range.pages);
}

static enum tandem_copy_act copy_chunk(struct tandem_vm *vm)
{
	struct chunk c = { };
	enum tandem_copy_act act = begin_chunk(vm, &c);
	unsigned long from = c.range.next;
	u64 began = ktime_get_ns();
	int ret;

	if (act == TANDEM_COPY_CHUNK) {
		ret = copy(&c);
		tandem_count_add(TANDEM_COPY_NS, ktime_get_ns() - began);
		end_chunk(vm, &c, c.range.next - from, ret);
	}
	release(&c);
	cond_resched();
	return act;
}

static bool is_over(void)
{
	return tandem_rate_over(&rate, ktime_get_ns(), 1000);
}

static bool is_called_off(void)
{
	return kthread_should_stop() || freezing(current);
}

/* Returns: whether its copy goes on, another time. */
static bool copy_some(struct tandem_vm *vm)
{
	enum tandem_copy_act act = TANDEM_COPY_CHUNK;

	while (act == TANDEM_COPY_CHUNK && !is_over() && !is_called_off())
		act = copy_chunk(vm);
	return act != TANDEM_COPY_END;
}

/* Returns: so long it sleeps now, ms; 0: until a copy begins. */
static unsigned int copy_all(void)
{
	unsigned int i, nr = tandem_vms_hold(vms, TANDEM_GROUPS_MAX);
	bool more = false;

	for (i = 0; i < nr; i++) {
		more |= copy_some(vms[i]);
		tandem_vm_drop(vms[i]);
	}
	if (!more)
		return 0;
	return is_over() ? RATE_NAP_MS : WAIT_NAP_MS;
}

/* Frozen while the machine suspends. */
static int work(void *unused)
{
	unsigned int nap;

	set_freezable();
	while (!kthread_freezable_should_stop(NULL)) {
		WRITE_ONCE(wanted, false);
		nap = copy_all();
		if (nap)
			schedule_timeout_interruptible(msecs_to_jiffies(nap));
		else
			wait_event_freezable(begun, READ_ONCE(wanted) || kthread_should_stop());
	}
	return 0;
}

/**
 * tandem_copier_start() - copies may begin
 *
 * Context: may sleep.
 * Return: 0 or a negative error.
 */
int tandem_copier_start(void)
{
	vms = kcalloc(TANDEM_GROUPS_MAX, sizeof(*vms), GFP_KERNEL);
	if (!vms)
		return -ENOMEM;
	copier = kthread_run(work, NULL, "tandem-memory");
	if (!IS_ERR(copier))
		return 0;
	kfree(vms);
	return PTR_ERR(copier);
}

/**
 * tandem_copier_stop() - no chunk is under way on return, and none begins
 *
 * Nobody begins copies any more.
 *
 * Context: may sleep, for a chunk.
 */
void tandem_copier_stop(void)
{
	kthread_stop(copier);
	kfree(vms);
}

module_param_cb(memory, &tandem_word_ops, &memory, 0644);
MODULE_PARM_DESC(memory,
		 "with placement=on, how a VM's memory follows it to its home, once the VM has stayed there: chunks = it is copied bit by bit, lazy = as the VM touches it (needs kernel.numa_balancing=1), off = not at all; default chunks");
