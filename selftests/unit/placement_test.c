// SPDX-License-Identifier: GPL-2.0
/* module/policy/placement*.c: known answers, one test for each thing it knows. */
#include "placement_host.h"
#include "placement_share.h"
#include "placement_wide.h"

static struct host h;

static void result(int ok, const char *name)
{
	tap_ok(ok && !h.bad, name);
}

static int even(unsigned int nodes, unsigned int each)
{
	for (unsigned int n = 0; n < nodes; n++)
		if (host_on(&h, n) != each)
			return 0;
	return 1;
}

/* Cases whose answers are known, without noise. */
static void test_known(void)
{
	static const unsigned int start[] = { 9, 11, 13, 7 };
	unsigned int steps;

	host_start(&h, 4, 20, 128);
	for (int n = 0; n < 4; n++)
		host_add_many(&h, n, start[n]);
	steps = host_run(&h);
	result(steps == 4 && even(4, 10) && !h.last.urgent,
	       "known: 9, 11, 13, 7 VMs: four moves");
	result(!host_run(&h), "... and then none");

	host_start(&h, 4, 20, 128);
	host_add_many(&h, 0, 10);
	host_add_many(&h, 1, 10);
	steps = host_run(&h);
	result(steps == 10 && even(4, 5) && h.last.urgent,
	       "known: 20 VMs on two of four nodes: ten moves");
	result(!host_run(&h), "... and then none");

	host_start(&h, 2, 12, 36);
	host_add_many(&h, 0, 5);
	host_add_many(&h, 1, 1);
	steps = host_run(&h);
	result(steps == 2 && even(2, 3), "known: 5 and 1 VMs: two moves");
	result(!host_run(&h), "... and then none");
}

/* The rule of 2011 moves for ever with 21 to 23, 25 to 27 and so on. */
static void test_every_k(void)
{
	int good = 1;

	for (unsigned int k = 1; k <= 60; k++) {
		for (unsigned int first = 0; first < 4; first++) {
			host_start(&h, 4, 20, 256);
			for (unsigned int i = 0; i < k; i++)
				host_add(&h, first ? i * first % 4 : 0, 4, 1771);
			host_run(&h);
			good &= !host_run(&h) && !h.bad;
			for (unsigned int n = 0; n < 4; n++)
				good &= host_on(&h, n) == k / 4 || host_on(&h, n) == (k + 3) / 4;
		}
	}
	result(good, "every k: 1 to 60 VMs from four starts: even, and then none moves");
}

static void test_swap(void)
{
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 7, 1024);
	host_add(&h, 0, 5, 1024);
	host_add(&h, 1, 5, 1024);
	host_add(&h, 1, 3, 1024);
	host_run(&h);
	result(h.last.kind == TANDEM_SWAP && host_load(&h, 0) == 10 * TANDEM_CPU,
	       "swap: 1 for 1 where no move helps");

	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 10, 1024);
	host_add(&h, 0, 10, 1024);
	host_add(&h, 1, 3, 1024);
	host_add(&h, 1, 3, 1024);
	host_add(&h, 1, 8, 1024);
	host_add(&h, 0, 1, 1024)->flags = TANDEM_PINNED;
	host_add(&h, 1, 3, 1024)->flags = TANDEM_PINNED;
	host_run(&h);
	result(host_load(&h, 0) == 19 * TANDEM_CPU || host_load(&h, 1) == 19 * TANDEM_CPU,
	       "swap: 1 for 1 or 2");

	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 12, 1024);
	host_add(&h, 0, 12, 1024)->flags = TANDEM_PINNED;
	for (int i = 0; i < 3; i++)
		host_add(&h, 1, 3, 1024);
	host_add(&h, 1, 9, 1024)->flags = TANDEM_PINNED;
	host_run(&h);
	result(h.last.kind == TANDEM_SWAP && h.last.choice.nr == 4 &&
	       host_load(&h, 0) == 21 * TANDEM_CPU, "swap: 1 for 3");

	host_start(&h, 2, 8, 10);
	host_add(&h, 0, 6, 7000);
	host_add(&h, 0, 4, 2000);
	host_add(&h, 1, 2, 7000);
	host_add(&h, 1, 2, 2000);
	host_run(&h);
	result(h.last.kind == TANDEM_SWAP && host_load(&h, 0) == 8 * TANDEM_CPU &&
	       h.copied_mib == 4000, "swap: where memory leaves room for no move");
}

