// SPDX-License-Identifier: GPL-2.0
/* A made-up host, see fake_host.h. */
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_host.h"

#define TICK_NS	10000000ULL
#define BOOTED	1000000000000ULL

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0755);
		*slash = '/';
	}
}

void fake_write(struct fake *f, const char *path, const char *format, ...)
{
	char *full;
	va_list args;
	FILE *file;

	if (asprintf(&full, "%s%s", f->root, path) < 0)
		abort();
	make_folders(full);
	file = fopen(full, "w");
	if (!file)
		abort();
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
	free(full);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_below(struct fake *f, const char *path)
{
	char *full;

	if (asprintf(&full, "%s%s", f->root, path) < 0)
		abort();
	nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(full);
}

static const char *list(uint64_t mask)
{
	static char text[256];
	struct cpus c = { .bit = { mask } };
	char *made = cpus_list(&c);

	snprintf(text, sizeof(text), "%s", made);
	free(made);
	return text;
}

uint64_t fake_all_cpus(const struct fake *f)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < f->nodes; i++)
		all |= f->node[i].there ? f->node[i].cpus : 0;
	return all;
}

static unsigned int pages_on(const struct fake_vm *vm, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		n += vm->page[i] == node;
	return n;
}

static unsigned int free_mib(const struct fake *f, unsigned int node)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < FAKE_VMS; i++)
		if (f->vm[i].there)
			used += pages_on(&f->vm[i], node) / 256;
	return f->full_node == (int)node ? 0 : f->node[node].mib - used;
}

static void render_node(struct fake *f, unsigned int n)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", n);
	fake_write(f, path, "%s\n", list(f->node[n].cpus));
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo", n);
	fake_write(f, path, "Node %u MemTotal: %u kB\nNode %u MemFree: %u kB\n", n,
		   f->node[n].mib * 1024, n, free_mib(f, n) * 1024);
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/distance", n);
	fake_write(f, path, "%s\n", n == 0 ? "10 20 20 20" : n == 1 ? "20 10 20 20" :
		   n == 2 ? "20 20 10 20" : "20 20 20 10");
}

/* More fields than any kernel has now, where that is asked for. */
static void render_stat(struct fake *f)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "cpu  1 2 3 4 5 6 7 0 0 0\n");
	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		for (unsigned int n = 0; n < f->nodes; n++) {
			if (!f->node[n].there || !(f->node[n].cpus >> cpu & 1))
				continue;
			fprintf(out, "cpu%u %llu 0 0 77 0 0 0 0 0 0", cpu,
				(unsigned long long)(f->no_ticks ? 0 : f->node[n].busy_ns[cpu] / TICK_NS));
			fprintf(out, "%s\n", f->columns ? " 3 3072" : f->more_fields ? " 1 2 3" : "");
		}
	}
	fprintf(out, "intr 0\n");
	fclose(out);
	fake_write(f, "/proc/stat", "%s", text);
	free(text);
}

static void render_schedstat(struct fake *f)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "version 16\ntimestamp 1\n");
	for (unsigned int cpu = 0; cpu < 64; cpu++)
		for (unsigned int n = 0; n < f->nodes; n++)
			if (f->node[n].there && f->node[n].cpus >> cpu & 1)
				fprintf(out, "cpu%u 0 0 0 0 0 0 %llu %llu 9\ndomain0 f 0\n", cpu,
					(unsigned long long)(f->no_stops ? 0 : f->node[n].busy_ns[cpu]),
					(unsigned long long)f->node[n].wait_ns[cpu]);
	fclose(out);
	if (!f->no_schedstat)
		fake_write(f, "/proc/schedstat", "%s", text);
	free(text);
}

/* Where a thread runs: where it may, spread over nodes and their CPUs. */
static unsigned int cpu_of(const struct fake *f, const struct fake_thread *t, unsigned int i)
{
	unsigned int cpu[64], n = 0;

	for (unsigned int c = 0; c < 64; c++)
		if (t->mask & fake_all_cpus(f) & 1ULL << c)
			cpu[n++] = c;
	return n ? cpu[(i * 5) % n] : 0;
}

