// SPDX-License-Identifier: GPL-2.0
/* The calls that change the running system. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define SECOND	1000000000ULL
/* Of <linux/mempolicy.h>, which not every system has: only pages nobody else maps. */
#define MOVE_OWN	2

/* The kernel takes a mask of any length, 64 CPUs a word, as struct cpus has them. */
static int real_affinity(struct host *h, pid_t tid, const struct cpus *cpus)
{
	(void)h;
	return syscall(SYS_sched_setaffinity, tid, sizeof(*cpus), cpus) < 0 ? -errno : 0;
}

static int write_all(int fd, const char *text)
{
	ssize_t length = strlen(text), n = write(fd, text, length);

	if (n < 0)
		return -errno;
	return n == length ? 0 : -EIO;
}

static int real_write(struct host *h, const char *path, const char *text)
{
	char *full = host_path(h, "%s", path);
	int fd = open(full, O_WRONLY | O_CLOEXEC);
	int ret = fd < 0 ? -errno : write_all(fd, text);

	if (fd >= 0)
		close(fd);
	free(full);
	return ret;
}

static long real_move(struct host *h, pid_t pid, unsigned long count, void **page,
		      const int *node, int *status)
{
	long ret = syscall(SYS_move_pages, pid, count, page, node, status, node ? MOVE_OWN : 0);

	(void)h;
	return ret < 0 ? -errno : ret;
}

static uint64_t real_now(struct host *h)
{
	struct timespec now;

	(void)h;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* The signals that end it are blocked, and taken here: none can be missed. */
static bool real_sleep(struct host *h, uint64_t until_ns)
{
	uint64_t now = real_now(h), left = until_ns > now ? until_ns - now : 0;
	struct timespec time = { left / SECOND, left % SECOND };
	sigset_t end;
	int signal;

	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigaddset(&end, SIGTERM);
	do {
		signal = sigtimedwait(&end, NULL, &time);
	} while (signal < 0 && errno == EINTR);
	return signal < 0;
}

const struct host_calls real_calls = {
	.set_affinity = real_affinity,
	.write = real_write,
	.move_pages = real_move,
	.now_ns = real_now,
	.sleep_ns = real_sleep,
};
