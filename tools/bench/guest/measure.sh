# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# On the lab's host: what the workloads of guest.sh cost a Linux guest. Prints
# "guest|stats|exits CONFIG WORKLOAD ..." lines, which linux_guest.py reads.
#
#   measure CONFIG MODULE CPU CPU    a guest with two vCPUs on these CPUs; MODULE
#                                    is stock, or tandem: load the guest's module
#
# Counted are the exits of vCPU 1, where the workloads run.

tandem_stats()
{
	tr '\n' ' ' 2>/dev/null </sys/kernel/debug/kvm_tandem/stats
}

# begin NAME STALE ANNOUNCED ARMS | end NAME ... armed N fired N missed N ...
on_phase()
{
	# shellcheck disable=SC2086 # words
	set -- $1
	when=$1 workload=$2
	shift 2
	if [ "$when" = begin ]; then
		echo "guest $config $workload begin $*"
		echo "stats $config $workload begin $(tandem_stats)"
		exits_reset
	else
		exits_read | sed "s/^/exits $config $workload /"
		echo "stats $config $workload end $(tandem_stats)"
		echo "guest $config $workload end $*"
	fi
}

measure()
{
	config=$1
	echo "step $config: booting an unmodified guest"
	guest_start --timeout 240 -- guest.sh "$2" || return
	guest_pin g0 "$3" "$4" || return
	exits_start "$(guest_threads g0 | sed -n 's/^1 //p')" || return
	while guest_phase g0; do
		on_phase "$PHASE"
		guest_go g0
	done
	exits_stop
	guest_wait g0
}
