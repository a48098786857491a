// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of tandem balance on this machine: a process of our own with threads and
 * memory, made a VM by a folder that links to its /proc and claims that it has vCPUs.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balance_run.h"
#include "fake_host.h"
#include "tap.h"

#define THREADS	4
#define BYTES	(32UL << 20)

/* The throwaway process. Not a fork of this one, which has ASan's memory, too. */
static pid_t start_victim(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execlp("python3", "python3", "-c",
	       "import threading, time\n"
	       "ram = bytearray(b'x') * (32 << 20)\n"
	       "for _ in range(4): threading.Thread(target=time.sleep, args=(999,)).start()\n",
	       NULL);
	_exit(1);
}

/* Its files are those of /proc, but for the descriptors: only those are made up. */
static void make_root(char *root, pid_t pid)
{
	static const char * const files[] = { "task", "maps", "numa_maps", "cmdline", "comm" };
	static const char * const folders[] = { "", "/proc", "/proc/%d", "/proc/%d/fd", "/run" };
	char path[512], target[256];

	for (unsigned int i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(target, sizeof(target), folders[i], pid);
		snprintf(path, sizeof(path), "%s%s", root, target);
		if (mkdir(path, 0755) && errno != EEXIST)
			abort();
	}
	for (unsigned int i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(target, sizeof(target), "/proc/%d/%s", pid, files[i]);
		snprintf(path, sizeof(path), "%s%s", root, target);
		if (symlink(target, path))
			abort();
	}
	snprintf(path, sizeof(path), "%s/proc/%d/fd/9", root, pid);
	if (symlink("anon_inode:kvm-vcpu:0", path))
		abort();
	snprintf(path, sizeof(path), "%s/sys", root);
	if (symlink("/sys", path))
		abort();
}

static void remove_root(const char *root)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (system(command))
		printf("# %s: left behind\n", root);
}

static unsigned int confined(pid_t pid, const cpu_set_t *to)
{
	struct host h = { .root = "", .calls = &real_calls };
	struct topology t;
	struct workers w = { };
	struct vm vm = { .pid = pid };
	struct cpus want = { };
	unsigned int n = 0;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, to))
			cpus_add(&want, cpu);
	if (!topology_read(&h, &t) || vm_read_threads(&h, &t, &w, &vm))
		return 0;
	for (unsigned int i = 0; i < vm.nr_threads; i++)
		n += cpus_equal(&vm.masks[vm.thread[i].cpus], &want);
	free(vm.thread);
	return n;
}

/* The node is made to have one CPU. */
static void test_threads(struct balance *b, struct vm *vm, const cpu_set_t *all)
{
	struct numa_node *node = &b->topology.node[0];
	struct cpus rest = node->cpus;
	int cpu = sched_getcpu();
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	node->cpus = (struct cpus){ };
	cpus_add(&node->cpus, cpu);
	tap_ok(!vm_confine(b, vm, node->id) && confined(vm->pid, &one) == THREADS + 1,
	       "all threads of a process are confined to a CPU");
	tap_ok(!vm_release(b, vm) && confined(vm->pid, all) == THREADS + 1, "and given back");
	node->cpus = rest;
}

static void test_memory(struct balance *b, struct vm *vm)
{
	uint64_t pause;
	unsigned int chunks = 0;

	tap_ok(vm->ram_mib >= BYTES >> 20 && vm->mib[0] >= (BYTES >> 20) - 1,
	       "its memory is found, and on which node it is");
	vm->home = b->topology.node[0].id;
	vm_copy_start(vm);
	while (vm_copy_chunk(b, vm, &pause))
		chunks++;
	tap_ok(vm->passed && chunks >= BYTES >> 22 && !vm->copied_mib,
	       "all of it is asked for; what is there already isn't moved");
	vm->home = 77;
	vm->said = 0;
	vm_copy_start(vm);
	while (vm_copy_chunk(b, vm, &pause))
		;
	tap_ok(vm->said & SAID_COPY && !vm->copied_mib, "a node that doesn't exist: said, and left");
}

static void test_gone(struct balance *b, struct vm *vm)
{
	uint64_t pause;

	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	vm->home = b->topology.node[0].id;
	vm->said = 0;
	vm_copy_start(vm);
	while (vm_copy_chunk(b, vm, &pause))
		;
	tap_ok(vm->said == SAID_GONE && vm->passed, "it ends: its memory need not follow");
	b->topology.node[0].cpus = (struct cpus){ };
	cpus_add(&b->topology.node[0].cpus, sched_getcpu());
	tap_ok(vm_confine(b, vm, b->topology.node[0].id) == -ESRCH && vm->said == SAID_GONE,
	       "nor do its threads, and that is no complaint");
}

int main(void)
{
	const struct balance_options o = { .interval_s = 1, .rate_mib = 32, .json = true };
	char root[] = "/tmp/tandem-XXXXXX";
	struct host h = { .root = root, .calls = &real_calls };
	struct balance *b;
	cpu_set_t all;
	pid_t pid;

	if (!mkdtemp(root) || sched_getaffinity(0, sizeof(all), &all))
		abort();
	tap_plan(8);
	pid = start_victim();
	make_root(root, pid);
	usleep(1000000);
	if (balance_lock(&h) < 0)
		abort();
	b = balance_new(&h, &o);
	tap_ok(balance_look(b) && b->vms.nr == 1 && b->vms.vm[0]->nr_threads == THREADS + 1 &&
	       b->vms.vm[0]->stays == FREE, "it is found, with its threads");
	if (b->vms.nr == 1) {
		test_threads(b, b->vms.vm[0], &all);
		test_memory(b, b->vms.vm[0]);
		test_gone(b, b->vms.vm[0]);
	}
	balance_free(b);
	kill(pid, SIGKILL);
	remove_root(root);
	return tap_end();
}
