// SPDX-License-Identifier: GPL-2.0
/* What a VM is called: QEMU's -name, what libvirt calls it, or its program's name. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define LIBVIRT	"/run/libvirt/qemu"

/* Names go into tables and JSON. */
static char *plain(char *name)
{
	if (!name)
		abort();
	for (char *c = name; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
	return name;
}

/* "guest=web1,debug-threads=on", or "web1,process=x". */
static char *name_of_option(const char *option)
{
	const char *guest = strstr(option, "guest=");

	if (guest && (guest == option || guest[-1] == ','))
		option = guest + strlen("guest=");
	return strndup(option, strcspn(option, ","));
}

/* Arguments end in 0 each. */
static char *name_of_arguments(const char *text, size_t size)
{
	const char *at = text, *end = text + size, *next;

	for (; at < end; at = next) {
		next = at + strlen(at) + 1;
		if ((!strcmp(at, "-name") || !strcmp(at, "--name")) && next < end && *next)
			return name_of_option(next);
	}
	return NULL;
}

static bool is_pid_file(const struct host *h, const char *file, pid_t pid)
{
	const char *dot = strrchr(file, '.');
	char text[32];

	return dot && dot > file && !strcmp(dot, ".pid") &&
	       host_read(h, text, sizeof(text), LIBVIRT "/%s", file) > 0 && atoi(text) == pid;
}

/* It keeps a file NAME.pid for each. */
static char *name_of_libvirt(const struct host *h, pid_t pid)
{
	char *path = host_path(h, LIBVIRT), *name = NULL;
	DIR *dir = opendir(path);
	struct dirent *entry;

	free(path);
	while (dir && !name && (entry = readdir(dir)))
		if (is_pid_file(h, entry->d_name, pid))
			name = strndup(entry->d_name, strlen(entry->d_name) - strlen(".pid"));
	if (dir)
		closedir(dir);
	return name;
}

static char *name_of_program(const struct host *h, pid_t pid)
{
	char text[64], *name;

	if (host_read(h, text, sizeof(text), "/proc/%d/comm", pid) <= 0)
		snprintf(text, sizeof(text), "vm");
	text[strcspn(text, "\n")] = 0;
	if (asprintf(&name, "%s-%d", text, pid) < 0)
		abort();
	return name;
}

char *vm_given_name(const struct host *h, pid_t pid)
{
	static char text[128 * 1024];
	ssize_t n = host_read(h, text, sizeof(text), "/proc/%d/cmdline", pid);
	char *name = n > 0 ? name_of_arguments(text, n) : NULL;

	if (!name)
		name = name_of_libvirt(h, pid);
	return name ? plain(name) : NULL;
}

char *vm_name(const struct host *h, pid_t pid)
{
	char *name = vm_given_name(h, pid);

	return name ? name : plain(name_of_program(h, pid));
}
