/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_COMMANDS_H
#define TANDEM_COMMANDS_H

#include <stdbool.h>

#define TANDEM_TOOL_VERSION	"0.1"

/* Exit statuses; `tandem help` and Documentation/tandem.rst list them. */
enum {
	DONE = 0,
	FAILED = 1,
	BAD_USAGE = 2,
	NOT_ACTIVE = 3,
};

struct options {
	const char *root;	/* "" is the running system, see tree.h */
	bool json;
};

/**
 * struct command - a subcommand
 * @name:	the word on the command line
 * @summary:	one line for the list
 * @help:	what `tandem help NAME` prints
 * @run:	argv[0] is the name; returns the exit status
 */
struct command {
	const char *name;
	const char *summary;
	const char *help;
	int (*run)(const struct options *options, int argc, char **argv);
};

/* The table, up to an entry without a name. */
extern const struct command commands[];

const struct command *find_command(const char *name);
int unknown_command(const char *name);

extern const char balance_help[];
int run_balance(const struct options *options, int argc, char **argv);

extern const char help_help[];
int run_help(const struct options *options, int argc, char **argv);

extern const char place_help[];
int run_place(const struct options *options, int argc, char **argv);

extern const char record_help[];
int run_record(const struct options *options, int argc, char **argv);

extern const char replay_help[];
int run_replay(const struct options *options, int argc, char **argv);

extern const char sim_help[];
int run_sim(const struct options *options, int argc, char **argv);

extern const char status_help[];
int run_status(const struct options *options, int argc, char **argv);

extern const char top_help[];
int run_top(const struct options *options, int argc, char **argv);

#endif
