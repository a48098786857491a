# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What memory management does to the page that guest and host share, under timers
# of 1 ms on both CPUs: swapped out, moved between nodes, compacted.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 400 --guest debian-6.1
# lab: --file @TOP@/build/vm/pages
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

# A file that is never swapped out itself, as a disk.
swap_on()
{
	mkdir /tmp/disk && mount -t ramfs ramfs /tmp/disk &&
		dd if=/dev/zero of=/tmp/disk/swap bs=1M count=64 2>/dev/null &&
		losetup /dev/loop0 /tmp/disk/swap && mkswap /dev/loop0 >/dev/null &&
		swapon /dev/loop0
}

# the host's address of the guest's page
page()
{
	local entry
	entry=$(sed -n 's/.*tandem_register: vcpu 0 value \(0x[0-9a-f]*\)1 ret 0/\10/p' \
		/sys/kernel/tracing/trace | tail -n 1)
	guest_monitor g0 gpa2hva "$entry" | sed -n 's/.* is \(0x[0-9a-f]*\).*/\1/p'
}

# often WHAT COUNT: how often of so many it really happened
often()
{
	pages "$1" "$(cat /run/guest/g0/pid)" "$(page)" "$2"
}

# how often something was written to the swap, which nothing else uses
swapped()
{
	awk '{ print $5 }' /sys/block/loop0/stat
}

# All of the guest's memory to the other node and back, and the host's compacted.
walk()
{
	for _ in $(seq 5); do
		pages all "$(cat /run/guest/g0/pid)" 0 2 >/dev/null &&
			echo 1 >/proc/sys/vm/compact_memory || return
	done
}

tap_plan 7
load_kvm && load_tandem && echo 1 >/sys/kernel/tracing/events/kvm_tandem/tandem_register/enable
tap_ok swap_on "swap"
tap_ok 'begin && [ "$(page)" ]' "a guest with timers of 1 ms on both CPUs"
n=$(swapped)
often out 300 >/dev/null
n=$(($(swapped) - n))
tap_ok '[ "$n" -ge 30 ]' "its page is swapped out under it: $n times"
n=$(often move 300)
tap_ok '[ "$n" -ge 30 ]' "... moved between the nodes: $n times"
tap_ok walk "... all of its memory moved, and the host's compacted"
tell
interrupts=$(told interrupts) arms=$(told arms)
finish
tap_ok passed "none lost, or early, of $(fired) timers"
tap_ok '[ "$interrupts" -le "$arms" ] && [ "$(stat lost_page)" = 0 ]' "no page was found missing, and no more interrupts ($interrupts) than timers armed ($arms)"
stats
tap_end
