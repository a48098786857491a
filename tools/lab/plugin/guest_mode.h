/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which CPUs run a guest now. On SVM a guest runs from VMRUN until the host goes on at
 * the instruction after it, whatever ended it.
 */
#ifndef LAB_GUEST_MODE_H
#define LAB_GUEST_MODE_H

#include <stdbool.h>

#include "qemu_plugin.h"

/** guest_mode_watch() - look at an instruction that is being translated */
void guest_mode_watch(struct qemu_plugin_insn *insn);

/** guest_mode() - does this CPU run a guest? Asked by the CPU's own thread */
bool guest_mode(unsigned int cpu);

#endif
