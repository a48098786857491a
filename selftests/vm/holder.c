// SPDX-License-Identifier: GPL-2.0
/*
 * holder FILE [pin]: maps a file that is a guest's RAM as a vhost-user backend does, and
 * says "ready". With pin it holds all pages for good, as VFIO does: they are registered as
 * buffers of an io_uring. Both until it is killed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void *map(const char *file, size_t *size)
{
	int fd = open(file, O_RDWR);
	struct stat st;
	void *ram;

	if (fd < 0 || fstat(fd, &st))
		die(file);
	*size = st.st_size;
	ram = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ram == MAP_FAILED)
		die("mmap");
	return ram;
}

/* What was a hole is a page then. */
static void touch(const volatile char *ram, size_t size)
{
	for (size_t i = 0; i < size; i += 4096)
		(void)ram[i];
}

static void pin(void *ram, size_t size)
{
	struct iovec buffer = { ram, size };
	struct io_uring_params params;
	int ring;

	memset(&params, 0, sizeof(params));
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0)
		die("io_uring_setup");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1))
		die("io_uring_register");
}

int main(int argc, char **argv)
{
	size_t size;
	void *ram;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "pin"))) {
		fputs("usage: holder FILE [pin]\n", stderr);
		return 2;
	}
	ram = map(argv[1], &size);
	touch(ram, size);
	if (argc == 3)
		pin(ram, size);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
