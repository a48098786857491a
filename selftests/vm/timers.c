// SPDX-License-Identifier: GPL-2.0
/*
 * timers MODE PERIOD_US COUNT: sleeps COUNT times until an absolute time, one
 * period after the other, on CPU 1, and prints how often it was woken.
 *
 *   sleep	nothing else runs: the CPU idles between two timers
 *   busy	another process spins on the same CPU at the lowest priority
 *   burst	ten short sleeps, then one of ten periods: the tick stops and starts
 *
 * A sleep whose end has passed already arms no timer; it is made up for by a
 * later one and counted as missed, so that COUNT timers were really armed.
 * "armed" and "fired" differ if one got lost: then the program doesn't end, and
 * the alarm, which is another timer, on another CPU, says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST 10

static volatile unsigned long armed, fired;
static unsigned long missed;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void sleep_until(long long ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	armed++;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		if (errno && errno != EINTR)
			die("clock_nanosleep");
	fired++;
}

/* Returns when the next sleep is to end: never in the past. */
static long long next_end(long long last, long long period)
{
	long long now = now_ns();

	if (last + period > now)
		return last + period;
	missed++;
	return now + period;
}

static void run(long long period, unsigned long count, int burst)
{
	long long end = now_ns();
	unsigned long i;

	for (i = 0; i < count; i++) {
		end = next_end(end, burst && i % BURST == BURST - 1 ? BURST * period : period);
		sleep_until(end);
	}
}

static pid_t spin(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (nice(19) < 0 && errno)
		die("nice");
	for (;;)
		;
}

static void lost(int sig)
{
	char text[100];
	int len;

	(void)sig;
	len = snprintf(text, sizeof(text), "armed %lu fired %lu LOST\n", armed, fired);
	if (write(1, text, len) != len)
		_exit(2);
	_exit(1);
}

/* On CPU 0, as a process of its own: its timer must not be the one that is lost. */
static pid_t start_alarm(unsigned int seconds)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(0);
	sleep(seconds);
	kill(getppid(), SIGALRM);
	_exit(0);
}

int main(int argc, char **argv)
{
	long long period = argc == 4 ? atoll(argv[2]) * 1000 : 0;
	unsigned long count = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
	pid_t watch, noise = 0;

	if (period <= 0 || !count || !strstr("sleep busy burst", argv[1])) {
		fprintf(stderr, "usage: timers sleep|busy|burst PERIOD_US COUNT\n");
		return 2;
	}
	signal(SIGALRM, lost);
	watch = start_alarm(60 + 20 * period * count / 1000000000);
	prctl(PR_SET_TIMERSLACK, 1);
	pin(1);
	if (!strcmp(argv[1], "busy"))
		noise = spin();
	run(period, count, !strcmp(argv[1], "burst"));
	kill(watch, SIGKILL);
	if (noise > 0)
		kill(noise, SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("armed %lu fired %lu missed %lu\n", armed, fired, missed);
	return 0;
}
