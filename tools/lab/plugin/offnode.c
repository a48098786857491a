// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU's translator that counts loads and stores by the node of the CPU
 * and the node of the page. Counted is what a guest of the emulated host does, whatever
 * page that goes to, and what the host itself does to pages that it said are somebody's.
 *
 *	-plugin offnode.so,cpus=N,nodes=N,node-mib=N,socket=NAME
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "guest_mode.h"
#include "layout.h"
#include "owners.h"
#include "qemu_plugin.h"
#include "talk.h"

int qemu_plugin_version = PLUGIN_VERSION;

static struct layout layout;

/*
 * Loads and stores that the emulator makes by physical address: a CPU saves and loads
 * what a guest's control block and the host's have, while it enters and leaves a guest.
 */
static bool is_cpus_own(uint64_t address, uint64_t page)
{
	return address >> PAGE_SHIFT == layout_address_of_page(&layout, page) >> PAGE_SHIFT;
}

static void count_page(unsigned int cpu, uint64_t page, uint64_t address, bool store)
{
	unsigned int owner = owners_of(page);
	bool guest = guest_mode(cpu);

	if (owner != NOBODY || (guest && !is_cpus_own(address, page)))
		counts_add(cpu, owner, guest, layout_node_of_page(&layout, page), store);
}

static void count(unsigned int cpu, uint32_t access, uint64_t address, void *unused)
{
	struct qemu_plugin_hwaddr *where;
	uint64_t page;

	if (!counts_wanted() || (!guest_mode(cpu) && !owners_any()))
		return;
	where = qemu_plugin_get_hwaddr(access, address);
	if (!where || qemu_plugin_hwaddr_is_io(where))
		return;
	page = layout_page_of_plugin(&layout, qemu_plugin_hwaddr_phys_addr(where));
	if (page != NO_PAGE)
		count_page(cpu, page, address, qemu_plugin_mem_is_store(access));
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t i;

	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		guest_mode_watch(insn);
		qemu_plugin_register_vcpu_mem_cb(insn, count, PLUGIN_NO_REGS,
						 PLUGIN_LOADS_AND_STORES, NULL);
	}
}

/* The value of NAME=VALUE, or "". */
static const char *option(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);
	int i;

	for (i = 0; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return argv[i] + length + 1;
	return "";
}

int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc, char **argv)
{
	layout.cpus = atoi(option(argc, argv, "cpus"));
	layout.nodes = atoi(option(argc, argv, "nodes"));
	layout.node_bytes = strtoull(option(argc, argv, "node-mib"), NULL, 10) << 20;
	if (!info->whole_system || !layout_ok(&layout)) {
		fprintf(stderr, "offnode: give cpus= (1 to %d), nodes= (1 to %d), node-mib=\n",
			CPUS_MAX, NODES_MAX);
		return 1;
	}
	if (!owners_init(layout_pages(&layout)) ||
	    !talk_start(&layout, option(argc, argv, "socket"))) {
		fputs("offnode: no memory, or no thread, or the socket's name is too long\n",
		      stderr);
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
