// SPDX-License-Identifier: GPL-2.0
/* Files of decisions: are they whole, and of a layout that is known? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/* The most that the module keeps is 16 MiB. */
#define BYTES_MAX	(64 << 20)

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "tandem replay: %s: %s\n", path, what);
	return -1;
}

/* Files of debugfs have no size. */
static int read_all(struct replay_file *f, FILE *from, size_t *bytes)
{
	f->word = malloc(BYTES_MAX + 1);
	if (!f->word)
		abort();
	*bytes = fread(f->word, 1, BYTES_MAX + 1, from);
	if (ferror(from))
		return complain(f->path, strerror(errno));
	if (*bytes > BYTES_MAX)
		return complain(f->path, "larger than any file of decisions");
	return 0;
}

static int check(const struct replay_file *f, size_t bytes)
{
	uint64_t want = TANDEM_RECORD_HEAD * sizeof(*f->word);

	if (bytes < want || f->word[TANDEM_HEAD_MAGIC] != TANDEM_RECORD_MAGIC)
		return complain(f->path, "not a file of decisions; they are in debugfs,\n"
				"kvm_tandem/decisions, where placement_record_kib is not 0");
	if (f->word[TANDEM_HEAD_VERSION] != TANDEM_RECORD_VERSION) {
		fprintf(stderr, "tandem replay: %s: version %u; this command reads version %u\n",
			f->path, f->word[TANDEM_HEAD_VERSION], TANDEM_RECORD_VERSION);
		return -1;
	}
	want += (uint64_t)f->word[TANDEM_HEAD_WORDS] * sizeof(*f->word);
	if (bytes == want)
		return 0;
	fprintf(stderr, "tandem replay: %s: cut, or two in one: %zu bytes, and it says %llu\n",
		f->path, bytes, (unsigned long long)want);
	return -1;
}

int replay_load(struct replay_file *f, const char *path)
{
	FILE *from = fopen(path, "r");
	size_t bytes;
	int ret;

	*f = (struct replay_file){ .path = path };
	if (!from)
		return complain(path, strerror(errno));
	ret = read_all(f, from, &bytes);
	fclose(from);
	if (!ret)
		ret = check(f, bytes);
	if (ret) {
		free(f->word);
		return ret;
	}
	f->words = bytes / sizeof(*f->word);
	return 0;
}
