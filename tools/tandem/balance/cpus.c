// SPDX-License-Identifier: GPL-2.0
/* Sets of CPUs, and the lists that the kernel writes them as. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus.h"

#define WORDS	(CPUS_MAX / 64)

void cpus_add(struct cpus *c, unsigned int cpu)
{
	if (cpu < CPUS_MAX)
		c->bit[cpu / 64] |= 1ULL << cpu % 64;
}

/* One number, at a digit: nothing else may begin one. */
static bool take_cpu(const char **at, unsigned long *cpu)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	*cpu = strtoul(*at, &end, 10);
	*at = end;
	return *cpu < CPUS_MAX;
}

static bool take_range(struct cpus *c, const char **at)
{
	unsigned long first, last;

	if (!take_cpu(at, &first))
		return false;
	last = first;
	if (**at == '-') {
		++*at;
		if (!take_cpu(at, &last))
			return false;
	}
	for (unsigned long cpu = first; cpu <= last; cpu++)
		cpus_add(c, cpu);
	return first <= last;
}

bool cpus_parse(struct cpus *c, const char *list)
{
	memset(c, 0, sizeof(*c));
	list += strspn(list, " \t\n");
	if (!*list)
		return true;
	do {
		if (!take_range(c, &list))
			return false;
	} while (*list++ == ',');
	list--;
	return !list[strspn(list, " \t\n")];
}

static unsigned int run_end(const struct cpus *c, unsigned int first)
{
	while (cpus_has(c, first + 1))
		first++;
	return first;
}

char *cpus_list(const struct cpus *c)
{
	unsigned int first, last;
	const char *comma = "";
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		abort();
	for (first = 0; first < CPUS_MAX; first = last + 1) {
		last = first;
		if (!cpus_has(c, first))
			continue;
		last = run_end(c, first);
		fprintf(f, "%s%u", comma, first);
		if (last > first)
			fprintf(f, "-%u", last);
		comma = ",";
	}
	if (fclose(f))
		abort();
	return text;
}

void cpus_and(struct cpus *c, const struct cpus *with)
{
	for (int i = 0; i < WORDS; i++)
		c->bit[i] &= with->bit[i];
}

void cpus_and_not(struct cpus *c, const struct cpus *without)
{
	for (int i = 0; i < WORDS; i++)
		c->bit[i] &= ~without->bit[i];
}

void cpus_or(struct cpus *c, const struct cpus *with)
{
	for (int i = 0; i < WORDS; i++)
		c->bit[i] |= with->bit[i];
}

bool cpus_empty(const struct cpus *c)
{
	return !cpus_count(c);
}

bool cpus_equal(const struct cpus *a, const struct cpus *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool cpus_within(const struct cpus *a, const struct cpus *b)
{
	for (int i = 0; i < WORDS; i++)
		if (a->bit[i] & ~b->bit[i])
			return false;
	return true;
}

bool cpus_meet(const struct cpus *a, const struct cpus *b)
{
	for (int i = 0; i < WORDS; i++)
		if (a->bit[i] & b->bit[i])
			return true;
	return false;
}

unsigned int cpus_count(const struct cpus *c)
{
	unsigned int n = 0;

	for (int i = 0; i < WORDS; i++)
		n += __builtin_popcountll(c->bit[i]);
	return n;
}
