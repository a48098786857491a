// SPDX-License-Identifier: GPL-2.0
/*
 * hmp SOCKET COMMAND: one command of QEMU's human monitor, sent over its machine
 * protocol, which unlike the human one says where an answer ends. Prints the
 * answer; exits 1 if that is an error, 2 if there is no monitor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *from, *to;

static int dial(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return 0;
	from = fdopen(fd, "r");
	to = fdopen(dup(fd), "w");
	return from && to;
}

static void send_command(const char *command)
{
	fputs("{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"",
	      to);
	for (; *command; command++) {
		if (strchr("\"\\", *command))
			fputc('\\', to);
		fputc(*command, to);
	}
	fputs("\"}}\n", to);
	fflush(to);
}

/* The next answer; events may come between. */
static char *answer(char *line, size_t size)
{
	while (fgets(line, size, from))
		if (!strncmp(line, "{\"return\"", 9) ||
		    !strncmp(line, "{\"error\"", 8))
			return line;
	return NULL;
}

/* Undo JSON's escapes in place, up to the closing quote. */
static char *text(char *json)
{
	char *in = json, *out = json;

	for (; *in && *in != '"'; in++) {
		if (*in != '\\') {
			*out++ = *in;
			continue;
		}
		in++;
		if (*in == 'n')
			*out++ = '\n';
		else if (*in == 't')
			*out++ = '\t';
		else if (*in != 'r')
			*out++ = *in;
	}
	*out = 0;
	return json;
}

int main(int argc, char **argv)
{
	static char line[1 << 20];
	const char *start = "{\"return\": \"";

	if (argc != 3 || !dial(argv[1])) {
		fprintf(stderr, "hmp: no monitor at %s\n",
			argc > 1 ? argv[1] : "?");
		return 2;
	}
	fputs("{\"execute\":\"qmp_capabilities\"}\n", to);
	fflush(to);
	if (!answer(line, sizeof(line)))
		return 2;
	send_command(argv[2]);
	if (!answer(line, sizeof(line)))
		return 2;
	if (strncmp(line, start, strlen(start))) {
		fputs(line, stderr);
		return 1;
	}
	text(line + strlen(start));
	fputs(line + strlen(start), stdout);
	return !strncmp(line + strlen(start), "Error", 5);
}
