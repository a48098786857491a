# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# An idle guest lets the agent sleep. In counted time: a machine that is delayed
# makes the guest's rare wake-ups long enough to call the agent, rightly.
# lab: --icount --cpus 2 --timeout 200 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
. /lab/lib.sh

wakeups()
{
	sed -n 's/^agent_wakeups //p' /sys/kernel/debug/kvm_tandem/stats
}

tap_plan 3
load_kvm && load_tandem
guest_start --timeout 180 -- guest_timer_in.sh idle >/tmp/out
guest_phase g0 && guest_go g0
usleep 1500000
tap_ok '[ "$(sed -n "s/^registered //p" /sys/kernel/debug/kvm_tandem/stats)" = 2 ]' "both CPUs of the guest are registered"
before=$(wakeups)
sleep 10
after=$(wakeups)
tap_ok '[ "$after" = "$before" ]' "no wake-up of the agent in 10 s: $before, $after"
guest_phase g0 && guest_go g0
tap_ok 'guest_wait g0' "... and the guest is well"
tap_end
