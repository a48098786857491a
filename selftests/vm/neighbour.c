// SPDX-License-Identifier: GPL-2.0
/*
 * neighbour CPU: works on this CPU without end, as another VM's vCPU would, and says
 * at SIGTERM how much it got done: "work N", in units of some thousand instructions.
 *
 * In counted time the emulator lets a CPU go on until it halts, or pauses: so it pauses
 * after each unit.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define STEPS	1000

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static unsigned long unit(unsigned long x)
{
	for (int i = 0; i < STEPS; i++)
		x = x * 6364136223846793005UL + 1442695040888963407UL;
	return x;
}

int main(int argc, char **argv)
{
	volatile unsigned long x = 1;
	unsigned long done = 0;
	cpu_set_t set;

	if (argc != 2) {
		fprintf(stderr, "usage: neighbour CPU\n");
		return 2;
	}
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("neighbour: sched_setaffinity");
		return 1;
	}
	signal(SIGTERM, stop);
	for (; !stopped; done++) {
		x = unit(x);
		__builtin_ia32_pause();
	}
	printf("work %lu\n", done);
	return 0;
}
