// SPDX-License-Identifier: GPL-2.0
/*
 * guest-watch KEY PID SECONDS TAINT: pass a guest's result channel from standard
 * input on to standard output, and exit with the status that its record gives.
 * The record is the line "KEY status=N taint=N leaks=N splats=N end". The guest's
 * QEMU is process PID: after SECONDS it is killed, and soon after the record, too.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RED = 125, GRACE_MS = 30000 };

static char line[65536];
static size_t used;

static struct {
	int status, taint, leaks, splats, found;
} record;

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int is_record(const char *key)
{
	size_t len = strlen(key);
	int end = 0;

	if (used <= len || memcmp(line, key, len))
		return 0;
	line[used - 1] = 0;
	sscanf(line + len, " status=%d taint=%d leaks=%d splats=%d end%n",
	       &record.status, &record.taint, &record.leaks, &record.splats,
	       &end);
	record.found = end > 0;
	return 1;
}

/*
 * The record follows an empty line, which keeps it apart from output that ends
 * without a newline: hold back one newline until it is known what comes after.
 */
static int held;

static void take(const char *key, char c)
{
	line[used++] = c;
	if (c != '\n' && used < sizeof(line))
		return;
	if (record.found || is_record(key)) {
		used = 0;
		return;
	}
	if (held)
		putchar('\n');
	held = used == 1 && c == '\n';
	if (!held)
		fwrite(line, 1, used, stdout);
	used = 0;
}

/* A line that never ended, because its writer did. */
static void take_rest(void)
{
	if (held)
		putchar('\n');
	fwrite(line, 1, used, stdout);
	fflush(stdout);
}

static int red(const char *why)
{
	fprintf(stderr, "lab: guest: %s\n", why);
	return RED;
}

static int verdict(int killed, long allowed)
{
	if (killed)
		return red(record.found ? "did not power off, killed" :
					  "no result in time, killed");
	if (!record.found)
		return red("ended without a result");
	if (record.splats)
		return red("its kernel log has splats");
	if (record.taint & ~allowed) {
		fprintf(stderr, "lab: guest: tainted %d, allowed is %ld\n",
			record.taint, allowed);
		return RED;
	}
	return record.status;
}

/* What it hung in is not to be seen any more once it is gone. */
static void kill_it(pid_t pid, const char *look)
{
	fflush(stdout);
	if (!record.found && system(look))
		fprintf(stderr, "lab: guest: its vCPUs can't be looked at\n");
	kill(pid, SIGKILL);
}

/* Returns 1 if the guest had to be killed. */
static int follow(const char *key, pid_t pid, long long deadline, const char *look)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	int killed = 0, graced = 0;
	char buf[4096];
	ssize_t n, i;

	for (;;) {
		long long left = deadline - now_ms();

		if (left <= 0 && !killed) {
			kill_it(pid, look);
			killed = 1;
		}
		if (poll(&in, 1, killed ? 1000 : (int)left) == 0) {
			if (killed)
				return 1;
			continue;
		}
		n = read(0, buf, sizeof(buf));
		if (n <= 0)
			return killed;
		for (i = 0; i < n; i++)
			take(key, buf[i]);
		fflush(stdout);
		if (record.found && !graced) {
			graced = 1;
			deadline = now_ms() + GRACE_MS;
		}
	}
}

int main(int argc, char **argv)
{
	int killed;

	if (argc != 6)
		return red("usage: guest-watch KEY PID SECONDS TAINT LOOK");
	killed = follow(argv[1], atoi(argv[2]),
			now_ms() + atoll(argv[3]) * 1000, argv[5]);
	if (!record.found)
		take_rest();
	return verdict(killed, atol(argv[4]));
}
