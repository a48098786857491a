/* SPDX-License-Identifier: GPL-2.0 */
/* Loads and stores by owner, by who made them, and by the nodes of CPU and page. */
#ifndef LAB_COUNTS_H
#define LAB_COUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "layout.h"

/** struct count - what was counted in one place */
struct count {
	uint64_t loads;
	uint64_t stores;
};

/**
 * counts_add() - one access by a CPU; called by that CPU's thread alone
 * @guest: by a guest, not by the host's kernel or a program on it
 */
void counts_add(unsigned int cpu, unsigned int owner, bool guest, unsigned int page_node,
		bool store);

/** counts_wanted() - is anybody asking? Else counting would only take time */
bool counts_wanted(void);

/** counts_stop() - until the next reset nothing is counted */
void counts_stop(void);

/** counts_reset() - count from zero, from now on */
void counts_reset(const struct layout *l);

/**
 * counts_print() - a line for each place where anything was counted:
 * "OWNER guest|host CPU_NODE PAGE_NODE LOADS STORES"
 */
void counts_print(const struct layout *l, FILE *out);

#endif
