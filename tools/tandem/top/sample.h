/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TANDEM_TOP_SAMPLE_H
#define TANDEM_TOP_SAMPLE_H

#include <jansson.h>

/*
 * All that is known of a host at one time, as one object:
 *
 *	"at"		seconds of a clock that only goes forward
 *	"kernel"	its release
 *	"parameters"	of kvm_tandem, or null
 *	"counters"	its counters, or null
 *	"agents"	rows of kvm_tandem/agents, or null
 *	"cpus"		rows of sched/cpus, or null
 *	"free_mib"	by node, as far as the nodes are known
 *	"vms"		an object for each VM: the files of its folder, its row of
 *			kvm_tandem/vms, "pid", and "cpu_ns", what its process ran
 *
 * The caller gives it back by json_decref().
 */
json_t *top_sample(const char *root);

#endif
