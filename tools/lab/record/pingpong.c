// SPDX-License-Identifier: GPL-2.0
/*
 * pingpong ROUNDS THINK_US: a byte goes from CPU 1 to CPU 0 through a pipe and
 * back, ROUNDS times; each side thinks for THINK_US before it answers.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		perror("sched_setaffinity");
}

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void think(long long ns)
{
	long long end = now_ns() + ns;

	while (now_ns() < end)
		;
}

/* Returns when the other side has closed its end. */
static void answer(int from, int to, int rounds, long long ns)
{
	char byte;

	while (rounds-- && read(from, &byte, 1) == 1) {
		think(ns);
		if (write(to, &byte, 1) != 1)
			break;
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100;
	long long ns = argc > 2 ? atoi(argv[2]) * 1000LL : 0;
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		return 1;
	if (!fork()) {
		pin(0);
		answer(there[0], back[1], rounds, ns);
		_exit(0);
	}
	pin(1);
	if (write(there[1], "", 1) != 1)
		return 1;
	answer(back[0], there[1], rounds - 1, ns);
	wait(NULL);
	return 0;
}
