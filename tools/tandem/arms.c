// SPDX-License-Identifier: GPL-2.0
/*
 * Recorded patterns: lines "ARM_NS DEADLINE_NS", "NS halt" and "NS run", and
 * comments that begin with #.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arms.h"

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

/* Results are named by a-z, 0-9 and - only. */
static void make_plain(char *name)
{
	for (; *name; name++) {
		*name = tolower((unsigned char)*name);
		if (!isdigit((unsigned char)*name) && (*name < 'a' || *name > 'z'))
			*name = '-';
	}
}

/* The file's name without folder and suffix. */
static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/');
	char *name = strdup(base ? base + 1 : path);
	size_t length;

	if (!name)
		abort();
	length = strlen(name);
	if (length > strlen(SUFFIX) && !strcmp(name + length - strlen(SUFFIX), SUFFIX))
		name[length - strlen(SUFFIX)] = '\0';
	make_plain(name);
	return name;
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
static int take_line(struct arms *arms, const char *line)
{
	uint64_t at, deadline;
	enum doing doing;
	char word[32];
	int used;

	if (*line == '#' || *line == '\n')
		return 0;
	if (sscanf(line, "%" SCNu64 " %31s %n", &at, word, &used) != 2 || line[used])
		return -1;
	if (what_of(word, &doing, &deadline) || at < arms->end || at > INT64_MAX)
		return -1;
	if (arms->nr && at - arms->arm[0].at > LONGEST)
		return -1;
	arms_add(arms, at, doing, deadline);
	return 0;
}

static int read_lines(struct arms *arms, FILE *file, const char *path)
{
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int ret = 0;

	while (!ret && getline(&line, &size, file) > 0) {
		number++;
		ret = take_line(arms, line);
	}
	free(line);
	if (ret)
		fprintf(stderr, "tandem sim: %s:%u: " BAD_LINE "\n", path, number);
	return ret;
}

int arms_load(struct arms *arms, const char *path)
{
	FILE *file = fopen(path, "r");
	int ret;

	if (!file) {
		fprintf(stderr, "tandem sim: %s: %s\n", path, strerror(errno));
		return -1;
	}
	arms->name = name_of(path);
	ret = read_lines(arms, file, path);
	fclose(file);
	if (!ret && !arms->nr) {
		fprintf(stderr, "tandem sim: %s: nothing was armed\n", path);
		ret = -1;
	}
	return ret;
}
