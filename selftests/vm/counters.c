// SPDX-License-Identifier: GPL-2.0
/*
 * counters PID MAPPING MIB: are the pages that the guest of spinner.c counts in as it left
 * them? It adds one to the first word of each, in turn, from 1 MiB to MIB: so they are all
 * N, or up to some page N + 1, and nothing else is in them: a page that is not so was lost, or
 * is an old copy. MAPPING is the size of the guest's RAM, MiB. Stop PID before.
 */
#include <stdint.h>
#include <unistd.h>

#include "guest_ram.h"

#define PAGE	4096UL

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
	ram = find_ram(argv[1], strtoul(argv[2], NULL, 10));
	fd = open_memory(argv[1], O_RDONLY);
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
