# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# guest_timer_in.sh PART [ARG...]: the guest's part of the tests with Linux guests.
# Prints "KEY VALUE" lines for the host to judge.
. /lab/lib.sh

counter()
{
	cat /sys/kernel/tandem_guest/"$1"
}

timers()
{
	/lab/files/timers "$@" || echo "lost yes"
}

# The LAPIC timers' interrupts of all CPUs, one by one.
each_interrupts()
{
	awk '/LOC:/ { for (i = 2; $i ~ /^[0-9]+$/; i++) print $i }' /proc/interrupts
}

interrupts()
{
	each_interrupts | awk '{ n += $1 } END { print n }'
}

counters()
{
	echo "interrupts $(($(interrupts) - interrupts))"
	echo "arms_before $(counter arms)"
	for name in registered stale announced arms; do
		echo "$name $(counter $name)"
	done
	each_interrupts | awk '{ print "cpu" NR - 1, $1 }'
}

# start_timers MODE PERIOD_US [CPU...]: many, in the background; all CPUs
start_timers()
{
	mode=$1 period=$2
	shift 2
	[ $# -gt 0 ] || set -- $(seq 0 $(($(nproc) - 1)))
	for cpu; do
		timers "$mode" "$period" 10000000 "$cpu" &
	done
}

stop_timers()
{
	killall -TERM timers 2>/dev/null # the spinners end with their parents
	wait
}

# The host says what to do; its answer to a phase is a command.
obey()
{
	# shellcheck disable=SC2046 # one line of words
	while command=$(phase $(counters)) && [ "$command" != end ]; do
		eval "$command"
	done
}

# A CPU that the VMM plugged in.
plugged()
{
	until echo 1 2>/dev/null >"/sys/devices/system/cpu/cpu$1/online"; do usleep 100000; done
}

unplugged()
{
	while [ -e "/sys/devices/system/cpu/cpu$1" ]; do usleep 100000; done
}

second()
{
	grep -qw second /proc/cmdline
}

# another_kernel now|crash: the same one; its init runs this script again
another_kernel()
{
	(cd / && printf '%s\n' lab lab/run lab/script | cpio -o -H newc 2>/dev/null) |
		cat /lab/files/initrd - >/tmp/initrd
	/lab/files/kexec "$1" /lab/files/vmlinuz /tmp/initrd \
		"$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) second $2"
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
	timers "$2" "${4:-1000}" "$3"
	phase stock
	load_tandem_guest
	for _ in $(seq "${5:-1}"); do
		phase begin
		timers "$2" "${4:-1000}" "$3"
		phase tandem
	done
	echo "announced $(counter announced) stale $(counter stale)"
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
endless)
	shift
	load_tandem_guest || echo failed yes
	interrupts=$(interrupts)
	phase begin
	[ $# -gt 0 ] || set -- sleep 1000
	start_timers "$@"
	obey
	stop_timers
	counters
	;;
kexec)
	load_tandem_guest || echo failed yes
	timers sleep 1000 500
	if second; then
		timers sleep 1000 500 0
		echo "second $(counter registered)"
	else
		start_timers sleep 1000
		phase kexec
		another_kernel now || echo failed yes
	fi
	;;
crash)
	if second; then
		phase crashed
		timers sleep 1000 500 0
		phase fired
		echo "second yes"
	else
		load_tandem_guest || echo failed yes
		timers sleep 1000 500
		another_kernel crash nr_cpus=1 || echo failed yes
		start_timers sleep 1000
		phase crash
		echo c >/proc/sysrq-trigger
	fi
	;;
esac
