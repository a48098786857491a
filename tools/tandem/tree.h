/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TREE_H
#define TANDEM_TREE_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The files of the running system (root ""), or of a recorded one. Paths begin
 * with a slash. What a file says becomes a JSON value: the text and the --json
 * face of a subcommand are made from the same object.
 */

bool tree_has(const char *root, const char *path);

/* Why a file or folder can't be opened, 0 if it can. */
int tree_error(const char *root, const char *path);

/* NULL with errno; the caller frees. Without the newline at the end. */
char *tree_read(const char *root, const char *path);

/* A whole number where the text is one, else a string. */
json_t *value_of(const char *text);

/* One file's value, or null. */
json_t *tree_value(const char *root, const char *path);

/* A folder's files, each with one value, by name; or null. */
json_t *tree_folder(const char *root, const char *path);

/* The names of what is in a folder, in order; none where it can't be read. */
json_t *tree_names(const char *root, const char *path);

/* A file of "name value" lines, in its order; or null. */
json_t *tree_pairs(const char *root, const char *path);

/* A file with a header line, as a list of one object a row; or null. */
json_t *tree_table(const char *root, const char *path);

/* These take value over and don't fail: without memory the program ends. */
void put(json_t *object, const char *key, json_t *value);
void append(json_t *list, json_t *value);

#endif
