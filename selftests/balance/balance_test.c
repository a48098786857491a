// SPDX-License-Identifier: GPL-2.0
/*
 * tandem balance on a made-up host: what it does to whom, and what it must leave alone.
 * What is asserted is what threads' masks and pages are in the end, not what is said.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balance_run.h"
#include "fake_host.h"
#include "tap.h"

#define SETTLED	30	/* intervals */

struct run {
	struct fake *f;
	struct balance *b;
	int lock;
	FILE *file;
	char *out;
	size_t size;
};

static const struct balance_options usual = { .interval_s = 2, .rate_mib = 300, .json = true };
static const struct balance_options as_2011 = {
	.interval_s = 5, .rate_mib = 300, .json = true, .vmb2011 = true,
};

static void begin(struct run *r, struct fake *f, const struct balance_options *o)
{
	*r = (struct run){ .f = f };
	fake_render(f);
	r->b = balance_new(&f->host, o);
	r->file = open_memstream(&r->out, &r->size);
	r->b->out = r->file;
	r->lock = o->dry_run ? -1 : balance_lock(&f->host);
	if (!o->dry_run && r->lock < 0)
		abort();
}

static void go_on(struct run *r, unsigned int intervals)
{
	while (intervals--)
		if (!balance_interval(r->b))
			abort();
}

static void end(struct run *r)
{
	balance_free(r->b);
	fclose(r->file);
	free(r->out);
	close(r->lock);
}

/* How many notes have this text; how many moves are of this kind, and of this VM. */
static unsigned int count(const struct run *r, const char *list, const char *key,
			  const char *text, const char *vm)
{
	char *copy = strdup(r->out), *rest = copy, *line;
	unsigned int n = 0;
	json_t *object, *entry;
	const char *value;
	size_t i;

	while ((line = strsep(&rest, "\n"))) {
		object = *line ? json_loads(line, 0, NULL) : NULL;
		json_array_foreach(json_object_get(object, list), i, entry) {
			value = json_string_value(key ? json_object_get(entry, key) : entry);
			n += value && strstr(value, text) &&
			     (!vm || !strcmp(json_string_value(json_object_get(entry, "vm")), vm));
		}
		json_decref(object);
	}
	free(copy);
	return n;
}

static unsigned int notes(const struct run *r, const char *text)
{
	return count(r, "notes", NULL, text, NULL);
}

static unsigned int moves(const struct run *r, const char *kind)
{
	return count(r, "moves", "kind", kind, NULL);
}

static unsigned int at_node(const struct fake *f, unsigned int node)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_VMS; i++)
		n += f->vm[i].there && fake_threads_at(f, &f->vm[i], node) &&
		     fake_memory_at(&f->vm[i], node);
	return n;
}

/* Six VMs of four busy vCPUs on two nodes of 12 CPUs: eBay's, as 5 and 1. */
static struct fake *five_and_one(void)
{
	static const char * const names[] = { "a", "b", "c", "d", "e", "f" };
	struct fake *f = fake_new(2, 12);

	for (unsigned int i = 0; i < 6; i++)
		fake_add(f, names[i], 4, i == 5);
	return f;
}

static struct fake *one_scattered(struct fake_vm **vm)
{
	struct fake *f = fake_new(2, 4);

	*vm = fake_add(f, "web1", 2, FAKE_NODES);
	return f;
}

static void test_cpus(void)
{
	static const char * const bad[] = { "a", "1-", "3-1", "1,,2", "-1", "1 2", "8192", "0x3" };
	struct cpus c;
	char *text;
	int refused = 1;

	tap_ok(cpus_parse(&c, "0-3,8,10-11\n") && cpus_count(&c) == 7 && cpus_has(&c, 11),
	       "cpus: a list is read");
	text = cpus_list(&c);
	tap_ok(!strcmp(text, "0-3,8,10-11"), "cpus: and written");
	free(text);
	tap_ok(cpus_parse(&c, " \n") && cpus_empty(&c), "cpus: none is a list, too");
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused &= !cpus_parse(&c, bad[i]);
	tap_ok(refused, "cpus: what is no list is refused");
}

static void test_home(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, 1);
	tap_ok(!f->log[0], "home: none for one whose load isn't known yet");
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES && fake_memory_at(vm, fake_node_of(f, vm)),
	       "home: threads and memory are together then");
	tap_ok(moves(&r, "home") == 1 && moves(&r, "memory") == 1 && !moves(&r, "move"),
	       "home: once");
	tap_ok(count(&r, "moves", "undo", "taskset -apc 0-7 1000", "web1") == 1,
	       "home: with the command that undoes it");
	tap_ok(!!strstr(r.out, "\"name\":\"web1\""), "home: under the name of -name");
	end(&r);
	fake_free(f);
}

/*
 * VMs of one busy vCPU on four nodes of two CPUs; @at has where each one's memory is, @less
 * how many percent less than a CPU it uses: loads are never quite equal.
 */
static struct fake *on_four(const char *at, const char *less)
{
	char name[] = "v1";
	struct fake *f = fake_new(4, 2);

	for (; *at; at++, less++, name[1]++)
		fake_add(f, name, 1, *at - '0')->thread[1].percent = 100 - (*less - '0');
	return f;
}

