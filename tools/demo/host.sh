# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The demo's host: one guest as it is, then one with Tandem. Prints what each
# workload cost, as "row CONFIG WORKLOAD KEY VALUE..." lines.
#
# The vCPUs are pinned to the last CPUs and the agent to the first, as on a real
# host: an agent that shares its CPU with a vCPU interrupts it. Counted are the
# exits of vCPU 1, where the workloads run. The agent looks every 100 us: in an
# emulator wake-ups are late, and what is left of a millisecond is often short.
. /lab/lib.sh

agent_counts()
{
	grep agent_ /sys/kernel/debug/kvm_tandem/stats 2>/dev/null | tr '\n' ' '
}

# begin NAME STALE ANNOUNCED ARMS | end NAME ... armed N fired N missed N
on_phase()
{
	# shellcheck disable=SC2086 # words
	set -- $1
	if [ "$1" = begin ]; then
		echo "guest $config $2 begin $3 $4 $5"
		echo "agent $config $2 begin $(agent_counts)"
		exits_reset
	else
		exits_read | sed "s/^/exits $config $2 /"
		echo "agent $config $2 end $(agent_counts)"
		shift
		echo "guest $config $1 end $*"
	fi
}

measure()
{
	config=$1
	echo "step $config: booting an unmodified guest" >&2
	guest_start --timeout 240 -- guest.sh "$config" || return
	guest_pin g0 $(($(nproc) - 2)) $(($(nproc) - 1)) || return
	exits_start "$(guest_threads g0 | sed -n 's/^1 //p')" || return
	while guest_phase g0; do
		on_phase "$PHASE"
		guest_go g0
	done
	exits_stop
	guest_wait g0
}

load_kvm && measure stock && load_tandem agent_cpu=0 sync_us=100 && measure tandem
