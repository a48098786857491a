# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# A VM whose cpuset has only memory that 32 bits do not reach, without nested paging: KVM needs
# a page below 4 GiB for the tables of each vCPU then, and such a VM did not start at all once.
# Its home is where the cpuset wants it all the same, and its memory follows it.
# lab: --cpus 3 --nodes 3 --mem 6144 --timeout 300 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

tap_plan 6
KVM_VENDOR_PARAMS=npt=0
begin
load_tandem mode=off placement=on placement_interval_ms=500
make_group && echo 2 >"$group"/cpuset.mems
tap_ok 'grep -q "[N0]" /sys/module/kvm_amd/parameters/npt && ! grep -q "^Node 2, zone *DMA32" /proc/buddyinfo' "no nested paging, and a node without memory below 4 GiB"
in_group a
tap_ok 'within 30 touched a' "a VM that may use that node's memory alone starts"
tap_ok 'within 10 home_is a 2 && is_at a 2 && intact a' "... it is at home there"
echo 0-2 >"$group"/cpuset.mems
tap_ok 'within 10 by_hand a 1 && within 20 is_at a 1 && intact a' "others are allowed, too: it is moved to one, and its memory follows"
where a
end a
tap_ok 'within 10 rmmod kvm_tandem && within 10 unload_kvm' "unloaded"
tap_ok '! dmesg | grep -q "page allocation failure"' "no allocation failed"
tap_end
