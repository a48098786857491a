# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What it costs a guest that its tick stops when it idles and starts again, without
# its module and with it. Not in counted time, where the host has no timers between
# its ticks: who is woken late arms what is due already, which is an exit. The
# sleeps are long for the same reason: emulated guests are slow to arm the next.
# lab: --cpus 2 --timeout 400 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

# A machine that has too much to do makes agent and guest late, and who is late pays:
# what stopping and starting themselves cost is what the least of some rounds cost.
timers=110
rounds=5

tap_plan 6
load_kvm && load_tandem && exits_start
guest_start --pv-eoi --timeout 380 -- guest_timer_in.sh counts burst $timers 10000 $rounds >/tmp/out
tap_ok 'measure stock' "$timers sleeps in bursts, with idle time between, without the guest's module"
tap_ok 'rounds_with_it $rounds' "... and with it, $rounds times"
stock=$(writes stock) least=$(writes tandem)
tap_ok '[ "$stock" -ge $timers ]' "stock writes MSRs to arm, stop and start: $stock"
tap_ok '[ $((least * 50)) -le "$stock" ]' "with it they are at most 2 %: $least, of$(cat /tmp/rounds)"
while guest_phase g0; do guest_go g0; done
tap_ok 'guest_wait g0' "the guest ends well"
tap_ok '[ "$(grep -c "fired $timers " /tmp/out)" = $((rounds + 1)) ]' "no timer was lost"
tap_note "$(grep "^announced" /tmp/out)"
tap_end