/* How many are where all their memory was at first. */
static unsigned int stayed(const struct fake *f, const char *at)
{
	unsigned int n = 0;

	for (unsigned int i = 0; at[i]; i++)
		n += fake_threads_at(f, &f->vm[i], at[i] - '0') &&
		     fake_memory_at(&f->vm[i], at[i] - '0');
	return n;
}

static void test_first(void)
{
	struct fake *f = on_four("000001", "324202");
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(stayed(f, "000001") == 3 && fake_node_of(f, &f->vm[5]) == 1,
	       "first: of five on one node three go, and the one that was alone stays");
	tap_ok(at_node(f, 0) == 2 && at_node(f, 1) + at_node(f, 2) + at_node(f, 3) == 4,
	       "first: together with their memory");
	tap_ok(moves(&r, "home") == 6 && !moves(&r, "move") && !moves(&r, "swap"),
	       "first: each once");
	end(&r);
	fake_free(f);
	f = on_four("01010101", "01234567");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(stayed(f, "01010101") == 4 && at_node(f, 2) == 2 && at_node(f, 3) == 2,
	       "first: from two nodes of four to all, and none is crossed");
	end(&r);
	fake_free(f);
	f = fake_new(2, 4);
	fake_add(f, "half", 1, FAKE_NODES);	/* its vCPU runs on CPU 5 */
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(at_node(f, 1) == 1, "first: of two halves, that where its threads were");
	end(&r);
	fake_free(f);
}

static void test_new(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	vm->start = f->now_ns / 10000000 - 100;
	memset(vm->page, FAKE_ABSENT, sizeof(vm->page));
	begin(&r, f, &usual);
	go_on(&r, 1);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES, "new: one that has just begun has a home at once");
	end(&r);
	fake_free(f);
}

/* VMs that do nothing cease to be new, one after the other: no reason to move the rest. */
static void test_idle(void)
{
	struct fake *f = fake_new(2, 1);
	char name[] = "v1";
	struct run r;

	for (int i = 0; i < 4; i++, name[1]++) {
		struct fake_vm *vm = fake_add(f, name, 0, 0);

		vm->start = f->now_ns / 10000000 - (i % 2 ? 100 : 1500);
		memset(vm->page, FAKE_ABSENT, sizeof(vm->page));
	}
	begin(&r, f, &usual);
	go_on(&r, 40);
	tap_ok(moves(&r, "home") == 4 && at_node(f, 0) == 2,
	       "idle: of four new ones that do nothing two have each node for a home");
	tap_ok(!moves(&r, "move") && !moves(&r, "swap"), "idle: where they stay");
	end(&r);
	fake_free(f);
}

static void test_even(void)
{
	struct fake *f = five_and_one();
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(at_node(f, 0) == 3 && at_node(f, 1) == 3, "even: from 5 and 1 to 3 and 3");
	tap_ok(moves(&r, "home") + moves(&r, "move") == 6, "even: each went once");
	f->log[0] = 0;
	go_on(&r, SETTLED);
	tap_ok(!f->log[0], "even: and then nothing is moved any more");
	end(&r);
	fake_free(f);
}

/* Of a node, in the first report that has a move. */
static size_t vms_when_moved(const struct run *r, size_t node)
{
	char *copy = strdup(r->out), *rest = copy, *line;
	json_t *object;
	size_t n = 0;

	while (!n && (line = strsep(&rest, "\n"))) {
		object = strstr(line, "\"kind\":\"move\"") ? json_loads(line, 0, NULL) : NULL;
		n = json_array_size(json_object_get(json_array_get(json_object_get(object, "nodes"),
								   node), "vms"));
		json_decref(object);
	}
	free(copy);
	return n;
}

static void test_2011(void)
{
	struct fake *f = five_and_one();
	struct run r;
	size_t first;

	begin(&r, f, &as_2011);
	go_on(&r, 10);
	tap_ok(moves(&r, "home") == 6 && moves(&r, "move") == 2, "2011: two moves");
	tap_ok(vms_when_moved(&r, 0) == 5, "2011: the table is that from before the first");
	tap_ok(at_node(f, 0) == 3 && at_node(f, 1) == 3, "2011: from 5 and 1 to 3 and 3");
	end(&r);
	fake_free(f);
	f = five_and_one();
	f->no_ticks = true;
	begin(&r, f, &as_2011);
	go_on(&r, 10);
	tap_ok(at_node(f, 0) == 3 && at_node(f, 1) == 3, "2011: also on a host that loses its ticks");
	end(&r);
	f->columns = true;
	begin(&r, f, &as_2011);
	go_on(&r, 3);
	first = r.size;
	go_on(&r, 1);
	tap_ok(!!strstr(r.out + first, "\"nr_running\":36"), "2011: the patched columns are read");
	end(&r);
	fake_free(f);
}

