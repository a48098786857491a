/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TOP_VIEW_TEXT_H
#define TANDEM_TOP_VIEW_TEXT_H

#include <jansson.h>
#include <stddef.h>

enum look { PLAIN, HEAD, ALARM };

/**
 * struct line - one of those that a view is shown in
 * @text:	without a newline
 * @look:	how it stands out: a table's head, or a VM that something is wrong with
 */
struct line {
	char *text;
	enum look look;
};

/**
 * struct lines - all of them
 * @line:	the lines
 * @nr:		how many
 * @vms:	the first that is a VM's: those above it stay where a screen scrolls
 */
struct lines {
	struct line *line;
	size_t nr;
	size_t vms;
};

/* @advice is a list of sentences for the end. To be given to lines_free(). */
struct lines lines_of(const json_t *view, const json_t *advice);
void lines_free(struct lines *lines);

#endif
