// SPDX-License-Identifier: GPL-2.0
/* The tandem command: options, then one of the subcommands in commands.c. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

enum { HELP = 'h', VERSION = 256, JSON, ROOT };

#define GO_ON	(-1)

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ "json", no_argument, NULL, JSON },
	{ "root", required_argument, NULL, ROOT },
	{ }
};

static int set_root(struct options *options, const char *dir)
{
	struct stat st;

	if (stat(dir, &st)) {
		fprintf(stderr, "tandem: --root %s: %s\n", dir, strerror(errno));
		return FAILED;
	}
	if (!S_ISDIR(st.st_mode)) {
		fprintf(stderr, "tandem: --root %s: not a folder\n", dir);
		return FAILED;
	}
	options->root = dir;
	return GO_ON;
}

/* `tandem SUB --help` is what everybody tries first. */
static int run_command(const struct options *options, int argc, char **argv)
{
	const struct command *c = find_command(argv[0]);

	if (!c)
		return unknown_command(argv[0]);
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(c->help, stdout);
		return DONE;
	}
	return c->run(options, argc, argv);
}

/* The exit status if the option is the end of it, else GO_ON. */
static int take_option(struct options *options, int option)
{
	switch (option) {
	case JSON:
		options->json = true;
		return GO_ON;
	case ROOT:
		return set_root(options, optarg);
	case VERSION:
		puts("tandem " TANDEM_TOOL_VERSION);
		return DONE;
	case HELP:
		return run_help(options, 1, NULL);
	default:
		fputs("See tandem help\n", stderr);
		return BAD_USAGE;
	}
}

static int run(int argc, char **argv)
{
	struct options options = { .root = "" };
	int option, ret = GO_ON;

	while (ret == GO_ON && (option = getopt_long(argc, argv, "+h", long_options, NULL)) != -1)
		ret = take_option(&options, option);
	if (ret != GO_ON)
		return ret;
	if (optind < argc)
		return run_command(&options, argc - optind, argv + optind);
	fputs("tandem: which subcommand? See tandem help\n", stderr);
	return BAD_USAGE;
}

int main(int argc, char **argv)
{
	int ret = run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "tandem: writing the answer: %s\n", strerror(errno));
		return FAILED;
	}
	return ret;
}
