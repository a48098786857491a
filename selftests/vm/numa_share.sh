# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# VMs whose pages KSM merged come together, on four nodes of one CPU each: two of one kind, and
# two of another, that all do nothing.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh
# lab: --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

ksm=/sys/kernel/mm/ksm

# kind NAME WORD NODE: a VM whose pages are those of all others of WORD
kind()
{
	/lab/files/spinner "$ram" "$2" >/tmp/boot
	# shellcheck disable=SC2086 # options
	born "$1" "$3" $idles
}

together()
{
	home_is "$2" "$(knob "$1" home)"
}

apart()
{
	! together "$@"
}

merged()
{
	[ "$(cat $ksm/pages_sharing)" -ge $((2 * ram * 230)) ]
}

settled()
{
	local name
	for name; do state_is "$name" settled || return; done
}

tap_plan 7
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_decisions
kind a 1 0
kind b 2 1
kind c 1 2
kind d 2 3
managed a b c d
sleep 35	# who is new is taken to use all that it has
tap_ok 'has_homes "1x0 1x1 1x2 1x3 " a b c d && [ "$(moves a b c d)" = 0 ]' "four VMs that do nothing stay on a node each"
echo 20000 >$ksm/pages_to_scan
echo 1 >$ksm/run
tap_ok 'within 60 merged' "KSM merges the pages of two and two"
tap_ok 'within 120 together a c && within 120 together b d' "they come together"
tap_ok 'apart a b' "... and the others stay apart"
tap_ok 'within 60 settled a b c d && [ "$(moves a b c d)" -le 4 ]' "... by $(moves a b c d) moves"
where a b c d
before=$(moves a b c d)
sleep 15
tap_ok 'together a c && together b d && [ "$(moves a b c d)" = "$before" ]' "... and stay"
decisions
end a b c d
tap_ok 'within 10 rmmod kvm_tandem && within 10 unload_kvm' "unloaded"
tap_end
