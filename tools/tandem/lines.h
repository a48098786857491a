/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_LINES_H
#define TANDEM_LINES_H

/**
 * struct line_format - what the lines of a file may be
 * @take:	takes a line without its newline; returns 0, or -1 where it is bad
 * @about:	what a good one is, for the complaint
 */
struct line_format {
	int (*take)(void *into, char *line);
	const char *about;
};

/*
 * Each line of a file but those that are empty or begin with #. Returns 0, or -1 after
 * saying on stderr, as @command, which line is bad or why the file can't be read.
 */
int lines_load(const char *command, const char *path, const struct line_format *format,
	       void *into);

/* A file's name without folder and suffix, of a-z, 0-9 and - only; the caller frees. */
char *plain_name(const char *path, const char *suffix);

#endif
