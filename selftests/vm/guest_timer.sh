# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A Linux guest with the timer taken over, and all that can happen to it.
# lab: --cpus 3 --timeout 900 --guest debian-6.1 --guest debian-6.12
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

disturb()
{
	mode=/sys/module/kvm_tandem/parameters/mode
	go_on begin
	for _ in 1 2 3; do
		usleep 300000
		echo off >$mode
		usleep 300000
		echo timer >$mode
	done
	usleep 300000
	rmmod kvm_tandem
	usleep 300000
	load_tandem
	go_on again
}

tap_plan 14
load_kvm

part refused
tap_ok 'passed && [ -z "$(value loaded)" ]' "a host without Tandem is refused"
tap_ok 'value reason | grep -q "the host has no Tandem"' "... in one sentence"

load_tandem

for kernel in debian-6.1 debian-6.12; do
	part reload --kernel "$kernel"
	tap_ok passed "$kernel: loaded and unloaded five times, none lost"
	part hotplug --kernel "$kernel"
	tap_ok 'passed && [ "$(value registered)" -ge 7 ]' "$kernel: CPU 1 taken off and on five times"
done

start_part disturbed
disturb
end_part
tap_ok passed "modes switched and the module reloaded under 6,000 timers: none lost"
tap_ok '[ "$(stat registered)" -ge 2 ]' "... and both CPUs registered again with the new one"

start_part reset --reboot
go_on booted
usleep 100000
guest_monitor g0 system_reset
go_on booted
go_on ended
end_part
tap_ok passed "system_reset in the middle of timers"
tap_ok '[ "$(stat lost_page)" = 0 ]' "... no page was found missing"

start_part snapshot --state
go_on save
usleep 100000
guest_monitor g0 savevm a
go_on load
usleep 100000
tap_ok 'guest_monitor g0 loadvm a' "savevm and loadvm in the middle of timers"
go_on load
end_part
tap_ok passed "... none lost before or after"

start_part sleep
go_on suspend
tap_ok 'guest_until g0 "paused (suspended)" 30' "the guest sleeps (S3)"
guest_monitor g0 system_wakeup
end_part
tap_ok 'passed && [ "$(value registered)" -ge 4 ]' "... wakes, and registers again"
tap_end
