// SPDX-License-Identifier: GPL-2.0
/* The hosts and VMs of Theurer's slides of 2011 and eBay's of 2013, and what was measured there. */
#include "place_cases.h"
#include "place_model.h"

/*
 * Theurer: four nodes of 10 cores with two threads, 64 GiB each (he says "enough"); VMs
 * of 2 GB, with 1771 MiB resident as his listing has them. eBay: two nodes of 6
 * cores with two threads, 36 GiB each; VMs of 12 GB, of which 6 GiB are taken to be
 * resident, and 3 GiB where 18 of them share 72 GiB.
 */
#define DBENCH	\
	.nodes = 4, .cpus = 20, .cores = 10, .node_mib = 65536, .vms = 40, .vm_mib = 1771, \
	.unit = "MB/s", .scale = 1
#define EBAY	\
	.nodes = 2, .cpus = 12, .cores = 6, .node_mib = 36864, \
	.unit = "TPS", .scale = MODEL_TPS

const struct place_case place_cases[] = {
	{
		.name = "dbench-40", .about = "40 VMs, 9, 11, 13 and 7 on four nodes",
		DBENCH, .busy = 40, .homes = { 9, 11, 13, 7 }, .pinned = { 10, 10, 10, 10 },
	}, {
		.name = "dbench-20", .about = "20 VMs, all on two nodes; 20 others idle",
		DBENCH, .busy = 20, .homes = { 10, 10, 10, 10 }, .pinned = { 10, 10, 10, 10 },
	}, {
		.name = "ebay-6", .about = "6 VMs, 5 and 1 on two nodes",
		EBAY, .vms = 6, .vm_mib = 6144, .busy = 6, .homes = { 5, 1 }, .pinned = { 3, 3 },
	}, {
		.name = "ebay-18", .about = "18 VMs, 9 and 9 on two nodes",
		EBAY, .vms = 18, .vm_mib = 3072, .busy = 18, .homes = { 9, 9 },
		.pinned = { 9, 9 },
	}, {
		.name = "burst", .about = "7 VMs on one of two nodes; 6 of them for 4 s",
		EBAY, .vms = 8, .vm_mib = 3072, .busy = 1, .burst_ms = 4000, .homes = { 7, 1 },
		.pinned = { 4, 4 },
	},
	{ }
};

const struct place_policy *const place_policies[] = {
	&place_none, &place_pinned, &place_vmb2011, &place_numad, &place_rusty, &place_tandem,
	&place_birth, NULL
};

/* MB/s and TPS. */
const struct place_figure place_figures[] = {
	{ "dbench-40", "none", 14541, true, "Theurer 2011, anchor" },
	{ "dbench-40", "pinned", 18896, true, "Theurer 2011, anchor" },
	{ "dbench-20", "none", 15298, true, "Theurer 2011, anchor" },
	{ "dbench-40", "vmb2011", 18771, false, "Theurer 2011" },
	{ "dbench-20", "vmb2011", 19374, false, "Theurer 2011" },
	{ "dbench-20", "pinned", 9096, false, "Theurer 2011" },
	{ "ebay-6", "pinned", 86.64, false, "eBay 2013, from 72 without" },
	{ "ebay-18", "pinned", 71.48, false, "eBay 2013" },
	{ "dbench-40", "tandem", 22919, false, "Theurer: another hypervisor" },
	{ "dbench-20", "tandem", 19164, false, "Theurer: another hypervisor" },
	{ }
};
