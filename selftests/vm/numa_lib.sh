# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2034,SC2154
# Placement in the module, on a host whose nodes have a CPU each.
. /lab/files/vms_lib.sh

ram=32
parameters=/sys/module/kvm_tandem/parameters
trace=/sys/kernel/tracing

# dir NAME: its folder in sysfs
dir()
{
	echo /sys/kernel/tandem/vms/"$(pid "$1")"-*
}

knob()
{
	cat "$(dir "$1")/$2"
}

# cpu NAME: where its busiest thread ran last; a CPU is a node here
cpu()
{
	cat /proc/"$(pid "$1")"/task/*/stat | awk '{ sub(/.*\) /, ""); if ($12 + $13 >= most) { most = $12 + $13; cpu = $37 } } END { print cpu }'
}

# mostly NAME: the CPU on which that is in most of some samples
mostly()
{
	for _ in 1 2 3 4 5 6 7; do
		cpu "$1"
		usleep 150000
	done | sort | uniq -c | sort -n | tail -n 1 | sed 's/.* //'
}

runs_mostly()
{
	[ "$(mostly "$1")" = "$2" ]
}

# touched NAME: it has written to its RAM
touched()
{
	resident "$1" | tr ' ' '\n' | awk -F= -v all=$((ram * 250)) '{ n += $2 } END { exit n < all }'
}

# runs_on NAME: for where(); a test whose nodes have several CPUs says it its own way
runs_on()
{
	cpu "$1"
}

where()
{
	local name
	decisions
	for name; do
		tap_note "$name: home $(knob "$name" home) ($(knob "$name" state), $(knob "$name" reason), $(knob "$name" moves) moves) runs on $(runs_on "$name"), may on $(masks "$name")memory$(resident "$name")"
	done
}

spread()
{
	for name; do mostly "$name"; done | sort | uniq -c | sed 's/^ *//; s/ .*//' | sort -n | tr '\n' ' '
}

spread_is()
{
	local want=$1
	shift
	[ "$(spread "$@")" = "$want" ]
}

# look_every MS: from now on; the worker is begun anew, as it sleeps for what it was told before
look_every()
{
	echo off >"$parameters/placement"
	echo "$1" >"$parameters/placement_interval_ms"
	echo on >"$parameters/placement"
}

# bare NAME [wide]: a VM that is busy, on one vCPU or two
bare()
{
	/lab/files/vms 1 "${2:-busy}" >"/tmp/$1" &
	until grep -q ready "/tmp/$1"; do usleep 100000; done
	eval "$1=$(head -n 1 "/tmp/$1")"
}

# takes_cpu CPU: somebody, $hog, who may run there alone, and always wants to
takes_cpu()
{
	taskset $((1 << $1)) sh -c 'while :; do :; done' &
	hog=$!
}

# by_hand NAME NODE: there, and left alone
by_hand()
{
	echo 0 >"$(dir "$1")/managed" && echo "$2" >"$(dir "$1")/home"
}

home_is()
{
	[ "$(knob "$1" home)" = "$2" ]
}

# left NAME NODE: its home is another one
left()
{
	! home_is "$1" none && ! home_is "$1" "$2"
}

# gone NAME
gone()
{
	! kill -0 "$(pid "$1")" 2>/dev/null && [ ! -e "$(dir "$1")" ]
}

known()
{
	[ -e "$(dir "$1")" ]
}

# born NAME NODE [OPTION...]: a VM that was there from the start, and is left alone. Where
# the machine is busy its vCPU is not there at once, and some pages have to follow.
born()
{
	local name=$1 node=$2
	shift 2
	vm "$name" f "$@"
	within 20 known "$name" && by_hand "$name" "$node" && within 30 touched "$name" || return
	is_at "$name" "$node" || { by_hand "$name" "$node" && within 20 is_at "$name" "$node"; }
}

managed()
{
	local name
	for name; do echo 1 >"$(dir "$name")/managed"; done
}

homes()
{
	local name
	for name; do knob "$name" home; done | sort | uniq -c | sed 's/^ *//; s/ /x/' | tr '\n' ' '
}

has_homes()
{
	local want=$1
	shift
	[ "$(homes "$@")" = "$want" ]
}

moves()
{
	local name sum=0
	for name; do sum=$((sum + $(knob "$name" moves))); done
	echo $sum
}

stat_of()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/kvm_tandem/stats
}

state_is()
{
	[ "$(knob "$1" state)" = "$2" ]
}

# of NAME OUTCOME: pages of its copy
of()
{
	knob "$1" copy | tr ' ' '\n' | sed -n "s/^$2=//p"
}

# is_at NAME NODE: at most 1 % of its RAM is elsewhere
is_at()
{
	[ "$(permille "$1" "$2")" -ge 990 ]
}

# more_copied NAME MIB: than $copied
more_copied()
{
	[ "$(($(knob "$1" copied) - copied))" -ge "$2" ]
}

# free_mib NODE
free_mib()
{
	sed -n 's/.*MemFree: *\([0-9]*\) kB/\1/p' "/sys/devices/system/node/node$1/meminfo" |
		awk '{ print int($1 / 1024) }'
}

