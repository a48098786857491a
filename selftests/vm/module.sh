# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The host module alone: loading, parameters, refusing.
# lab: --cpus 2 --timeout 120 --module @TOP@/build/stock/tandem_guest.ko
. /lab/lib.sh

parameters=/sys/module/kvm_tandem/parameters

# the kernel's last words on it; the loader adds a line of its own
says()
{
	dmesg | grep 'kvm_tandem' | tail -n 2 | grep -q "$1"
}

rounds()
{
	for _ in $(seq 100); do
		load_tandem && rmmod kvm_tandem || return
	done
}

tap_plan 18
tap_ok '! load tandem_guest 2>/dev/null' "the guest's module is refused where there is no hypervisor"
tap_ok 'dmesg | grep -q "tandem_guest: not loaded: this is not a KVM guest"' "... in one sentence"
load_kvm
tap_ok '! load_tandem sync_us=19 2>/dev/null' "sync_us=19 is refused"
tap_ok 'says "must be 20..10000"' "... and the message names the range"
tap_ok '! load_tandem sync_us=10001 2>/dev/null' "sync_us=10001 is refused"
tap_ok '! load_tandem agent_cpu=2 2>/dev/null' "agent_cpu=2 of two CPUs is refused"
tap_ok 'says "must be an online CPU (0-1)"' "... and the message names them"
tap_ok '! load_tandem mode=fast 2>/dev/null' "mode=fast is refused"
tap_ok 'says "must be timer or off"' "... and the message names the modes"
tap_ok 'load_tandem' "loads with defaults"
tap_ok '[ "$(cat $parameters/sync_us $parameters/agent_cpu $parameters/mode | tr "\n" " ")" = "250 0 timer " ]' "the defaults are those documented"
tap_ok '! echo 5 2>/dev/null >$parameters/sync_us' "sync_us=5 is refused at run time"
tap_ok 'echo 100 >$parameters/sync_us && [ "$(cat $parameters/sync_us)" = 100 ]' "sync_us=100 is taken at run time"
tap_ok 'echo off >$parameters/mode && echo timer >$parameters/mode' "the mode is switched with nobody there"
tap_ok '[ "$(modinfo -F parm /lab/modules/kvm_tandem.ko 2>/dev/null | wc -l)" != 1 ]' "parameters are described"
tap_ok 'rmmod kvm_tandem' "unloads"
tap_ok 'rounds' "a hundred rounds of loading and unloading"
tap_ok 'unload_kvm' "KVM unloads after it"
tap_end
