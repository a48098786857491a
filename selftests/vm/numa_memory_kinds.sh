# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Kinds of memory that follow VMs home, and kinds that must not: small pages, huge ones, those
# of hugetlbfs, shared with another process, pinned, merged by KSM, logged for live migration.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/build/vm/holder --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

thp=/sys/kernel/mm/transparent_hugepage/enabled
ksm=/sys/kernel/mm/ksm

# huge NAME: KiB of it in huge pages
huge()
{
	awk '/^AnonHugePages:/ { sum += $2 } END { print sum + 0 }' "/proc/$(pid "$1")/smaps"
}

# faults NAME: exits of it for pages that its second-level page tables did not have
faults()
{
	cat /sys/kernel/debug/kvm/"$(pid "$1")"-*/pf_taken
}

# per_mib NAME: faults since $faulted for each MiB of its copy, in tenths
per_mib()
{
	echo "$(($(faults "$1") - faulted)) $(of "$1" moved)" | awk '{ print int($1 * 2560 / $2) }'
}

# tables NODE: KiB of second-level page tables there, of all VMs
tables()
{
	echo 1 >/proc/sys/vm/stat_refresh
	sed -n 's/.*SecPageTables: *\([0-9]*\) kB/\1/p' "/sys/devices/system/node/node$1/meminfo"
}

# tables_follow: of $all_tables next to none is left on node 0, and the guest has been all over
# its RAM again, which takes a moment
tables_follow()
{
	[ "$(tables 0)" -le $((all_tables / 20)) ] && [ "$(tables 1)" -ge $((ram * 2)) ]
}

pool()
{
	echo "/sys/devices/system/node/node$1/hugepages/hugepages-2048kB"
}

# pools: how many pages there are on node 0, node 1, ...
pools()
{
	cat /sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages | tr '\n' ' '
}

# backed FILE: QEMU's options for RAM in that file
backed()
{
	echo "-object memory-backend-file,id=ram,size=$((ram + 16))M,mem-path=$1,share=on -machine memory-backend=ram"
}

# hold FILE [pin]
hold()
{
	/lab/files/holder "$@" >/tmp/holder.log 2>&1 &
	holder=$!
	within 20 grep -q ready /tmp/holder.log
}

let_go()
{
	kill -9 $holder
	wait $holder 2>/dev/null
}

copy_ended()
{
	! state_is "$1" copying
}

# scans NAME: how often NUMA balancing went over its memory
scans()
{
	sed -n 's/^mm->numa_scan_seq *: *//p' "/proc/$(pid "$1")/sched"
}

# scanned NAME: more often than $seen
scanned()
{
	[ "$(scans "$1")" -gt "$seen" ]
}

merged()
{
	[ "$(cat $ksm/pages_sharing)" -gt 7000 ]
}

seen=0
tap_plan 29
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_copies

born a 0
before=$(huge a)
tap_ok '[ "$before" -gt $((ram * 768)) ]' "a VM with huge pages: $before KiB"
faulted=$(faults a)
by_hand a 1
tap_ok 'within 20 is_at a 1 && within 20 copy_ended a && intact a' "they follow"
per_thp=$(per_mib a)
tap_ok '[ "$(huge a)" = "$before" ]' "... as huge pages"
end a

echo never >$thp
born a 0
tap_ok '[ "$(huge a)" = 0 ]' "a VM with small pages"
all_tables=$(tables 0)
tap_ok '[ "$all_tables" -ge $((ram * 2)) ]' "... has $all_tables KiB of page tables there"
faulted=$(faults a)
by_hand a 1
tap_ok 'within 20 is_at a 1 && within 20 copy_ended a && intact a' "they follow"
tap_ok 'within 10 tables_follow' "... and so do their page tables"
per_4k=$(per_mib a)
tap_note "page tables: $(tables 0) KiB, and $(tables 1) KiB at home"
tap_note "exits per MiB: 4K $((per_4k / 10)).$((per_4k % 10)) THP $((per_thp / 10)).$((per_thp % 10))"
tap_ok '[ "$per_4k" -ge 10 ] && [ $((per_thp * 10)) -le "$per_4k" ]' "... huge ones with a tenth of the exits, or fewer"
decisions
end a
echo madvise >$thp

