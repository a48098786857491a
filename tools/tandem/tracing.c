// SPDX-License-Identifier: GPL-2.0
/* tracefs, by an instance of its own: nobody else's trace is touched. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "tracing.h"

#define TRACEFS "/sys/kernel/tracing"

char *tracing_path(const struct tracing *t, const char *file)
{
	char *path;

	if (asprintf(&path, "%s/%s", t->folder, file) < 0)
		abort();
	return path;
}

static int complain(const char *path)
{
	fprintf(stderr, "tandem record: %s: %s\n", path, strerror(errno));
	return -1;
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -1;
	if (write(fd, text, strlen(text)) < 0)
		ret = -1;
	return close(fd) ? -1 : ret;
}

static int set(const struct tracing *t, const char *file, const char *text)
{
	char *path = tracing_path(t, file);
	int ret = put_text(path, text);

	if (ret)
		complain(path);
	free(path);
	return ret;
}

static int set_tracepoint(const struct tracing *t, const struct tracepoint *tp)
{
	char *enable, *filter;
	int ret;

	if (asprintf(&enable, "events/%s/enable", tp->name) < 0 ||
	    asprintf(&filter, "events/%s/filter", tp->name) < 0)
		abort();
	ret = tp->filter ? set(t, filter, tp->filter) : 0;
	if (!ret)
		ret = set(t, enable, "1");
	free(enable);
	free(filter);
	return ret;
}

/* Other clocks are shown to the microsecond only. Where there is none, that must do. */
static void set_clock(struct tracing *t)
{
	char *path = tracing_path(t, "trace_clock");

	t->khz = !put_text(path, "x86-tsc");
	free(path);
}

static int set_all(struct tracing *t, const struct tracepoint *tp, uint32_t buffer_kb)
{
	char size[16];
	int ret;

	snprintf(size, sizeof(size), "%u", buffer_kb);
	ret = set(t, "tracing_on", "0");
	if (!ret)
		ret = set(t, "buffer_size_kb", size);
	set_clock(t);
	for (; !ret && tp->name; tp++)
		ret = set_tracepoint(t, tp);
	return ret;
}

int tracing_begin(struct tracing *t, const char *root, const struct tracepoint *tracepoints,
		  uint32_t buffer_kb)
{
	if (asprintf(&t->folder, "%s" TRACEFS "/instances/tandem-%d", root, getpid()) < 0)
		abort();
	if (mkdir(t->folder, 0700)) {
		fprintf(stderr, "tandem record: %s: %s; it takes root, and tracefs on " TRACEFS
			"\n", t->folder, strerror(errno));
		free(t->folder);
		return -1;
	}
	if (!set_all(t, tracepoints, buffer_kb))
		return 0;
	tracing_end(t);
	return -1;
}

static uint64_t cycles(void)
{
#ifdef __x86_64__
	return __rdtsc();
#else
	return 0;
#endif
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

int tracing_start(struct tracing *t)
{
	t->tsc = cycles();
	t->ns = now_ns();
	return set(t, "tracing_on", "1");
}

int tracing_stop(struct tracing *t)
{
	uint64_t us = (now_ns() - t->ns) / 1000;

	if (t->khz)
		t->khz = us ? (cycles() - t->tsc) * 1000 / us : 0;
	return set(t, "tracing_on", "0");
}

void tracing_end(struct tracing *t)
{
	if (rmdir(t->folder))
		complain(t->folder);
	free(t->folder);
	t->folder = NULL;
}
