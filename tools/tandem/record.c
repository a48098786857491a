// SPDX-License-Identifier: GPL-2.0
/* tandem record idle: how long CPUs, or vCPUs, are idle, from tracepoints. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "idle_events.h"
#include "number.h"
#include "tracing.h"

enum { HELP = 'h', VCPUS = 256, SECONDS, BUFFER, FROM, KHZ, OUTPUT };

const char record_help[] =
"usage: tandem record idle [options]\n"
"\n"
"How long is each CPU idle: lines \"WHO NS\" for tandem sim poll --trace.\n"
"\n"
"  --vcpus        of a KVM host, each vCPU: WHO is vcpu and its thread\n"
"  --seconds N    for how long, 10\n"
"  --buffer-kb N  memory for it, for each CPU, 8192\n"
"  --output FILE  where to write, instead of to stdout\n"
"  --from FILE    read a trace that was recorded elsewhere, in tracefs' format\n"
"  --khz N        its clock, where its times are cycles\n"
"\n"
"Tracepoints are cpu_idle and sched_switch from the idle task, or\n"
"kvm_vcpu_wakeup. A poll that ends in a halt counts as one idle. It takes root,\n"
"and a trace of its own: other traces go on. Nothing is read while it records,\n"
"as that would wake CPUs.\n";

static const struct option long_options[] = {
	{ "help", no_argument, NULL, HELP },
	{ "vcpus", no_argument, NULL, VCPUS },
	{ "seconds", required_argument, NULL, SECONDS },
	{ "buffer-kb", required_argument, NULL, BUFFER },
	{ "from", required_argument, NULL, FROM },
	{ "khz", required_argument, NULL, KHZ },
	{ "output", required_argument, NULL, OUTPUT },
	{ }
};

/**
 * struct record - what was asked for
 * @root:	of the system
 * @from:	a recorded trace, or NULL
 * @output:	a file, or NULL
 * @vcpus:	not CPUs
 * @help:	no answer but the help
 * @seconds:	how long
 * @buffer_kb:	for each CPU
 * @khz:	of the clock of @from, 0 = not said
 */
struct record {
	const char *root;
	const char *from;
	const char *output;
	bool vcpus;
	bool help;
	uint32_t seconds;
	uint32_t buffer_kb;
	uint32_t khz;
};

static const struct tracepoint cpu_points[] = {
	{ "power/cpu_idle", NULL },
	{ "sched/sched_switch", "prev_pid == 0" },
	{ }
};

static const struct tracepoint vcpu_points[] = {
	{ "kvm/kvm_vcpu_wakeup", NULL },
	{ }
};

static int take_option(struct record *r, int option)
{
	const struct number seconds = { "seconds", &r->seconds, 1, 3600 };
	const struct number buffer = { "buffer-kb", &r->buffer_kb, 64, 1048576 };
	const struct number khz = { "khz", &r->khz, 1000, 100000000 };

	switch (option) {
	case SECONDS:
		return take_number("record", &seconds, optarg);
	case BUFFER:
		return take_number("record", &buffer, optarg);
	case KHZ:
		return take_number("record", &khz, optarg);
	case FROM:
		r->from = optarg;
		return DONE;
	case OUTPUT:
		r->output = optarg;
		return DONE;
	case VCPUS:
		r->vcpus = true;
		return DONE;
	case HELP:
		r->help = true;
		return DONE;
	default:
		fputs("See tandem help record\n", stderr);
		return BAD_USAGE;
	}
}