static void render_thread(struct fake *f, const struct fake_vm *vm, unsigned int i)
{
	const struct fake_thread *t = &vm->thread[i];
	int pid = t->kernel ? t->tid : vm->pid;
	char path[128], name[32];

	snprintf(name, sizeof(name), "CPU (%u)/KVM", i);
	if (t->name[0])
		snprintf(name, sizeof(name), "%s", t->name);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, t->tid);
	fake_write(f, path,
		   "%d (%s) %c 1 1 1 0 -1 %u 0 0 0 0 %llu 0 0 0 20 0 1 0 %llu 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 %u 0 0%s\n",
		   t->tid, name, t->busy ? 'R' : 'S', t->kernel ? 0x208040 : 0x400040,
		   (unsigned long long)(t->run_ns / TICK_NS), (unsigned long long)vm->start,
		   cpu_of(f, t, i), f->more_fields ? " 0 0 0 0 0 0 0 0 0 0 0 0 0 7 8 9" : "");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, t->tid);
	fake_write(f, path, "Name:\tqemu\n%sPid:\t%d\n%s%s%s", f->more_fields ? "New:\t1\n" : "",
		   t->tid, f->no_cpus_allowed ? "" : "Cpus_allowed_list:\t",
		   f->no_cpus_allowed ? "" : list(t->mask), "\nMems_allowed_list:\t0-3\n");
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, t->tid);
	if (!f->no_schedstat)
		fake_write(f, path, "%llu %llu 7\n", (unsigned long long)t->run_ns,
			   (unsigned long long)t->wait_ns);
	if (!t->kernel)
		return;
	snprintf(path, sizeof(path), "/proc/%d/comm", t->tid);
	fake_write(f, path, "vhost-%d\n", vm->pid);
}

static void render_memory(struct fake *f, const struct fake_vm *vm)
{
	char path[64], nodes[256] = "";

	snprintf(path, sizeof(path), "/proc/%d/maps", vm->pid);
	fake_write(f, path,
		   "55d000000000-55d000100000 r-xp 00000000 fe:00 77 /usr/bin/qemu\n"
		   "55d100000000-55d110000000 rw-p 00000000 00:00 0 [heap]\n"
		   "%lx-%lx rw-p 00000000 00:00 0 \n"
		   "%lx-%lx rw-p 00000000 00:00 0 \n"
		   "7ffc00000000-7ffc00100000 rw-p 00000000 00:00 0 [stack]\n",
		   FAKE_RAM, FAKE_RAM + FAKE_PAGES * 2048UL, FAKE_RAM + FAKE_PAGES * 2048UL,
		   FAKE_RAM + FAKE_PAGES * 4096UL);
	for (unsigned int n = 0; n < f->nodes; n++)
		if (pages_on(vm, n))
			snprintf(nodes + strlen(nodes), sizeof(nodes) - strlen(nodes), " N%u=%u", n,
				 pages_on(vm, n));
	snprintf(path, sizeof(path), "/proc/%d/numa_maps", vm->pid);
	fake_write(f, path,
		   "55d000000000 default file=/usr/bin/qemu mapped=9 N0=9 kernelpagesize_kB=4\n"
		   "55d100000000 default heap anon=500 dirty=500 N0=500 kernelpagesize_kB=4\n"
		   "%lx %s anon=7 dirty=7%s%s\n%lx %s\n", FAKE_RAM,
		   vm->policy[0] ? vm->policy : "default", nodes,
		   f->more_fields ? " new=3 kernelpagesize_kB=4 N9" : " kernelpagesize_kB=4",
		   FAKE_RAM + FAKE_PAGES * 2048UL, vm->policy[0] ? vm->policy : "default");
}

