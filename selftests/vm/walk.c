// SPDX-License-Identifier: GPL-2.0
/*
 * walk MIB ROUNDS [NODE]: work over memory, in a known number of loads and stores.
 *
 * Takes MIB of memory, from NODE if one is given, and writes to all of it; says "ready",
 * and begins when a line or the end of its input comes. In each round it loads from and
 * stores to each cache line once, each 64 bytes of the MIB. Says "done LOADS STORES", and
 * stays until another line comes, so that its memory does. ROUNDS 0 is for ever, and it
 * says "walked MIB", how many since it began, now and then.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MPOL_BIND = 2, LINE = 64, SAID = 32 << 20 };

static int bind_to(unsigned long node)
{
	unsigned long mask = 1UL << node;

	return syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask));
}

/* One load and one store, whatever the compiler thinks of it. */
static void walk(char *memory, size_t bytes)
{
	char *end = memory + bytes;
	uint64_t value;

	for (; memory < end; memory += LINE)
		asm volatile("mov (%1), %0\n\tmov %0, 8(%1)"
			     : "=&r"(value) : "r"(memory) : "memory");
}

static void wait_for_line(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return;
}

static void rounds(char *memory, size_t bytes, unsigned long count)
{
	while (count--)
		walk(memory, bytes);
}

static void for_ever(char *memory, size_t bytes)
{
	unsigned long walked = 0;
	size_t at, part;

	for (;;) {
		for (at = 0; at < bytes; at += part) {
			part = bytes - at < SAID ? bytes - at : SAID;
			walk(memory + at, part);
			walked += part;
			printf("walked %lu\n", walked >> 20);
		}
	}
}

int main(int argc, char **argv)
{
	size_t bytes = argc > 2 ? strtoul(argv[1], NULL, 10) << 20 : 0;
	unsigned long count = bytes ? strtoul(argv[2], NULL, 10) : 0;
	char *memory;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!bytes || (argc > 3 && bind_to(strtoul(argv[3], NULL, 10)))) {
		fputs("usage: walk MIB ROUNDS [NODE]\n", stderr);
		return 2;
	}
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return 1;
	memset(memory, 1, bytes);
	puts("ready");
	wait_for_line();
	if (!count)
		for_ever(memory, bytes);
	rounds(memory, bytes, count);
	printf("done %zu %zu\n", bytes / LINE * count, bytes / LINE * count);
	wait_for_line();
	return 0;
}
