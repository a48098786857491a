// SPDX-License-Identifier: GPL-2.0
/*
 * offnode COMMAND...: talk to the counter of off-node accesses (lab run --offnode).
 *
 *	tell NAME PID [MIB]	NAME's memory is the first private writable mapping of
 *				process PID of at least MIB; without MIB, the largest.
 *				It is looked up anew each time. Prints how many pages
 *				are there
 *	forget NAME		its pages are nobody's
 *	reset			count from zero again
 *	stop			count nothing until the next reset
 *	read			print "NAME guest|host CPU_NODE PAGE_NODE LOADS STORES"
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096, CHUNK = 512, TRIES = 500, RETRY_US = 10000 };

#define PORTS "/sys/class/virtio-ports"

/* of an entry of pagemap */
#define PRESENT (1ULL << 63)
#define NOT_ANONYMOUS (1ULL << 61)
#define EXCLUSIVE (1ULL << 56)
#define FRAME ((1ULL << 55) - 1)

struct mapping {
	uint64_t from, to;
};

static FILE *from, *to;

static int die(const char *what)
{
	fprintf(stderr, "offnode: %s\n", what);
	exit(1);
}

static int is_ours(const char *port)
{
	char path[300], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), PORTS "/%s/name", port);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!fgets(name, sizeof(name), f))
		name[0] = 0;
	fclose(f);
	return !strcmp(name, "lab.offnode\n");
}

static int find_port(char *path, size_t size)
{
	DIR *dir = opendir(PORTS);
	struct dirent *entry;
	int found = 0;

	while (dir && !found && (entry = readdir(dir))) {
		found = is_ours(entry->d_name);
		if (found)
			snprintf(path, size, "/dev/%s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A port has one user at a time. */
static void open_port(void)
{
	int tries, fd = -1;
	char path[300];

	if (!find_port(path, sizeof(path)))
		die("nobody counts: give lab run --offnode");
	for (tries = 0; tries < TRIES && fd < 0; tries++) {
		fd = open(path, O_RDWR);
		if (fd < 0 && errno != EBUSY)
			break;
		if (fd < 0)
			usleep(RETRY_US);
	}
	if (fd < 0)
		die("the port can't be opened");
	from = fdopen(fd, "r");
	to = fdopen(dup(fd), "w");
}

/* Prints what comes before the last line, and the number in that if it says one. */
static int answer(int say_number)
{
	char line[256];

	fflush(to);
	while (fgets(line, sizeof(line), from)) {
		if (!strncmp(line, "error ", 6))
			die(line + 6);
		if (!strncmp(line, "ok ", 3)) {
			if (say_number)
				fputs(line + 3, stdout);
			return 0;
		}
		fputs(line, stdout);
	}
	return die("the counter has gone");
}

static void open_proc(FILE **f, const char *pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	*f = fopen(path, "r");
	if (!*f)
		die("there is no such process, or it may not be looked at");
}

static int is_memory(const char *line, struct mapping *m)
{
	char rights[5];

	return sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &m->from, &m->to, rights) == 3 &&
	       !strcmp(rights, "rw-p");
}

static struct mapping guest_memory(const char *pid, uint64_t least)
{
	struct mapping m, best = { 0, 0 };
	char line[512];
	FILE *maps;

	open_proc(&maps, pid, "maps");
	while (fgets(line, sizeof(line), maps)) {
		if (!is_memory(line, &m) || m.to - m.from <= best.to - best.from)
			continue;
		if (m.to - m.from < least)
			continue;
		best = m;
		if (least)
			break;
	}
	fclose(maps);
	if (!best.to)
		die("the process has no mapping that large");
	return best;
}

/* Not the zero page, which is everybody's. */
static int is_own(uint64_t entry)
{
	return entry & PRESENT && entry & EXCLUSIVE && !(entry & NOT_ANONYMOUS);
}

/* Frames one after the other are one line. */
static void say_frame(uint64_t frame, uint64_t run[2], int last)
{
	if (!last && run[0] && frame == run[1] + 1) {
		run[1] = frame;
		return;
	}
	if (run[0])
		fprintf(to, "%" PRIx64 " %" PRIx64 "\n", run[0], run[1]);
	run[0] = frame;
	run[1] = frame;
}

static void say_frames(const char *pid, const struct mapping *m)
{
	uint64_t entries[CHUNK], run[2] = { 0, 0 }, left = (m->to - m->from) / PAGE;
	size_t n, i;
	FILE *pagemap;

	open_proc(&pagemap, pid, "pagemap");
	fseeko(pagemap, m->from / PAGE * sizeof(entries[0]), SEEK_SET);
	for (; left; left -= n) {
		n = fread(entries, sizeof(entries[0]), left < CHUNK ? left : CHUNK, pagemap);
		if (!n)
			break;
		for (i = 0; i < n; i++)
			if (is_own(entries[i]))
				say_frame(entries[i] & FRAME, run, 0);
	}
	say_frame(0, run, 1);
	fclose(pagemap);
}

static int tell(const char *name, const char *pid, const char *mib)
{
	struct mapping m = guest_memory(pid, mib ? strtoull(mib, NULL, 10) << 20 : 0);

	open_port();
	fprintf(to, "pages %s\n", name);
	say_frames(pid, &m);
	fputs("end\n", to);
	return answer(1);
}

static int say(const char *format, const char *word)
{
	open_port();
	fprintf(to, format, word);
	return answer(0);
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "tell") && (argc == 4 || argc == 5))
		return tell(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
	if (!strcmp(command, "forget") && argc == 3)
		return say("pages %s\nend\n", argv[2]);
	if (argc == 2 && (!strcmp(command, "reset") || !strcmp(command, "stop") ||
			  !strcmp(command, "read")))
		return say("%s\n", command);
	return die("offnode tell NAME PID [MIB] | forget NAME | reset | stop | read");
}
