// SPDX-License-Identifier: GPL-2.0
/* Labels, words, pairs and tables in 80 columns. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define COLUMNS		79	/* the last stays free: some terminals wrap there */
#define LABEL		10
#define MOST_CELL	24	/* longest plain value: 20 digits and a sign */

static void start(const char *label)
{
	printf("%-*s", LABEL, label);
}

void text_line(const char *label, const char *format, ...)
{
	va_list args;

	start(label);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Prints a piece of a line that may have to be continued. */
static int piece(int used, const char *text, int width, const char *gap)
{
	if (used > LABEL && used + (int)strlen(gap) + width > COLUMNS) {
		putchar('\n');
		start("");
		used = LABEL;
	} else if (used > LABEL) {
		used += printf("%s", gap);
	}
	return used + printf("%.*s", width, text);
}

void text_words(const char *label, const char *sentence)
{
	int used = LABEL, width;

	start(label);
	while (*sentence) {
		width = strcspn(sentence, " ");
		used = piece(used, sentence, width, " ");
		sentence += width;
		sentence += strspn(sentence, " ");
	}
	putchar('\n');
}

static const char *cell(const json_t *value, char *buffer)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (!json_is_integer(value))
		return "-";
	snprintf(buffer, MOST_CELL, "%lld", (long long)json_integer_value(value));
	return buffer;
}

/* Jansson iterates over what it could change. */
void text_pairs(const char *label, const json_t *pairs)
{
	json_t *object = (json_t *)pairs, *value;
	char buffer[MOST_CELL], *pair;
	int used = LABEL;
	const char *key;

	start(label);
	json_object_foreach(object, key, value) {
		if (asprintf(&pair, "%s %s", key, cell(value, buffer)) < 0)
			return;
		used = piece(used, pair, strlen(pair), "   ");
		free(pair);
	}
	puts(used == LABEL ? "(none)" : "");
}

static int column_width(const json_t *rows, const char *key)
{
	int width = strlen(key), w;
	char buffer[MOST_CELL];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		w = strlen(cell(json_object_get(row, key), buffer));
		if (w > width)
			width = w;
	}
	return width;
}

/* The titles where row is NULL. */
static void table_line(const char *label, const json_t *rows, const json_t *row)
{
	json_t *first = json_array_get(rows, 0), *unused;
	char buffer[MOST_CELL];
	const char *key, *gap = "";

	start(label);
	json_object_foreach(first, key, unused) {
		printf("%s%*s", gap, column_width(rows, key),
		       row ? cell(json_object_get(row, key), buffer) : key);
		gap = "  ";
	}
	putchar('\n');
}

void text_table(const char *label, const json_t *rows)
{
	json_t *row;
	size_t i;

	table_line(label, rows, NULL);
	json_array_foreach(rows, i, row)
		table_line("", rows, row);
}