static void load_host(void)
{
	struct tandem_step step;

	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	while (h.plan.stage == TANDEM_LOADING)
		tandem_plan_step(&h.plan, &step);
}

/* Of few all are tried; of many, some of each load, though others are lighter. */
static void test_picks(void)
{
	unsigned int loads = 0, nr;
	uint16_t pick[TANDEM_PICKS];

	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 8; i++)
		host_add(&h, 0, 4, 64 + i);
	load_host();
	tap_ok(tandem_picks(&h.plan, 0, pick) == 8, "picks: all of a few");

	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 40; i++)
		host_add(&h, 0, i % 5 ? 4 : 1 + i / 5, i % 5 ? 16 : 64);
	load_host();
	nr = tandem_picks(&h.plan, 0, pick);
	for (unsigned int i = 0; i < nr; i++)
		loads |= 1U << h.group[pick[i]].load / TANDEM_CPU;
	tap_ok(nr == 8 && loads == 0x1fe, "picks: of many, one of each load");
}

static void test_pins(void)
{
	static const uint8_t flags[] = {
		TANDEM_PINNED, TANDEM_IN_FLIGHT, TANDEM_LEAVING, TANDEM_RESTING,
	};
	static const char *const names[] = {
		"pins: what its user pinned stays", "pins: what is in flight stays",
		"pins: what is being live-migrated stays", "pins: what was undone rests",
	};

	for (int i = 0; i < 4; i++) {
		host_start(&h, 2, 8, 64);
		for (int g = 0; g < 4; g++)
			host_add(&h, 0, 8, 1024)->flags = flags[i];
		result(!host_run(&h), names[i]);
	}
	host_start(&h, 3, 8, 64);
	for (int g = 0; g < 4; g++)
		host_add(&h, 0, 8, 1024)->allowed = 3;
	host_run(&h);
	result(host_on(&h, 0) == 2 && host_on(&h, 1) == 2,
	       "pins: a cpuset of two nodes is a bound, not a pin");
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 8, 1024)->allowed = 2;
	host_run(&h);
	result(host_on(&h, 1) == 1, "pins: who must leave by its cpuset leaves");
}

static void test_capacity(void)
{
	host_start(&h, 2, 8, 16);
	for (int i = 0; i < 4; i++)
		host_add(&h, 0, 8, 3000);
	h.node[1].free_mib = 3300;
	host_run(&h);
	result(!host_on(&h, 1), "capacity: nothing goes where the margin would be used");
	h.node[1].free_mib = 3600;
	host_run(&h);
	result(host_on(&h, 1) == 1, "capacity: one fits, one goes");

	host_start(&h, 2, 8, 16);
	for (int i = 0; i < 5; i++)
		host_add(&h, 0, 0, 3200);
	host_run(&h);
	result(host_on(&h, 1) == 1 && h.last.reason == TANDEM_FOR_MEMORY,
	       "capacity: memory alone is a reason");

	host_start(&h, 2, 8, 16);
	for (int i = 0; i < 4; i++)
		host_add(&h, 0, 8, 3000);
	h.node[0].free_mib = 0;
	h.node[1].free_mib = 0;
	result(!host_run(&h), "capacity: nothing free anywhere: nothing moves");
}

