// SPDX-License-Identifier: GPL-2.0
/* The files that /proc has for each thread. Fields that came later may be missing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

/* As proc_pid_stat(5) counts them, from 1. */
enum { STATE = 3, FLAGS = 9, UTIME = 14, STIME = 15, START = 22, PROCESSOR = 39 };

/* PF_KTHREAD, which has not moved since 2.6.27. */
#define KERNEL_THREAD	0x200000

static int gone(ssize_t error)
{
	return error == -ENOENT ? -ESRCH : (int)error;
}

static uint64_t tick_ns(void)
{
	return 1000000000 / sysconf(_SC_CLK_TCK);
}

/* The name before may hold blanks and brackets: fields begin after the last one. */
static bool take_stat(char *text, struct proc_stat *s)
{
	char *at = strrchr(text, ')'), *name = strchr(text, '('), *field;
	unsigned long long value;
	unsigned int i = STATE;

	if (!at || !name || at[1] != ' ')
		return false;
	*at = 0;
	snprintf(s->name, sizeof(s->name), "%s", name + 1);
	at += 2;
	s->state = *at;
	for (; (field = strsep(&at, " ")); i++) {
		value = strtoull(field, NULL, 10);
		if (i == UTIME || i == STIME)
			s->cpu_ns += value * tick_ns();
		else if (i == FLAGS)
			s->kernel = value & KERNEL_THREAD;
		else if (i == START)
			s->start = value;
		else if (i == PROCESSOR)
			s->cpu = value;
	}
	return i > START;
}

/* @n is what reading the file came to. */
static int stat_of(char *text, ssize_t n, struct proc_stat *s)
{
	*s = (struct proc_stat){ .cpu = CPUS_MAX };
	if (n < 0)
		return gone(n);
	return take_stat(text, s) ? 0 : -EPROTO;
}

int proc_stat(const struct host *h, pid_t pid, pid_t tid, struct proc_stat *s)
{
	char text[2048];
	ssize_t n = host_read(h, text, sizeof(text), "/proc/%d/task/%d/stat", pid, tid);

	return stat_of(text, n, s);
}

int proc_whole(const struct host *h, pid_t pid, struct proc_stat *s)
{
	char text[2048];
	ssize_t n = host_read(h, text, sizeof(text), "/proc/%d/stat", pid);

	return stat_of(text, n, s);
}

void proc_used(const struct host *h, pid_t pid, pid_t tid, const struct proc_stat *s,
	       uint64_t *run_ns, uint64_t *wait_ns)
{
	unsigned long long run, wait;
	char text[128];

	*run_ns = s->cpu_ns;
	*wait_ns = 0;
	if (host_read(h, text, sizeof(text), "/proc/%d/task/%d/schedstat", pid, tid) <= 0 ||
	    sscanf(text, "%llu %llu", &run, &wait) != 2)
		return;
	*run_ns = run;
	*wait_ns = wait;
}

bool proc_list(const struct host *h, pid_t pid, pid_t tid, const char *key, struct cpus *c)
{
	char text[16384], *at;

	if (host_read(h, text, sizeof(text), "/proc/%d/task/%d/status", pid, tid) <= 0)
		return false;
	for (at = strstr(text, key); at && at > text && at[-1] != '\n'; at = strstr(at + 1, key))
		;
	if (!at || at[strlen(key)] != ':')
		return false;
	at += strlen(key) + 1;
	at[strcspn(at, "\n")] = 0;
	return cpus_parse(c, at);
}

uint64_t proc_age_ns(const struct host *h, uint64_t start)
{
	char text[128];
	double uptime, age;

	if (host_read(h, text, sizeof(text), "/proc/uptime") <= 0 ||
	    sscanf(text, "%lf", &uptime) != 1)
		return UINT64_MAX;
	age = uptime * 1e9 - (double)start * tick_ns();
	return age > 0 ? age : 0;
}
