# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The host module alone: loading, parameters, refusing.
# lab: --cpus 2 --timeout 120 --module @TOP@/build/host/guest/tandem_guest.ko
. /lab/lib.sh

parameters=/sys/module/kvm_tandem/parameters
knobs=/sys/kernel/tandem

# the kernel's last words on it; the loader adds a line of its own
says()
{
	dmesg | grep 'kvm_tandem' | tail -n 2 | grep -q "$1"
}

values()
{
	(cd $parameters && grep . ./* | sed 's,^\./,,' | tr '\n' ' ')
}

refused_unchanged()
{
	before=$(cat "$knobs/$1")
	! echo "$2" 2>/dev/null >"$knobs/$1" && [ "$(cat "$knobs/$1")" = "$before" ]
}

switches()
{
	for to in off poll timer poll off timer; do
		echo $to >$parameters/mode && [ "$(cat $parameters/mode)" = $to ] || return
	done
}

places()
{
	for to in on dry_run off on on off; do
		echo $to >$parameters/placement && [ "$(cat $parameters/placement)" = $to ] || return
	done
}

rounds()
{
	for _ in $(seq 100); do
		load_tandem && rmmod kvm_tandem || return
	done
}

defaults="agent_cpus:0 exit_price:10 idle_budget_ms:1000 idle_halt_cost_ns:20000 idle_mode:guest idle_poll_max_ns:1000000 idle_poll_min_ns:0 idle_price_permille:100 memory:chunks memory_rate:300 min_gap_us:20 mode:timer placement:off placement_compat:none placement_interval_ms:2000 placement_margin:256 placement_record_kib:0 sync_max_us:4000 sync_min_us:100 vm_share:50 watchdog_ms:100 "
tap_plan 54
tap_ok '! load tandem_guest 2>/dev/null' "the guest's module is refused where there is no hypervisor"
tap_ok 'dmesg | grep -q "tandem_guest: not loaded: this is not a KVM guest"' "... in one sentence"
load_kvm
tap_ok '! load_tandem sync_min_us=19 2>/dev/null' "sync_min_us=19 is refused"
tap_ok 'says "must be 20..10000"' "... and the message names the range"
tap_ok '! load_tandem sync_min_us=10001 2>/dev/null' "sync_min_us=10001 is refused"
tap_ok '! load_tandem sync_max_us=50 2>/dev/null' "sync_max_us below sync_min_us is refused"
tap_ok 'says "sync_min_us=100 must not exceed sync_max_us=50"' "... and the message names both"
for cpus in 2 0-1 0,0-1 x; do
	tap_ok '! load_tandem agent_cpus=$cpus 2>/dev/null' "agent_cpus=$cpus of two CPUs, one node is refused"
	tap_ok 'says "must be a list of online CPUs (0-1), one for each NUMA node at most"' "... and the message says what may be"
done
tap_ok '! load_tandem mode=fast 2>/dev/null' "mode=fast is refused"
tap_ok 'says "must be timer, poll or off"' "... and the message names the modes"
tap_ok '! load_tandem placement=yes 2>/dev/null' "placement=yes is refused"
tap_ok 'says "must be off, dry_run or on"' "... and the message names what may be"
tap_ok '! load_tandem placement_interval_ms=99 2>/dev/null' "placement_interval_ms=99 is refused"
tap_ok 'says "must be 100..3600000"' "... and the message names the range"
tap_ok '! load_tandem placement_compat=2012 2>/dev/null' "placement_compat=2012 is refused"
tap_ok 'says "must be none or vmb2011"' "... and the message names the rules"
tap_ok '! load_tandem memory=fast 2>/dev/null' "memory=fast is refused"
tap_ok 'says "must be off, chunks or lazy"' "... and the message names what may be"
tap_ok '! load_tandem memory_rate=3 2>/dev/null' "memory_rate=3 is refused"
tap_ok 'says "must be 4..100000"' "... and the message names the range"
tap_ok '! load_tandem idle_mode=poll 2>/dev/null' "idle_mode=poll is refused"
tap_ok 'says "must be off, guest, host or both"' "... and the message names the modes"
tap_ok '! load_tandem idle_poll_max_ns=2000001 2>/dev/null' "idle_poll_max_ns=2000001 is refused"
tap_ok 'says "must be 0..2000000"' "... and the message names the range"
tap_ok 'load_tandem idle_poll_max_ns=7 && [ "$(cat $knobs/idle_poll_max_ns)" = 7 ] && rmmod kvm_tandem' "a parameter is what the knob begins with"
tap_ok 'load_tandem' "loads with defaults"
tap_ok '[ "$(values)" = "$defaults" ]' "the defaults are those documented"
tap_ok '! echo 5 2>/dev/null >$parameters/sync_min_us' "sync_min_us=5 is refused at run time"
tap_ok '! echo 5000 2>/dev/null >$parameters/sync_min_us' "... and one above sync_max_us"
tap_ok '! echo 0 2>/dev/null >$parameters/vm_share' "vm_share=0 is refused at run time"
tap_ok '[ "$(values)" = "$defaults" ]' "... and nothing has changed"
tap_ok 'echo 50 >$parameters/sync_min_us && [ "$(cat $parameters/sync_min_us)" = 50 ]' "sync_min_us=50 is taken at run time"
for knob in mode=poll mode= poll_min_ns=2000001 poll_max_ns=-1 price_permille=1000001 halt_cost_ns=1ms budget_ms=x; do
	tap_ok 'refused_unchanged idle_${knob%%=*} "${knob#*=}"' "idle_$knob is refused at run time, and nothing has changed"
done
tap_ok 'echo both >$knobs/idle_mode && [ "$(cat $knobs/idle_mode)" = both ]' "idle_mode=both is taken at run time"
tap_ok 'switches' "the mode is switched with nobody there"
tap_ok 'places' "placement is switched with nobody there"
tap_ok 'grep -q "^0 0 asleep 0 " /sys/kernel/debug/kvm_tandem/agents' "one agent, asleep on CPU 0"
tap_ok '[ "$(modinfo -F parm /lab/modules/kvm_tandem.ko 2>/dev/null | wc -l)" != 1 ]' "parameters are described"
tap_ok 'rmmod kvm_tandem && [ ! -e $knobs ]' "unloads"
tap_ok 'rounds' "a hundred rounds of loading and unloading"
tap_ok 'unload_kvm' "KVM unloads after it"
tap_end
