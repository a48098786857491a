/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TOP_VIEW_H
#define TANDEM_TOP_VIEW_H

#include <jansson.h>

/*
 * What two samples of a host say together, as the object that --json prints
 * (Documentation/tandem.rst). What only one of them has, or what went backwards as the
 * module was loaded anew, has no rate: null.
 */
json_t *top_view(const json_t *before, const json_t *after);

/* What VMs can be sorted by, a list that ends with NULL. */
extern const char *const top_columns[];

/* Numbers downwards, words upwards; VMs that have none come last. */
void top_sort(json_t *view, const char *column);

#endif
