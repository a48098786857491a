// SPDX-License-Identifier: GPL-2.0
/* Files that are read line by line. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

static int take_line(const struct line_format *format, void *into, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	if (!*line || *line == '#')
		return 0;
	return format->take(into, line);
}

static int read_lines(const char *command, FILE *file, const char *path,
		      const struct line_format *format, void *into)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	while (!ret && getline(&line, &size, file) > 0) {
		number++;
		ret = take_line(format, into, line);
	}
	free(line);
	if (ret)
		fprintf(stderr, "tandem %s: %s:%u: %s\n", command, path, number, format->about);
	return ret;
}

int lines_load(const char *command, const char *path, const struct line_format *format,
	       void *into)
{
	FILE *file = fopen(path, "r");
	int ret;

	if (!file) {
		fprintf(stderr, "tandem %s: %s: %s\n", command, path, strerror(errno));
		return -1;
	}
	ret = read_lines(command, file, path, format, into);
	if (!ret && ferror(file)) {
		fprintf(stderr, "tandem %s: %s: %s\n", command, path, strerror(errno));
		ret = -1;
	}
	fclose(file);
	return ret;
}

static void make_plain(char *name)
{
	for (; *name; name++) {
		*name = tolower((unsigned char)*name);
		if (!isdigit((unsigned char)*name) && (*name < 'a' || *name > 'z'))
			*name = '-';
	}
}

char *plain_name(const char *path, const char *suffix)
{
	const char *base = strrchr(path, '/');
	char *name = strdup(base ? base + 1 : path);
	size_t length, end = strlen(suffix);

	if (!name)
		abort();
	length = strlen(name);
	if (length > end && !strcmp(name + length - end, suffix))
		name[length - end] = '\0';
	make_plain(name);
	return name;
}
