# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# host.sh FILE COUNTED CPU CPU [PARAMETER=VALUE...]: the demo's host: one guest as it is,
# then one with Tandem, its module with these parameters.
#
# The vCPUs are pinned to CPUs without an agent, as on a real host: one that shares its
# CPU with a vCPU interrupts it.
. /lab/lib.sh
. /lab/files/measure.sh

workloads=$1 counted=$2 first=$3 second=$4
shift 4

load_kvm && try stock stock "$first" "$second" && load_tandem &&
	try tandem "tandem $*" "$first" "$second"