static void group_file(struct fake *f, const struct fake_vm *vm, const char *file,
		       const char *text)
{
	char path[192];

	snprintf(path, sizeof(path), "/sys/fs/cgroup%s%s/%s", f->v1 ? "/cpuset" : "", vm->group,
		 file);
	fake_write(f, path, "%s\n", text);
}

/* The group may hold all its threads, or only the first: the others are in groups below. */
static void render_tasks(struct fake *f, const struct fake_vm *vm)
{
	char path[192], tasks[FAKE_THREADS * 8] = "";

	for (unsigned int i = 0; i < (vm->below ? 1 : vm->threads); i++)
		sprintf(tasks + strlen(tasks), "%d\n", vm->thread[i].tid);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/cpuset%s/tasks", vm->group);
	fake_write(f, path, "%s", tasks);
}

static void render_group(struct fake *f, const struct fake_vm *vm)
{
	const char *cpus = vm->group_cpus, *mems = vm->group_mems;
	char path[192], pid[16];

	snprintf(path, sizeof(path), "/proc/%d/cgroup", vm->pid);
	fake_write(f, path, f->v1 ? "3:cpuset,cpu:%s\n0::/x\n" : "0::%s\n",
		   vm->group[0] ? vm->group : "/");
	if (!vm->group[0])
		return;
	snprintf(pid, sizeof(pid), "%d", vm->pid);
	group_file(f, vm, "cgroup.procs", pid);
	group_file(f, vm, "cpuset.cpus", cpus);
	group_file(f, vm, "cpuset.mems", mems);
	if (f->v1) {
		render_tasks(f, vm);
		group_file(f, vm, "cpuset.effective_cpus", cpus);
		group_file(f, vm, "cpuset.effective_mems", mems);
		return;
	}
	group_file(f, vm, "cpuset.cpus.effective", cpus[0] ? cpus : list(fake_all_cpus(f)));
	group_file(f, vm, "cpuset.mems.effective", mems[0] ? mems : "0-3");
}

static void render_descriptors(struct fake *f, const struct fake_vm *vm)
{
	char path[192], target[64];

	for (unsigned int i = 0; i < vm->vcpus; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/", vm->pid);
		fake_write(f, strcat(path, "0"), "\n");
		snprintf(path, sizeof(path), "%s/proc/%d/fd/%u", f->root, vm->pid, 10 + i);
		snprintf(target, sizeof(target), "anon_inode:kvm-vcpu:%u", i);
		if (symlink(target, path) && errno != EEXIST)
			abort();
	}
}

static void render_vm(struct fake *f, const struct fake_vm *vm)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d", vm->pid);
	remove_below(f, path);
	for (unsigned int i = 0; i < vm->threads; i++) {
		snprintf(path, sizeof(path), "/proc/%d", vm->thread[i].tid);
		if (vm->thread[i].kernel)
			remove_below(f, path);
	}
	if (!vm->there)
		return;
	for (unsigned int i = 0; i < vm->threads; i++)
		render_thread(f, vm, i);
	render_memory(f, vm);
	render_group(f, vm);
	render_descriptors(f, vm);
	snprintf(path, sizeof(path), "/proc/%d/comm", vm->pid);
	fake_write(f, path, "qemu-system-x86\n");
	snprintf(path, sizeof(path), "/proc/%d/cmdline", vm->pid);
	fake_write(f, path, "qemu%c-name%cguest=%s,debug-threads=on%c-m%c16%c", 0, 0, vm->name, 0,
		   0, 0);
}

/* Of a node where all that is of no VM is this process. */
static void render_own(struct fake *f, unsigned int n)
{
	unsigned int cpu = __builtin_ctzll(f->node[n].cpus);
	int pid = getpid();
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, pid);
	fake_write(f, path, "%d (tandem) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1 %s %u 0 0\n", pid,
		   "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17", cpu);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, pid);
	fake_write(f, path, "%llu 0 7\n", (unsigned long long)f->node[n].busy_ns[cpu]);
}

