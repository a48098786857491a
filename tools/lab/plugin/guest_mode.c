// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "guest_mode.h"
#include "layout.h"

/* KVM has two of them, and again at another place each time it is loaded. */
enum { PLACES_MAX = 16 };

static const unsigned char vmrun[] = { 0x0f, 0x01, 0xd8 };

/* Each written by its own CPU's thread. */
static struct {
	bool guest;
	char alone[63];
} mode[CPUS_MAX];

/* Addresses of the instructions after VMRUN, 0 where there is none yet. */
static uint64_t after[PLACES_MAX];

static void enter(unsigned int cpu, void *unused)
{
	mode[cpu].guest = true;
}

static void leave(unsigned int cpu, void *unused)
{
	mode[cpu].guest = false;
}

static bool is_after(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < PLACES_MAX; i++)
		if (__atomic_load_n(&after[i], __ATOMIC_ACQUIRE) == address)
			return true;
	return false;
}

/* CPUs translate side by side. */
static void remember(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < PLACES_MAX && !is_after(address); i++) {
		uint64_t none = 0;

		__atomic_compare_exchange_n(&after[i], &none, address, false,
					    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	}
}

/*
 * VMRUN ends a block, so what follows it is translated after it was run. A guest that
 * has code at the very same address would be taken for the host until its next entry;
 * KVM is a module, where guests have other modules, or nothing.
 */
void guest_mode_watch(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);

	if (qemu_plugin_insn_size(insn) == sizeof(vmrun) &&
	    !memcmp(qemu_plugin_insn_data(insn), vmrun, sizeof(vmrun))) {
		remember(address + sizeof(vmrun));
		qemu_plugin_register_vcpu_insn_exec_cb(insn, enter, PLUGIN_NO_REGS, NULL);
	}
	if (is_after(address))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, leave, PLUGIN_NO_REGS, NULL);
}

bool guest_mode(unsigned int cpu)
{
	return mode[cpu].guest;
}
