// SPDX-License-Identifier: GPL-2.0
/* Files of a host, below its root. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "host.h"

static char *join(const struct host *h, const char *format, va_list args)
{
	char *path, *full;

	if (vasprintf(&path, format, args) < 0 || asprintf(&full, "%s%s", h->root, path) < 0)
		abort();
	free(path);
	return full;
}

char *host_path(const struct host *h, const char *format, ...)
{
	va_list args;
	char *full;

	va_start(args, format);
	full = join(h, format, args);
	va_end(args);
	return full;
}

static ssize_t read_fd(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t n = 1;

	while (n > 0 && used < size - 1) {
		n = read(fd, text + used, size - 1 - used);
		used += n > 0 ? n : 0;
	}
	text[used] = 0;
	return n < 0 ? -errno : (ssize_t)used;
}

static ssize_t read_path(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -errno : read_fd(fd, text, size);

	if (fd >= 0)
		close(fd);
	return n;
}

ssize_t host_read(const struct host *h, char *text, size_t size, const char *format, ...)
{
	va_list args;
	char *path;
	ssize_t n;

	va_start(args, format);
	path = join(h, format, args);
	va_end(args);
	n = read_path(path, text, size);
	free(path);
	return n;
}

bool host_list(const struct host *h, struct cpus *c, const char *format, ...)
{
	char text[8192], *path;
	va_list args;
	ssize_t n;

	va_start(args, format);
	path = join(h, format, args);
	va_end(args);
	n = read_path(path, text, sizeof(text));
	free(path);
	return n >= 0 && cpus_parse(c, text);
}
