# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# host.sh PERIOD_US:COUNT...: on the lab's host, what a bare spinning guest's
# timers cost in each configuration. Prints what tandem_timer_bench says with the
# configuration as second word, and "exits CONFIG PERIOD REASON COUNT" lines.
#
# CPU 0 is the host's and the agent's, CPU 1 the vCPU's, CPU 2 that of an agent
# that polls. 1 and 2 have no tick (nohz_full on the command line).
. /lab/lib.sh

vcpu_cpu=1
poll_cpu=2
events=/sys/kernel/tracing/events/kvm
pi=/sys/module/kvm/parameters/pi_inject_timer

# mark [!]: of the guest's two marks (tandem_timer_bench.c) the hypercall lets the
# count of exits go on, and the CPUID pauses it. One event can't have both triggers.
mark()
{
	for event in kvm_exit kvm_msr; do
		echo "$1enable_hist:kvm:$event if nr==0x7a0" >>$events/kvm_hypercall/trigger
		echo "$1disable_hist:kvm:$event if function==0x7a0" >>$events/kvm_cpuid/trigger
	done
}

# to clear is to go on
count_reset()
{
	exits_reset
	exits_triggers '' :pause
}

# answer CONFIG: what the program says comes in, what it waits for goes out
answer()
{
	while read -r kind what; do
		case "$kind $what" in
		"phase ready "*) exits_start "${what#* }" && mark ;;
		"phase begin "*) count_reset ;;
		"phase end "*) exits_read | sed "s/^/exits $1 ${what#* } /" ;;
		*) echo "$kind $1 $what" ;;
		esac
		[ "$kind" != phase ] || echo go >&9
	done
	mark !
	exits_stop
}

# bench CONFIG [OPTION...]
bench()
{
	config=$1
	shift
	echo "step $config"
	rm -f /tmp/go
	mkfifo /tmp/go
	exec 9<>/tmp/go
	# shellcheck disable=SC2086 # a list
	(tandem_timer_bench -c $vcpu_cpu "$@" $periods </tmp/go || echo "failed $config") |
		answer "$config"
	exec 9<&-
}

# with_tandem CONFIG [PARAMETER=VALUE...]
with_tandem()
{
	config=$1
	shift
	load_tandem "$@" && bench "$config" -p && rmmod kvm_tandem
}

periods=$*
load_kvm
# nohz_full turns it on
echo 0 >$pi
bench stock
echo 1 >$pi
bench pi_inject_timer -i
echo 0 >$pi
with_tandem rfc-250us sync_min_us=250 sync_max_us=250
with_tandem tandem
with_tandem tandem-poll mode=poll agent_cpus=$poll_cpu
