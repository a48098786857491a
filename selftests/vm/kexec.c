// SPDX-License-Identifier: GPL-2.0
/*
 * kexec now|crash KERNEL INITRD CMDLINE: loads another kernel and starts it, or
 * keeps it for the moment when this one panics. The distribution's kexec would
 * do, but installing it changes how the developer's own machine reboots.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

int main(int argc, char **argv)
{
	int crash = argc == 5 && !strcmp(argv[1], "crash");
	const char *cmdline = argv[4];

	if (argc != 5 || (!crash && strcmp(argv[1], "now"))) {
		fprintf(stderr, "usage: kexec now|crash KERNEL INITRD CMDLINE\n");
		return 2;
	}
	if (syscall(SYS_kexec_file_load, open_file(argv[2]), open_file(argv[3]),
		    strlen(cmdline) + 1, cmdline, crash ? KEXEC_FILE_ON_CRASH : 0))
		die("kexec_file_load");
	if (!crash && reboot(LINUX_REBOOT_CMD_KEXEC))
		die("reboot");
	return 0;
}
