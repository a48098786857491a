/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_NUMBER_H
#define TANDEM_NUMBER_H

#include <stdint.h>

/**
 * struct number - an option that takes a whole number
 * @name:	of the option, without dashes
 * @value:	where it goes
 * @min:	the least that is allowed
 * @max:	the most
 */
struct number {
	const char *name;
	uint32_t *value;
	uint32_t min;
	uint32_t max;
};

/* DONE, or BAD_USAGE after saying on stderr what is allowed. */
int take_number(const char *command, const struct number *number, const char *text);

#endif
