# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Placement where CPUs are set aside, and more VMs than CPUs: of four nodes of one CPU one
# is isolated, one is nohz_full, and on the other two there are four VMs.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 300 --append "isolcpus=domain,3 nohz_full=2"
# lab: --guest debian-6.1 --file @TOP@/build/vm/spinner --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

refused()
{
	! echo "$2" 2>/dev/null >"$(dir "$1")/home" && dmesg | tail -n 2 | grep -q "home=$2: $3"
}

tap_plan 10
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_decisions
for name in a b c d; do vm $name; done
tap_ok 'within 60 each touched a b c d' "four VMs are born"
before=$(moves a b c d)
tap_ok '[ "$before" = 0 ]' "... and none was moved"
where a b c d
tap_ok 'has_homes "2x0 2x1 " a b c d' "two on each node that is left"
tap_ok '[ "$(moves a b c d)" = "$before" ]' "... without a move since they use memory"
for name in a b c d; do
	[ "$(permille $name "$(knob $name home)")" -ge 990 ] || break
done
tap_ok '[ "$(permille $name "$(knob $name home)")" -ge 990 ]' "... and so is their memory, to 99 %"
sleep 8
tap_ok '[ "$(moves a b c d)" = "$before" ] && has_homes "2x0 2x1 " a b c d' "... where they stay"
tap_ok '! each mostly a b c d | grep -q 3' "none runs on the isolated CPU"
tap_ok 'refused a 3 "must be a node with CPUs for VMs"' "none can be sent there"
tap_ok 'refused a 4 "must be a node" && refused a 99 "must be a node" && ! echo x 2>/dev/null >"$(dir a)/home"' "... or to a node that there is not"
tap_ok '! echo 2 2>/dev/null >"$(dir a)/managed" && [ "$(knob a managed)" = 1 ]' "managed is 0 or 1"
where a b c d
end a b c d
tap_end