void fake_render(struct fake *f)
{
	uint64_t nodes = 0;

	for (unsigned int n = 0; n < f->nodes; n++) {
		if (!f->node[n].there)
			continue;
		nodes |= 1ULL << n;
		render_node(f, n);
		if (f->node[n].own)
			render_own(f, n);
	}
	fake_write(f, "/sys/devices/system/node/online", "%s\n", list(nodes));
	fake_write(f, "/sys/devices/system/cpu/online", "%s\n", list(fake_all_cpus(f)));
	fake_write(f, "/sys/fs/cgroup/cpuset.cpus.effective", "%s\n", list(fake_all_cpus(f)));
	fake_write(f, "/sys/fs/cgroup/cpuset.mems.effective", "%s\n", list(nodes));
	fake_write(f, "/proc/mounts", "proc /proc proc rw 0 0\n%s",
		   f->v1 ? "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n" :
			   "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n");
	fake_write(f, "/proc/uptime", "%.2f 0\n", f->now_ns / 1e9);
	fake_write(f, "/proc/1/task/1/stat", "1 (init) S\n");
	render_stat(f);
	render_schedstat(f);
	for (unsigned int i = 0; i < FAKE_VMS; i++)
		if (f->vm[i].pid)
			render_vm(f, &f->vm[i]);
}

static void advance_others(struct fake *f, uint64_t ns)
{
	for (unsigned int n = 0; n < f->nodes; n++) {
		unsigned int cpu = __builtin_ctzll(f->node[n].cpus);

		for (unsigned int i = 0; i < f->node[n].others; i++, cpu++)
			f->node[n].busy_ns[cpu] += ns;
	}
}

/* Time passes: who is busy runs, or waits where too many are. */
static void advance(struct fake *f, uint64_t ns)
{
	unsigned int at[FAKE_NODES] = { }, cpu, n;

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int v = 0; v < FAKE_VMS; v++) {
			struct fake_vm *vm = &f->vm[v];

			for (unsigned int i = 0; vm->there && i < vm->threads; i++) {
				if (!vm->thread[i].busy)
					continue;
				cpu = cpu_of(f, &vm->thread[i], i);
				for (n = 0; n < f->nodes - 1; n++)
					if (f->node[n].cpus >> cpu & 1)
						break;
				if (!pass) {
					at[n]++;
					continue;
				}
				unsigned int cpus = __builtin_popcountll(f->node[n].cpus);
				uint64_t wants = ns * vm->thread[i].percent / 100;
				uint64_t ran = at[n] > cpus ? wants * cpus / at[n] : wants;

				vm->thread[i].run_ns += ran;
				vm->thread[i].wait_ns += wants - ran;
				f->node[n].busy_ns[cpu] += ran;
				f->node[n].wait_ns[cpu] += wants - ran;
			}
		}
	}
	advance_others(f, ns);
	f->now_ns += ns;
}

static void moment(struct fake *f)
{
	if (++f->moments == f->kill_at)
		raise(SIGKILL);
}

static void note(struct fake *f, const char *text)
{
	size_t used = strlen(f->log);

	snprintf(f->log + used, sizeof(f->log) - used, "%s", text);
}

static struct fake_vm *vm_of(struct fake *f, pid_t pid)
{
	for (unsigned int i = 0; i < FAKE_VMS; i++)
		if (f->vm[i].there && f->vm[i].pid == pid)
			return &f->vm[i];
	return NULL;
}

static struct fake_thread *thread_of(struct fake *f, pid_t tid, struct fake_vm **vm)
{
	for (unsigned int v = 0; v < FAKE_VMS; v++)
		for (unsigned int i = 0; f->vm[v].there && i < f->vm[v].threads; i++)
			if (f->vm[v].thread[i].tid == tid) {
				*vm = &f->vm[v];
				return &f->vm[v].thread[i];
			}
	return NULL;
}

static void die(struct fake *f, struct fake_vm *vm)
{
	if (vm && vm->pid == f->dies_pid) {
		vm->there = false;
		render_vm(f, vm);
	}
}

