// SPDX-License-Identifier: GPL-2.0
/*
 * bursts CPU MS N LONG: works there for so many ms of its own time, N times, and sleeps for 100 ms
 * before each. It begins and ends where it was begun: that takes longer than such a burst. Says
 * how many took LONG ms or more by the clock, as they may on an emulated CPU that stands still.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Returns how long that took by the clock. */
static long work(long ms)
{
	long begin = now_ms(CLOCK_MONOTONIC), end = now_ms(CLOCK_THREAD_CPUTIME_ID) + ms;

	while (now_ms(CLOCK_THREAD_CPUTIME_ID) < end)
		;
	return now_ms(CLOCK_MONOTONIC) - begin;
}

static void go(const cpu_set_t *cpus)
{
	if (sched_setaffinity(0, sizeof(*cpus), cpus)) {
		perror("sched_setaffinity");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	cpu_set_t there, here;
	int n, took_long = 0;

	if (argc != 5) {
		fputs("usage: bursts CPU MS N LONG\n", stderr);
		return 2;
	}
	CPU_ZERO(&there);
	CPU_SET(atoi(argv[1]), &there);
	sched_getaffinity(0, sizeof(here), &here);
	go(&there);
	for (n = atoi(argv[3]); n > 0; n--) {
		usleep(100000);
		took_long += work(atol(argv[2])) >= atol(argv[4]);
	}
	go(&here);
	printf("%d\n", took_long);
	return 0;
}
