// SPDX-License-Identifier: GPL-2.0
/* policy NODE COMMAND [ARG...]: a command whose memory must come from one node. */
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long nodes = argc > 1 ? 1UL << (atoi(argv[1]) & 31) : 0;

	if (argc < 3) {
		fputs("usage: policy NODE COMMAND [ARG...], NODE is 0 to 31\n", stderr);
		return 2;
	}
	if (syscall(SYS_set_mempolicy, MPOL_BIND, &nodes, 33))
		perror("set_mempolicy");
	else
		execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 1;
}
