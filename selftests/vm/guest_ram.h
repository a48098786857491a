/* SPDX-License-Identifier: GPL-2.0 */
/* The RAM of a guest of spinner.c, from another process. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB	(1UL << 20)
/* Where the guest reads, once a turn, up to where it counts: in its boot sector. */
#define LIMIT	0x7df6

/* find_ram() - where the process has its mapping of that size, which is the guest's RAM */
static inline unsigned long find_ram(const char *pid, unsigned long mib)
{
	char name[64], line[512], rights[8];
	unsigned long start, end;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%s/maps", pid);
	maps = fopen(name, "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s", &start, &end, rights) == 3 &&
		    end - start == mib * MIB && rights[1] == 'w')
			return start;
	fprintf(stderr, "no mapping of %lu MiB in process %s\n", mib, pid);
	exit(1);
}

static inline int open_memory(const char *pid, int flags)
{
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%s/mem", pid);
	fd = open(name, flags);
	if (fd < 0) {
		perror(name);
		exit(1);
	}
	return fd;
}