static int take_options(struct record *r, int argc, char **argv)
{
	int option, ret = DONE;

	optind = 0;	/* main() has used getopt already */
	while (ret == DONE && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
		ret = take_option(r, option);
	if (ret == DONE && optind < argc) {
		fprintf(stderr, "tandem record: what is %s? See tandem help record\n",
			argv[optind]);
		ret = BAD_USAGE;
	}
	return ret;
}

#define BAD_EVENT "not an event with a time in seconds, or in cycles and --khz given"

static int read_lines(struct idle_events *e, FILE *file, const char *path)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	while (!ret && getline(&line, &size, file) > 0) {
		number++;
		ret = idle_events_line(e, line);
	}
	free(line);
	if (ret)
		fprintf(stderr, "tandem record: %s:%u: " BAD_EVENT "\n", path, number);
	return ret ? FAILED : DONE;
}

static int complain(const char *path)
{
	fprintf(stderr, "tandem record: %s: %s\n", path, strerror(errno));
	return FAILED;
}

/* FAILED where there is nothing to sum up. */
static int summarise(const struct idle_events *e, const char *path)
{
	if (!e->idles) {
		fprintf(stderr, "tandem record: %s: nobody was idle\n", path);
		return FAILED;
	}
	fprintf(stderr, "tandem record: %lu idles", e->idles);
	if (e->lost)
		fprintf(stderr, "; events were lost %lu times: a larger --buffer-kb may help",
			e->lost);
	fputc('\n', stderr);
	return DONE;
}

static int read_trace(struct idle_events *e, const char *path)
{
	FILE *file = fopen(path, "r");
	int ret;

	if (!file)
		return complain(path);
	ret = read_lines(e, file, path);
	fclose(file);
	return ret;
}

/* From a trace to the output. */
static int translate(const char *path, uint32_t khz, FILE *out)
{
	struct idle_events *e = calloc(1, sizeof(*e));
	int ret;

	if (!e)
		abort();
	e->khz = khz;
	e->out = out;
	fputs("# WHO NS\n", out);
	ret = read_trace(e, path);
	if (ret == DONE)
		ret = summarise(e, path);
	free(e);
	return ret;
}

/* Ctrl-C ends the recording, and keeps what there is; the trace is taken away. */
static void wait_for(uint32_t seconds, const sigset_t *interrupts)
{
	struct timespec left = { .tv_sec = seconds };

	sigtimedwait(interrupts, NULL, &left);
}

static int record_for(struct tracing *t, const struct record *r, const sigset_t *interrupts,
		      FILE *out)
{
	char *path = tracing_path(t, "trace");
	int ret = FAILED;

	if (!tracing_start(t)) {
		wait_for(r->seconds, interrupts);
		if (!tracing_stop(t))
			ret = translate(path, t->khz, out);
	}
	free(path);
	return ret;
}

static int record(const struct record *r, FILE *out)
{
	struct tracing t = { };
	sigset_t interrupts;
	int ret;

	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	sigprocmask(SIG_BLOCK, &interrupts, NULL);
	if (tracing_begin(&t, r->root, r->vcpus ? vcpu_points : cpu_points, r->buffer_kb))
		return FAILED;
	ret = record_for(&t, r, &interrupts, out);
	tracing_end(&t);
	return ret;
}

static int run(const struct record *r)
{
	FILE *out = r->output ? fopen(r->output, "w") : stdout;
	int ret;

	if (!out)
		return complain(r->output);
	ret = r->from ? translate(r->from, r->khz, out) : record(r, out);
	if (r->output && fclose(out))
		ret = complain(r->output);
	return ret;
}

int run_record(const struct options *options, int argc, char **argv)
{
	struct record r = { .root = options->root, .seconds = 10, .buffer_kb = 8192 };
	int ret;

	if (argc < 2 || strcmp(argv[1], "idle")) {
		fputs("tandem record: what? There is: idle. See tandem help record\n", stderr);
		return BAD_USAGE;
	}
	if (options->json) {
		fputs("tandem record: there is no JSON, but lines \"WHO NS\"\n", stderr);
		return BAD_USAGE;
	}
	ret = take_options(&r, argc - 1, argv + 1);
	if (ret != DONE || !r.help)
		return ret == DONE ? run(&r) : ret;
	fputs(record_help, stdout);
	return DONE;
}
