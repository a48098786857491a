# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# On the lab's host: what the workloads of guest.sh cost a Linux guest. Prints
# "guest|stats|exits CONFIG WORKLOAD ..." lines, which linux_guest.py reads.
#
#   measure CONFIG MODULE CPU CPU [OPTION...]    a guest with two vCPUs on these CPUs;
#		MODULE is stock, or "tandem [PARAMETER=VALUE...]": load the guest's
#		module; OPTION is one of guest_start's
#   try CONFIG ...	the same, with another guest where one dies, three in all: the
#		emulator may deliver an interrupt twice, masked or not, which kills
#		guests that poll most, stock ones too
#
# The workloads are those of the guest's file workloads, or $workloads.
#
# Counted are the exits of vCPU 1, where the workloads run; with counted=all, of both.
#
# A bench may have its own workload_begins and workload_ends, which are called with the
# workload's name before it is counted and after, guest_died, and more_stats, which prints
# lines "NAME NUMBER".

counted=1
workloads=workloads

workload_begins()
{
	:
}

workload_ends()
{
	:
}

guest_died()
{
	:
}

more_stats()
{
	:
}

# what the vCPUs' threads ran
vcpu_ns()
{
	guest_threads g0 | while read -r _ tid; do
		cat /proc/*/task/"$tid"/schedstat
	done | awk '{ ns += $1 } END { printf "vcpu_ns %.0f\n", ns }'
}

stats_now()
{
	{
		cat /sys/kernel/debug/kvm_tandem/stats 2>/dev/null
		vcpu_ns
		more_stats
	} | tr '\n' ' '
}

counted_thread()
{
	[ "$counted" = all ] || guest_threads g0 | sed -n "s/^$counted //p"
}

# begin NAME STALE ANNOUNCED ARMS | end NAME ... armed N fired N missed N ...
on_phase()
{
	# shellcheck disable=SC2086 # words
	set -- $1
	when=$1 workload=$2
	shift 2
	if [ "$when" = begin ]; then
		workload_begins "$workload"
		echo "guest $config $workload begin $*"
		echo "stats $config $workload begin $(stats_now)"
		exits_reset
	else
		exits_read | sed "s/^/exits $config $workload /"
		workload_ends "$workload"
		echo "stats $config $workload end $(stats_now)"
		echo "guest $config $workload end $*"
	fi
}

measure()
{
	config=$1 module=$2 cpus="$3 $4"
	shift 4
	echo "step $config: booting an unmodified guest"
	# shellcheck disable=SC2086 # a list
	guest_start --pv-eoi --timeout 240 "$@" -- guest.sh "$workloads" $module || return
	guest_phase g0 || { guest_wait g0; return 1; }
	# shellcheck disable=SC2086 # a list
	guest_pin g0 $cpus || return
	exits_start "$(counted_thread)" || return
	while :; do
		on_phase "$PHASE"
		guest_go g0
		guest_phase g0 || break
	done
	exits_stop
	guest_wait g0
}

try()
{
	for attempt in 1 2 3; do
		measure "$@" && return
		echo "step $1: guest $attempt died"
		exits_stop
		guest_died
	done
	return 1
}
