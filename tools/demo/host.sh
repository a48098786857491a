# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The demo's host: one guest as it is, then one with Tandem.
#
# Each vCPU is pinned to the second CPU of a node, and each node's agent runs on
# the first, as on a real host: an agent that shares its CPU with a vCPU interrupts
# it.
. /lab/lib.sh
. /lab/files/measure.sh

load_kvm && measure stock stock 1 3 && load_tandem && measure tandem tandem 1 3
