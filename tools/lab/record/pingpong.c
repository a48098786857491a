// SPDX-License-Identifier: GPL-2.0
/*
 * pingpong ROUNDS THINK_US [pipe|futex|tcp [SECONDS]]: a message goes from CPU 1 to CPU 0
 * and back, ROUNDS times; each side thinks for THINK_US before it answers. Then it sleeps
 * until it has taken so many seconds. Prints "round_trips N", those done in that time.
 *
 * tcp is a request and its response over the loopback device: there only CPU 0 thinks.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/futex.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/**
 * struct end - one side's end of the connection
 * @in:		descriptor to read from
 * @out:	descriptor to write to
 * @mine:	futex: how many messages came here
 * @theirs:	futex: how many came to the other side
 * @got:	futex: how many of @mine were read
 */
struct end {
	int in, out;
	int *mine, *theirs;
	int got;
};

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

/* ---- connections ---- */

static void pipes(struct end ends[2])
{
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		die("pipe");
	ends[0] = (struct end) { .in = there[0], .out = back[1] };
	ends[1] = (struct end) { .in = back[0], .out = there[1] };
}

static void futexes(struct end ends[2])
{
	/* A cache line for each. */
	int *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		die("mmap");
	ends[0] = (struct end) { .mine = page, .theirs = page + 32 };
	ends[1] = (struct end) { .mine = page + 32, .theirs = page };
}

static void sockets(struct end ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, a, b;
	socklen_t length = sizeof(address);

	a = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(a, (struct sockaddr *)&address, length))
		die("a connection over the loopback device");
	b = accept(listener, NULL, NULL);
	if (b < 0)
		die("accept");
	setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	ends[0] = (struct end) { .in = a, .out = a };
	ends[1] = (struct end) { .in = b, .out = b };
}

static void send_one(struct end *end)
{
	if (!end->theirs) {
		if (write(end->out, "", 1) != 1)
			die("write");
		return;
	}
	__atomic_add_fetch(end->theirs, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, end->theirs, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void receive_one(struct end *end)
{
	char byte;

	if (!end->mine) {
		if (read(end->in, &byte, 1) != 1)
			die("read");
		return;
	}
	while (__atomic_load_n(end->mine, __ATOMIC_ACQUIRE) == end->got)
		syscall(SYS_futex, end->mine, FUTEX_WAIT, end->got, NULL, NULL, 0);
	end->got++;
}

/* ---- the two sides ---- */

static void answer(struct end *end, long long ns)
{
	for (;;) {
		receive_one(end);
		think(ns);
		send_one(end);
	}
}

static int ask(struct end *end, long long ns, int rounds, long long until)
{
	int done;

	for (done = 0; done < rounds && now_ns() < until; done++) {
		send_one(end);
		receive_one(end);
		think(ns);
	}
	return done;
}

static int connect_by(const char *kind, struct end ends[2])
{
	if (!strcmp(kind, "pipe"))
		pipes(ends);
	else if (!strcmp(kind, "futex"))
		futexes(ends);
	else if (!strcmp(kind, "tcp"))
		sockets(ends);
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100, seconds = argc > 4 ? atoi(argv[4]) : 0;
	long long ns = argc > 2 ? atoi(argv[2]) * 1000LL : 0, until = 1LL << 62;
	const char *kind = argc > 3 ? argv[3] : "pipe";
	struct end ends[2];
	pid_t child;

	if (argc > 5 || connect_by(kind, ends)) {
		fprintf(stderr, "usage: pingpong [ROUNDS [THINK_US [pipe|futex|tcp [SECONDS]]]]\n");
		return 2;
	}
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pin(0);
		answer(&ends[0], ns);
	}
	pin(1);
	if (seconds)
		until = now_ns() + seconds * 1000000000LL;
	printf("round_trips %d\n", ask(&ends[1], strcmp(kind, "tcp") ? ns : 0, rounds, until));
	while (seconds && now_ns() < until)
		usleep((until - now_ns()) / 1000 + 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return 0;
}