/* Of two nodes with 8 CPUs one has 4 cores: 4 and a quarter of 4. */
static void test_smt(void)
{
	host_start(&h, 2, 8, 64);
	h.node[0].cores = 4;
	for (int i = 0; i < 13; i++)
		host_add(&h, i % 2, 1, 1024);
	host_run(&h);
	result(host_on(&h, 0) == 5 && host_on(&h, 1) == 8, "SMT: a sibling is a quarter of a CPU");
	h.knobs.smt_percent = 100;
	host_run(&h);
	result(host_on(&h, 0) >= 6, "SMT: unless the user says otherwise");
}

static void share(struct tandem_group *g, unsigned int kind)
{
	for (uint64_t i = 0; i < 100; i++)
		tandem_sketch_add(g->sketch, kind * 1000 + i + (i > 90) * g->mib[0]);
}

/* Two kinds, crosswise: CPU says nothing, so who shares comes together. */
static void test_sharing(void)
{
	unsigned int kind0 = 0;

	host_start(&h, 2, 16, 64);
	for (int i = 0; i < 8; i++)
		share(host_add(&h, i / 2 % 2, 2, 16), i % 2);
	host_run(&h);
	for (int i = 0; i < 8; i += 2)
		kind0 += h.group[i].home;
	result((kind0 == 0 || kind0 == 4) && even(2, 4) && h.last.reason == TANDEM_FOR_SHARING,
	       "sharing: who shares pages comes together");

	host_start(&h, 2, 16, 64);
	for (int i = 0; i < 8; i++)
		share(host_add(&h, 0, 4, 16), 1);
	host_run(&h);
	result(even(2, 4), "sharing: but not at the price of CPU");

	host_start(&h, 2, 16, 64);
	for (int i = 0; i < 4; i++)
		share(host_add(&h, !i, 0, 12288), 1);
	result(!host_run(&h), "sharing: nor at that of copying 12 GiB");
}

/* The same need: the lighter one goes; four times as heavy, half as hungry: not. */
static void test_lightest(void)
{
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 8, 8000);
	host_add(&h, 0, 8, 1000);
	host_add(&h, 0, 8, 8000);
	host_add(&h, 1, 8, 1000);
	tandem_plan_start(&h.plan, &h.snapshot, &h.knobs);
	h.calls = 0;
	result(host_step(&h) == 0 || h.last.choice.group[0] == 1,
	       "lightest: most CPU for each MiB");
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 4, 8000);
	host_add(&h, 0, 4, 1000);
	host_add(&h, 0, 4, 4000);
	host_run(&h);
	result(h.group[1].home == 1 && h.steps == 1 && h.last.nr_beaten == 2 &&
	       h.last.beaten[0].group[0] == 2 && h.last.beaten[1].group[0] == 0,
	       "lightest: and it says what that beat, in order");
}

static void test_locality(void)
{
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 2, 0)->mib[1] = 20000;
	h.node[1].free_mib -= 20000;
	host_run(&h);
	result(h.group[0].home == 1 && !h.copied_mib && h.last.reason == TANDEM_FOR_LOCALITY,
	       "locality: to the memory rather than the memory to it");
	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 4, 100)->fixed_mib[1] = 8000;
	host_run(&h);
	result(h.group[0].home == 1, "locality: to memory that can't leave");
	host_start(&h, 3, 8, 64);
	host_add(&h, 0, 4, 100)->fixed_mib[2] = 8000;
	host_add(&h, 2, 30, 100)->flags = TANDEM_PINNED;
	h.node[1].distance[2] = 11;
	h.node[2].distance[1] = 11;
	host_run(&h);
	result(h.group[0].home == 1, "locality: or near it");
}

