# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# memory=lazy, on four nodes of one CPU each: what a VM touches follows it home, brought by the
# vCPUs themselves, and what it does not touch stays. Where memory is says numa_maps, and that
# none is lost what the guests counted in each page.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 300 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

balancing=/proc/sys/kernel/numa_balancing

marked()
{
	[ "$(of "$1" marked)" -ge $((ram * 250)) ]
}

# came NAME NODE: what the guest touches, which is not all that its firmware did
came()
{
	[ "$(mib "$1" "$2")" -ge $((ram - 1)) ]
}

huge_kib()
{
	awk '/^AnonHugePages:/ { sum += $2 } END { print sum + 0 }' "/proc/$(pid "$1")/smaps"
}

tap_plan 14
begin
echo 1 >$balancing
load_tandem mode=off placement=on placement_interval_ms=500 memory=lazy
trace_copies

born a 0
tap_ok 'is_at a 0' "a VM on node 0"
stop_vm a
by_hand a 1
tap_ok 'within 20 marked a' "moved while it is stopped: its memory is marked"
sleep 2
tap_ok '[ "$(permille a 0)" = 1000 ]' "... and stays, as nobody touches it"
kill -CONT "$a"
tap_ok 'within 20 came a 1 && intact a' "it goes on: what it touches follows"
tap_ok '[ "$(mib a 0)" -gt 0 ]' "... and what it does not stays: $(resident a)"
tap_ok '[ "$(knob a copied)$(stat_of copied)" = 00 ]' "... brought by itself: nothing was copied for it"
tap_ok '[ "$(masks a)" = "0-3 " ] && ! grep -q "bind\|prefer" /proc/$a/numa_maps' "... without a mask or a policy"
decisions

echo 0 >$balancing
by_hand a 2
tap_ok 'within 20 is_at a 2 && intact a && [ "$(knob a copied)" -ge $((ram * 99 / 100)) ]' "without NUMA balancing it is copied"
tap_ok 'dmesg | grep -q "memory=lazy needs kernel.numa_balancing=1"' "... and the log says why"
echo 1 >$balancing

echo always >/sys/kernel/mm/transparent_hugepage/enabled
born h 0
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
huge=$(huge_kib h)
by_hand h 3
tap_ok '[ "$huge" -gt 0 ] && within 20 came h 3 && intact h' "a VM of huge pages: what it touches follows"
tap_ok '[ "$(huge_kib h)" -ge $((huge * 9 / 10)) ]' "... and is huge as before: $huge KiB, $(huge_kib h) KiB"
end h

echo 4 >"$parameters/memory_rate"
by_hand a 0
within 20 eval '[ "$(of a marked)" -ge 512 ]'
tap_ok 'state_is a copying && within 10 rmmod kvm_tandem' "unloaded while it is marked"
tap_ok 'sleep 2; touched a && intact a' "... it lives on, and nothing is lost: $(resident a)"
decisions
end a
tap_ok 'within 10 unload_kvm' "KVM unloads after it"
tap_end