static int fake_affinity(struct host *h, pid_t tid, const struct cpus *cpus)
{
	struct fake *f = h->own;
	struct fake_vm *vm = NULL;
	struct fake_thread *t = thread_of(f, tid, &vm);

	moment(f);
	note(f, "c");
	die(f, vm);
	if (!t || !vm->there)
		return -ESRCH;
	if (vm->pid == f->refuse_pid) {
		f->refusals++;
		return f->refuse_error;
	}
	if (!(cpus->bit[0] & fake_all_cpus(f)))
		return -EINVAL;
	t->mask = cpus->bit[0];
	render_thread(f, vm, t - vm->thread);
	moment(f);
	return 0;
}

/* The kernel lets none be emptied that has tasks. */
static int set_group(struct fake *f, struct fake_vm *vm, const char *path, const char *text)
{
	struct cpus c;

	if (!cpus_parse(&c, text))
		return -EINVAL;
	if (cpus_empty(&c))
		return -ENOSPC;
	if (strstr(path, "cpuset.mems")) {
		snprintf(vm->group_mems, sizeof(vm->group_mems), "%s", list(c.bit[0]));
		return 0;
	}
	snprintf(vm->group_cpus, sizeof(vm->group_cpus), "%s", list(c.bit[0]));
	for (unsigned int i = 0; i < vm->threads; i++)
		vm->thread[i].mask = c.bit[0] & fake_all_cpus(f);
	return 0;
}

static int fake_write_call(struct host *h, const char *path, const char *text)
{
	struct fake *f = h->own;
	int ret;

	moment(f);
	for (unsigned int i = 0; i < FAKE_VMS; i++) {
		struct fake_vm *vm = &f->vm[i];

		if (!vm->there || !vm->group[0] || !strstr(path, vm->group))
			continue;
		if (vm->pid == f->refuse_pid)
			return f->refuse_error;
		note(f, strstr(path, "cpuset.mems") ? "[mems " : "[cpus ");
		note(f, text);
		note(f, "]");
		ret = set_group(f, vm, path, text);
		render_vm(f, vm);
		moment(f);
		return ret;
	}
	return -ENOENT;
}

static int move_page(struct fake *f, uint8_t *page, int to, unsigned int *room)
{
	if (*page == FAKE_ABSENT)
		return -ENOENT;
	if (*page != to && (to == f->full_node || !*room))
		return -ENOMEM;
	*room -= *page != to;
	*page = to;
	return to;
}

/* All of a huge page goes along, and what was asked of its other parts is too late. */
static int move_page_of(struct fake *f, struct fake_vm *vm, uint8_t *page, int to,
			unsigned int *room)
{
	unsigned int first = (page - vm->page) / FAKE_HUGE * FAKE_HUGE;
	int status = move_page(f, page, to, room);

	for (unsigned int i = first; i < first + FAKE_HUGE && first < f->huge; i++)
		if (vm->page[i] != FAKE_ABSENT && status == to)
			vm->page[i] = to;
	return status;
}

static long fake_move(struct host *h, pid_t pid, unsigned long count, void **page,
		      const int *node, int *status)
{
	struct fake *f = h->own;
	struct fake_vm *vm = vm_of(f, pid);
	unsigned int room;

	moment(f);
	die(f, vm);
	if (!vm || !vm->there)
		return -ESRCH;
	if (node) {
		note(f, "p");
		f->at_once = count;
	}
	if (node && node[0] >= (int)f->nodes)
		return -ENODEV;
	room = node ? free_mib(f, node[0]) * 256 : 0;
	for (unsigned long i = 0; i < count; i++) {
		uint8_t *p = &vm->page[((unsigned long)page[i] - FAKE_RAM) / 4096];

		if (node && f->gives_up && i == f->gives_up)
			return count - i;
		status[i] = !node ? *p == FAKE_ABSENT ? -ENOENT : *p :
			    p < &vm->page[f->shared] ? -EACCES :
				    move_page_of(f, vm, p, node[i], &room);
		if (i == count / 2)
			moment(f);
	}
	moment(f);
	return 0;
}

