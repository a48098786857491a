/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_SIMULATORS_H
#define TANDEM_SIMULATORS_H

#include "commands.h"

/* What tandem sim can simulate; argv[0] is its name. */
int run_sim_timer(const struct options *options, int argc, char **argv);
int run_sim_poll(const struct options *options, int argc, char **argv);

extern const char sim_timer_help[];
extern const char sim_poll_help[];

#endif
