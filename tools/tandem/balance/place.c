// SPDX-License-Identifier: GPL-2.0
/* tandem place: where a VM that is to be started should be. */
#include <errno.h>
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../commands.h"
#include "../number.h"
#include "../text.h"
#include "../tree.h"
#include "balance.h"
#include "placement_wide.h"

enum { HELP = 'h', VCPUS = 256, MEM, JSON, XML };

const char place_help[] =
"usage: tandem [--json] place --vcpus N --mem M [options]\n"
"\n"
"Where should a new VM start? The cheapest copy of memory is the one that is not\n"
"needed, because memory was touched where it belongs.\n"
"\n"
"  --vcpus N   of the VM, 1 to 8192\n"
"  --mem M     its RAM, MiB, or with G or T behind: 512, 16G\n"
"  --xml       elements for its libvirt domain\n"
"  --json      one object\n"
"\n"
"It looks at the host for a second: CPUs, free memory, and the VMs that are\n"
"there, for which it takes root. What is started as --xml says is pinned:\n"
"tandem balance leaves it there. To let it be moved later, start it without.\n"
"\n"
"exit status: 0 there is a place, or it is to be spread over all nodes, as no\n"
"node can hold it; 1 there is none now; 2 as for all subcommands.\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "vcpus", required_argument, NULL, VCPUS },
	{ "mem", required_argument, NULL, MEM },
	{ "json", no_argument, NULL, JSON },
	{ "xml", no_argument, NULL, XML },
	{ }
};

/**
 * struct place_request - what was asked for
 * @root:	of the system
 * @size:	of the VM
 * @json:	as one object
 * @xml:	as elements of a libvirt domain
 */
struct place_request {
	const char *root;
	struct tandem_vm_size size;
	bool json;
	bool xml;
};

#define ONLY_HELP	(-1)
#define MIB_MAX		(1U << 31)

static int take_mem(uint32_t *mib, const char *text)
{
	unsigned long long value, unit = 1;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end) {
		unit = *end == 'T' ? 1024 * 1024 : *end == 'G' ? 1024 : *end == 'M';
		end++;
	}
	if (errno || *end || !isdigit((unsigned char)*text) || !unit || !value ||
	    value > MIB_MAX / unit) {
		fprintf(stderr, "tandem place: --mem %s: not MiB from 1 to %u; 16G is as good\n",
			text, MIB_MAX);
		return BAD_USAGE;
	}
	*mib = value * unit;
	return DONE;
}

static int take_option(struct place_request *r, int option)
{
	const struct number vcpus = { "vcpus", &r->size.vcpus, 1, 8192 };

	switch (option) {
	case VCPUS:
		return take_number("place", &vcpus, optarg);
	case MEM:
		return take_mem(&r->size.mib, optarg);
	case JSON:
		r->json = true;
		return DONE;
	case XML:
		r->xml = true;
		return DONE;
	case HELP:
		fputs(place_help, stdout);
		return ONLY_HELP;
	default:
		fputs("See tandem help place\n", stderr);
		return BAD_USAGE;
	}
}

static int take_options(struct place_request *r, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		ret = take_option(r, option);
	if (ret != DONE)
		return ret;
	if (optind < argc) {
		fprintf(stderr, "tandem place: what is %s? See tandem help place\n", argv[optind]);
		return BAD_USAGE;
	}
	if (!r->size.vcpus || !r->size.mib || (r->json && r->xml)) {
		fputs("tandem place: give --vcpus and --mem, and one of --json and --xml at most\n",
		      stderr);
		return BAD_USAGE;
	}
	return DONE;
}

/* Two looks, as loads are what changes between; a recorded system has only one. */
static bool observe(struct balance *b)
{
	if (!balance_look(b))
		return false;
	if (host_is_recorded(b->host))
		return true;
	b->host->calls->sleep_ns(b->host, b->host->calls->now_ns(b->host) + S_NS);
	return balance_look(b);
}

static uint32_t all_nodes(const struct balance *b)
{
	return b->topology.nr < 32 ? (1U << b->topology.nr) - 1 : ~0U;
}

/* The new one stands first: those without a home are not given one before it. */
static void add_newborn(struct balance *b, const struct tandem_vm_size *size)
{
	struct tandem_snapshot *s = &b->snapshot;

	balance_snapshot(b);
	if (s->nr_groups == TANDEM_GROUPS_MAX)
		s->nr_groups--;
	memmove(&b->group[1], &b->group[0], s->nr_groups * sizeof(b->group[0]));
	s->nr_groups++;
	tandem_newborn(&b->group[0], size, all_nodes(b), 0);
	tandem_plan_start(&b->plan, s, &b->knobs);
}

