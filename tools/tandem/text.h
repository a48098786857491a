/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TEXT_H
#define TANDEM_TEXT_H

#include <jansson.h>

/*
 * The text face of an answer: a label at the left, what it says beside it, in 80
 * columns. A label of "" continues the one before.
 */

void text_line(const char *label, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A sentence, broken between words. */
void text_words(const char *label, const char *sentence);

/* An object of plain values, as "name value" beside each other. */
void text_pairs(const char *label, const json_t *object);

/* A list of objects that have the keys of its first, as a table. */
void text_table(const char *label, const json_t *rows);

#endif
