// SPDX-License-Identifier: GPL-2.0
/* tandem top: options, and the loop from one sample to the next. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../commands.h"
#include "../status.h"
#include "view_text.h"
#include "sample.h"
#include "screen.h"
#include "view.h"

const char top_help[] =
"usage: tandem [--root DIR] [--json] top [--interval SECONDS] [--sort COLUMN]\n"
"                                         [--once]\n"
"\n"
"What Tandem does on this host now: timers served, its agents, each node's run\n"
"queues and free memory, and for each VM where it belongs, what it runs, what\n"
"its timers cost the agents, and what it polls. A VM that polls beyond its\n"
"budget, or that has used up its share of the agents' time, is marked, and the\n"
"word says why.\n"
"\n"
"  --interval SECONDS   between two looks, 0.1 to 3600 (2)\n"
"  --sort COLUMN        cpu_percent, pid, name, vcpus, home, agent_us_s,\n"
"                       polled_ms_s or moves (cpu_percent)\n"
"  --once               print it once, over one interval, as text\n"
"\n"
"With --json it is printed once, as one object. Keys: q ends it, space looks at\n"
"once, s and S sort by the next column and the one before, up, down and page\n"
"keys scroll.\n"
"\n"
"exit status: 0; 1, 2 as for all subcommands.\n";

struct top {
	const struct options *options;
	double interval;
	int column;
	bool once;
	json_t *before;
	json_t *after;
};

static int bad_option(const char *name, const char *value, const char *allowed)
{
	fprintf(stderr, "tandem top: --%s %s: %s\n", name, value, allowed);
	return BAD_USAGE;
}

static int take_interval(struct top *top, const char *text)
{
	char *end;

	top->interval = strtod(text, &end);
	/* Whatever it is that is no number, is not in between. */
	if (end == text || *end || !(top->interval >= 0.1 && top->interval <= 3600))
		return bad_option("interval", text, "not seconds from 0.1 to 3600");
	return DONE;
}

static int take_column(struct top *top, const char *text)
{
	for (top->column = 0; top_columns[top->column]; top->column++)
		if (!strcmp(top_columns[top->column], text))
			return DONE;
	return bad_option("sort", text,
			  "there is: cpu_percent pid name vcpus home agent_us_s polled_ms_s moves");
}

static int take_options(struct top *top, int argc, char **argv)
{
	static const struct option options[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "sort", required_argument, NULL, 's' },
		{ "once", no_argument, NULL, 'o' },
		{ }
	};
	int option, ret = DONE;

	optind = 0;
	while (ret == DONE && (option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (option == 'i')
			ret = take_interval(top, optarg);
		else if (option == 's')
			ret = take_column(top, optarg);
		else if (option == 'o')
			top->once = true;
		else
			ret = BAD_USAGE;
	}
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem top: what is %s? See tandem help top\n", argv[optind]);
		ret = BAD_USAGE;
	}
	return ret;
}

static void wait_for(double seconds)
{
	struct timespec ts = { seconds, (seconds - (time_t)seconds) * 1e9 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static void sample(struct top *top)
{
	json_decref(top->before);
	top->before = top->after;
	top->after = top_sample(top->options->root);
}

static json_t *view_of(const struct top *top)
{
	json_t *view = top_view(top->before, top->after);

	top_sort(view, top_columns[top->column]);
	return view;
}

static struct lines make_lines(const struct top *top, const json_t *advice)
{
	json_t *view = view_of(top);
	struct lines lines = lines_of(view, advice);

	json_decref(view);
	return lines;
}

static void print_lines(const struct top *top, const json_t *advice)
{
	struct lines lines = make_lines(top, advice);
	size_t i;
	int end;

	for (i = 0; i < lines.nr; i++) {
		end = strlen(lines.line[i].text);
		while (end && lines.line[i].text[end - 1] == ' ')
			end--;
		printf("%.*s\n", end, lines.line[i].text);
	}
	lines_free(&lines);
}

static void print_json(const struct top *top, json_t *advice)
{
	json_t *view = view_of(top);

	json_object_set(view, "advice", advice);
	json_dumpf(view, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(view);
}

static void print_once(struct top *top, json_t *advice)
{
	wait_for(top->interval);
	sample(top);
	if (top->options->json)
		print_json(top, advice);
	else
		print_lines(top, advice);
}

static enum wish show(const struct top *top, const json_t *advice)
{
	struct lines lines = make_lines(top, advice);
	enum wish wish;
	char foot[128];

	snprintf(foot, sizeof(foot), "q ends  space looks now  s S sorted by %s  arrows scroll",
		 top_columns[top->column]);
	wish = screen_show(&lines, foot, top->interval * 1000);
	lines_free(&lines);
	return wish;
}

static void sort_by_next(struct top *top, int step)
{
	int nr = 0;

	while (top_columns[nr])
		nr++;
	top->column = (top->column + nr + step) % nr;
}

/* The first view is of two looks that are close to each other: it does not wait. */
static int run_screen(struct top *top, const json_t *advice)
{
	enum wish wish = SAMPLE;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || screen_begin()) {
		fputs("tandem top: this is no terminal that can show it: try --once\n", stderr);
		return FAILED;
	}
	wait_for(0.1);
	while (wish != QUIT) {
		if (wish == SAMPLE)
			sample(top);
		else
			sort_by_next(top, wish == NEXT_COLUMN ? 1 : -1);
		wish = show(top, advice);
	}
	screen_end();
	return DONE;
}

int run_top(const struct options *options, int argc, char **argv)
{
	struct top top = { .options = options, .interval = 2 };
	int ret = take_options(&top, argc, argv);
	json_t *advice;

	if (ret != DONE)
		return ret;
	advice = status_advice(options->root);
	sample(&top);
	if (top.once || options->json)
		print_once(&top, advice);
	else
		ret = run_screen(&top, advice);
	json_decref(top.before);
	json_decref(top.after);
	json_decref(advice);
	return ret;
}
