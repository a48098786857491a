# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Exits of all guests, counted by the host's kernel by reason.
#
#   exits_start [TID]   begin to count (after load_kvm); with the id of a vCPU's
#                  thread (guest_threads) only what that one does
#   exits_reset    count from zero again
#   exits_read     print "NAME COUNT" lines: total, one for each reason, and
#                  msr_HEX_r or msr_HEX_w for each MSR read or written
#   exits_stop
#
# Reasons have one name on SVM and VMX where both have them (interrupt, window,
# hlt, msr, io, npf, cpuid, pause, preempt_timer); any other is exit_N. VMX calls
# a write of a MSR another reason than a read; both are msr here.

exits_dir=/sys/kernel/tracing/events/kvm

exits_triggers()
{
	echo "$1hist:keys=exit_reason:size=512$2$exits_only" >>$exits_dir/kvm_exit/trigger &&
	echo "$1hist:keys=ecx.hex,write:size=512$2$exits_only" >>$exits_dir/kvm_msr/trigger
}

exits_start()
{
	exits_only=${1:+" if common_pid==$1"}
	exits_triggers '' ''
}

exits_reset()
{
	exits_triggers '' :clear
}

exits_stop()
{
	exits_triggers ! ''
}

exits_names()
{
	case $(kvm_vendor) in
	kvm_amd) echo 96=interrupt 100=window 114=cpuid 119=pause 120=hlt \
		123=io 124=msr 1024=npf ;;
	kvm_intel) echo 1=interrupt 7=window 10=cpuid 12=hlt 30=io 31=msr 32=msr \
		40=pause 48=npf 52=preempt_timer ;;
	esac
}

exits_read()
{
	# both at once: what is read later also counts what happened meanwhile
	cat $exits_dir/kvm_exit/hist $exits_dir/kvm_msr/hist |
	awk -v names="$(exits_names)" -f /lab/lib/exits.awk
}
