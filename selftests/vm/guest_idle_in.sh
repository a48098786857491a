# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
# guest_idle_in.sh PART: the guest's part of guest_idle.sh. Prints "KEY VALUE" lines.
. /lab/lib.sh

counter()
{
	cat "/sys/kernel/tandem_guest/$1"
}

counters()
{
	for name in polls poll_hits poll_timers poll_misses poll_pressure poll_budget \
		    polled_ns halts; do
		echo "$name $(counter $name)"
	done
}

driver()
{
	cat /sys/devices/system/cpu/cpuidle/current_driver
}

timers()
{
	/lab/files/timers "$@" || echo "lost yes"
}

pingpong()
{
	/lab/files/pingpong "$@"
}

# The host says what to do; its answer to a phase is a command.
obey()
{
	# shellcheck disable=SC2046 # one line of words
	while command=$(phase $(counters)) && [ "$command" != end ]; do
		eval "$command"
	done
}

case $1 in
stock)
	phase begin
	pingpong "$2" "$3"
	phase stock
	;;
tandem)
	load_tandem_guest idle=1 || echo failed yes
	echo "driver $(driver)"
	phase "$(driver)"
	obey
	counters
	echo "windows $(counter poll_windows_ns)"
	rmmod tandem_guest || echo failed yes
	echo "afterwards $(driver)"
	;;
off)
	load_tandem_guest idle=0 || echo failed yes
	echo "driver $(driver)"
	;;
other)
	load_tandem_guest idle=1 || echo failed yes
	echo "driver $(driver)"
	dmesg | sed -n 's/.*tandem_guest: no polling: /reason /p'
	timers sleep 1000 50
	;;
esac
