// SPDX-License-Identifier: GPL-2.0
/*
 * Each CPU's entry in a page shared with the host, and its registration.
 *
 * A whole number of entries in a page, and no other data: whoever of the host
 * writes there late writes into nothing else.
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/msr.h>

#include "guest.h"

#define PER_PAGE	(PAGE_SIZE / sizeof(struct tandem_entry))

static struct tandem_entry **pages;
static unsigned int nr_pages;

/**
 * tandem_entries_alloc() - room for the entries of all possible CPUs
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int tandem_entries_alloc(void)
{
	unsigned int i;

	nr_pages = DIV_ROUND_UP(nr_cpu_ids, PER_PAGE);
	pages = kcalloc(nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	for (i = 0; i < nr_pages; i++) {
		pages[i] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!pages[i])
			goto err_free;
	}
	return 0;

err_free:
	tandem_entries_free();
	return -ENOMEM;
}

/**
 * tandem_entries_free() - free them; no CPU is registered
 */
void tandem_entries_free(void)
{
	unsigned int i;

	for (i = 0; i < nr_pages; i++)
		free_page((unsigned long)pages[i]);
	kfree(pages);
}

/**
 * tandem_entry() - this CPU's entry
 *
 * Context: bound to the CPU.
 */
struct tandem_entry *tandem_entry(void)
{
	unsigned int cpu = smp_processor_id();

	return &pages[cpu / PER_PAGE][cpu % PER_PAGE];
}

/**
 * tandem_host_present() - does the host have Tandem, of a version we speak?
 *
 * A host that ignores unknown MSRs reads as 0, others inject #GP.
 */
bool tandem_host_present(void)
{
	u64 val;

	if (rdmsrl_safe(MSR_KVM_TANDEM, &val))
		return false;
	return (val & TANDEM_MAGIC_MASK) == TANDEM_MAGIC &&
	       (val & ~TANDEM_MAGIC_MASK) >= TANDEM_VERSION;
}

/**
 * tandem_entry_register() - tell the host where this CPU's entry is
 *
 * Context: bound to the CPU.
 * Return: 0, or -EIO where the host refused.
 */
int tandem_entry_register(void)
{
	u64 gpa = virt_to_phys(tandem_entry());

	if (wrmsrl_safe(MSR_KVM_TANDEM, gpa | TANDEM_ENABLE))
		return -EIO;
	tandem_count(TANDEM_REGISTERED);
	return 0;
}

/**
 * tandem_entry_unregister() - the host shall not touch this CPU's entry again
 *
 * Where the host has lost its module meanwhile the write faults: just as well.
 *
 * Context: bound to the CPU.
 */
void tandem_entry_unregister(void)
{
	wrmsrl_safe(MSR_KVM_TANDEM, 0);
	/* What the host said about polling is no more than a memory now. */
	WRITE_ONCE(tandem_entry()->host.features, 0);
}