static uint64_t fake_now(struct host *h)
{
	struct fake *f = h->own;

	f->now_ns += f->slow_ns;
	if (f->uneven_ns) {
		advance(f, rand() % f->uneven_ns);
		fake_render(f);
	}
	return f->now_ns;
}

static bool fake_sleep(struct host *h, uint64_t until_ns)
{
	struct fake *f = h->own;

	moment(f);
	if (until_ns > f->now_ns) {
		advance(f, until_ns - f->now_ns);
		fake_render(f);
	}
	return true;
}

static const struct host_calls fake_calls = {
	.set_affinity = fake_affinity, .write = fake_write_call, .move_pages = fake_move,
	.now_ns = fake_now, .sleep_ns = fake_sleep,
};

struct fake *fake_new(unsigned int nodes, unsigned int cpus_each)
{
	struct fake *f = mmap(NULL, sizeof(*f), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);

	if (f == MAP_FAILED)
		abort();
	snprintf(f->root, sizeof(f->root), "%s/tandem-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(f->root))
		abort();
	f->host = (struct host){ f->root, &fake_calls, f };
	f->now_ns = BOOTED;
	f->nodes = nodes;
	f->full_node = -1;
	for (unsigned int n = 0; n < nodes; n++) {
		f->node[n].there = true;
		f->node[n].cpus = ((1ULL << cpus_each) - 1) << n * cpus_each;
		f->node[n].mib = 1024;
	}
	fake_write(f, "/run/x", "\n");
	return f;
}

void fake_free(struct fake *f)
{
	nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	munmap(f, sizeof(*f));
}

struct fake_vm *fake_add(struct fake *f, const char *name, unsigned int busy, unsigned int memory)
{
	struct fake_vm *vm = f->vm;

	while (vm->pid)
		vm++;
	vm->there = true;
	vm->pid = 1000 + 2000 * (vm - f->vm);
	vm->start = 100;
	snprintf(vm->name, sizeof(vm->name), "%s", name);
	vm->vcpus = busy ? busy : 1;
	vm->threads = busy + 2;
	for (unsigned int i = 0; i < vm->threads; i++)
		vm->thread[i] = (struct fake_thread){
			.tid = vm->pid + i, .busy = i && i <= busy, .percent = 100,
			.mask = fake_all_cpus(f),
		};
	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		vm->page[i] = memory < FAKE_NODES ? memory : i % f->nodes;
	return vm;
}

void fake_confine(struct fake_vm *vm, uint64_t mask)
{
	for (unsigned int i = 0; i < vm->threads; i++)
		vm->thread[i].mask = mask;
}

void fake_own_group(struct fake_vm *vm, const char *cpus, const char *mems)
{
	snprintf(vm->group, sizeof(vm->group), "/machine.slice/%s.scope", vm->name);
	snprintf(vm->group_cpus, sizeof(vm->group_cpus), "%s", cpus);
	snprintf(vm->group_mems, sizeof(vm->group_mems), "%s", mems);
}

bool fake_threads_at(const struct fake *f, const struct fake_vm *vm, unsigned int node)
{
	for (unsigned int i = 0; i < vm->threads; i++)
		if (vm->thread[i].mask != f->node[node].cpus)
			return false;
	return true;
}

bool fake_memory_at(const struct fake_vm *vm, unsigned int node)
{
	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		if (vm->page[i] != node && vm->page[i] != FAKE_ABSENT)
			return false;
	return true;
}

unsigned int fake_node_of(const struct fake *f, const struct fake_vm *vm)
{
	unsigned int n = 0;

	while (n < f->nodes && !fake_threads_at(f, vm, n))
		n++;
	return n < f->nodes ? n : FAKE_NODES;
}
