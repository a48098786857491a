// SPDX-License-Identifier: GPL-2.0
/* Recorded idles: lines "WHO NS", where WHO is a CPU or a vCPU's thread. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "idles.h"
#include "lines.h"

#define SUFFIX		".idles"
#define LONGEST_WHO	31
#define BAD_LINE "not WHO NS: a name of a-z, 0-9 and -, and how many ns it was idle, below 2^63"

void idles_add(struct idles *idles, uint64_t ns)
{
	if (idles->nr == idles->room) {
		idles->room = idles->room ? 2 * idles->room : 1024;
		idles->ns = reallocarray(idles->ns, idles->room, sizeof(*idles->ns));
		if (!idles->ns)
			abort();
	}
	idles->ns[idles->nr++] = ns;
}

void idles_free(struct idles *idles)
{
	free(idles->name);
	free(idles->ns);
	*idles = (struct idles){ };
}

static struct idles *new_cpu(struct idle_trace *trace, const char *who)
{
	struct idles *idles;

	trace->cpu = reallocarray(trace->cpu, trace->nr + 1, sizeof(*trace->cpu));
	if (!trace->cpu)
		abort();
	idles = &trace->cpu[trace->nr++];
	*idles = (struct idles){ .name = strdup(who) };
	if (!idles->name)
		abort();
	return idles;
}

static struct idles *find_cpu(struct idle_trace *trace, const char *who)
{
	for (size_t i = 0; i < trace->nr; i++)
		if (!strcmp(trace->cpu[i].name, who))
			return &trace->cpu[i];
	return new_cpu(trace, who);
}

static bool is_plain(const char *who)
{
	size_t length = strspn(who, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && length <= LONGEST_WHO && !who[length];
}

static int take_line(void *into, char *line)
{
	char *ns = strchr(line, ' '), *end;
	uint64_t length;

	if (!ns)
		return -1;
	*ns++ = '\0';
	if (!is_plain(line) || !isdigit((unsigned char)*ns))
		return -1;
	length = strtoull(ns, &end, 10);
	if (*end || length > INT64_MAX)
		return -1;
	idles_add(find_cpu(into, line), length);
	return 0;
}

/* Patterns are called by the file and the CPU. */
static void rename_all(struct idle_trace *trace, const char *path)
{
	char *file = plain_name(path, SUFFIX), *who;

	for (size_t i = 0; i < trace->nr; i++) {
		who = trace->cpu[i].name;
		if (asprintf(&trace->cpu[i].name, "%s-%s", file, who) < 0)
			abort();
		free(who);
	}
	free(file);
}

int idle_trace_load(struct idle_trace *trace, const char *path)
{
	static const struct line_format format = { take_line, BAD_LINE };

	if (lines_load("sim", path, &format, trace))
		return -1;
	if (!trace->nr) {
		fprintf(stderr, "tandem sim: %s: nobody was idle\n", path);
		return -1;
	}
	rename_all(trace, path);
	return 0;
}

void idle_trace_free(struct idle_trace *trace)
{
	while (trace->nr)
		idles_free(&trace->cpu[--trace->nr]);
	free(trace->cpu);
	*trace = (struct idle_trace){ };
}
