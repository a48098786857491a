// SPDX-License-Identifier: GPL-2.0
/*
 * tools/lab/plugin: the counter of off-node accesses, with a QEMU of this test's own
 * that translates and runs what it is told, and the other end of the counter's line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "layout.h"
#include "owners.h"
#include "qemu_plugin.h"
#include "tap.h"

#define GIB (1ULL << 30)
#define MIB (1ULL << 20)

/* The machine: 4 CPUs, 2 nodes of 4 MiB. */
enum { CPUS = 4, NODES = 2, NODE_MIB = 4, NODE_PAGES = 1024 };

/* What QEMU knows of an instruction, and what the counter asked it to call. */
struct qemu_plugin_insn {
	const char *bytes;
	size_t size;
	uint64_t address;
	plugin_insn_fn run;
	plugin_access_fn access;
};

struct qemu_plugin_tb {
	struct qemu_plugin_insn insn[2];
};

/* An access: where it goes. */
struct qemu_plugin_hwaddr {
	uint64_t address;
	bool is_io;
};

enum { LOAD, STORE, BAD };

static plugin_block_fn translated;
static struct qemu_plugin_hwaddr where;
static FILE *from, *to;

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_block_fn fn)
{
	(void)id;
	translated = fn;
}

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
	return sizeof(tb->insn) / sizeof(tb->insn[0]);
}

struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t at)
{
	return (struct qemu_plugin_insn *)&tb->insn[at];
}

const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn)
{
	return insn->bytes;
}

size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
	return insn->size;
}

uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
	return insn->address;
}

void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_insn_fn fn,
					    enum plugin_regs regs, void *data)
{
	(void)regs;
	(void)data;
	insn->run = fn;
}

void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_access_fn fn,
				      enum plugin_regs regs, enum plugin_access which,
				      void *data)
{
	(void)regs;
	(void)which;
	(void)data;
	insn->access = fn;
}

struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(uint32_t access, uint64_t address)
{
	(void)address;
	return access == BAD ? NULL : &where;
}

bool qemu_plugin_mem_is_store(uint32_t access)
{
	return access == STORE;
}

bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *address)
{
	return address->is_io;
}

uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *address)
{
	return address->address;
}

/* The host's code: a load, then VMRUN and what follows it. A guest's: a load. */
static struct qemu_plugin_tb host = {
	.insn = { { "\x90", 1, 0x1000, NULL, NULL }, { "\x0f\x01\xd8", 3, 0x1001, NULL, NULL } },
};

static struct qemu_plugin_tb host_after = {
	.insn = { { "\xfa", 1, 0x1004, NULL, NULL }, { "\x90", 1, 0x1005, NULL, NULL } },
};

static struct qemu_plugin_tb guest = {
	.insn = { { "\x0f\x01\xd9", 3, 0x2000, NULL, NULL }, { "\x90", 1, 0x2003, NULL, NULL } },
};

static void translate(void)
{
	translated(0, &host);
	translated(0, &host_after);
	translated(0, &guest);
}

static void enter_guest(unsigned int cpu)
{
	host.insn[1].run(cpu, NULL);
}

static void leave_guest(unsigned int cpu)
{
	host_after.insn[0].run(cpu, NULL);
}

/* QEMU gives each node's block twice the place that the node has (layout.h). */
static void access_page(unsigned int cpu, unsigned int kind, uint64_t page, bool is_io)
{
	uint64_t node = page / NODE_PAGES;

	where.address = (page << PAGE_SHIFT) + node * NODE_MIB * MIB + 8;
	where.is_io = is_io;
	host.insn[0].access(cpu, kind, 0x7f0000000008, NULL);
}

static int listening(const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(at.sun_path + 1, name);
	if (bind(fd, (struct sockaddr *)&at,
		 offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) || listen(fd, 1))
		exit(1);
	return fd;
}

