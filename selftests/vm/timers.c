// SPDX-License-Identifier: GPL-2.0
/*
 * timers MODE PERIOD_US COUNT [CPU]: waits COUNT times for a timer, one period
 * after the other, on one CPU (1), and prints how often it was woken.
 *
 *   sleep	sleeps until an absolute time; nothing else runs: the CPU idles
 *   busy	another process spins on the same CPU at the lowest priority
 *   burst	ten short sleeps, then one of ten periods: the tick stops and starts
 *   tick	a periodic timer, whose expirations the kernel counts
 *
 * A sleep whose end has passed already arms no timer; it is made up for by a
 * later one and counted as missed, so that COUNT timers were really armed.
 * SIGTERM ends it before COUNT, with the timer that is armed then.
 *
 *   early	how often it was woken before the end
 *   twice	expirations of the periodic timer beyond the periods that passed
 *   late_us	the latest that it was woken
 *
 * "armed" and "fired" differ if one got lost: then the program doesn't go on, and
 * a watcher on another CPU says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST		10
#define WATCH_S		5	/* between two looks of the watcher */
#define PATIENCE	4	/* looks without a timer that fired */

/* Shared with the watcher. */
static struct counts {
	volatile unsigned long armed, fired;
} *counts;

static unsigned long missed, early, twice;
static long long latest;
static volatile sig_atomic_t stopped;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static struct timespec to_timespec(long long ns)
{
	return (struct timespec) { ns / 1000000000, ns % 1000000000 };
}

static long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void woken(long long end)
{
	long long late = now_ns() - end;

	if (late < 0)
		early++;
	if (late > latest)
		latest = late;
}

static void sleep_until(long long ns)
{
	struct timespec ts = to_timespec(ns);
	int err;

	counts->armed++;
	do {
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	} while (err == EINTR);
	if (err)
		die("clock_nanosleep");
	woken(ns);
	counts->fired++;
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

static void run_sleeps(long long period, unsigned long count, int burst)
{
	long long end = now_ns();
	unsigned long i;

	for (i = 0; i < count && !stopped; i++) {
		end = next_end(end, burst && i % BURST == BURST - 1 ? BURST * period : period);
		sleep_until(end);
	}
}

static unsigned long long expirations(int fd)
{
	unsigned long long n;

	while (read(fd, &n, sizeof(n)) != sizeof(n))
		if (errno != EINTR)
			die("read");
	return n;
}

/* Some are waited for, the others came while nobody did: missed, but armed too. */
static void run_ticks(long long period, unsigned long count)
{
	struct itimerspec its = { to_timespec(period), to_timespec(now_ns() + period) };
	long long start = its.it_value.tv_sec * 1000000000LL + its.it_value.tv_nsec - period;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	unsigned long long n, passed;

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &its, NULL))
		die("timerfd");
	while (counts->fired < count && !stopped) {
		counts->armed++;
		n = expirations(fd);
		counts->armed += n - 1;
		counts->fired += n;
		missed += n - 1;
		woken(start + period * counts->fired);
		passed = (now_ns() - start) / period;
		if (counts->fired > passed)
			twice += counts->fired - passed;
	}
	close(fd);
}

static void run(const char *mode, long long period, unsigned long count)
{
	if (!strcmp(mode, "tick"))
		run_ticks(period, count);
	else
		run_sleeps(period, count, !strcmp(mode, "burst"));
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

static void lost(pid_t parent)
{
	printf("armed %lu fired %lu LOST\n", counts->armed, counts->fired);
	fflush(stdout);
	kill(parent, SIGKILL);
	_exit(0);
}

/* As a process on another CPU: its own timers must not be those that get lost. */
static pid_t start_watcher(int cpu, long long period)
{
	unsigned long last = 0, looks = 0, patience = PATIENCE + BURST * period / 1000000000;
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pin(cpu ? 0 : 1);
	for (;;) {
		sleep(WATCH_S);
		looks = counts->fired == last ? looks + 1 : 0;
		last = counts->fired;
		if (looks == patience)
			lost(parent);
	}
}

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: timers sleep|busy|burst|tick PERIOD_US COUNT [CPU]\n");
	return 2;
}

int main(int argc, char **argv)
{
	long long period = argc > 3 ? atoll(argv[2]) * 1000 : 0;
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 0) : 0;
	int cpu = argc == 5 ? atoi(argv[4]) : 1;
	pid_t watcher, noise = 0;

	if (argc > 5 || period <= 0 || !count || !strstr("sleep busy burst tick", argv[1]))
		return usage();
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die("mmap");
	watcher = start_watcher(cpu, period);
	signal(SIGTERM, stop);
	prctl(PR_SET_TIMERSLACK, 1);
	if (pin(cpu))
		die("sched_setaffinity");
	if (!strcmp(argv[1], "busy"))
		noise = spin();
	run(argv[1], period, count);
	kill(watcher, SIGKILL);
	if (noise > 0)
		kill(noise, SIGKILL);
	while (wait(NULL) > 0)
		;
	printf("early %lu twice %lu late_us %lld armed %lu fired %lu missed %lu\n",
	       early, twice, latest / 1000, counts->armed, counts->fired, missed);
	return early || twice;
}
