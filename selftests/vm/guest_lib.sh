# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034
# What the tests with Linux guests share, on the host's side.
#
#   part NAME [options] [-- ARG...]   a guest does this part of guest_timer_in.sh, or
#		of another script, $in, to its end; $status is its status, /tmp/out what it printed
#   start_part NAME [options] [-- ARG...] | end_part   the same in two steps
#   go_on NAME	let the guest go on from the phase of this name
#   passed	the part ended well, and no timer in it was lost, early or twice
#   value NAME	of a "NAME VALUE" line that the guest printed
#   stat NAME	a counter of the host's module
#   stats	all of them, as diagnostics
#
# The part `endless` runs timers until it is told to end, and says its counters:
#
#   begin [options] [-- MODE PERIOD_US [CPU...]]   start it, wait for the timers
#   tell [COMMAND]	a command for the guest, which it has done on return
#   told NAME	at the last `tell`: a counter of the guest's module; interrupts, of
#		all CPUs' timers since it was loaded; cpuN, those of one since boot
#   alive	do both CPUs have timer interrupts?
#   finish	end it, as end_part does
#   fired	how many timers fired in it

: >/tmp/err
guest=g0
in=guest_timer_in.sh

# A guest whose timer comes between STI and HLT halts with a task to run, for QEMU forgets
# STI's shadow, and sleeps until its next interrupt. With its tick stopped there is none: a
# timer seems lost. Those that run for long keep their tick.
ticking()
{
	case $1 in
	endless | disturbed) quoted --append nohz=off ;;
	esac
}

part_options()
{
	name=$1
	shift
	options=$(ticking "$name") arguments=''
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options="$options$(quoted "$1")"
		shift
	done
	[ $# -eq 0 ] || shift
	arguments=$(quoted "$name" "$@")
}

start_part()
{
	part_options "$@"
	[ "$guest" = g0 ] && : >/tmp/out
	eval "guest_start --name $guest --timeout 240 $options -- $in $arguments" \
		>>/tmp/out 2>>/tmp/err
}

end_part()
{
	guest_wait "$guest" 2>>/tmp/err
	status=$?
	sed "s/^/# $name: /" /tmp/out
	[ $status -eq 0 ] || sed "s/^/# $name: /" /tmp/err
}

part()
{
	start_part "$@"
	while guest_phase "$guest"; do guest_go "$guest"; done
	end_part
}

passed()
{
	[ "$status" -eq 0 ] && ! grep -q 'LOST\|\(lost\|failed\) yes' /tmp/out
}

value()
{
	sed -n "s/^$1 //p" /tmp/out
}

stat()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/kvm_tandem/stats
}

stats()
{
	sed 's/^/# /' /sys/kernel/debug/kvm_tandem/stats
}

go_on()
{
	guest_phase "$guest" && [ "$PHASE" = "$1" ] && guest_go "$guest"
}

begin()
{
	start_part endless "$@" && guest_phase "$guest" && [ "$PHASE" = begin ] &&
		guest_go "$guest" && guest_phase "$guest"
}

tell()
{
	guest_go "$guest" "$@"
	guest_phase "$guest"
}

told()
{
	echo "$PHASE" | tr ' ' '\n' | sed -n "/^$1\$/{n;p}"
}

# No clock: a second in the guest has many.
alive()
{
	local first second
	tell && first=$(told cpu0) second=$(told cpu1) && tell sleep 1 &&
		[ $(($(told cpu0) - first)) -ge 20 ] && [ $(($(told cpu1) - second)) -ge 20 ]
}

finish()
{
	guest_go "$guest" end
	end_part
}

fired()
{
	sed -n 's/.* fired \([0-9]*\) .*/\1/p' /tmp/out | awk '{ n += $1 } END { print n + 0 }'
}

# Counted exits, for the part `counts`: its guest has a phase without its module
# and one with it.
#
#   measure NAME	count the exits of the next phase, which ends as NAME
#   rounds_with_it N	measure `tandem` N times, and keep the one that wrote least; what
#		each wrote is in /tmp/rounds
#   exits NAME REASON	how many were counted, 0 if none
#   writes NAME	of the deadline, and of LVTT, which masks the timer of a stopped tick
#   no_more A B	A is at most B, and 2 % for what is not the timers'
measure()
{
	: >"/tmp/$1"
	guest_phase g0 && [ "$PHASE" = begin ] || return
	exits_reset
	guest_go g0
	guest_phase g0 && [ "$PHASE" = "$1" ] || return
	exits_read >"/tmp/$1"
	sed "s/^/# $1: /" "/tmp/$1"
	guest_go g0
}

exits()
{
	awk -v reason="$2" '$1 == reason { n = $2 } END { print n + 0 }' "/tmp/$1"
}

writes()
{
	echo $(($(exits "$1" msr_6e0_w) + $(exits "$1" msr_832_w)))
}

rounds_with_it()
{
	local least='' n
	: >/tmp/rounds
	for _ in $(seq "$1"); do
		measure tandem || return
		n=$(writes tandem)
		printf " %d" "$n" >>/tmp/rounds
		[ "$least" ] && [ "$least" -le "$n" ] && continue
		least=$n
		cp /tmp/tandem /tmp/least
	done
	cp /tmp/least /tmp/tandem
}

no_more()
{
	[ "$1" -le $(($2 + $2 / 50 + 10)) ]
}
