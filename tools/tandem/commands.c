// SPDX-License-Identifier: GPL-2.0
/* What the tandem command can do: the table, and looking things up in it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"

const struct command commands[] = {
	{ "balance", "keep each VM's threads and memory on a node", balance_help, run_balance },
	{ "help", "what there is, or all about one subcommand", help_help, run_help },
	{ "place", "where a new VM should start", place_help, run_place },
	{ "record", "how long CPUs or vCPUs are idle, from tracepoints", record_help, run_record },
	{ "replay", "the module's decisions, made again", replay_help, run_replay },
	{ "sim", "timers, idles and placement under each rule, by a model", sim_help, run_sim },
	{ "status", "is Tandem there, and what has it done", status_help, run_status },
	{ "top", "agents, nodes and VMs as they are now", top_help, run_top },
	{ }
};

const struct command *find_command(const char *name)
{
	const struct command *c;

	for (c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int unknown_command(const char *name)
{
	const struct command *c;

	fprintf(stderr, "tandem: there is no subcommand %s; there are:", name);
	for (c = commands; c->name; c++)
		fprintf(stderr, " %s", c->name);
	fputc('\n', stderr);
	return BAD_USAGE;
}
