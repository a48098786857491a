/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_MODEL_HOST_H
#define TANDEM_MODEL_HOST_H

#include <jansson.h>

/* What all simulators' results have in common: Documentation/results.rst. */

/* To a thousandth: no more digits than they mean. */
json_t *rounded(double value);

/* Prints a document of the bench; takes @command and @rows over. */
void model_print(const char *bench, json_t *command, json_t *rows);

#endif
