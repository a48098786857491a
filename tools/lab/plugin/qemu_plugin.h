/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the counter uses of QEMU's plugin interface, version 1 (QEMU 4.2 to 8.x).
 * Debian does not package qemu-plugin.h. These are our own declarations, after QEMU's
 * manual (TCG Plugins) and the symbols that its binary exports.
 */
#ifndef LAB_QEMU_PLUGIN_H
#define LAB_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))

/* values and layouts that QEMU knows by number */
enum { PLUGIN_VERSION = 1 };
enum plugin_regs { PLUGIN_NO_REGS = 0 };
enum plugin_access { PLUGIN_LOADS_AND_STORES = 3 };

struct plugin_info {
	const char *target;
	struct {
		int min;
		int cur;
	} version;
	bool whole_system;
	struct {
		int cpus;
		int cpus_max;
	} system;
};

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

typedef void (*plugin_block_fn)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*plugin_insn_fn)(unsigned int cpu, void *data);
typedef void (*plugin_access_fn)(unsigned int cpu, uint32_t access, uint64_t address,
				 void *data);

/* ours, which QEMU looks up */
extern EXPORTED int qemu_plugin_version;
EXPORTED int qemu_plugin_install(uint64_t id, const struct plugin_info *info, int argc,
				 char **argv);

/* QEMU's */
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_block_fn fn);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t at);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_insn_fn fn,
					    enum plugin_regs regs, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_access_fn fn,
				      enum plugin_regs regs, enum plugin_access which,
				      void *data);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t access, uint64_t address);
bool qemu_plugin_mem_is_store(uint32_t access);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address);

#endif
