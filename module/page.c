// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's pages: mapping them, sharing one mapping among the vCPUs whose
 * entries lie in it, and holding an entry together with its vCPU's lock.
 *
 * KVM walks all mappings of a VM at each MMU notifier call, hence one a page.
 */
#include "tandem.h"

static DEFINE_MUTEX(pages_lock);
static LIST_HEAD(pages);

static struct tandem_page *find_page(struct kvm *kvm, gpa_t gpa)
{
	struct tandem_page *page;

	lockdep_assert_held(&pages_lock);
	list_for_each_entry(page, &pages, node) {
		if (page->gpc.kvm == kvm && page->gpc.gpa == gpa)
			return page;
	}
	return NULL;
}

/*
 * KVM would also map a device's memory. What a VMM backs with a BAR may vanish
 * or stall under the hand that reads it.
 */
static bool is_ram(struct gfn_to_pfn_cache *gpc)
{
	return pfn_valid(gpc->pfn);
}

static struct tandem_page *map_page(struct kvm *kvm, gpa_t gpa)
{
	struct tandem_page *page;
	int err;

	page = kzalloc(sizeof(*page), GFP_KERNEL_ACCOUNT);
	if (!page)
		return ERR_PTR(-ENOMEM);
	kvm_gpc_init(&page->gpc, kvm);
	/* KVM has memslots of its own, such as the page at the LAPIC's address. */
	err = -EFAULT;
	if (!kvm_is_visible_gfn(kvm, gpa_to_gfn(gpa)))
		goto err_unmap;
	err = kvm_gpc_activate(&page->gpc, gpa, PAGE_SIZE);
	if (!err && !is_ram(&page->gpc))
		err = -EFAULT;
	if (err)
		goto err_unmap;
	return page;

err_unmap:
	kvm_gpc_deactivate(&page->gpc);
	kfree(page);
	return ERR_PTR(err);
}

/**
 * tandem_page_get() - map a guest page, or share the mapping that is there
 * @kvm:	the VM
 * @gpa:	a page-aligned guest-physical address
 *
 * Context: may sleep, within kvm->srcu.
 * Return: the page, or -EFAULT where @gpa is not writable guest RAM, -ENOMEM.
 */
struct tandem_page *tandem_page_get(struct kvm *kvm, gpa_t gpa)
{
	struct tandem_page *page;

	guard(mutex)(&pages_lock);
	page = find_page(kvm, gpa);
	if (!page) {
		page = map_page(kvm, gpa);
		if (IS_ERR(page))
			return page;
		list_add(&page->node, &pages);
	}
	page->users++;
	return page;
}

/**
 * tandem_page_put() - give up a vCPU's share of a mapping
 * @page:	from tandem_page_get()
 *
 * Context: may sleep.
 */
void tandem_page_put(struct tandem_page *page)
{
	guard(mutex)(&pages_lock);
	if (--page->users)
		return;
	list_del(&page->node);
	kvm_gpc_deactivate(&page->gpc);
	kfree(page);
}

/**
 * tandem_page_unmap() - take the mapping away, for all who share it
 * @page:	the page, which stays allocated
 *
 * Must happen while the VM lives; tandem_page_put() may follow after it died.
 *
 * Context: may sleep.
 */
void tandem_page_unmap(struct tandem_page *page)
{
	kvm_gpc_deactivate(&page->gpc);
}

/* kvm_gpc_check() looks at the memslots; interrupts hold nothing for that. */
static bool mapped(struct gfn_to_pfn_cache *gpc)
{
	int idx = srcu_read_lock(&gpc->kvm->srcu);
	bool ok = kvm_gpc_check(gpc, PAGE_SIZE) && is_ram(gpc);

	srcu_read_unlock(&gpc->kvm->srcu, idx);
	return ok;
}

static struct tandem_entry *entry_in(struct gfn_to_pfn_cache *gpc, struct tandem_vcpu *tv)
{
	return gpc->khva + offset_in_page(tv->gpa);
}

static struct tandem_entry *entry_of(struct tandem_vcpu *tv)
{
	return entry_in(&tv->page->gpc, tv);
}

