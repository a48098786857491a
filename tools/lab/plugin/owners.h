/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose memory a page is: what the host said last. A page that the host moved since
 * then is nobody's until it says so again.
 */
#ifndef LAB_OWNERS_H
#define LAB_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

enum { OWNERS_MAX = 64, OWNER_NAME_MAX = 32 };

/* the owner of all pages that were not told */
enum { NOBODY = 0 };

/** owners_init() - @pages of NOBODY; false without memory for that */
bool owners_init(uint64_t pages);

/** owners_of() - from any thread */
unsigned int owners_of(uint64_t page);

/** owners_any() - has anybody had pages yet? From any thread */
bool owners_any(void);

/** owners_name() - of an owner below owners_count() */
const char *owners_name(unsigned int owner);
unsigned int owners_count(void);

/**
 * owners_begin() - the pages of @name follow, instead of those it had
 *
 * Return: the owner, or NOBODY: the name is too long, or there are OWNERS_MAX.
 */
unsigned int owners_begin(const char *name);

/** owners_add() - one page of the set that owners_begin() began */
void owners_add(uint64_t page);

/** owners_end() - put the set in place; returns how many pages it has */
uint64_t owners_end(unsigned int owner);

#endif