static int install(const char *cpus, const char *socket)
{
	struct plugin_info info = { .target = "x86_64", .whole_system = true };
	char text[4][64];
	char *argv[] = { text[0], text[1], text[2], text[3] };

	snprintf(text[0], 64, "cpus=%s", cpus);
	snprintf(text[1], 64, "nodes=%d", NODES);
	snprintf(text[2], 64, "node-mib=%d", NODE_MIB);
	snprintf(text[3], 64, "socket=%s", socket);
	return qemu_plugin_install(0, &info, 4, argv);
}

/* The answer to a command, its lines joined by ";". */
static const char *ask(const char *command)
{
	static char said[4096];
	char line[256];

	said[0] = 0;
	fputs(command, to);
	fflush(to);
	while (fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = 0;
		strcat(said, line);
		if (!strncmp(line, "ok", 2) || !strncmp(line, "error", 5))
			break;
		strcat(said, ";");
	}
	return said;
}

static bool says(const char *command, const char *expected)
{
	const char *said = ask(command);
	bool same = !strcmp(said, expected);

	if (!same)
		printf("# %s: expected %s\n", said, expected);
	return same;
}

static void test_layout(void)
{
	struct layout small = { 4, 2, GIB }, large = { 8, 4, 2 * GIB };
	struct layout bad[] = { { 0, 1, GIB }, { 3, 2, GIB }, { 4, 0, GIB }, { 4, 16, GIB },
				{ 4, 2, 0 }, { 4, 2, 100 } };
	bool same = true;
	uint64_t page;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		same &= !layout_ok(&bad[i]);
	tap_ok(layout_ok(&small) && same, "machines that can't be are refused");
	tap_ok(layout_page_of_frame(&small, 2 * GIB >> 12) == NO_PAGE &&
	       layout_page_of_frame(&small, (2 * GIB >> 12) - 1) == (2 * GIB >> 12) - 1,
	       "without a hole a frame is a page, to the end");
	tap_ok(layout_page_of_frame(&large, 3 * GIB >> 12) == NO_PAGE &&
	       layout_page_of_frame(&large, 4 * GIB >> 12) == 3 * GIB >> 12 &&
	       layout_page_of_frame(&large, (9 * GIB >> 12) - 1) == (8 * GIB >> 12) - 1 &&
	       layout_page_of_frame(&large, 9 * GIB >> 12) == NO_PAGE &&
	       layout_page_of_frame(&large, UINT64_MAX) == NO_PAGE,
	       "with a hole, memory goes on at 4 GiB");
	for (page = 0; page < layout_pages(&large); page += 977)
		same &= layout_page_of_frame(&large, layout_address_of_page(&large, page) >>
					     PAGE_SHIFT) == page;
	tap_ok(same, "and back");
	tap_ok(layout_node_of_cpu(&large, 1) == 0 && layout_node_of_cpu(&large, 2) == 1 &&
	       layout_node_of_page(&large, (2 * GIB >> 12) - 1) == 0 &&
	       layout_node_of_page(&large, 2 * GIB >> 12) == 1, "nodes have their parts in order");
	tap_ok(layout_page_of_plugin(&large, 5 * GIB) == 3 * GIB >> 12 &&
	       layout_page_of_plugin(&large, 3 * GIB) == NO_PAGE &&
	       layout_page_of_plugin(&large, 16 * GIB) == NO_PAGE,
	       "QEMU's address of a node's block");
}

static void test_host(void)
{
	access_page(0, LOAD, 5, false);
	tap_ok(says("read\n", "ok 0"), "nothing counts before the first reset");
	tap_ok(says("reset\n", "ok 0"), "reset");
	access_page(0, LOAD, 5, false);
	tap_ok(says("read\n", "ok 0"), "nor what the host does to memory of nobody");
	tap_ok(says("pages a\n0 3\n5 5\nend\n", "ok 5"), "five pages are a's");
	access_page(0, LOAD, 5, false);
	access_page(1, STORE, 5, false);
	access_page(2, STORE, 5, false);
	access_page(3, STORE, 5, false);
	access_page(3, LOAD, 4, false);
	access_page(3, LOAD, 3, true);
	access_page(3, BAD, 3, false);
	tap_ok(says("read\n", "a host 0 0 1 1;a host 1 0 0 2;ok 0"),
	       "counted by nodes, without devices");
	for (int i = 0; i < 100000; i++)
		access_page(0, i % 2 ? LOAD : STORE, 0, false);
	tap_ok(says("read\n", "a host 0 0 50001 50001;a host 1 0 0 2;ok 0"), "each of 100,000");
	tap_ok(says("pages b\n400 401\nend\n", "ok 2") && says("reset\n", "ok 0"), "b on node 1");
	access_page(0, LOAD, 0x401, false);
	access_page(3, LOAD, 0, false);
	tap_ok(says("read\n", "a host 1 0 1 0;b host 0 1 1 0;ok 0"), "both apart, from zero");
}

