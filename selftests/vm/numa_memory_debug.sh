# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Memory that follows VMs under KASAN, lockdep and full preemption: what races with a copy.
# How long anything takes is not looked at.
# lab: --kernel debug --cpus 2 --nodes 2 --mem 2048 --timeout 560 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/build/vm/holder --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

ram=12
ksm=/sys/kernel/mm/ksm

# disturb: others who move, merge, or hold pages
disturb()
{
	echo 1 >$ksm/run
	echo 1000 >$ksm/pages_to_scan
	for _ in 1 2 3 4; do
		echo 1 >/proc/sys/vm/compact_memory
		/lab/files/holder /dev/shm/a pin >/tmp/holder.log 2>&1 &
		usleep 700000
		kill -9 $!
		wait $! 2>/dev/null
	done
	echo 2 >$ksm/run
}

tap_plan 9
begin
load_tandem mode=off placement=on placement_interval_ms=200 memory_rate=100000
born a 0 -object memory-backend-file,id=ram,size=$((ram + 16))M,mem-path=/dev/shm/a,share=on -machine memory-backend=ram
born b 0
tap_ok 'within 60 is_at a 0 && within 60 is_at b 0' "two VMs on node 0, one whose RAM is a file"
for name in a b; do to_and_fro $name 0 1 & done
disturb
tap_ok '[ "$(moves a)" -gt 3 ] && [ "$(stat_of copied)" -gt 4096 ]' "they are moved to and fro, and their memory with them"
tap_note "$(moves a) and $(moves b) moves, $(stat_of copied) pages copied; $(knob a copy)"
tap_ok 'for to in off chunks off chunks; do echo $to >"$parameters/memory" || break; usleep 300000; done' "memory is switched meanwhile"
tap_ok 'for to in off on dry_run on; do echo $to >"$parameters/placement" || break; usleep 300000; done' "placement, too"
tap_ok 'intact a && intact b' "no page is lost"
kill -9 "$a"
wait "$a" 2>/dev/null
tap_ok 'within 20 gone a' "killed in copies: it is gone"
tap_ok 'within 20 rmmod kvm_tandem; [ ! -e /sys/kernel/tandem ]' "unloaded in copies"
tap_ok 'intact b' "... no page is lost"
end b
tap_ok 'within 20 unload_kvm' "KVM unloads after it"
tap_end
