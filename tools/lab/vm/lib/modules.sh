# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Kernel modules in /lab/modules, with what they depend on.
#
#   load NAME [PARAM=V...]      insmod, dependencies first; loaded already is fine
#   load_kvm                    kvm, then kvm-amd or kvm-intel as the CPU has it;
#                               $KVM_PARAMS and $KVM_VENDOR_PARAMS are passed on
#   unload_kvm
#   load_tandem [PARAM=V...]    the host module
#   load_tandem_guest [...]     the guest module; idle=0 unless given (testing.rst)

# /lab/modules.dep has a line for each: NAME FILE DEPENDENCY...
load()
{
	local name line file dep
	name=$(echo "${1%.ko}" | tr - _)
	shift
	[ -d "/sys/module/$name" ] && return
	line=$(grep "^$name " /lab/modules.dep) || {
		echo "lab: no module $name in /lab/modules" >&2
		return 1
	}
	line=${line#* }
	file=${line%% *}
	for dep in ${line#"$file"}; do
		load "$dep" || return
	done
	insmod "/lab/modules/$file" "$@"
}

kvm_vendor()
{
	if grep -qw svm /proc/cpuinfo; then
		echo kvm_amd
	elif grep -qw vmx /proc/cpuinfo; then
		echo kvm_intel
	else
		echo "lab: this CPU has neither SVM nor VMX" >&2
		return 1
	fi
}

# KVM takes the TSC's frequency when it is loaded, and can't run vCPUs right where
# it is refined later by more than 250 ppm: their timers are lost. Machines whose
# frequency is given have nothing to refine.
wait_for_tsc()
{
	local tries=50
	grep -q tsc_early_khz= /proc/cmdline && return
	while [ $tries -gt 0 ] &&
	      grep -q tsc-early /sys/devices/system/clocksource/clocksource0/current_clocksource
	do
		usleep 100000
		tries=$((tries - 1))
	done
}

load_kvm()
{
	local vendor
	vendor=$(kvm_vendor) || return
	wait_for_tsc
	# shellcheck disable=SC2086 # each is a list
	load kvm $KVM_PARAMS && load "$vendor" $KVM_VENDOR_PARAMS
}

unload_kvm()
{
	rmmod "$(kvm_vendor)" && rmmod kvm
}

load_tandem()
{
	load kvm_tandem "$@"
}

load_tandem_guest()
{
	load tandem_guest idle=0 "$@"
}
