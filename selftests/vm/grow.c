// SPDX-License-Identifier: GPL-2.0
/*
 * grow PID MAPPING MIB: from now on the guest of spinner.c counts in the pages of its RAM up to
 * there. MAPPING is the size of the guest's RAM, MiB.
 */
#include <stdint.h>
#include <unistd.h>

#include "guest_ram.h"

int main(int argc, char **argv)
{
	uint32_t end;
	int fd;

	if (argc != 4) {
		fputs("usage: grow PID MAPPING MIB\n", stderr);
		return 2;
	}
	end = strtoul(argv[3], NULL, 10) * MIB;
	fd = open_memory(argv[1], O_WRONLY);
	if (pwrite(fd, &end, sizeof(end), find_ram(argv[1], strtoul(argv[2], NULL, 10)) + LIMIT) !=
	    sizeof(end)) {
		perror("grow: pwrite");
		return 1;
	}
	return 0;
}
