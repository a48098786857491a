// SPDX-License-Identifier: GPL-2.0
#include "layout.h"

/*
 * QEMU's machine "pc": 3.5 GiB and more is cut at 3 GiB, less is not cut
 * (pc_init1() in hw/i386/pc_piix.c).
 */
#define GIB (1ULL << 30)
#define UNCUT (7 * GIB / 2)
#define CUT_AT (3 * GIB)
#define GOES_ON_AT (4 * GIB)

bool layout_ok(const struct layout *l)
{
	return l->cpus && l->cpus <= CPUS_MAX && l->nodes && l->nodes <= NODES_MAX &&
	       !(l->cpus % l->nodes) && l->node_bytes &&
	       !(l->node_bytes & ((1 << PAGE_SHIFT) - 1));
}

unsigned int layout_node_of_cpu(const struct layout *l, unsigned int cpu)
{
	return cpu / (l->cpus / l->nodes);
}

uint64_t layout_pages(const struct layout *l)
{
	return l->nodes * l->node_bytes >> PAGE_SHIFT;
}

unsigned int layout_node_of_page(const struct layout *l, uint64_t page)
{
	return (page << PAGE_SHIFT) / l->node_bytes;
}

uint64_t layout_page_of_plugin(const struct layout *l, uint64_t address)
{
	uint64_t block = address / l->node_bytes;

	if (block % 2 || block / 2 >= l->nodes)
		return NO_PAGE;
	return (address - block / 2 * l->node_bytes) >> PAGE_SHIFT;
}

static uint64_t bytes_before_hole(const struct layout *l)
{
	uint64_t bytes = l->nodes * l->node_bytes;

	return bytes < UNCUT ? bytes : CUT_AT;
}

uint64_t layout_address_of_page(const struct layout *l, uint64_t page)
{
	uint64_t address = page << PAGE_SHIFT;
	uint64_t cut = bytes_before_hole(l);

	return address < cut ? address : address - cut + GOES_ON_AT;
}

uint64_t layout_page_of_frame(const struct layout *l, uint64_t frame)
{
	uint64_t bytes = l->nodes * l->node_bytes;
	uint64_t cut = bytes_before_hole(l);
	uint64_t address = frame << PAGE_SHIFT;

	if (frame >> (63 - PAGE_SHIFT))
		return NO_PAGE;
	if (address >= cut) {
		if (address < GOES_ON_AT)
			return NO_PAGE;
		address = address - GOES_ON_AT + cut;
	}
	return address < bytes ? address >> PAGE_SHIFT : NO_PAGE;
}
