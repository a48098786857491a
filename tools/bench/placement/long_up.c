// SPDX-License-Identifier: GPL-2.0
/*
 * A library to preload: the host seems to be up for an hour longer. numad moves no
 * process within five minutes of its last move, and takes one that it never moved for
 * moved when the host booted.
 */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600 };

int clock_gettime(clockid_t clock, struct timespec *now)
{
	long ret = syscall(SYS_clock_gettime, clock, now);

	if (!ret && clock == CLOCK_MONOTONIC)
		now->tv_sec += HOUR;
	return ret;
}
