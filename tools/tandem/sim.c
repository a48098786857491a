// SPDX-License-Identifier: GPL-2.0
/* tandem sim WHAT: its help, and which simulator it is. */
#include <stdio.h>
#include <string.h>

#include "sim_placement.h"
#include "simulators.h"

#define TIMER_HELP \
"usage: tandem [--json] sim timer [--pattern FILE]... [options]\n" \
"\n" \
"What the timers of one vCPU take under each rule, by a model with the module's\n" \
"own policy: stock KVM; the 2017 RFC (a fixed grid of 250 us, an exit and an IPI\n" \
"for a deadline before the next look); the fixed period that hindsight finds\n" \
"best; Tandem's timer mode; its poll mode.\n" \
"\n" \
"  --pattern FILE     lines \"ARM_NS DEADLINE_NS\", 0 cancels, \"NS halt\" and\n" \
"                     \"NS run\"; may repeat; without it, patterns that are made\n" \
"  --min-us N         as the parameter sync_min_us, 100\n" \
"  --max-us N         as the parameter sync_max_us, 4000\n" \
"  --exit-price N     as the parameter exit_price, 10\n" \
"  --exit-ns N        what an exit costs, 2000\n" \
"  --look-ns N        what a look costs, 400\n" \
"  --interrupt-ns N   what an interrupt of the agent's CPU costs, 1500\n" \
"  --json             the form of Documentation/results.rst\n" \
"\n" \
"Exits, looks and IPIs are for each deadline that was armed; cost is what they\n" \
"cost, in ns by the three figures above. \"poll from\" says from how many such\n" \
"vCPUs on a CPU that only polls is cheaper than timer mode, where each look is\n" \
"counted as an interrupt of its own.\n"

#define POLL_HELP \
"usage: tandem [--json] sim poll [--trace FILE]... [options]\n" \
"\n" \
"What the idles of one CPU cost under each rule for how long to poll before a\n" \
"halt, by a model with the modules' own policy: never (stock), the governor\n" \
"haltpoll, KVM's halt polling, ski-rental (as long as a halt costs), the fixed\n" \
"window that hindsight finds best, one who knows each length before, Tandem.\n" \
"\n" \
"  --trace FILE  idle lengths, from tandem record idle; may repeat; without it,\n" \
"                patterns that are made\n" \
"  --seed N      other random numbers for these, 1\n" \
"  --price N     of a ns polled, per mille of a ns that a halt costs, 100\n" \
"  --halt-ns N   what a halt costs, 20000\n" \
"  --max-ns N    the longest window but haltpoll's and KVM's, 1000000\n" \
"  --json        the form of Documentation/results.rst\n" \
"\n" \
"\"best us\" is what an idle costs with the best fixed window: time polled times\n" \
"price, and halts. All other figures are multiples of it. Of each pattern under\n" \
"\"changing\" the lengths depend on what came before, so that a rule may be better\n" \
"than any fixed window.\n"

const char sim_timer_help[] = TIMER_HELP;
const char sim_poll_help[] = POLL_HELP;
const char sim_help[] = TIMER_HELP "\n" POLL_HELP
"\nusage: tandem [--json] sim placement [options]   (its --help says more)\n";

static const struct {
	const char *name;
	int (*run)(const struct options *options, int argc, char **argv);
} simulators[] = {
	{ "timer", run_sim_timer },
	{ "poll", run_sim_poll },
	{ "placement", run_sim_placement },
};

int run_sim(const struct options *options, int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(simulators) / sizeof(*simulators); i++)
		if (!strcmp(argv[1], simulators[i].name))
			return simulators[i].run(options, argc - 1, argv + 1);
	fputs("tandem sim: of what? There are: timer poll placement. See tandem help sim\n",
	      stderr);
	return BAD_USAGE;
}
