// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owners.h"

static char names[OWNERS_MAX][OWNER_NAME_MAX] = { "-" };
static unsigned int used = 1;
static uint64_t page_count;

/* Read by all CPUs while one thread writes. */
static uint8_t *table;

/* Of the set that is being told: a page of it is 1. */
static uint8_t *told;

bool owners_init(uint64_t pages)
{
	page_count = pages;
	table = calloc(pages, 1);
	told = calloc(pages, 1);
	return table && told;
}

unsigned int owners_of(uint64_t page)
{
	return __atomic_load_n(&table[page], __ATOMIC_RELAXED);
}

bool owners_any(void)
{
	return __atomic_load_n(&used, __ATOMIC_RELAXED) > 1;
}

const char *owners_name(unsigned int owner)
{
	return names[owner];
}

unsigned int owners_count(void)
{
	return used;
}

unsigned int owners_begin(const char *name)
{
	unsigned int owner;

	memset(told, 0, page_count);
	for (owner = 1; owner < used; owner++)
		if (!strcmp(names[owner], name))
			return owner;
	if (used == OWNERS_MAX || strlen(name) >= OWNER_NAME_MAX)
		return NOBODY;
	snprintf(names[used], OWNER_NAME_MAX, "%s", name);
	return __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
}

void owners_add(uint64_t page)
{
	told[page] = 1;
}

/* Never empty in between: what stays the owner's is not written. */
uint64_t owners_end(unsigned int owner)
{
	uint64_t page, count = 0;

	for (page = 0; page < page_count; page++) {
		count += told[page];
		if (told[page] && table[page] != owner)
			__atomic_store_n(&table[page], owner, __ATOMIC_RELAXED);
		else if (!told[page] && table[page] == owner)
			__atomic_store_n(&table[page], NOBODY, __ATOMIC_RELAXED);
	}
	return count;
}
