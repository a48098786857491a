// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "counts.h"
#include "owners.h"
#include "talk.h"

enum { LINE_LENGTH = 128, RETRY_US = 20000 };

static const struct layout *layout;
static struct sockaddr_un address = { .sun_family = AF_UNIX };
static socklen_t address_length;

static void add_frames(uint64_t first, uint64_t last)
{
	uint64_t frame, page;

	for (frame = first; frame <= last; frame++) {
		page = layout_page_of_frame(layout, frame);
		if (page == NO_PAGE)
			return;
		owners_add(page);
	}
}

static void take_pages(const char *name, FILE *in, FILE *out)
{
	unsigned int owner = owners_begin(name);
	char line[LINE_LENGTH];
	uint64_t first, last;

	while (fgets(line, sizeof(line), in) && strcmp(line, "end\n"))
		if (sscanf(line, "%" SCNx64 " %" SCNx64, &first, &last) == 2)
			add_frames(first, last);
	if (owner == NOBODY)
		fprintf(out, "error names have up to %d letters, and there are up to %d\n",
			OWNER_NAME_MAX - 1, OWNERS_MAX - 1);
	else
		fprintf(out, "ok %" PRIu64 "\n", owners_end(owner));
}

static void obey(char *line, FILE *in, FILE *out)
{
	line[strcspn(line, "\n")] = 0;
	if (!strncmp(line, "pages ", 6)) {
		take_pages(line + 6, in, out);
	} else if (!strcmp(line, "reset")) {
		counts_reset(layout);
		fputs("ok 0\n", out);
	} else if (!strcmp(line, "stop")) {
		counts_stop();
		fputs("ok 0\n", out);
	} else if (!strcmp(line, "read")) {
		counts_print(layout, out);
		fputs("ok 0\n", out);
	} else {
		fputs("error there are pages NAME, reset, stop, and read\n", out);
	}
	fflush(out);
}

/* QEMU makes its end after it has loaded the plugin. */
static int connected(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	while (fd >= 0 && connect(fd, (struct sockaddr *)&address, address_length))
		usleep(RETRY_US);
	return fd;
}

static void *talk(void *unused)
{
	int fd = connected();
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	FILE *out = fd < 0 ? NULL : fdopen(dup(fd), "w");
	char line[LINE_LENGTH];

	while (in && out && fgets(line, sizeof(line), in))
		obey(line, in, out);
	return NULL;
}

bool talk_start(const struct layout *l, const char *name)
{
	size_t length = strlen(name);
	sigset_t all, before;
	pthread_t thread;
	bool started;

	if (length >= sizeof(address.sun_path))
		return false;
	layout = l;
	memcpy(address.sun_path + 1, name, length);
	address_length = offsetof(struct sockaddr_un, sun_path) + 1 + length;
	/* signals are QEMU's business */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = !pthread_create(&thread, NULL, talk, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}
