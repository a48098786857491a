# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A Linux guest's idle driver, in counted time: polls that hit, without an IPI, and what
# stops them; no timer lost, and another driver left alone.
# lab: --icount --polling --cpus 3 --timeout 600 --guest debian-6.1 --guest debian-6.12
# lab: --guest-file @TOP@/build/vm/timers --guest-file @TOP@/build/vm/pingpong
# lab: --file @TOP@/build/vm/neighbour --file @TOP@/selftests/vm/guest_idle_in.sh --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

in=guest_idle_in.sh
rounds=500
think=20
knobs=/sys/kernel/tandem

# do_in WHAT NAME: the guest does WHAT, its exits meanwhile are NAME's
do_in()
{
	exits_reset
	guest_go g0 "$1"
	guest_phase g0 || return
	exits_read >"/tmp/$2"
	echo "$PHASE" >"/tmp/$2.counts"
	sed "s/^/# $2: /" "/tmp/$2" "/tmp/$2.counts"
}

# counted NAME COUNTER: what it was after NAME
counted()
{
	tr ' ' '\n' <"/tmp/$1.counts" | sed -n "/^$2\$/{n;p}"
}

# grown FROM TO COUNTER
grown()
{
	echo $(($(counted "$2" "$3") - $(counted "$1" "$3")))
}

# rare REASON: in "polled" at most a tenth of what it was in "stock"
rare()
{
	[ $(($(exits polled "$1") * 10)) -le "$(exits stock "$1")" ]
}

# often N OF: at least eight in ten
often()
{
	[ $(($1 * 10)) -ge $(($2 * 8)) ]
}

tap_plan 24
load_kvm && load_tandem && exits_start

start_part stock --kernel debian-6.1 -- $rounds $think
measure stock
end_part
tap_ok '[ "$(exits stock msr_830_w)" -ge $rounds ]' "without the guest's module each wake-up is an IPI"

for kernel in debian-6.1 debian-6.12; do
	start_part tandem --kernel $kernel
	tap_ok 'guest_phase g0 && [ "$PHASE" = tandem ]' "$kernel: the driver registers"
	guest_pin g0 1 2
	do_in true start
	do_in "pingpong $rounds $think" warm
	do_in "pingpong $rounds $think" polled
	tap_ok '[ "$(grown warm polled poll_hits)" -ge $rounds ]' "$kernel: polls hit"
	tap_ok "rare hlt" "$kernel: it hardly halts"
	tap_ok "rare msr_830_w" "$kernel: a wake-up that is polled for needs no IPI"
	do_in "timers sleep 1000 300" timers
	/lab/files/neighbour 1 >/dev/null &
	do_in "pingpong 100 $think" pressed
	kill $!
	tap_ok 'often "$(exits pressed hlt)" 100' "$kernel: where a task wants the CPU it halts"
	echo 10 >$knobs/idle_budget_ms
	do_in "pingpong 100 $think" poor
	tap_ok 'often "$(exits poor hlt)" 200' "$kernel: without a budget it halts"
	echo off >$knobs/idle_mode
	echo 1000 >$knobs/idle_budget_ms
	do_in "pingpong 50 $think" before
	do_in "pingpong 50 $think" off
	tap_ok '[ "$(grown before off polls)" = 0 ]' "$kernel: idle_mode=off: no polls"
	echo guest >$knobs/idle_mode
	finish
	tap_ok 'passed && [ "$(value afterwards)" != tandem ]' "$kernel: the guest ends well, its module unloaded"
	tap_ok '[ "$(fired)" = 300 ]' "$kernel: no timer was lost"
done

part off --kernel debian-6.1
tap_ok 'passed && [ "$(value driver)" != tandem ]' "idle=0: no driver"
part other --kernel debian-6.12 --append cpuidle_haltpoll.force=1
tap_ok 'passed && [ "$(value driver)" = haltpoll ]' "another driver stays"
tap_ok 'value reason | grep -q "another cpuidle driver is left alone (haltpoll)"' "... and that is said"
stats
tap_ok '[ "$(stat pressure_raised)" -gt 0 ]' "the host raised its flag"
tap_ok 'rmmod kvm_tandem && [ ! -e $knobs ]' "the host's module is unloaded"
tap_end