/*
 * The memslots changed, but the frame is still mapped, as the MMU notifier has
 * not been called for it: the last word of the guest can still be read there.
 */
static void peek(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	struct gfn_to_pfn_cache *gpc = &tv->page->gpc;

	lockdep_assert_held(&gpc->lock);
	if (!gpc->valid || !is_ram(gpc))
		return;
	hold->last = READ_ONCE(entry_of(tv)->guest.deadline);
	hold->last_valid = true;
}

static struct tandem_entry *lock_entry(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	struct gfn_to_pfn_cache *gpc = &tv->page->gpc;

	for (;;) {
		read_lock_irqsave(&gpc->lock, hold->flags);
		if (mapped(gpc))
			return entry_of(tv);
		peek(tv, hold);
		read_unlock_irqrestore(&gpc->lock, hold->flags);

		if (kvm_gpc_refresh(gpc, PAGE_SIZE) || !is_ram(gpc))
			return NULL;
	}
}

/**
 * tandem_page_lock() - hold a registered vCPU and its entry
 * @tv:		the vCPU
 * @hold:	filled in; &tandem_hold.entry is NULL where the guest has no such
 *		page any more. To be given to tandem_page_unlock() either way.
 *
 * Context: the vCPU's, may sleep. On return interrupts are off.
 */
void tandem_page_lock(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	hold->last_valid = false;
	hold->entry = lock_entry(tv, hold);
	if (!hold->entry)
		local_irq_save(hold->flags);
	raw_spin_lock(&tv->lock);
}

/**
 * tandem_page_trylock() - hold a registered vCPU and its entry, from anywhere
 * @tv:		the vCPU
 * @hold:	filled in on success, to be given to tandem_page_unlock()
 *
 * Context: any. Only tries the mapping's lock, which sleeping code takes too.
 * Return: 0, -EBUSY to try again soon, or -EFAULT where the vCPU has to map the
 * page again first (kvm_tandem_kick()).
 */
int tandem_page_trylock(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	struct gfn_to_pfn_cache *gpc = &tv->page->gpc;

	hold->last_valid = false;
	local_irq_save(hold->flags);
	if (!read_trylock(&gpc->lock)) {
		local_irq_restore(hold->flags);
		return -EBUSY;
	}
	if (!mapped(gpc)) {
		read_unlock_irqrestore(&gpc->lock, hold->flags);
		return -EFAULT;
	}
	hold->entry = entry_of(tv);
	raw_spin_lock(&tv->lock);
	return 0;
}

/**
 * tandem_page_unlock() - let go of a vCPU and its entry
 * @tv:		the vCPU
 * @hold:	from tandem_page_lock() or tandem_page_trylock()
 */
void tandem_page_unlock(struct tandem_vcpu *tv, struct tandem_hold *hold)
{
	raw_spin_unlock(&tv->lock);
	if (hold->entry)
		read_unlock(&tv->page->gpc.lock);
	local_irq_restore(hold->flags);
}

/**
 * tandem_page_raise() - raise the pressure flag of a vCPU's entry
 * @tv:		a vCPU whose page stays mapped or unmapped, but allocated, meanwhile
 *
 * Context: any, also under rq->lock; waits for no lock. Not under tv->lock: whoever
 * writes the flags under it must look at the CPU again after he lowered them.
 * Return: false where the page can't be reached just now.
 */
bool tandem_page_raise(struct tandem_vcpu *tv)
{
	struct tandem_page *page = READ_ONCE(tv->page);
	struct gfn_to_pfn_cache *gpc;
	u32 *flags;
	bool ok;

	/* It is just giving it up. */
	if (!page)
		return true;
	gpc = &page->gpc;
	if (!read_trylock(&gpc->lock))
		return false;
	ok = mapped(gpc);
	if (ok) {
		flags = &entry_in(gpc, tv)->flags.flags;
		/* The task was counted before this: runnable() has the barrier. */
		WRITE_ONCE(*flags, READ_ONCE(*flags) | TANDEM_PRESSURE);
	}
	read_unlock(&gpc->lock);
	return ok;
}
