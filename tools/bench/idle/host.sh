# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# host.sh KERNEL CONFIG: a guest with this kernel and the workloads, in this configuration.
# CPU 0 is the host's and the agent's, 1 and 2 are the vCPUs'.
#
# Then another guest, and beside it somebody who works on vCPU 1's CPU without end. That
# one keeps its tick: the emulator loses STI's shadow at an exit between STI and HLT, so
# that a CPU may sleep with something to do; without a neighbour this is rare.
. /lab/lib.sh
. /lab/files/measure.sh

counted=all
halt_poll=/sys/module/kvm/parameters/halt_poll_ns

workload_begins()
{
	neighbour_work=
	case $1 in
	beside-*) neighbour_work=0; /lab/files/neighbour 2 >/tmp/work & neighbour=$! ;;
	esac
}

workload_ends()
{
	case $1 in
	beside-*) kill "$neighbour" && wait "$neighbour" && read -r _ neighbour_work </tmp/work ;;
	esac
}

more_stats()
{
	[ -z "$neighbour_work" ] || echo "neighbour_work $neighbour_work"
}

guest_died()
{
	kill "$neighbour" 2>/dev/null
}

try_or_leave()
{
	try "$@" || echo "step $1: left out"
}

# guests CONFIG MODULE [GUEST_START_OPTION...]
guests()
{
	config=$1 module=$2
	shift 2
	workloads=workloads
	try_or_leave "$config" "$module" 1 2 --kernel "$kernel" --timeout 500 "$@"
	workloads="workloads-beside"
	try_or_leave "$config" "$module" 1 2 --kernel "$kernel" --append nohz=off "$@"
}

# with "PARAMETERS OF KVM_TANDEM" CONFIG "PARAMETERS OF TANDEM_GUEST"
with()
{
	# shellcheck disable=SC2086 # a list
	load_tandem $1 && guests "$2" "tandem $3" && rmmod kvm_tandem
}

without_halt_poll()
{
	read -r ns <$halt_poll
	echo 0 >$halt_poll
	guests no-halt-poll stock
	echo "$ns" >$halt_poll
}

run()
{
	case $1 in
	stock) guests stock stock ;;
	no-halt-poll) without_halt_poll ;;
	haltpoll) guests haltpoll stock --append cpuidle_haltpoll.force=1 ;;
	idle-poll) guests idle-poll stock --append idle=poll ;;
	tandem) with "" tandem idle=1 ;;
	tandem-timer) with "" tandem-timer ;;
	tandem-idle) with mode=off tandem-idle idle=1 ;;
	tandem-off) with "mode=off idle_mode=off" tandem-off idle=1 ;;
	*) echo "no configuration $1" >&2; return 2 ;;
	esac
}

kernel=$1
load_kvm && run "$2"