static void test_guest(void)
{
	says("reset\n", "ok 0");
	enter_guest(1);
	access_page(1, LOAD, 0, false);
	access_page(1, STORE, 0x402, false);
	access_page(2, LOAD, 0, false);
	leave_guest(1);
	access_page(1, LOAD, 0, false);
	tap_ok(says("read\n", "- guest 0 1 0 1;a host 0 0 1 0;a host 1 0 1 0;a guest 0 0 1 0;ok 0"),
	       "from VMRUN to what follows it is a guest, that CPU alone");
	says("reset\n", "ok 0");
	enter_guest(0);
	guest.insn[1].access(0, LOAD, where.address = 7 << PAGE_SHIFT, NULL);
	leave_guest(0);
	tap_ok(says("read\n", "ok 0"), "the CPU's own, by physical address, is not");
	tap_ok(!guest.insn[0].run, "no other instruction begins a guest");
}

static void test_moves(void)
{
	says("reset\n", "ok 0");
	tap_ok(says("pages a\n402 403\nend\n", "ok 2"), "a moved");
	access_page(0, LOAD, 0, false);
	access_page(0, LOAD, 0x403, false);
	tap_ok(says("read\n", "a host 0 1 1 0;ok 0"), "what it had is nobody's");
	tap_ok(says("pages a\nend\n", "ok 0"), "a has nothing");
	access_page(0, LOAD, 0x403, false);
	tap_ok(says("read\n", "a host 0 1 1 0;ok 0"), "what was counted stays");
}

static void test_stop(void)
{
	says("pages a\n0 1\nend\n", "ok 2");
	says("reset\n", "ok 0");
	access_page(0, LOAD, 0, false);
	tap_ok(says("stop\n", "ok 0"), "stop");
	access_page(0, LOAD, 0, false);
	tap_ok(says("read\n", "a host 0 0 1 0;ok 0"), "what was counted before can be read");
	says("reset\n", "ok 0");
	access_page(0, STORE, 0, false);
	tap_ok(says("read\n", "a host 0 0 0 1;ok 0"), "and reset begins again");
}

static void test_bad(void)
{
	static const char *const long_name = "pages abcdefghijklmnopqrstuvwxyz012345\n";
	char name[32];
	bool ok = true;

	tap_ok(!strncmp(ask("hello\n"), "error there are", 15), "no such command");
	fputs(long_name, to);
	tap_ok(!strncmp(ask("0 1\nend\n"), "error names", 11), "a name that is too long");
	tap_ok(says("pages a\nnonsense\n7fe 9000\nend\n", "ok 2"), "frames there are not");
	for (int i = 0; i < OWNERS_MAX - 3; i++) {
		snprintf(name, sizeof(name), "pages o%d\nend\n", i);
		ok &= says(name, "ok 0");
	}
	tap_ok(ok && !strncmp(ask("pages more\nend\n"), "error names", 11), "too many");
}

int main(void)
{
	char name[32];
	int fd;

	tap_plan(30);
	test_layout();
	tap_ok(install("5", "x") && install("0", "x"), "a machine that can't be is refused");
	snprintf(name, sizeof(name), "offnode-test-%d", getpid());
	fd = listening(name);
	tap_ok(!install("4", name), "installed");
	fd = accept(fd, NULL, NULL);
	from = fdopen(fd, "r");
	to = fdopen(dup(fd), "w");
	translate();
	test_host();
	test_guest();
	test_moves();
	test_stop();
	test_bad();
	return tap_end();
}
