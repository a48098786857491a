/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_PLACE_MODEL_H
#define TANDEM_PLACE_MODEL_H

/*
 * The anchored model of throughput. Frozen: Documentation/placement-model.rst has how
 * they were found, and no figure but the three below was looked at for it.
 *
 *   speed of a busy vCPU = min(1, CPUs / load) / (1 + OVER * max(0, load / CPUs - 1))
 *			    / (1 + REMOTE * remote share of its VM's memory)
 *
 * Anchors (Theurer 2011, MB/s): 40 VMs without a balancer 14541, 40 bound by hand 18896, 20
 * without a balancer 15298. Without a balancer vCPUs are anywhere, so that 3/4 of the
 * memory is remote on four nodes (the simulation gives 0.749); bound by hand none is.
 * Loads are even: 160 vCPUs on 80 CPUs, and 80.
 *
 *   18896 / 14541 = 1 + REMOTE * 3/4
 *   15298         = 80 * SCALE / (1 + REMOTE * 3/4)
 *   18896         = 80 * SCALE / (1 + OVER)
 */
#define MODEL_REMOTE	((18896.0 / 14541 - 1) / 0.75)
#define MODEL_SCALE	(15298 * (1 + MODEL_REMOTE * 0.75) / 80)
#define MODEL_OVER	(80 * MODEL_SCALE / 18896 - 1)

/*
 * eBay 2013 has another unit: its own figure without pinning, 72 TPS with 24 vCPUs on 24
 * CPUs of two nodes, is what it is scaled by. Only gains over that are predicted.
 */
#define MODEL_TPS	(72 * (1 + MODEL_REMOTE * 0.5) / (24 * MODEL_SCALE))

#endif