/* Ticks are lost on a host that is a guest itself. */
static void test_ticks(void)
{
	struct fake_vm *vm;
	struct fake *f = on_four("01010101", "00000000");
	struct run r;

	f->no_ticks = true;
	f->no_stops = true;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(!!strstr(r.out, "\"all\":{\"nr_running\":8"), "ticks: eight vCPUs are eight without");
	end(&r);
	fake_free(f);
	f = fake_new(2, 4);
	vm = fake_add(f, "vm", 1, FAKE_NODES);	/* its vCPU begins on node 1 */
	f->no_ticks = true;
	f->node[1].others = 1;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(!!strstr(r.out, "\"all\":{\"nr_running\":2"), "ticks: and what is of no VM counts");
	tap_ok(fake_node_of(f, vm) == 0, "ticks: so a VM goes where that is not");
	end(&r);
	fake_free(f);
}

/* What is of no VM, for half of the time, where all nodes are full and even. */
static void test_rest(void)
{
	struct fake *f = on_four("01230123", "00000000");
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	f->log[0] = 0;
	for (unsigned int i = 0; i < SETTLED; i++) {
		f->node[0].others = i % 4 < 2 ? 2 : 0;
		go_on(&r, 1);
	}
	tap_ok(!f->log[0], "rest: what else runs now and then moves no VM");
	f->node[0].others = 0;
	go_on(&r, SETTLED);
	f->node[0].wait_ns[0] += 40 * S_NS;
	go_on(&r, 1);
	tap_ok(!f->log[0], "rest: nor does a crowd that waits once");
	end(&r);
	fake_free(f);
	f = fake_new(2, 4);
	fake_add(f, "vm", 1, FAKE_NODES);	/* its vCPU begins on node 1 */
	f->node[1].others = 1;
	f->node[1].own = true;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, &f->vm[0]) == 1, "rest: nor does what tandem balance itself does");
	end(&r);
	fake_free(f);
}

static void set_busy(struct fake_vm *vm, unsigned int busy)
{
	for (unsigned int i = 1; i < vm->threads; i++)
		vm->thread[i].busy = i <= busy;
}

/* Two VMs on each node; then those of one work twice as much, the others not at all. */
static struct fake *uneven(struct run *r)
{
	struct fake *f = fake_new(2, 4);

	for (int i = 0; i < 4; i++)
		set_busy(fake_add(f, i == 0 ? "a" : i == 1 ? "b" : i == 2 ? "c" : "d", 4, i / 2), 2);
	begin(r, f, &usual);
	go_on(r, SETTLED);
	for (int i = 0; i < 4; i++)
		set_busy(&f->vm[i], fake_node_of(f, &f->vm[i]) ? 0 : 4);
	f->log[0] = 0;
	for (int i = 0; i < SETTLED && !moves(r, "move"); i++)
		go_on(r, 1);
	return f;
}

static void test_probation(void)
{
	struct run r;
	struct fake *f = uneven(&r);

	tap_ok(moves(&r, "move") == 1 && strchr(f->log, 'c') && !strchr(f->log, 'p'),
	       "probation: a VM goes where CPUs are idle, its memory not yet");
	go_on(&r, 1);
	tap_ok(!strchr(f->log, 'p'), "probation: nor after 2 seconds");
	go_on(&r, SETTLED);
	tap_ok(strchr(f->log, 'p') && at_node(f, 0) == 1 && at_node(f, 1) == 3,
	       "probation: but then");
	end(&r);
	fake_free(f);
	f = uneven(&r);
	for (int i = 0; i < 4; i++)
		set_busy(&f->vm[i], 1);
	go_on(&r, SETTLED);
	tap_ok(moves(&r, "back") == 1 && !strchr(f->log, 'p') && at_node(f, 0) == 2 &&
	       at_node(f, 1) == 2, "probation: not needed any more: it is back, nothing was copied");
	end(&r);
	fake_free(f);
}

static bool restores(struct fake *f)
{
	struct balance *b = balance_new(&f->host, &usual);
	int ret;

	fake_render(f);
	b->out = fopen("/dev/null", "w");
	ret = balance_restore(b);
	fclose(b->out);
	balance_free(b);
	return !ret;
}

static int record_files(struct fake *f)
{
	char command[256];

	snprintf(command, sizeof(command), "ls %s/run/tandem 2>/dev/null | grep -c json", f->root);
	FILE *p = popen(command, "r");
	int n = -1;

	if (!p || fscanf(p, "%d", &n) != 1)
		n = -1;
	if (p)
		pclose(p);
	return n;
}

/* As the command would, but for what it prints. */
static int balance_quietly(struct fake *f, const struct balance_options *o)
{
	int out, ret;

	fflush(stdout);
	out = dup(1);
	if (!freopen("/dev/null", "w", stdout))
		abort();
	ret = balance_run(&f->host, o);
	fflush(stdout);
	dup2(out, 1);
	close(out);
	return ret;
}

static void remove_file(const struct fake *f, const char *path)
{
	char *full = host_path(&f->host, "%s", path);

	unlink(full);
	free(full);
}

static int masks_are(const struct fake_vm *vm, uint64_t mask)
{
	for (unsigned int i = 0; i < vm->threads; i++)
		if (vm->thread[i].mask != mask)
			return 0;
	return 1;
}

