# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What memory management does to the page that guest and host share, under timers
# of 1 ms on both CPUs: swapped out, moved between nodes, compacted.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 700 --guest debian-6.1
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

# entry VCPU: the guest's address of its entry
entry()
{
	sed -n "s/.*tandem_register: vcpu $1 value \(0x[0-9a-f]*\)1 ret 0/\10/p" \
		/sys/kernel/tracing/trace | tail -n 1
}

# the host's address of the guest's page
page()
{
	guest_monitor g0 gpa2hva "$(entry 0)" | sed -n 's/.* is \(0x[0-9a-f]*\).*/\1/p'
}

# Where the vCPUs of a guest are that waits in vain, and what their entries say.
autopsy()
{
	{
		guest_vcpus g0
		for vcpu in 0 1; do guest_monitor g0 xp /18gx "$(entry $vcpu)"; done
	} 2>&1 | sed 's/^/# /'
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

# Its owner may hold it just then, or have it back before it is written: until it went
# often enough; sets $n.
swap_page()
{
	local before
	before=$(swapped)
	for _ in $(seq 10); do
		often out 300 >/dev/null
		n=$(($(swapped) - before))
		[ $n -lt 30 ] || break
	done
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
tap_ok 'begin --timeout 650 && [ "$(page)" ]' "a guest with timers of 1 ms on both CPUs"
swap_page
tap_ok '[ "$n" -ge 30 ]' "its page is swapped out under it: $n times"
n=$(often move 300)
tap_ok '[ "$n" -ge 30 ]' "... moved between the nodes: $n times"
tap_ok walk "... all of its memory moved, and the host's compacted"
tell
grep -q LOST /tmp/out && autopsy
interrupts=$(told interrupts) arms=$(told arms)
finish
tap_ok passed "none lost, or early, of $(fired) timers"
tap_ok '[ "$interrupts" -le "$arms" ] && [ "$(stat lost_page)" = 0 ]' "no page was found missing, and no more interrupts ($interrupts) than timers armed ($arms)"
stats
tap_end