/* Its home; false if there is none now. */
static bool find_home(struct balance *b, const struct tandem_vm_size *size,
		      struct tandem_step *step)
{
	add_newborn(b, size);
	do {
		tandem_plan_step(&b->plan, step);
	} while (step->kind == TANDEM_MORE && b->plan.stage <= TANDEM_HOMING);
	if (step->kind == TANDEM_REFUSED)
		fprintf(stderr, "tandem place: no plan can be made: %s\n",
			tandem_bad_text(step->bad));
	return step->kind == TANDEM_HOME && step->choice.group[0] == 0;
}

static void put_cpus(json_t *object, const char *key, const struct cpus *cpus)
{
	char *list = cpus_list(cpus);

	put(object, key, json_string(list));
	free(list);
}

static json_t *home_json(const struct balance *b, const struct tandem_step *step)
{
	json_t *object = json_object();
	const struct tandem_choice *next = step->nr_beaten ? &step->beaten[0] : NULL;
	struct cpus node = { };

	cpus_add(&node, b->topology.node[step->choice.to].id);
	put_cpus(object, "nodes", &node);
	put_cpus(object, "cpus", &b->topology.node[step->choice.to].cpus);
	put(object, "mode", json_string("strict"));
	put(object, "reason", json_string(next ? tandem_reason_text(step->reason) :
						 "no other node can hold it now"));
	put(object, "next_best", next ? json_integer(b->topology.node[next->to].id) : json_null());
	return object;
}

/* How its guest would use several nodes is not known. */
static json_t *spread_json(const struct balance *b)
{
	json_t *object = json_object();
	struct cpus nodes = { };

	for (unsigned int i = 0; i < b->topology.nr; i++)
		cpus_add(&nodes, b->topology.node[i].id);
	put_cpus(object, "nodes", &nodes);
	put_cpus(object, "cpus", &b->topology.usable);
	put(object, "mode", json_string("interleave"));
	put(object, "reason", json_string("it is larger than a node"));
	put(object, "next_best", json_null());
	return object;
}

/* NULL, after saying why, if there is none. */
static json_t *find_place(struct balance *b, const struct tandem_vm_size *size)
{
	struct tandem_step step;

	if (!observe(b)) {
		fprintf(stderr, "tandem place: %s/sys/devices/system/cpu/online can't be read\n",
			b->host->root);
		return NULL;
	}
	switch (tandem_vm_width(&b->snapshot, all_nodes(b), size, NULL, 0)) {
	case TANDEM_NARROW:
		if (find_home(b, size, &step))
			return home_json(b, &step);
		fputs("tandem place: no node has room for it now\n", stderr);
		return NULL;
	case TANDEM_HOMELESS:
		fputs("tandem place: this host has less memory than that\n", stderr);
		return NULL;
	default:
		return spread_json(b);
	}
}

static const char *string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void print_xml(const json_t *place, const struct tandem_vm_size *size)
{
	printf("<vcpu placement='static' cpuset='%s'>%u</vcpu>\n"
	       "<numatune>\n"
	       "  <memory mode='%s' nodeset='%s'/>\n"
	       "</numatune>\n", string(place, "cpus"), size->vcpus, string(place, "mode"),
	       string(place, "nodes"));
}

static void print_text(const json_t *place)
{
	const json_t *next = json_object_get(place, "next_best");

	text_line("nodes", "%s", string(place, "nodes"));
	text_line("cpus", "%s", string(place, "cpus"));
	text_line("memory", "%s", string(place, "mode"));
	text_words("reason", string(place, "reason"));
	if (json_is_integer(next))
		text_line("next best", "node %lld", (long long)json_integer_value(next));
}

static void print_place(const json_t *place, const struct place_request *r)
{
	if (r->xml) {
		print_xml(place, &r->size);
	} else if (r->json) {
		json_dumpf(place, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_text(place);
	}
}

int run_place(const struct options *options, int argc, char **argv)
{
	struct place_request r = { .root = options->root, .json = options->json };
	struct balance_options o = { .dry_run = true, .json = true, .interval_s = 1 };
	struct host host = { .root = options->root, .calls = &real_calls };
	int ret = take_options(&r, argc, argv);
	struct balance *b;
	json_t *place;

	if (ret != DONE)
		return ret == ONLY_HELP ? DONE : ret;
	b = balance_new(&host, &o);
	place = find_place(b, &r.size);
	ret = place ? DONE : FAILED;
	if (b->vms.hidden)
		fprintf(stderr, "tandem place: %u processes can't be looked at: only root can\n",
			b->vms.hidden);
	if (place)
		print_place(place, &r);
	json_decref(place);
	balance_free(b);
	return ret;
}