static void test_pins(void)
{
	struct fake *f = fake_new(2, 4);
	struct fake_vm *affinity, *one, *policy, *free;
	struct run r;

	affinity = fake_add(f, "affinity", 2, FAKE_NODES);
	fake_confine(affinity, 0x0f);
	one = fake_add(f, "one", 2, FAKE_NODES);
	one->thread[2].mask = 0x81;
	policy = fake_add(f, "policy", 2, FAKE_NODES);
	strcpy(policy->policy, "bind:0-1");
	free = fake_add(f, "free", 2, FAKE_NODES);
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(masks_are(affinity, 0x0f) && !fake_memory_at(affinity, 0),
	       "pins: an affinity stays, and its memory where it is");
	tap_ok(one->thread[2].mask == 0x81 && one->thread[0].mask == 0xff,
	       "pins: that of one thread is enough");
	tap_ok(masks_are(policy, 0xff) && !fake_memory_at(policy, 0) && !fake_memory_at(policy, 1),
	       "pins: a memory policy is one, too");
	tap_ok(fake_node_of(f, free) == 1, "pins: others go where those are not");
	tap_ok(notes(&r, "stays as it is") == 3, "pins: said once of each");
	end(&r);
	fake_free(f);
}

/* As older and newer QEMUs name the thread that does it. */
static void test_leaving(void)
{
	struct balance_options slowly = usual;
	struct fake *f = fake_new(2, 4);
	struct fake_vm *old = fake_add(f, "old", 2, FAKE_NODES);
	struct fake_vm *new = fake_add(f, "new", 2, FAKE_NODES);
	struct run r;

	slowly.rate_mib = 1;
	strcpy(old->thread[0].name, "live_migration");
	strcpy(new->thread[1].name, "mig/src/main");
	begin(&r, f, &slowly);
	go_on(&r, SETTLED);
	tap_ok(!f->log[0] && notes(&r, "migrated to another host") == 2,
	       "leaving: who is sent to another host is not moved, which is said once");
	new->thread[1].name[0] = 0;
	f->at_once = 0;
	for (unsigned int i = 0; i < SETTLED && !f->at_once; i++)
		go_on(&r, 1);
	strcpy(new->thread[1].name, "mig/src/main");
	go_on(&r, 1);
	f->log[0] = 0;
	go_on(&r, SETTLED);
	tap_ok(!f->log[0], "leaving: nor is what has not followed it yet");
	new->thread[1].name[0] = 0;
	go_on(&r, SETTLED);
	tap_ok(fake_memory_at(new, fake_node_of(f, new)),
	       "leaving: until it has been called off");
	end(&r);
	fake_free(f);
}

static void test_bound(void)
{
	struct fake *f = fake_new(4, 4);
	struct fake_vm *vm = fake_add(f, "bound", 2, 0), *none = fake_add(f, "none", 1, 0);
	struct run r;

	fake_own_group(vm, "4-11", "");
	fake_confine(vm, 0xff0);
	fake_own_group(none, "40-43", "");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) == 1 || fake_node_of(f, vm) == 2,
	       "bound: a cpuset is kept to, and no pin");
	tap_ok(fake_memory_at(vm, fake_node_of(f, vm)), "bound: memory within it follows");
	tap_ok(!strcmp(none->group_cpus, "40-43") && notes(&r, "no CPU") == 1,
	       "bound: a cpuset without a CPU that is online: said once, left alone");
	end(&r);
	fake_free(f);
}

static void test_group(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	const char *cpus, *page, *mems;
	struct run r;

	fake_own_group(vm, "0-7", "0-1");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	cpus = strstr(f->log, "[cpus ");
	page = strchr(f->log, 'p') ? strstr(f->log, "]p") : NULL;
	mems = strstr(f->log, "[mems ");
	tap_ok(cpus && page && mems && cpus < page && page < mems,
	       "group: cpuset.cpus first, then memory, cpuset.mems last");
	tap_ok(!strchr(f->log, 'c') || strncmp(f->log, "[cpus", 5) == 0,
	       "group: and no affinity");
	tap_ok(fake_node_of(f, vm) < 2 && fake_memory_at(vm, fake_node_of(f, vm)),
	       "group: it is together then");
	end(&r);
	tap_ok(restores(f) && !strcmp(vm->group_cpus, "0-7") && !strcmp(vm->group_mems, "0-1") &&
	       masks_are(vm, 0xff), "group: --restore gives both files back");
	fake_free(f);
	f = one_scattered(&vm);
	fake_own_group(vm, "", "");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) < 2 && !vm->group_cpus[0] && !vm->group_mems[0],
	       "group: what is empty is left so: it could not be given back");
	end(&r);
	fake_free(f);
}

/* Version 1 has no "as the parent": a group always has all, or less. */
static void test_v1(void)
{
	struct fake_vm *own, *below;
	struct fake *f = fake_new(2, 4);
	struct run r;

	f->v1 = true;
	own = fake_add(f, "own", 2, FAKE_NODES);
	below = fake_add(f, "below", 2, FAKE_NODES);
	below->below = true;
	fake_own_group(own, "0-7", "0-1");
	fake_own_group(below, "0-7", "0-1");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, own) < 2 && fake_memory_at(own, fake_node_of(f, own)) &&
	       strlen(own->group_cpus) == 3 && strlen(own->group_mems) == 1,
	       "v1: a group of its own is used");
	tap_ok(fake_node_of(f, below) < 2 && fake_memory_at(below, fake_node_of(f, below)) &&
	       !strcmp(below->group_cpus, "0-7"), "v1: affinity, where threads are in groups below");
	end(&r);
	tap_ok(restores(f) && masks_are(own, 0xff) && masks_are(below, 0xff) &&
	       !strcmp(own->group_cpus, "0-7") && !strcmp(own->group_mems, "0-1"),
	       "v1: all is given back");
	fake_free(f);
}

