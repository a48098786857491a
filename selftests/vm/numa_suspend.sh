# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# A host that suspends, with VMs: tasks are frozen, devices suspended, all CPUs but one taken
# offline, and time stands still for a second; then all of it comes back. Only the
# firmware's sleep itself is left out (the kernel's own pm_test). Homes, copies and timers
# go on as if nothing had been.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --append suspend.pm_test_delay=1
# lab: --file @TOP@/build/vm/spinner --file @TOP@/build/vm/counters --guest debian-6.1
# lab: --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
# lab: --file @TOP@/build/kselftest/bin/tandem_timer_test
. /lab/lib.sh
. /lab/files/numa_lib.sh

fall_asleep()
{
	echo core >/sys/power/pm_test && echo mem >/sys/power/state
}

looks()
{
	[ "$(stat_of placement_looks)" -gt $((seen + 3)) ]
}

now_and_then()
{
	while kill -0 "$1" 2>/dev/null; do
		sleep 2
		fall_asleep
		suspended=$((suspended + 1))
	done
}

tap_plan 10
begin
# The margin is a quarter of a CPU: what else runs, in an emulator, is no reason to go.
load_tandem mode=off placement=on placement_interval_ms=100 placement_margin=16384
trace_decisions
for node in 1 2 3; do born vm$node $node; managed vm$node; done
tap_ok 'within 20 has_homes "1x1 1x2 1x3 " vm1 vm2 vm3' "VMs at home on nodes 1, 2 and 3"
sleep 3
before=$(moves vm1 vm2 vm3)
seen=$(stat_of placement_looks)
tap_ok 'fall_asleep && fall_asleep && fall_asleep' "the host suspends three times, and comes back"
tap_ok 'has_homes "1x1 1x2 1x3 " vm1 vm2 vm3 && [ "$(moves vm1 vm2 vm3)" = "$before" ]' "they have their homes, without a move"
tap_ok 'within 10 looks && has_homes "1x1 1x2 1x3 " vm1 vm2 vm3' "... also after some looks"
where vm1 vm2 vm3
tap_ok '[ "$(masks vm1)$(masks vm2)$(masks vm3)" = "0-3 0-3 0-3 " ]' "... and may run anywhere"
tap_ok 'within 20 spread_is "1 1 1 " vm1 vm2 vm3' "... and run there, one on each"

echo 4 >"$parameters/memory_rate"
by_hand vm1 0
copied=$(knob vm1 copied)
within 20 more_copied vm1 4
tap_ok 'fall_asleep && state_is vm1 copying && intact vm1' "the host suspends while memory is copied: none is lost"
echo 1000 >"$parameters/memory_rate"
tap_ok 'within 20 is_at vm1 0 && intact vm1' "... and what is left follows"
end vm1 vm2 vm3
tap_ok 'within 10 rmmod kvm_tandem' "unloaded"

load_tandem
/lab/files/tandem_timer_test 4 30000 >/tmp/timers 2>&1 &
timers=$!
suspended=0
now_and_then $timers
sed 's/^/# /' /tmp/timers
tap_ok '[ $suspended -gt 2 ] && wait $timers' "timers, while the host suspends $suspended times: none lost, twice or early"
rmmod kvm_tandem
tap_end