/* Two virtual nodes of 8 CPUs on four nodes, of which two pairs are near. */
static void test_wide(void)
{
	static const struct tandem_vm_size vm = { 16, 40000 }, half = { 8, 20000 };
	static const struct tandem_vm_size halves[] = { { 8, 20000 }, { 8, 20000 } };
	static const struct tandem_vm_size lopsided[] = { { 15, 20000 }, { 1, 20000 } };

	host_start(&h, 4, 8, 32);
	for (int n = 0; n < 4; n++)
		h.node[n].distance[n ^ 2] = 12;
	host_add(&h, 0, 0, 0);
	h.snapshot.nr_groups = 0;
	for (int i = 0; i < 2; i++)
		tandem_newborn(&h.group[h.snapshot.nr_groups++], &half, 15, 7);
	host_run(&h);
	result(h.group[0].home == (h.group[1].home ^ 2) && h.steps == 2,
	       "wide: virtual nodes on near nodes");
	h.group[0].home = 0;
	h.group[1].home = 3;
	host_run(&h);
	result(h.group[0].home == (h.group[1].home ^ 2) && h.last.reason == TANDEM_FOR_WIDE,
	       "wide: and they come together");
	tap_ok(tandem_vm_width(&h.snapshot, 15, &half, NULL, 0) == TANDEM_NARROW,
	       "wide: not what a node can hold");
	tap_ok(tandem_vm_width(&h.snapshot, 15, &vm, halves, 2) == TANDEM_WIDE,
	       "wide: by virtual node");
	tap_ok(tandem_vm_width(&h.snapshot, 15, &vm, NULL, 0) == TANDEM_INTERLEAVED &&
	       tandem_vm_width(&h.snapshot, 15, &vm, lopsided, 2) == TANDEM_INTERLEAVED,
	       "wide: interleaved if those are not known, or too large");
	tap_ok(tandem_vm_width(&h.snapshot, 1, &vm, halves, 2) == TANDEM_HOMELESS,
	       "wide: nothing for what its cpuset can't hold");
}

static uint32_t parts_of(uint32_t allowed, uint32_t vcpus, uint32_t mib)
{
	struct tandem_vm_size vm = { vcpus, mib };

	return tandem_vm_parts(&h.snapshot, allowed, &vm, 8);
}

/* Each part has vCPUs that follow each other, as many as it is said, one more at most. */
static int good_cut(uint32_t vcpus, uint32_t parts)
{
	uint32_t vcpu = 0;

	for (uint32_t p = 0; p < parts; p++) {
		uint32_t nr = tandem_part_vcpus(p, vcpus, parts);

		if (nr < vcpus / parts || nr > (vcpus + parts - 1) / parts)
			return 0;
		while (nr--)
			if (tandem_part_of_vcpu(vcpu++, vcpus, parts) != p)
				return 0;
	}
	return vcpu == vcpus;
}

static void test_cut(void)
{
	int bad = 0;

	host_start(&h, 4, 8, 32);
	h.node[3].cpus = 4;
	tap_ok(parts_of(15, 8, 32768) == 1 && parts_of(15, 9, 100) == 2 && parts_of(15, 17, 100) == 3,
	       "cut: into as few parts as nodes can hold");
	tap_ok(parts_of(15, 4, 65536) == 2 && parts_of(15, 4, 65537) == 3,
	       "cut: for its RAM, too");
	tap_ok(parts_of(8, 8, 100) == 2 && parts_of(15, 64, 100) == 8 && !parts_of(15, 65, 100) &&
	       !parts_of(8, 33, 100), "cut: into no more than are allowed");
	tap_ok(!parts_of(15, 1, 40000) && parts_of(15, 2, 40000) == 2 && !parts_of(15, 8, 140000) &&
	       !parts_of(0, 8, 100), "cut: never without a vCPU, or beyond all memory");
	for (uint32_t vcpus = 1; vcpus < 300; vcpus++)
		for (uint32_t parts = 1; parts <= vcpus && parts <= TANDEM_WIDE_MAX; parts++)
			bad += !good_cut(vcpus, parts);
	tap_ok(!bad, "cut: equally, whatever there is to cut");
}