static void test_libvirt(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	fake_write(f, "/run/libvirt/qemu/db.pid", "%d\n", vm->pid);
	fake_write(f, "/run/libvirt/qemu/other.pid", "77\n");
	begin(&r, f, &usual);
	fake_write(f, "/proc/1000/cmdline", "cloud-hypervisor");
	balance_look(r.b);
	tap_ok(r.b->vms.nr == 1 && !strcmp(r.b->vms.vm[0]->name, "db"), "name: from libvirt");
	end(&r);
	remove_file(f, "/run/libvirt/qemu/db.pid");
	begin(&r, f, &usual);
	fake_write(f, "/proc/1000/cmdline", "cloud-hypervisor");
	balance_look(r.b);
	tap_ok(!strcmp(r.b->vms.vm[0]->name, "qemu-system-x86-1000"), "name: else its program's");
	end(&r);
	fake_free(f);
}

static void test_dry_run(void)
{
	struct balance_options o = usual;
	struct fake *f = five_and_one();
	struct stat st;
	char path[128];
	struct run r;

	o.dry_run = true;
	begin(&r, f, &o);
	go_on(&r, 3);
	snprintf(path, sizeof(path), "%s/run/tandem", f->root);
	tap_ok(stat(path, &st), "dry run: no folder is made");
	end(&r);
	mkdir(path, 0755);
	begin(&r, f, &o);
	go_on(&r, 3);
	tap_ok(!f->log[0] && !record_files(f), "dry run: nothing is changed, or written");
	tap_ok(moves(&r, "home") >= 6 && strstr(r.out, "\"dry_run\":true"), "dry run: but said");
	end(&r);
	fake_free(f);
}

static void test_dies(void)
{
	struct fake *f = five_and_one();
	struct run r;

	f->dies_pid = f->vm[2].pid;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(!f->vm[2].there && at_node(f, 0) + at_node(f, 1) == 5,
	       "gone: a VM that ends while its threads are moved: the others go on");
	tap_ok(!notes(&r, "can't be moved"), "gone: that is no complaint");
	end(&r);
	fake_free(f);
	f = five_and_one();
	begin(&r, f, &usual);
	while (!strchr(f->log, 'p'))
		go_on(&r, 1);
	f->dies_pid = f->vm[0].pid;
	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		f->vm[0].page[i] = 0;
	go_on(&r, SETTLED);
	tap_ok(at_node(f, 0) + at_node(f, 1) >= 5, "gone: ... and one whose memory is");
	end(&r);
	fake_free(f);
}

static void test_refused(void)
{
	struct fake *f = five_and_one();
	struct run r;

	f->refuse_pid = f->vm[1].pid;
	f->refuse_error = -EPERM;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(notes(&r, "b (3000) can't be moved: its threads: Operation not permitted") == 1,
	       "refused: said once");
	tap_ok(masks_are(&f->vm[1], fake_all_cpus(f)) && at_node(f, 0) + at_node(f, 1) == 5,
	       "refused: it stays, the rest goes on");
	tap_ok(f->refusals >= 1 && f->refusals <= 3, "refused: it is not tried all the time");
	f->refuse_pid = 0;
	go_on(&r, 3 * SETTLED);
	tap_ok(at_node(f, 0) == 3 && at_node(f, 1) == 3, "refused: it is tried again, later");
	end(&r);
	fake_free(f);
}

static void test_full(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;
	unsigned int node;

	begin(&r, f, &usual);
	go_on(&r, 1);
	f->node[0].mib = 1024;
	f->full_node = 1;
	f->node[1].mib = 1024;
	fake_confine(vm, 0xff);
	go_on(&r, 2);
	node = fake_node_of(f, vm);
	tap_ok(node == 0 && fake_memory_at(vm, 0), "full: nothing goes where nothing is free");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	begin(&r, f, &usual);
	go_on(&r, 1);
	/* it is full between the look and the copy */
	f->full_node = 0;
	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		vm->page[i] = i % 10 ? FAKE_ABSENT : 1;
	f->vm[1] = f->vm[0];
	f->vm[1].pid = 0;
	f->vm[1].there = false;
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) == 1, "full: another node is its home then");
	end(&r);
	fake_free(f);
}

/* Only the call says that it is full. */
static void test_enomem(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	begin(&r, f, &usual);
	r.b->options.rate_mib = 1;
	go_on(&r, 2);
	f->full_node = fake_node_of(f, vm);
	go_on(&r, SETTLED);
	tap_ok(notes(&r, "has no free memory") == 1, "full: said once, where only the copy shows it");
	tap_ok(fake_node_of(f, vm) < 2 && fake_memory_at(vm, fake_node_of(f, vm)),
	       "full: then it goes where there is room for all of it");
	end(&r);
	fake_free(f);
}