# fill NODE MIB: so much is left free there; /tmp/fill.NODE has the rest
fill()
{
	taskset $((1 << $1)) dd if=/dev/zero of="/tmp/fill.$1" bs=1M count=$(($(free_mib "$1") - $2)) 2>/dev/null
	tap_note "$(free_mib "$1") MiB are free on node $1"
}

stopped()
{
	! sed -n 's/^State:\t//p' /proc/"$(pid "$1")"/task/*/status | grep -qv '^T'
}

# stop_vm NAME: none of its threads runs any more, which is some time after the signal was sent
stop_vm()
{
	kill -STOP "$(pid "$1")" && within 20 stopped "$1"
}

# intact NAME: no page of its RAM was lost, or is an old copy
intact()
{
	local ret
	stop_vm "$1" || return
	/lab/files/counters "$(pid "$1")" $((ram + 16)) $ram >/tmp/counters
	ret=$?
	kill -CONT "$(pid "$1")"
	sed 's/^/# /' /tmp/counters
	return $ret
}

# used NAME: ns that its threads ran, and waited
used()
{
	cat /proc/"$(pid "$1")"/task/*/schedstat | awk '{ ran += $1; waited += $2 } END { print ran, waited }'
}

# waits NAME SECONDS: of 100 that it wanted a CPU, how many it waited
waits()
{
	local before
	before=$(used "$1")
	sleep "$2"
	echo "$before $(used "$1")" | awk '{ print int(100 * ($4 - $2) / ($3 - $1 + $4 - $2)) }'
}

# wait_below PERCENT NAME...: each of them waits less, of some seconds
wait_below()
{
	local most=$1 name
	shift
	for name; do [ "$(waits "$name" 3)" -lt "$most" ] || return; done
}

# decisions: what was traced of them since the last time
decisions()
{
	sed -n 's/.*tandem_\(place\|memory\): /# /p' $trace/trace
	echo >$trace/trace
}

trace_decisions()
{
	echo 1 >$trace/events/kvm_tandem/tandem_place/enable
}

begin()
{
	/lab/files/spinner $ram >/tmp/boot
	load_kvm
}

# ... and what was copied for them
trace_copies()
{
	trace_decisions
	echo 1 >$trace/events/kvm_tandem/tandem_memory/enable
}

mount_cpusets()
{
	mount -t cgroup2 none /sys/fs/cgroup && echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
}

group=/sys/fs/cgroup/some

make_group()
{
	mount_cpusets && mkdir "$group"
}

# in_group NAME: a VM that begins in the cpuset
in_group()
{
	echo $$ >"$group"/cgroup.procs
	vm "$1"
	echo $$ >/sys/fs/cgroup/cgroup.procs
}

# A cpuset of two nodes; a CPU is a node.
two_nodes()
{
	mount_cpusets && mkdir /sys/fs/cgroup/two && echo 0-1 >/sys/fs/cgroup/two/cpuset.cpus
}

# to_and_fro NAME NODE NODE: its home is the one, the other, ... until it is gone, or the module
to_and_fro()
{
	local file
	file=$(dir "$1")/home
	while [ -e "$file" ]; do
		echo "$2" >"$file"
		echo "$3" >"$file"
	done 2>/dev/null
}

# vcpu_files NAME FILE: that of each of its vCPUs, the first vCPU's first
vcpu_files()
{
	local task comm
	for task in /proc/"$(pid "$1")"/task/*; do
		read -r comm <"$task/comm"
		case $comm in CPU*) echo "${comm#CPU } $task/$2" ;; esac
	done | sort -n | sed 's/.* //'
}

vcpu_times()
{
	vcpu_files "$1" schedstat
}

# ticks: how many each CPU had
ticks()
{
	sed -n 's/^ *LOC:\([ 0-9]*\).*/\1/p' /proc/interrupts
}

# ticked BEFORE: since then each CPU has had half of those of 500 ms
ticked()
{
	echo "$1 $(ticks)" | awk '{ for (i = 1; i <= NF / 2; i++) if ($(i + NF / 2) - $i < 60) exit 1 }'
}

# an_interval: 500 ms, and more where a CPU stood still, as an emulated one does while the
# machine under it is busy, and the clock goes on: nothing runs there then
an_interval()
{
	local before tries=25
	before=$(ticks)
	usleep 500000
	while [ $tries -gt 0 ] && ! ticked "$before"; do
		usleep 100000
		tries=$((tries - 1))
	done
}

# starved INTERVALS NAME...: how often a vCPU of theirs did not run for all of an interval
starved()
{
	local n=$1 files before now
	shift
	files=$(each vcpu_times "$@")
	while [ "$n" -gt 0 ]; do
		# shellcheck disable=SC2086 # a list
		before=$(cut -d' ' -f1 $files)
		an_interval
		# shellcheck disable=SC2086 # a list
		now=$(cut -d' ' -f1 $files)
		printf '%s\n%s\n' "$before" "$now"
		n=$((n - 1))
	done | awk -v of="$(echo "$files" | wc -l)" '
		{ if (NR > of && last[NR % of] == $1 && int((NR - 1) / of) % 2) count++
		  last[NR % of] = $1 } END { print count + 0 }'
}
