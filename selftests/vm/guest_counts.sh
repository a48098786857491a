# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# Exact counts, in counted time, where nobody is late: exits of a Linux guest's
# timers without and with its module, and the agent's sleep while it idles.
# lab: --icount --polling --cpus 2 --timeout 400 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

# Guests' interrupts come with the host's ticks here. Where the guest's own tick lags a little
# behind them, each finds one that is due too soon to be left to the agent; the two drift, so that
# goes by: what timers cost is what the least of some rounds cost.
timers=500
rounds=4

interrupts()
{
	echo $(($(exits "$1" interrupt) + $(exits "$1" window)))
}

tap_plan 10
load_kvm && load_tandem && exits_start
guest_start --timeout 380 -- guest_timer_in.sh counts sleep $timers 1000 $rounds >/tmp/out
tap_ok 'measure stock' "$timers timers of 1 ms without the guest's module"
tap_ok 'rounds_with_it $rounds' "... and with it, $rounds times"
tap_ok '[ "$(exits stock msr_6e0_w)" -ge $timers ]' "stock writes the MSR for each"
tap_ok '[ $(($(writes tandem) * 50)) -le $timers ]' "with it at most 0.02 times each:$(cat /tmp/rounds)"
tap_ok 'no_more "$(exits tandem hlt)" "$(exits stock hlt)"' "... with no more HLT exits"
tap_ok 'no_more "$(interrupts tandem)" "$(interrupts stock)"' "... with no more interrupt exits"
guest_phase g0 && guest_go g0
usleep 1500000
tap_ok '[ "$(stat registered)" = 2 ]' "both CPUs of the guest are registered"
before=$(stat agent_wakeups)
sleep 10
after=$(stat agent_wakeups)
tap_ok '[ "$after" = "$before" ]' "no wake-up of the agent in 10 s while the guest idles: $before, $after"
guest_phase g0 && guest_go g0
tap_ok 'guest_wait g0' "the guest ends well"
tap_ok '[ "$(grep -c "fired $timers " /tmp/out)" = $((rounds + 1)) ]' "no timer was lost"
tap_end