/* Two that change places, with room for a fourth of one: piece by piece. */
static void test_exchange(void)
{
	struct fake *f = fake_new(2, 4);
	struct run r;

	fake_add(f, "a", 2, 0);
	fake_add(f, "b", 2, 1);
	f->node[0].mib = FAKE_MIB + 4;
	f->node[1].mib = FAKE_MIB + 4;
	begin(&r, f, &usual);
	balance_look(r.b);
	for (unsigned int i = 0; i < 2; i++) {
		vm_confine(r.b, r.b->vms.vm[i], 1 - r.b->vms.vm[i]->mib[1] / FAKE_MIB);
		tandem_trial_start(&r.b->vms.vm[i]->trial, 0, TANDEM_NOWHERE);
	}
	go_on(&r, 5);
	tap_ok(fake_memory_at(&f->vm[0], 1) && fake_memory_at(&f->vm[1], 0),
	       "exchange: full nodes change VMs piece by piece");
	tap_ok(!notes(&r, "has no free memory"), "exchange: and that is no complaint");
	end(&r);
	fake_free(f);
}

static void test_once(void)
{
	struct balance_options o = usual;
	struct fake *f = five_and_one();

	o.once = true;
	fake_render(f);
	tap_ok(!balance_quietly(f, &o) && at_node(f, 0) == 3 && at_node(f, 1) == 3,
	       "once: what is begun is carried out to its end");
	fake_free(f);
}

static void test_offline(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	unsigned int home;
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	home = fake_node_of(f, vm);
	f->node[home].cpus &= f->node[home].cpus - 1;
	fake_render(f);
	go_on(&r, 2);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES, "offline: a CPU less: it has all of a node still");
	go_on(&r, SETTLED);
	home = fake_node_of(f, vm);
	f->node[home].there = false;
	fake_confine(vm, fake_all_cpus(f) | f->node[home].cpus);
	for (unsigned int i = 0; i < FAKE_PAGES; i++)
		vm->page[i] = 1 - home;
	fake_render(f);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) == 1 - home, "offline: a node less: it is on another");
	tap_ok(!notes(&r, "somebody else"), "offline: the kernel is not somebody else");
	end(&r);
	fake_free(f);
}

static void test_versions(void)
{
	struct fake *f = five_and_one();
	struct fake_vm *vm;
	struct run r;

	f->no_schedstat = true;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(at_node(f, 0) == 3 && at_node(f, 1) == 3, "versions: without schedstat run time does");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	f->more_fields = true;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES && fake_memory_at(vm, fake_node_of(f, vm)),
	       "versions: more fields do no harm");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	f->no_cpus_allowed = true;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(!f->log[0] && notes(&r, "/proc does not say enough") == 1,
	       "versions: without affinities it is left alone, and that is said");
	end(&r);
	fake_free(f);
}

static void test_many_threads(void)
{
	struct fake *f = fake_new(2, 4);
	struct fake_vm *vm = fake_add(f, "many", 998, 0);
	struct run r;

	vm->vcpus = 4;
	begin(&r, f, &usual);
	go_on(&r, 3);
	tap_ok(vm->threads == 1000 && fake_node_of(f, vm) < FAKE_NODES,
	       "threads: a thousand are moved");
	vm->threads++;
	vm->thread[1000] = (struct fake_thread){ .tid = vm->pid + 1000, .mask = 0xff };
	fake_render(f);
	go_on(&r, 1);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES, "threads: and one that came later");
	vm->threads++;
	vm->thread[1001] = (struct fake_thread){ .tid = 77, .mask = 0xff, .kernel = true };
	fake_render(f);
	go_on(&r, 1);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES, "threads: and one of the kernel that works for it");
	end(&r);
	fake_free(f);
}

static void test_taken(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	fake_confine(vm, 0x3);
	fake_render(f);
	go_on(&r, SETTLED);
	tap_ok(masks_are(vm, 0x3), "taken: what somebody else set after us stays");
	tap_ok(notes(&r, "somebody else changed its placement") == 1, "taken: said once");
	end(&r);
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(masks_are(vm, 0x3), "taken: also when it is started again");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	fake_confine(vm, 0xff);
	fake_render(f);
	go_on(&r, 1);
	end(&r);
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(masks_are(vm, 0xff), "taken: and where it was set free");
	end(&r);
	fake_free(f);
}

static void test_damaged(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	fake_write(f, "/run/tandem/vm-1000.json", "{ \"pid\": 1000, \"st");
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(masks_are(vm, 0xff) && notes(&r, "is damaged") == 1,
	       "record: one that is damaged: said once, its VM is left alone");
	end(&r);
	fake_free(f);
}

static void test_rate(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;
	unsigned int i;

	begin(&r, f, &usual);
	r.b->options.rate_mib = 1;
	go_on(&r, 1);
	for (i = 1; i < SETTLED && !moves(&r, "memory"); i++)
		go_on(&r, 1);
	/* 8 of 16 MiB, 1 a second: 4 intervals, and the first had no home */
	tap_ok(i >= 5 && i <= 7, "rate: memory follows no faster than it may");
	tap_ok(f->at_once && f->at_once <= 32, "rate: what a call copies is paid for soon");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(f->at_once > FAKE_PAGES / 2 - FAKE_HUGE, "rate: many pages a call, where it may be fast");
	end(&r);
	fake_free(f);
}

