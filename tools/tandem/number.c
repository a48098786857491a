// SPDX-License-Identifier: GPL-2.0
/* Options that take a whole number. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "number.h"

int take_number(const char *command, const struct number *number, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || !isdigit((unsigned char)*text) || value < number->min ||
	    value > number->max) {
		fprintf(stderr, "tandem %s: --%s %s: not a number from %u to %u\n", command,
			number->name, text, number->min, number->max);
		return BAD_USAGE;
	}
	*number->value = value;
	return DONE;
}
