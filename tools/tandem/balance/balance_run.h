/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_BALANCE_RUN_H
#define TANDEM_BALANCE_RUN_H

#include "balance.h"

/* Until it is to end; 0, or -1 after saying why on stderr. */
int balance_run(struct host *host, const struct balance_options *options);

/* One interval: look, decide, carry out, report, and copy memory until it is over. */
bool balance_interval(struct balance *b);

/* Gives all VMs back; 0, or -1 if something could not be. */
int balance_restore(struct balance *b);

#endif