static void test_huge(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	memset(vm->page, 0, FAKE_PAGES / 2);
	memset(vm->page + FAKE_PAGES / 2, 1, FAKE_PAGES / 2);
	f->huge = FAKE_PAGES;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(f->at_once == FAKE_PAGES / 2 / FAKE_HUGE &&
		       fake_memory_at(vm, fake_node_of(f, vm)),
	       "huge: of each huge page one is asked to move, and takes all of it along");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	f->huge = FAKE_PAGES / 8 * 7;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_memory_at(vm, fake_node_of(f, vm)) && !notes(&r, "can't go"),
	       "huge: what is small among them follows, too");
	end(&r);
	fake_free(f);
}

/* The one that was found first has to move when the other's memory is on its way. */
static void test_in_turn(void)
{
	struct fake *f = fake_new(2, 4);
	struct fake_vm *first, *second;
	struct run r;

	fake_add(f, "a", 2, FAKE_NODES);
	fake_add(f, "b", 2, FAKE_NODES);
	begin(&r, f, &usual);
	r.b->options.rate_mib = 1;
	go_on(&r, 1);
	first = &f->vm[r.b->vms.vm[0]->pid == f->vm[1].pid];
	second = &f->vm[first == f->vm];
	strcpy(first->thread[0].name, "live_migration");
	fake_render(f);
	for (unsigned int i = 0; i < SETTLED && !f->at_once; i++)
		go_on(&r, 1);
	first->thread[0].name[0] = 0;
	for (unsigned int i = 0; i < SETTLED && !moves(&r, "memory"); i++)
		go_on(&r, 1);
	tap_ok(count(&r, "moves", "kind", "home", first->name) == 1 &&
		       count(&r, "moves", "kind", "memory", second->name) == 1,
	       "turn: memory that is on its way gets there before other memory goes");
	end(&r);
	fake_free(f);
}

/* A host whose CPUs the VMs have: a look takes longer than an interval. */
static void test_slow(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;
	unsigned int i;

	begin(&r, f, &usual);
	f->slow_ns = 700 * MS_NS;
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES && fake_memory_at(vm, fake_node_of(f, vm)),
	       "slow: memory follows where a look takes longer than an interval");
	tap_ok(notes(&r, "a look takes") == 1, "slow: and that is said once");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	begin(&r, f, &usual);
	r.b->options.rate_mib = 8;
	f->slow_ns = 700 * MS_NS;
	go_on(&r, 1);
	for (i = 1; i < SETTLED && !moves(&r, "memory"); i++)
		go_on(&r, 1);
	tap_ok(i <= 6, "slow: looks take a small part of the time that it needs");
	end(&r);
	fake_free(f);
}

/* Looks that take now more, now less time: no load but that of the VMs. */
static void test_uneven(void)
{
	struct fake *f = five_and_one();
	unsigned int varies = 0, rest = 0;
	struct run r;

	begin(&r, f, &usual);
	f->uneven_ns = 1000 * MS_NS;
	for (unsigned int look = 0; look < 12; look++) {
		balance_look(r.b);
		f->host.calls->sleep_ns(&f->host, f->now_ns + 3000 * MS_NS);
	}
	for (unsigned int i = 0; i < r.b->vms.nr; i++)
		varies += r.b->vms.vm[i]->load.deviation > r.b->vms.vm[i]->load.mean / 50;
	for (unsigned int i = 0; i < 2; i++)
		rest += r.b->node[i].other + r.b->node[i].noise;
	tap_ok(!varies, "uneven: loads that do not vary do not seem to");
	tap_ok(rest < 26, "uneven: and what a look takes is no load of somebody else");
	end(&r);
	fake_free(f);
}

static void test_left(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	struct run r;

	f->gives_up = 600;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(fake_node_of(f, vm) < FAKE_NODES && fake_memory_at(vm, fake_node_of(f, vm)),
	       "left: nothing, where the kernel gives up in between");
	end(&r);
	fake_free(f);
	f = one_scattered(&vm);
	f->shared = 1024;
	begin(&r, f, &usual);
	go_on(&r, SETTLED);
	tap_ok(notes(&r, "2 MiB of memory of web1 (1000) can't go to node") == 1,
	       "left: what can't follow, and why, is said once");
	end(&r);
	fake_free(f);
}

static void test_lock(void)
{
	struct fake_vm *vm;
	struct fake *f = one_scattered(&vm);
	int first, second, error = dup(2);

	fake_render(f);
	first = balance_lock(&f->host);
	if (!freopen("/dev/null", "w", stderr))
		abort();
	second = balance_lock(&f->host);
	fflush(stderr);
	dup2(error, 2);
	tap_ok(first >= 0 && second < 0, "lock: there can't be two");
	close(first);
	second = balance_lock(&f->host);
	tap_ok(second >= 0, "lock: but one after the other");
	close(second);
	fake_free(f);
}

/* Runs in a process that is killed at a moment; false if it came to its end. */
static bool run_killed(struct fake *f, unsigned int moment, unsigned int intervals)
{
	struct run r;
	int status;
	pid_t pid;

	f->moments = 0;
	f->kill_at = moment;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		begin(&r, f, &usual);
		go_on(&r, intervals);
		end(&r);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	f->kill_at = 0;
	return WIFSIGNALED(status);
}

