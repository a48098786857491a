# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The host of a Debian guest: stock, the 2017 RFC's rule, Tandem. The agent is on
# CPU 0, each vCPU has one for itself.
. /lab/lib.sh
. /lab/files/measure.sh

load_kvm && measure stock stock 1 2 &&
	load_tandem sync_min_us=250 sync_max_us=250 && measure rfc-250us tandem 1 2 &&
	rmmod kvm_tandem && load_tandem && measure tandem tandem 1 2
