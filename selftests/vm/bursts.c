// SPDX-License-Identifier: GPL-2.0
/*
 * bursts MS N LONG: works for so many ms of its own time, N times, and sleeps for 100 ms before
 * each. Says how many of these took LONG ms or more by the clock, as they may on an emulated
 * CPU that stands still.
 */
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

int main(int argc, char **argv)
{
	int n, took_long = 0;

	if (argc != 4) {
		fputs("usage: bursts MS N LONG\n", stderr);
		return 2;
	}
	for (n = atoi(argv[2]); n > 0; n--) {
		usleep(100000);
		took_long += work(atol(argv[1])) >= atol(argv[3]);
	}
	printf("%d\n", took_long);
	return 0;
}
