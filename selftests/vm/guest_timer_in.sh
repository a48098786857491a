# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# guest_timer_in.sh PART: the guest's part of guest_timer.sh. Prints "KEY VALUE"
# lines for the host to judge.
. /lab/lib.sh

counter()
{
	cat /sys/kernel/tandem_guest/"$1"
}

timers()
{
	/lab/files/timers "$@" || echo "lost yes"
}

case $1 in
refused)
	load_tandem_guest 2>/dev/null && echo loaded yes
	dmesg | sed -n 's/.*tandem_guest: not loaded: /reason /p'
	;;
reload)
	for _ in 1 2 3 4 5; do
		load_tandem_guest && timers sleep 1000 100 && rmmod tandem_guest || echo failed yes
	done
	timers sleep 1000 100
	;;
hotplug)
	load_tandem_guest
	for _ in 1 2 3 4 5; do
		echo 0 >/sys/devices/system/cpu/cpu1/online
		echo 1 >/sys/devices/system/cpu/cpu1/online
		timers sleep 1000 50
	done
	echo "registered $(counter registered)"
	;;
disturbed)
	load_tandem_guest
	phase begin
	timers sleep 1000 6000
	phase again
	timers sleep 1000 300
	echo "announced $(counter announced) stale $(counter stale) arms $(counter arms)"
	;;
counts)
	phase begin
	timers sleep 1000 500
	phase stock
	load_tandem_guest
	phase begin
	timers sleep 1000 500
	phase tandem
	phase idle
	sleep 12
	phase end
	;;
reset)
	load_tandem_guest || echo failed yes
	timers sleep 1000 200
	phase booted
	# the host resets it here, or lets it go on the second time
	timers sleep 1000 200
	phase ended
	;;
snapshot)
	load_tandem_guest
	phase save
	timers sleep 1000 500
	phase load
	timers sleep 1000 500
	;;
sleep)
	load_tandem_guest
	timers sleep 1000 200
	phase suspend
	echo mem >/sys/power/state || echo failed yes
	timers sleep 1000 200
	echo "registered $(counter registered)"
	;;
esac
