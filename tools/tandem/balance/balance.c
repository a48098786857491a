// SPDX-License-Identifier: GPL-2.0
/* tandem balance: keeps each VM's threads and memory together on a node. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "../commands.h"
#include "../number.h"
#include "balance_run.h"

enum { HELP = 'h', ONCE = 256, DRY_RUN, INTERVAL, RATE, JSON, QUIET, RESTORE, COMPAT, NO_MEMORY };

const char balance_help[] =
"usage: tandem [--json] balance [options]\n"
"\n"
"Keeps the threads and the memory of each VM together on a NUMA node, and the\n"
"nodes even, on any kernel. Threads go first; the memory follows if they stay.\n"
"It runs until it is killed, and leaves VMs where they are then.\n"
"\n"
"  --dry-run          say what it would do, and change nothing\n"
"  --once             one decision, carried out to its end\n"
"  --interval N       seconds between two looks, 2; 1 to 3600\n"
"  --rate N           MiB of memory copied a second, 300; 1 to 100000\n"
"  --no-memory        memory stays where it is\n"
"  --quiet            only moves and what is wrong, no table\n"
"  --json             one object a line, each interval\n"
"  --compat vmb2011   by the rule of vmbalanced of 2011; interval 5\n"
"  --restore          give back all CPUs and cpusets that it changed, and end;\n"
"                     memory stays: nobody had chosen where it was\n"
"\n"
"VMs are processes that hold KVM vCPUs. It confines them by their own cpuset,\n"
"where they have one, else by the affinity of their threads. What its user\n"
"pinned, by affinity or memory policy, is not touched, and a cpuset is kept to.\n"
"What it changes is recorded in /run/tandem before: after a kill, it knows its\n"
"own work when it is started again.\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "once", no_argument, NULL, ONCE },
	{ "dry-run", no_argument, NULL, DRY_RUN },
	{ "interval", required_argument, NULL, INTERVAL },
	{ "rate", required_argument, NULL, RATE },
	{ "json", no_argument, NULL, JSON },
	{ "quiet", no_argument, NULL, QUIET },
	{ "restore", no_argument, NULL, RESTORE },
	{ "compat", required_argument, NULL, COMPAT },
	{ "no-memory", no_argument, NULL, NO_MEMORY },
	{ }
};

#define ONLY_HELP	(-1)

static int take_compat(struct balance_options *o, const char *name)
{
	o->vmb2011 = true;
	if (!strcmp(name, "vmb2011"))
		return DONE;
	fprintf(stderr, "tandem balance: --compat %s: there is: vmb2011\n", name);
	return BAD_USAGE;
}

static int take_flag(struct balance_options *o, int option)
{
	bool *flag = option == ONCE ? &o->once :
		     option == DRY_RUN ? &o->dry_run :
		     option == JSON ? &o->json :
		     option == QUIET ? &o->quiet :
		     option == RESTORE ? &o->restore : &o->no_memory;

	*flag = true;
	return DONE;
}

static int take_option(struct balance_options *o, int option)
{
	const struct number interval = { "interval", &o->interval_s, 1, 3600 };
	const struct number rate = { "rate", &o->rate_mib, 1, 100000 };

	switch (option) {
	case INTERVAL:
		return take_number("balance", &interval, optarg);
	case RATE:
		return take_number("balance", &rate, optarg);
	case COMPAT:
		return take_compat(o, optarg);
	case HELP:
		fputs(balance_help, stdout);
		return ONLY_HELP;
	case '?':
		fputs("See tandem help balance\n", stderr);
		return BAD_USAGE;
	default:
		return take_flag(o, option);
	}
}

static int take_options(struct balance_options *o, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		ret = take_option(o, option);
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem balance: what is %s? See tandem help balance\n",
			argv[optind]);
		ret = BAD_USAGE;
	}
	if (!o->interval_s)
		o->interval_s = o->vmb2011 ? 5 : 2;
	return ret;
}

/* Taken where it waits, see calls.c. */
static void block_signals(void)
{
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
}

int run_balance(const struct options *options, int argc, char **argv)
{
	struct balance_options o = { .json = options->json, .rate_mib = 300 };
	struct host host = { .root = options->root, .calls = &real_calls };
	int ret = take_options(&o, argc, argv);

	if (ret != DONE)
		return ret == ONLY_HELP ? DONE : ret;
	if (*options->root && !o.dry_run) {
		fputs("tandem balance: a recorded system can't be changed: give --dry-run\n",
		      stderr);
		return BAD_USAGE;
	}
	if (o.restore && o.dry_run) {
		fputs("tandem balance: --restore or --dry-run, not both\n", stderr);
		return BAD_USAGE;
	}
	block_signals();
	return balance_run(&host, &o) ? FAILED : DONE;
}
