// SPDX-License-Identifier: GPL-2.0
/*
 * counters PID MAPPING MIB: are the pages that the guest of spinner.c counts in as it left
 * them? It adds one to the first word of each, in turn, from 1 MiB to MIB: so they are all
 * N, or up to some page N + 1, and nothing else is in them: a page that is not so was lost, or
 * is an old copy. MAPPING is the size of the guest's RAM, MiB. Stop PID before.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE	4096UL
#define MIB	(1UL << 20)

static unsigned long find(const char *pid, unsigned long size)
{
	char name[64], line[512], rights[8];
	unsigned long start, end;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%s/maps", pid);
	maps = fopen(name, "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3 &&
		    end - start == size && rights[1] == 'w')
			return start;
	fprintf(stderr, "counters: no mapping of %lu MiB in process %s\n", size / MIB, pid);
	exit(1);
}

static int open_memory(const char *pid)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%s/mem", pid);
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}

static uint32_t read_page(int fd, unsigned long at)
{
	uint32_t word[PAGE / 4];

	if (pread(fd, word, PAGE, at) != (ssize_t)PAGE) {
		perror("counters: pread");
		exit(1);
	}
	for (unsigned int i = 1; i < PAGE / 4; i++)
		if (word[i]) {
			printf("page at %lx: word %u is %x\n", at, i, word[i]);
			exit(1);
		}
	return word[0];
}

int main(int argc, char **argv)
{
	unsigned long ram, at, pages = 0;
	uint32_t first, last, now;
	int fd;

	if (argc != 4) {
		fputs("usage: counters PID MAPPING MIB\n", stderr);
		return 2;
	}
	ram = find(argv[1], strtoul(argv[2], NULL, 10) * MIB);
	fd = open_memory(argv[1]);
	first = last = read_page(fd, ram + MIB);
	for (at = ram + MIB; at < ram + strtoul(argv[3], NULL, 10) * MIB; at += PAGE, pages++) {
		now = read_page(fd, at);
		if (now != last && !(now == last - 1 && last == first)) {
			printf("page at %lx: %u after %u, the first is %u\n", at, now, last, first);
			return 1;
		}
		last = now;
	}
	printf("%lu pages, the first at %u, the last at %u\n", pages, first, last);
	return 0;
}
