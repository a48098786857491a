# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Nodes that are full, on four nodes of one CPU each: VMs that do nothing go where there is
# memory, and two VMs change places where neither fits beside the other.
# lab: --cpus 4 --nodes 4 --mem 4096 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

settled()
{
	local name
	for name; do state_is "$name" settled && is_at "$name" "$(knob "$name" home)" || return; done
}

# until killed: what is free on nodes 1 and 2
watch_free()
{
	while usleep 50000; do free_mib 1; free_mib 2; done
}

tap_plan 8
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_copies

n=0
for name in a b c d; do
	n=$((n + 1))
	/lab/files/spinner "$ram" $n >/tmp/boot
	# shellcheck disable=SC2086 # options
	born $name 0 $idles
done
sleep 35	# who is new is taken to use all that it has
tap_ok 'has_homes "4x0 " a b c d && is_at a 0 && is_at d 0' "four VMs that do nothing, on node 0"
fill 0 12
before=$(moves a b c d)
managed a b c d
tap_ok 'within 60 eval "! has_homes \"4x0 \" a b c d"' "it is full: one leaves"
tap_ok 'within 60 settled a b c d' "... and its memory with it"
where a b c d
moved=$(($(moves a b c d) - before))
tap_ok '! has_homes "4x0 " a b c d && [ $moved -le 3 ]' "... by $moved moves: another one may have tried"
end a b c d
rm /tmp/fill.0
/lab/files/spinner "$ram" >/tmp/boot

born a 1
born b 2
fill 1 64
fill 2 64
watch_free >/tmp/free &
watch=$!
by_hand a 2
by_hand b 1
tap_ok 'within 90 is_at a 2 && within 90 is_at b 1' "two VMs change places, on nodes that have no room for both"
kill $watch
least=$(sort -n /tmp/free | head -n 1)
tap_ok '[ "$least" -ge 8 ]' "... neither had less than its reserve: $least MiB"
tap_ok 'intact a && intact b' "... and none is lost"
decisions
end a b
tap_ok 'within 10 rmmod kvm_tandem && within 10 unload_kvm' "unloaded"
tap_end
