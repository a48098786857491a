# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A Linux guest with timers on both CPUs, live-migrated between hosts with Tandem
# and without. Both hosts are this one: a target that is paused when the guest has
# arrived gives time to load or unload the module before it runs.
# lab: --cpus 3 --mem 3072 --timeout 600 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

# arrives [COMMAND]: the guest moves to a new QEMU, whose host does this first
arrives()
{
	local from=$guest
	hop=$((hop + 1))
	guest=m$hop
	start_part endless --incoming && guest_migrate "$from" $guest || return
	[ $# -eq 0 ] || "$@" || return
	guest_monitor $guest cont
}

# The last moment: the guest runs while the module goes.
leaving()
{
	rmmod kvm_tandem &
	usleep 10000
}

# the guest's counters, which go on between one and the next: arms twice, around
told_both()
{
	arms_before=$(told arms_before) announced=$(told announced)
	arms=$(told arms) registered=$(told registered)
}

# a second of timers at least, and how many of them were announced
second_of_timers()
{
	tell sleep 2
	told_both
	before_announced=$announced before_arms=$arms
	tell sleep 1
	told_both
	shared=$((arms_before - before_arms)) paid=$((announced - before_announced))
	tap_note "$1: $paid of $shared announced, $registered registrations"
}

# until it registered again: it tries ever more rarely while there is no host
taken_up()
{
	local before=$registered tries=60
	while tell sleep 1 && [ "$(told registered)" -le "$before" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
	done
	second_of_timers "$1"
	[ $((paid * 2)) -lt $shared ]
}

# round NUMBER HOW COMMAND
round()
{
	go=$3
	tap_ok 'arrives && taken_up "to a host with it"' "round $1: to a host with Tandem: taken up again"
	tap_ok 'arrives $go && second_of_timers "to a host without it"' "... to one without, $2"
	wait
	tap_ok '[ "$paid" -ge "$shared" ]' "... where each timer is announced: $paid of $shared"
	tap_ok 'arrives load_tandem && taken_up "back"' "... and back: taken up again"
}

hop=0
tap_plan 12
load_kvm && load_tandem
tap_ok 'begin && second_of_timers "at first"' "a guest with timers of 1 ms on both CPUs"
round 1 "unloaded before it arrives" "rmmod kvm_tandem"
round 2 "being unloaded as it arrives" leaving
told_both
interrupts=$(told interrupts)
finish
tap_ok passed "the guest ends well, and no timer was lost, or early: $(fired)"
tap_ok '[ "$interrupts" -le "$arms" ]' "no more timer interrupts ($interrupts) than timers armed ($arms)"
tap_ok '[ "$(stat lost_page)" = 0 ]' "no page was found missing"
stats
tap_end
