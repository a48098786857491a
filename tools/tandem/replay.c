// SPDX-License-Identifier: GPL-2.0
/* tandem replay: decisions that the module made, made again by the same policy. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "replay.h"
#include "text.h"

enum { HELP = 'h', EXPLAIN = 256, JSON };

const char replay_help[] =
"usage: tandem [--json] replay [--explain] FILE\n"
"\n"
"Makes decisions about where VMs live again that the module made, from what it\n"
"made them from: this command has the same policy. Where they differ, to the\n"
"bit, it says so.\n"
"\n"
"The module keeps its last decisions where its parameter placement_record_kib is\n"
"not 0: /sys/kernel/debug/kvm_tandem/decisions, which can be copied anywhere.\n"
"\n"
"  --explain  all decisions, with the figures of those that were beaten\n"
"  --json     one object\n"
"\n"
"exit status: 0 all are the same; 1 some are not, or the file is not whole or of\n"
"another version; 2 as for all subcommands.\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "explain", no_argument, NULL, EXPLAIN },
	{ "json", no_argument, NULL, JSON },
	{ }
};

/**
 * struct replay - a run of this command
 * @path:	the file
 * @explain:	all is told
 * @json:	as one object
 * @help:	only that was asked for
 */
struct replay {
	const char *path;
	bool explain;
	bool json;
	bool help;
};

static bool is_move(const struct tandem_step *step)
{
	return step->kind != TANDEM_DONE && step->kind != TANDEM_REFUSED;
}

/* What is told of a step knows no more than the replay. */
static struct replay_counts counts;
static uint32_t titled;

static void count_step(const struct tandem_replay *r)
{
	counts.steps += is_move(&r->got);
}

/* Once, however many steps it has. */
static void title(const struct tandem_replay *r)
{
	if (titled != r->number)
		replay_title(r);
	titled = r->number;
}

static void tell_step(const struct tandem_replay *r)
{
	count_step(r);
	title(r);
	if (is_move(&r->got))
		replay_step(r, "", &r->got);
}

static void count(const struct tandem_replay *r)
{
	counts.decisions++;
	counts.plans += r->kind == TANDEM_RECORD_PLAN;
	counts.trials += r->kind == TANDEM_RECORD_TRIAL;
	counts.rules += r->kind == TANDEM_RECORD_2011;
}

static int not_whole(const struct replay_file *f, const struct tandem_replay *r)
{
	fprintf(stderr, "tandem replay: %s: damaged after decision %u\n", f->path, r->number);
	return FAILED;
}

static void take(const struct tandem_replay *r, bool same, const struct replay *how)
{
	count(r);
	counts.differ += !same;
	if (how->json)
		return;
	if (how->explain || !same)
		title(r);
	if (how->explain)
		replay_explain(r);
	if (!same)
		replay_difference(r);
}

static int replay_all(const struct replay_file *f, struct tandem_replay *r,
		      const struct replay *how)
{
	size_t at = TANDEM_RECORD_HEAD;
	enum tandem_replayed replayed;

	for (; at < f->words; at += r->words) {
		replayed = tandem_replay(r, f->word + at, f->words - at);
		if (replayed == TANDEM_DAMAGED)
			return not_whole(f, r);
		take(r, replayed == TANDEM_SAME, how);
	}
	if (counts.decisions == f->word[TANDEM_HEAD_RECORDS])
		return DONE;
	return not_whole(f, r);
}

static void print_json(void)
{
	json_t *doc = json_object();

	json_object_set_new(doc, "decisions", json_integer(counts.decisions));
	json_object_set_new(doc, "plans", json_integer(counts.plans));
	json_object_set_new(doc, "trials", json_integer(counts.trials));
	json_object_set_new(doc, "rule_2011", json_integer(counts.rules));
	json_object_set_new(doc, "steps", json_integer(counts.steps));
	json_object_set_new(doc, "differ", json_integer(counts.differ));
	json_object_set_new(doc, "made", json_integer(counts.made));
	json_object_set_new(doc, "lost", json_integer(counts.lost));
	json_dumpf(doc, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(doc);
}

static void print_text(void)
{
	text_line("decisions", "%u of %u made; %u had no room", counts.decisions, counts.made,
		  counts.lost);
	text_line("of these", "%u plans with %u steps, %u about moves, %u by the rule of 2011",
		  counts.plans, counts.steps, counts.trials, counts.rules);
	text_line("differ", "%u", counts.differ);
}

static int replay(const struct replay *how)
{
	struct tandem_replay *r = calloc(1, sizeof(*r));
	struct replay_file f;
	int ret = FAILED;

	if (!r)
		abort();
	r->told = how->explain && !how->json ? tell_step : count_step;
	if (!replay_load(&f, how->path)) {
		counts.made = f.word[TANDEM_HEAD_MADE];
		counts.lost = f.word[TANDEM_HEAD_LOST];
		ret = replay_all(&f, r, how);
		free(f.word);
	}
	free(r);
	if (ret != DONE)
		return ret;
	if (how->json)
		print_json();
	else
		print_text();
	return counts.differ ? FAILED : DONE;
}

static int bad_option(void)
{
	fputs("See tandem help replay\n", stderr);
	return BAD_USAGE;
}

static int take_options(struct replay *how, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == EXPLAIN)
			how->explain = true;
		else if (option == JSON)
			how->json = true;
		else if (option == HELP)
			how->help = true;
		else
			return bad_option();
	}
	how->path = argv[optind];
	if (how->help || (how->path && !argv[optind + 1]))
		return DONE;
	fputs("tandem replay: which file? One. See tandem help replay\n", stderr);
	return BAD_USAGE;
}

int run_replay(const struct options *options, int argc, char **argv)
{
	struct replay how = { .json = options->json };
	int ret;

	optind = 0;	/* main() has used getopt already */
	ret = take_options(&how, argc, argv);
	if (ret != DONE || !how.help)
		return ret == DONE ? replay(&how) : ret;
	fputs(replay_help, stdout);
	return DONE;
}
