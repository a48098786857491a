// SPDX-License-Identifier: GPL-2.0
/* The tandem command: options, then one of the subcommands in commands.c. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

enum { HELP = 1, VERSION, JSON, ROOT };

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
	return DONE;
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

static int run(int argc, char **argv)
{
	struct options options = { .root = "" };
	int ret = DONE;

	while (ret == DONE) {
		switch (getopt_long(argc, argv, "+h", long_options, NULL)) {
		case 'h':
		case HELP:
			return run_help(&options, 1, NULL);
		case VERSION:
			puts("tandem " TANDEM_TOOL_VERSION);
			return DONE;
		case JSON:
			options.json = true;
			break;
		case ROOT:
			ret = set_root(&options, optarg);
			break;
		case -1:
			if (optind < argc)
				return run_command(&options, argc - optind, argv + optind);
			fputs("tandem: which subcommand? See tandem help\n", stderr);
			return BAD_USAGE;
		default:
			fputs("See tandem help\n", stderr);
			return BAD_USAGE;
		}
	}
	return ret;
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
