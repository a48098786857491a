// SPDX-License-Identifier: GPL-2.0
/*
 * pages out PID ADDRESS COUNT		writes a page of a process out to swap
 * pages move PID ADDRESS COUNT		moves it between the nodes 0 and 1
 * pages all PID NODE COUNT		moves all of its pages from NODE to the other
 *					node, and next time back
 *
 * COUNT times, a millisecond apart, and prints how often it moved, or was tried.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE		4096UL
#define MOVE_ALL	4	/* MPOL_MF_MOVE_ALL */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A page that was faulted in on another CPU can't go before that one's batch is full. */
static void drain_batches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("drop_caches");
	close(fd);
}

/* Its owner may fault it in again at once: that it went, only the kernel knows. */
static unsigned long out(pid_t pid, void *page)
{
	struct iovec at = { page, PAGE };
	int fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		die("pidfd_open");
	drain_batches();
	if (syscall(SYS_process_madvise, fd, &at, 1UL, MADV_PAGEOUT, 0) < 0 && errno != EAGAIN)
		die("process_madvise");
	close(fd);
	return 1;
}

static int node_of(pid_t pid, void *page)
{
	int status = -1;

	if (syscall(SYS_move_pages, pid, 1UL, &page, NULL, &status, 0))
		die("move_pages");
	return status;
}

static unsigned long move(pid_t pid, void *page)
{
	int node = !node_of(pid, page), status = -1;

	if (syscall(SYS_move_pages, pid, 1UL, &page, &node, &status, MOVE_ALL) < 0)
		die("move_pages");
	return status == node;
}

static unsigned long all(pid_t pid, int from)
{
	unsigned long old = 1UL << from, new = 1UL << !from;

	if (syscall(SYS_migrate_pages, pid, 3UL, &old, &new) < 0)
		die("migrate_pages");
	return 1;
}

static unsigned long once(const char *what, pid_t pid, unsigned long at, unsigned long i)
{
	if (!strcmp(what, "all"))
		return all(pid, (at + i) % 2);
	return !strcmp(what, "out") ? out(pid, (void *)(at & -PAGE)) :
				      move(pid, (void *)(at & -PAGE));
}

int main(int argc, char **argv)
{
	unsigned long i, at, count, done = 0;

	if (argc != 5 || !strstr("out move all", argv[1])) {
		fprintf(stderr, "usage: pages out|move|all PID ADDRESS|NODE COUNT\n");
		return 2;
	}
	at = strtoul(argv[3], NULL, 0);
	count = strtoul(argv[4], NULL, 0);
	for (i = 0; i < count; i++) {
		done += once(argv[1], atoi(argv[2]), at, i);
		usleep(1000);
	}
	printf("%lu\n", done);
	return 0;
}
