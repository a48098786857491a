/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_STATUS_H
#define TANDEM_STATUS_H

#include <jansson.h>

/* A list of sentences: what to do about what is missing. The caller gives it back. */
json_t *status_advice(const char *root);

#endif
