# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
# Records what CPU 1 of a guest writes to its TSC-deadline MSR, and when it halts:
# prints "khz KHZ", "offset OFFSET" of the guest's TSC, and for each workload "begin
# NAME" and the trace's lines, whose time is the host's TSC.
. /lab/lib.sh

tracing=/sys/kernel/tracing

# event NAME CONDITION
event()
{
	echo "$2" >$tracing/events/kvm/"$1"/filter
	echo 1 >$tracing/events/kvm/"$1"/enable
}

hlt_reason()
{
	case $(kvm_vendor) in
	kvm_amd) echo 120 ;;
	*) echo 12 ;;
	esac
}

trace_start()
{
	echo 0 >$tracing/tracing_on
	echo x86-tsc >$tracing/trace_clock
	echo 8192 >$tracing/buffer_size_kb
	event kvm_msr "ecx == 0x6e0 && write == 1 && common_pid == $1"
	event kvm_exit "exit_reason == $(hlt_reason) && common_pid == $1"
	event kvm_vcpu_wakeup "common_pid == $1"
}

on_begin()
{
	echo "$PHASE"
	: >$tracing/trace
	echo 1 >$tracing/tracing_on
}

on_end()
{
	echo 0 >$tracing/tracing_on
	sed -n 's/^.* \([0-9]*: kvm_msr: .*\)/\1/p
		s/^.* \([0-9]*: kvm_exit\): .*/\1/p
		s/^.* \([0-9]*: kvm_vcpu_wakeup\): .*/\1/p' $tracing/trace
}

record()
{
	guest_start --pv-eoi --timeout 500 -- guest.sh >/dev/null || return
	guest_pin g0 0 1 || return
	trace_start "$(guest_threads g0 | sed -n 's/^1 //p')"
	sed -n 's/^cpu MHz.*: \([0-9]*\)\.\([0-9]*\)/khz \1\2/p' /proc/cpuinfo | head -n 1
	echo "offset $(cat /sys/kernel/debug/kvm/*/vcpu1/tsc-offset)"
	while guest_phase g0; do
		case $PHASE in
		begin*) on_begin ;;
		*) on_end ;;
		esac
		guest_go g0
	done
	guest_wait g0
}

# An emulator that was late at boot has lost the timer that fine ones need.
dmesg | grep -q 'Could not switch to high resolution mode' && exit 75
load_kvm && record