/* As the worker has it: what the VM's memory is, each part has a share of, and it stays. */
static void test_parts(void)
{
	host_start(&h, 2, 2, 32);
	for (int i = 0; i < 2; i++) {
		host_add(&h, 0, 2, 0)->wide = 1;
		h.group[i].fixed_mib[0] = 4096;
	}
	host_run(&h);
	result(h.steps == 1 && host_on(&h, 0) == 1, "parts: one goes where CPUs are idle");
	host_run(&h);
	result(h.steps == 1, "parts: and stays");
	for (int i = 0; i < 2; i++) {
		h.group[i].home = 0;
		h.group[i].load = TANDEM_CPU / 4;
	}
	host_run(&h);
	result(h.steps == 1 && host_on(&h, 0) == 2, "parts: not where all are");
}

static void test_noise(void)
{
	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 13; i++)
		host_add(&h, i >= 8, 1, 64);
	host_run(&h);
	result(h.steps == 1, "noise: 8 and 5: one moves if the loads are sure");
	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 13; i++)
		host_add(&h, i >= 8, 1, 64)->noise = 40;
	host_run(&h);
	result(h.steps == 0, "noise: and not if they are not");
	host_start(&h, 2, 8, 64);
	for (int i = 0; i < 13; i++)
		host_add(&h, i >= 8, 1, 64);
	h.node[0].noise = 150;
	result(!host_run(&h), "noise: nor if that is of what belongs to no group");
}

/* Loads that may well be equal, and nodes of which it is not known how they differ. */
static void test_unsure_swap(void)
{
	host_start(&h, 2, 8, 10);
	host_add(&h, 0, 24, 16)->flags = TANDEM_PINNED;
	host_add(&h, 0, 0, 7000)->load = 4 * TANDEM_CPU;
	host_add(&h, 1, 0, 7000)->load = 7 * TANDEM_CPU / 2;
	h.group[1].noise = 128;
	h.group[2].noise = 128;
	result(!host_run(&h), "noise: nor a swap of loads that may be equal");

	host_start(&h, 2, 8, 64);
	host_add(&h, 0, 2, 16)->flags = TANDEM_PINNED;
	h.group[0].noise = 256;
	host_add(&h, 0, 4, 16);
	host_add(&h, 0, 4, 16);
	host_add(&h, 1, 1, 16);
	host_add(&h, 1, 1, 16);
	result(!host_run(&h), "noise: a swap is no way around that");
	h.group[0].noise = 0;
	result(host_run(&h) == 1 && h.last.kind == TANDEM_MOVE, "noise: once it is known, a move");
}

static void test_birth(void)
{
	static const struct tandem_vm_size size = { 4, 2048 };
	unsigned int copied = 0;

	host_start(&h, 4, 20, 128);
	for (int i = 0; i < 40; i++) {
		tandem_newborn(&h.group[h.snapshot.nr_groups++], &size, 15, 0);
		host_run(&h);
		h.group[i].grow_mib = 0;
		h.group[i].mib[h.group[i].home] = 2048;
		h.node[h.group[i].home].free_mib -= 2048;
		host_run(&h);
		copied += h.copied_mib;
	}
	result(even(4, 10) && !copied && h.steps == 40,
	       "birth: 40 VMs, and nothing is ever copied");

	host_start(&h, 2, 20, 4);
	h.node[0].free_mib = 1500;
	tandem_newborn(&h.group[h.snapshot.nr_groups++], &size, 3, 0);
	host_run(&h);
	result(h.group[0].home == 1, "birth: where its memory will fit");
	h.node[1].free_mib = 1500;
	h.group[0].home = TANDEM_NOWHERE;
	result(!host_run(&h), "birth: and where nothing fits, no home");
}

int main(void)
{
	tap_plan(6 + 1 + 4 + 2 + 6 + 4 + 2 + 3 + 2 + 3 + 6 + 5 + 3 + 3 + 3 + 3);
	test_known();
	test_every_k();
	test_swap();
	test_picks();
	test_pins();
	test_capacity();
	test_smt();
	test_sharing();
	test_lightest();
	test_locality();
	test_wide();
	test_cut();
	test_parts();
	test_noise();
	test_unsure_swap();
	test_birth();
	return tap_end();
}
