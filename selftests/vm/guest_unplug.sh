# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A vCPU is plugged and unplugged by the VMM, again and again, under timers.
# lab: --cpus 3 --timeout 460 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

rounds=5
cpu="host-x86_64-cpu,id=cpu1,socket-id=1,core-id=0,thread-id=0"

plug()
{
	guest_monitor g0 device_add $cpu && tell 'plugged 1; start_timers sleep 1000 1; sleep 1'
}

unplug()
{
	guest_monitor g0 device_del cpu1 && tell 'unplugged 1; sleep 1'
}

all_rounds()
{
	for _ in $(seq $rounds); do
		plug && [ "$(guest_threads g0 | wc -l)" = 2 ] && unplug || return
	done
}

start_guest()
{
	begin --timeout 200 --cpus 1,maxcpus=2,sockets=2,cores=1,threads=1
}

# As a CPU is plugged the emulator ends a guest in one of some twenty runs, without Tandem,
# too: one that is gone without a word is followed by another, once.
again()
{
	[ -z "$(guest_state g0)" ] || return
	end_part
	tap_note "the guest was gone: another one"
	start_guest && all_rounds
}

tap_plan 5
load_kvm && load_tandem
tap_ok start_guest "a guest with one CPU and room for another"
tap_ok 'all_rounds || again' "$rounds times the second is plugged, has timers, and is unplugged"
tap_ok '[ "$(told registered)" -ge $((rounds + 1)) ]' "... registered each time"
interrupts=$(told interrupts) arms=$(told arms)
finish
tap_ok passed "none lost, or early, of $(fired) timers"
tap_ok '[ "$interrupts" -le "$arms" ]' "no more interrupts ($interrupts) than timers armed ($arms)"
stats
tap_end
