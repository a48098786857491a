// SPDX-License-Identifier: GPL-2.0
/*
 * Recorded patterns: lines "ARM_NS DEADLINE_NS", "NS halt" and "NS run", and
 * comments that begin with #.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arms.h"
#include "lines.h"

#define SUFFIX	".arms"
/* So that looks at any period can be counted in seconds. */
#define LONGEST	(600ULL * 1000000000)
#define BAD_LINE "not ARM_NS DEADLINE_NS, NS halt or NS run, in order, within 600 s"

void arms_add(struct arms *arms, uint64_t at, enum doing doing, uint64_t deadline)
{
	if (arms->nr == arms->room) {
		arms->room = arms->room ? 2 * arms->room : 1024;
		arms->arm = reallocarray(arms->arm, arms->room, sizeof(*arms->arm));
		if (!arms->arm)
			abort();
	}
	arms->arm[arms->nr++] = (struct arm){ at, doing, deadline };
	if (arms->end < at)
		arms->end = at;
}

void arms_free(struct arms *arms)
{
	free(arms->name);
	free(arms->arm);
	*arms = (struct arms){ };
}

static int what_of(const char *word, enum doing *doing, uint64_t *deadline)
{
	char *end;

	*deadline = 0;
	*doing = !strcmp(word, "halt") ? HALT : !strcmp(word, "run") ? RUN : ARM;
	if (*doing != ARM)
		return 0;
	if (!isdigit((unsigned char)*word))
		return -1;
	*deadline = strtoull(word, &end, 10);
	return *end || *deadline > INT64_MAX ? -1 : 0;
}

/* Times go forward, and not too far. */
static int take_line(void *into, char *line)
{
	struct arms *arms = into;
	uint64_t at, deadline;
	enum doing doing;
	char word[32];
	int used;

	if (sscanf(line, "%" SCNu64 " %31s %n", &at, word, &used) != 2 || line[used])
		return -1;
	if (what_of(word, &doing, &deadline) || at < arms->end || at > INT64_MAX)
		return -1;
	if (arms->nr && at - arms->arm[0].at > LONGEST)
		return -1;
	arms_add(arms, at, doing, deadline);
	return 0;
}

int arms_load(struct arms *arms, const char *path)
{
	static const struct line_format format = { take_line, BAD_LINE };

	arms->name = plain_name(path, SUFFIX);
	if (lines_load("sim", path, &format, arms))
		return -1;
	if (!arms->nr) {
		fprintf(stderr, "tandem sim: %s: nothing was armed\n", path);
		return -1;
	}
	return 0;
}
