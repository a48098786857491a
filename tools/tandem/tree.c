// SPDX-License-Identifier: GPL-2.0
/* Files of a system, and the shapes that sysfs and debugfs files have. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

#define MOST_BYTES	(1024 * 1024)	/* a table of 8192 CPUs is half of it */

static void *no_null(void *p)
{
	if (p)
		return p;
	fputs("tandem: out of memory\n", stderr);
	exit(1);
}

void put(json_t *object, const char *key, json_t *value)
{
	no_null(value);
	if (json_object_set_new(object, key, value))
		no_null(NULL);
}

void append(json_t *list, json_t *value)
{
	no_null(value);
	if (json_array_append_new(list, value))
		no_null(NULL);
}

static char *full_path(const char *root, const char *path)
{
	char *full;

	if (asprintf(&full, "%s%s", root, path) < 0)
		no_null(NULL);
	return full;
}

bool tree_has(const char *root, const char *path)
{
	char *full = full_path(root, path);
	bool has = !access(full, F_OK);

	free(full);
	return has;
}

int tree_error(const char *root, const char *path)
{
	char *full = full_path(root, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	free(full);
	return error;
}

/* These files don't know their size before they are read. */
static char *read_all(int fd)
{
	char *text = no_null(malloc(MOST_BYTES + 1));
	size_t used = 0;
	ssize_t n;

	while (used < MOST_BYTES) {
		n = read(fd, text + used, MOST_BYTES - used);
		if (n < 0) {
			free(text);
			return NULL;
		}
		if (!n)
			break;
		used += n;
	}
	if (used && text[used - 1] == '\n')
		used--;
	text[used] = 0;
	return text;
}

/* JSON is UTF-8, what a kernel prints is ASCII: anything else is damage. */
static char *clean(char *text)
{
	char *c;

	for (c = text; *c; c++)
		if (*c != '\n' && (*c < ' ' || *c > '~'))
			*c = *c == '\t' ? ' ' : '?';
	return text;
}

char *tree_read(const char *root, const char *path)
{
	char *full = full_path(root, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : read_all(fd);
	int error = errno;

	if (fd >= 0)
		close(fd);
	free(full);
	errno = error;
	return text ? clean(text) : NULL;
}

json_t *value_of(const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end || errno)
		return no_null(json_string(text));
	return no_null(json_integer(number));
}

json_t *tree_value(const char *root, const char *path)
{
	char *text = tree_read(root, path);
	json_t *value = text ? value_of(text) : json_null();

	free(text);
	return value;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many there are, in order, or -1; the caller frees each, and the list. */
static int list_folder(const char *root, const char *path, struct dirent ***entries)
{
	char *full = full_path(root, path);
	int count = scandir(full, entries, visible, alphasort);

	free(full);
	return count;
}

/* What is no readable file, a folder for one, is left out. */
static void put_file(json_t *object, const char *root, const char *folder, char *name)
{
	char *path, *text;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		no_null(NULL);
	text = tree_read(root, path);
	if (text)
		put(object, clean(name), value_of(text));
	free(text);
	free(path);
}

json_t *tree_folder(const char *root, const char *path)
{
	struct dirent **entries;
	int i, count = list_folder(root, path, &entries);
	json_t *object;

	if (count < 0)
		return json_null();
	object = no_null(json_object());
	for (i = 0; i < count; i++) {
		put_file(object, root, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return object;
}

json_t *tree_names(const char *root, const char *path)
{
	struct dirent **entries;
	int i, count = list_folder(root, path, &entries);
	json_t *names = no_null(json_array());

	for (i = 0; i < count; i++) {
		append(names, json_string(clean(entries[i]->d_name)));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return names;
}

json_t *tree_pairs(const char *root, const char *path)
{
	char *text = tree_read(root, path), *rest = text, *line, *name;
	json_t *object;

	if (!text)
		return json_null();
	object = no_null(json_object());
	while ((line = strsep(&rest, "\n"))) {
		name = strsep(&line, " ");
		if (*name && line)
			put(object, name, value_of(line));
	}
	free(text);
	return object;
}

/* A row that is shorter or longer than the header names only what it can. */
static json_t *table_row(const char *header, char *line)
{
	char *names = no_null(strdup(header)), *rest = names, *name, *cell;
	json_t *row = no_null(json_object());

	while ((name = strsep(&rest, " ")) && (cell = strsep(&line, " ")))
		if (*name)
			put(row, name, value_of(cell));
	free(names);
	return row;
}

json_t *tree_table(const char *root, const char *path)
{
	char *text = tree_read(root, path), *rest = text, *header, *line;
	json_t *rows;

	if (!text)
		return json_null();
	rows = no_null(json_array());
	header = strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")))
		if (*line)
			append(rows, table_row(header, line));
	free(text);
	return rows;
}