static struct fake *to_be_killed(void)
{
	struct fake *f = fake_new(2, 4);
	struct fake_vm *pinned;

	fake_add(f, "a", 2, FAKE_NODES);
	fake_own_group(fake_add(f, "b", 2, 0), "0-7", "0-1");
	pinned = fake_add(f, "c", 1, FAKE_NODES);
	fake_confine(pinned, 0x12);
	return f;
}

/* Nothing may be changed that --restore does not know of. */
static bool all_given_back(struct fake *f)
{
	return masks_are(&f->vm[0], 0xff) && masks_are(&f->vm[1], 0xff) &&
	       !strcmp(f->vm[1].group_cpus, "0-7") && !strcmp(f->vm[1].group_mems, "0-1") && masks_are(&f->vm[2], 0x12) &&
	       !record_files(f);
}

static void test_kill(void)
{
	unsigned int moment, step = 1, forgotten = 0, inconsistent = 0, killed = 0;
	struct fake *f;
	struct run r;

	for (moment = 1; ; moment += step) {
		f = to_be_killed();
		if (!run_killed(f, moment, 12)) {
			fake_free(f);
			break;
		}
		killed++;
		forgotten += !restores(f) || !all_given_back(f);
		fake_free(f);
		f = to_be_killed();
		run_killed(f, moment, 12);
		begin(&r, f, &usual);
		go_on(&r, 15);
		for (int i = 0; i < 2; i++)
			inconsistent += fake_node_of(f, &f->vm[i]) == FAKE_NODES ||
					!fake_memory_at(&f->vm[i], fake_node_of(f, &f->vm[i]));
		inconsistent += !masks_are(&f->vm[2], 0x12) || notes(&r, "somebody else");
		end(&r);
		inconsistent += !restores(f) || !all_given_back(f);
		fake_free(f);
	}
	printf("# killed at %u moments\n", killed);
	tap_ok(killed >= 20 && !forgotten, "kill: at each moment: --restore knows all that was done");
	tap_ok(!inconsistent, "kill: at each moment: started again, it goes on with its own work");
}

/* Not at a call, but at any time: between the record's writing and its renaming, too. */
static bool run_killed_anywhere(struct fake *f, unsigned int us)
{
	struct run r;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		begin(&r, f, &usual);
		go_on(&r, 1000);
		_exit(0);
	}
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status);
}

static void test_kill_anywhere(void)
{
	unsigned long long random = 1;
	unsigned int bad = 0;
	struct fake *f;

	for (int i = 0; i < 10; i++) {
		f = to_be_killed();
		fake_render(f);
		bad += !run_killed_anywhere(f, 1000 + tap_random(&random) % 80000);
		bad += !restores(f) || !all_given_back(f);
		fake_free(f);
	}
	tap_ok(!bad, "kill: at ten random times: nothing is forgotten");
	f = to_be_killed();
	fake_write(f, "/run/tandem/vm-1000.json.new", "{");
	tap_ok(restores(f) && !record_files(f), "kill: a record that is half written is no record");
	fake_free(f);
}

static const struct test {
	const char *name;
	unsigned int results;
	void (*run)(void);
} tests[] = {
	{ "cpus", 4, test_cpus },
	{ "home", 5, test_home },
	{ "first", 5, test_first },
	{ "new", 1, test_new },
	{ "idle", 2, test_idle },
	{ "name", 2, test_libvirt },
	{ "even", 3, test_even },
	{ "2011", 5, test_2011 },
	{ "ticks", 3, test_ticks },
	{ "rest", 3, test_rest },
	{ "probation", 4, test_probation },
	{ "pins", 5, test_pins },
	{ "leaving", 3, test_leaving },
	{ "bound", 3, test_bound },
	{ "group", 5, test_group },
	{ "v1", 3, test_v1 },
	{ "dry-run", 3, test_dry_run },
	{ "gone", 3, test_dies },
	{ "refused", 4, test_refused },
	{ "full", 2, test_full },
	{ "enomem", 2, test_enomem },
	{ "exchange", 2, test_exchange },
	{ "once", 1, test_once },
	{ "offline", 3, test_offline },
	{ "versions", 3, test_versions },
	{ "threads", 3, test_many_threads },
	{ "taken", 4, test_taken },
	{ "record", 1, test_damaged },
	{ "rate", 3, test_rate },
	{ "huge", 2, test_huge },
	{ "turn", 1, test_in_turn },
	{ "slow", 3, test_slow },
	{ "uneven", 2, test_uneven },
	{ "left", 2, test_left },
	{ "lock", 2, test_lock },
	{ "kill", 2, test_kill },
	{ "kill-anywhere", 2, test_kill_anywhere },
	{ }
};

/* All, or one by its name. */
int main(int argc, char **argv)
{
	unsigned int planned = 0;

	for (const struct test *t = tests; t->name; t++)
		planned += argc < 2 || !strcmp(argv[1], t->name) ? t->results : 0;
	tap_plan(planned);
	for (const struct test *t = tests; t->name; t++)
		if (argc < 2 || !strcmp(argv[1], t->name))
			t->run();
	return tap_end();
}
