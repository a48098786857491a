/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which node a CPU and an address are of: the machine's, as the lab made it (qemu.py:
 * CPUs and memory split evenly, in order).
 */
#ifndef LAB_LAYOUT_H
#define LAB_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { CPUS_MAX = 64, NODES_MAX = 8, PAGE_SHIFT = 12 };

#define NO_PAGE UINT64_MAX

/**
 * struct layout - the emulated machine
 * @cpus:	1 to CPUS_MAX
 * @nodes:	1 to NODES_MAX, divides @cpus
 * @node_bytes:	memory of each node
 */
struct layout {
	unsigned int cpus;
	unsigned int nodes;
	uint64_t node_bytes;
};

/** layout_ok() - can this be a machine that is counted in? */
bool layout_ok(const struct layout *l);

/** layout_node_of_cpu() - node of a CPU below @l->cpus */
unsigned int layout_node_of_cpu(const struct layout *l, unsigned int cpu);

/** layout_pages() - pages of all nodes */
uint64_t layout_pages(const struct layout *l);

/** layout_node_of_page() - node of a page below layout_pages() */
unsigned int layout_node_of_page(const struct layout *l, uint64_t page);

/**
 * layout_page_of_plugin() - which of the machine's pages QEMU means
 * @address: what qemu_plugin_hwaddr_phys_addr() says of RAM
 *
 * That is no physical address: it is the RAM block's offset among all blocks, plus its
 * place in the machine's memory. A node is a block here, so both are the same for each
 * node, and what comes out lies at twice the node's place.
 *
 * Return: the page, counted from the machine's first through all nodes, or NO_PAGE for
 * what is no node's memory: firmware, video.
 */
uint64_t layout_page_of_plugin(const struct layout *l, uint64_t address);

/**
 * layout_page_of_frame() - which page a kernel in the machine calls by this number
 * @frame: as in /proc/PID/pagemap; memory that has no room below the PCI hole begins
 *	again at 4 GiB
 *
 * Return: the page, or NO_PAGE.
 */
uint64_t layout_page_of_frame(const struct layout *l, uint64_t frame);

/** layout_address_of_page() - the other way round: where it begins */
uint64_t layout_address_of_page(const struct layout *l, uint64_t page);

#endif
