// SPDX-License-Identifier: GPL-2.0
/* tandem help [SUBCOMMAND] */
#include <stdio.h>

#include "commands.h"

const char help_help[] =
"usage: tandem help [SUBCOMMAND]\n"
"\n"
"Without a subcommand: the options, the subcommands, the exit statuses.\n";

static const char intro[] =
"usage: tandem [options] SUBCOMMAND [...]\n"
"\n"
"Shows and steers Tandem, on a KVM host or in a guest.\n"
"\n"
"options, before the subcommand:\n"
"  --json      the answer as one JSON object\n"
"  --root DIR  look at DIR/proc and DIR/sys, a recorded system\n"
"  --help      this text\n"
"  --version   the version of this command\n"
"\n"
"subcommands:\n";

static const char statuses[] =
"\n"
"exit statuses:\n"
"  0  done; status: Tandem is active\n"
"  1  it failed, and stderr says why\n"
"  2  there is no such option or subcommand\n"
"  3  status: Tandem is not active here\n"
"\n"
"tandem help SUBCOMMAND says more about one.\n";

static int help_all(void)
{
	const struct command *c;

	fputs(intro, stdout);
	for (c = commands; c->name; c++)
		printf("  %-10s  %s\n", c->name, c->summary);
	fputs(statuses, stdout);
	return DONE;
}

int run_help(const struct options *options, int argc, char **argv)
{
	const struct command *c;

	(void)options;
	if (argc < 2)
		return help_all();
	c = find_command(argv[1]);
	if (!c)
		return unknown_command(argv[1]);
	fputs(c->help, stdout);
	return DONE;
}