mkdir /tmp/huge && mount -t hugetlbfs none /tmp/huge
echo 24 >"$(pool 0)/nr_hugepages"
# shellcheck disable=SC2046 # options
born h 0 $(backed /tmp/huge)
tap_ok 'is_at h 0' "a VM on hugetlbfs: $(resident h)"
by_hand h 1
tap_ok 'within 10 copy_ended h && is_at h 0 && [ "$(of h hugetlb)" -ge $((ram * 256)) ]' "no pool there: it stays, and that is counted"
echo 24 >"$(pool 1)/nr_hugepages"
by_hand h 1
tap_ok 'within 20 is_at h 1 && within 10 copy_ended h && intact h' "a pool there: it follows"
tap_ok '[ "$(pools)" = "24 24 0 0 " ]' "... and the pools are as they were: $(pools)"
decisions
end h
echo 0 >"$(pool 0)/nr_hugepages"
echo 0 >"$(pool 1)/nr_hugepages"
umount /tmp/huge

# shellcheck disable=SC2046 # options
born s 0 $(backed /dev/shm/s)
hold /dev/shm/s
by_hand s 1
tap_ok 'within 20 is_at s 1 && within 10 copy_ended s && intact s' "a VM whose RAM another process maps too: it follows"
tap_ok 'awk "/shm.s/ && / N0=/ { bad = 1 } END { exit bad }" /proc/$holder/numa_maps' "... for both"
let_go
hold /dev/shm/s pin
by_hand s 2
tap_ok 'within 20 copy_ended s && is_at s 1 && [ "$(of s pinned)" -ge $((ram * 240)) ]' "held by a device: it stays"
tap_ok 'intact s' "... and works on"
decisions
tap_note "$(knob s copy)"

let_go
by_hand s 0
within 20 is_at s 0
hold /dev/shm/s pin
born b 0
managed s
tap_ok 'within 30 left s 0' "moved on for load, with memory that can't follow"
tap_ok 'within 60 home_is s 0 && is_at s 0' "it goes back"
where s b
tap_ok '[ "$(knob s reason)" = "its memory did not follow" ]' "... since that did not help: $(knob s state)"
moves=$(moves s)
sleep 15
tap_ok '[ "$(moves s)" = $moves ] && home_is s 0' "... and is not tried again"
let_go
end s b
rm /dev/shm/s

born k 0
stop_vm k
echo 20000 >$ksm/pages_to_scan
echo 1 >$ksm/run
tap_ok 'within 60 merged' "a VM whose pages KSM merged"
by_hand k 1
tap_ok 'within 20 copy_ended k && [ "$(of k ksm)" -gt 7000 ]' "they stay, and that is counted"
echo 0 >$ksm/run
decisions
kill -CONT "$k"
tap_ok 'within 20 is_at k 1 && intact k' "... written to, they are at home again"
echo 2 >$ksm/run
end k

mkfifo /tmp/monitor.in /tmp/monitor.out
born m 0 -chardev pipe,id=monitor,path=/tmp/monitor -mon chardev=monitor
echo "migrate_set_parameter max-bandwidth 4k" >/tmp/monitor.in
echo "migrate -d \"exec:cat >/dev/null\"" >/tmp/monitor.in
sleep 3
by_hand m 1
copied=$(knob m copied)
sleep 3
tap_ok '[ "$(knob m copied)" = "$copied" ] && state_is m copying && is_at m 0' "a VM that is being live-migrated: its memory waits"
echo migrate_cancel >/tmp/monitor.in
tap_ok 'within 20 is_at m 1 && intact m' "called off: it follows"
end m

echo 1 >/proc/sys/kernel/numa_balancing
born n 0
tap_ok 'within 30 scanned n' "NUMA balancing scans what is not managed"
managed n
sleep 2
seen=$(scans n)
sleep 8
tap_ok '[ "$(scans n)" -le $((seen + 1)) ]' "... and not what follows its VM"
tap_note "$seen scans before, $(scans n) now"
seen=$(scans n)
tap_ok 'rmmod kvm_tandem && within 90 scanned n' "unloaded: it does again"
end n
tap_ok 'within 10 unload_kvm' "KVM unloads after it"
tap_end
