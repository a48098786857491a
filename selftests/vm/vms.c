// SPDX-License-Identifier: GPL-2.0
/*
 * vms N [busy | wide | vhost]: N processes with a VM of one vCPU each, that has halted for good;
 * or is busy; or there are two that are; or it has halted, and the process has a worker of
 * vhost-net and wakes it a thousand times a second. Says their pids, a line each, and
 * "ready" when they run, and waits to be killed: they go with it.
 * Who is busy halts without an exit: for the host it runs, and an emulated CPU sleeps meanwhile.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vhost.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define RAM	(2UL << 20)
#define CODE	0x1000

static const char code[] = "\xf4\xeb\xfd";	/* 1: hlt; jmp 1b */

static void check(int bad, const char *what)
{
	if (!bad)
		return;
	perror(what);
	exit(1);
}

static char *make_ram(int vm)
{
	char *ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
		.memory_size = RAM, .userspace_addr = (unsigned long)ram,
	};

	check(ram == MAP_FAILED, "mmap");
	check(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
	return ram;
}

static void set_start(int vcpu)
{
	struct kvm_regs regs = { .rip = CODE, .rflags = 2 };
	struct kvm_sregs sregs;

	check(ioctl(vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	check(ioctl(vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	check(ioctl(vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

/* After each such call the kernel waits until the worker has nothing left to do. */
static void *wake_worker(void *fd)
{
	struct vhost_memory none = { };

	while (!ioctl((long)fd, VHOST_SET_MEM_TABLE, &none))
		usleep(1000);
	check(1, "VHOST_SET_MEM_TABLE");
	return NULL;
}

static void add_worker(void)
{
	long fd = open("/dev/vhost-net", O_RDWR);
	pthread_t thread;

	check(fd < 0 || ioctl(fd, VHOST_SET_OWNER, NULL), "VHOST_SET_OWNER");
	check(pthread_create(&thread, NULL, wake_worker, (void *)fd), "pthread_create");
}

/* It runs from the start, whichever it is. */
static long make_vcpu(int vm, int id)
{
	struct kvm_mp_state runs = { .mp_state = KVM_MP_STATE_RUNNABLE };
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, id);

	check(vcpu < 0, "KVM_CREATE_VCPU");
	set_start(vcpu);
	check(ioctl(vcpu, KVM_SET_MP_STATE, &runs), "KVM_SET_MP_STATE");
	check(mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, vcpu, 0) == MAP_FAILED,
	      "mmap of the vCPU");
	return vcpu;
}

static void *run(void *vcpu)
{
	ioctl((long)vcpu, KVM_RUN, 0);
	check(1, "KVM_RUN came back");
	return NULL;
}

static void add_vcpu(int vm)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, run, (void *)make_vcpu(vm, 1)), "pthread_create");
}

static void halt_inside(int vm)
{
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_DISABLE_EXITS, .args = { KVM_X86_DISABLE_EXITS_HLT },
	};

	check(ioctl(vm, KVM_ENABLE_CAP, &cap), "KVM_CAP_X86_DISABLE_EXITS");
}

static bool is_busy(const char *how)
{
	return !strcmp(how, "busy") || !strcmp(how, "wide");
}

/* With KVM's interrupt controller a halt stays in the kernel. */
static void live(int ready, const char *how)
{
	int kvm = open("/dev/kvm", O_RDWR), vm = ioctl(kvm, KVM_CREATE_VM, 0);
	long vcpu;
	char *ram;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	check(kvm < 0 || vm < 0, "KVM_CREATE_VM");
	check(ioctl(vm, KVM_CREATE_IRQCHIP), "KVM_CREATE_IRQCHIP");
	if (!strcmp(how, "vhost"))
		add_worker();
	if (is_busy(how))
		halt_inside(vm);
	ram = make_ram(vm);
	memset(ram, 1, RAM);
	memcpy(ram + CODE, code, sizeof(code));
	vcpu = make_vcpu(vm, 0);
	if (!strcmp(how, "wide"))
		add_vcpu(vm);
	check(write(ready, "", 1) != 1, "write");
	run((void *)vcpu);
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0, pipes[2], pid, i;
	const char *how = argc > 2 ? argv[2] : "";
	char byte;

	if (n < 1 || n > 2000 || argc > 3 ||
	    (*how && !is_busy(how) && strcmp(how, "vhost"))) {
		fputs("usage: vms N [busy | wide | vhost], N is 1 to 2000\n", stderr);
		return 2;
	}
	signal(SIGCHLD, SIG_IGN);	/* no zombies */
	check(pipe(pipes), "pipe");
	for (i = 0; i < n; i++) {
		pid = fork();
		if (!pid)
			live(pipes[1], how);
		printf("%d\n", pid);
		fflush(stdout);
	}
	close(pipes[1]);
	for (i = 0; i < n; i++)
		check(read(pipes[0], &byte, 1) != 1, "a VM");
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
