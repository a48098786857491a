# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2154
# VMs whose places can be seen: small QEMUs whose guest writes to all of its RAM, on a host
# whose nodes have a CPU each.

ram=32	# MiB that a guest writes to
parameters=/sys/module/kvm_tandem/parameters
trace=/sys/kernel/tracing

# vm NAME [MASK]: a QEMU that begins on these CPUs
vm()
{
	taskset "${2:-f}" /usr/bin/qemu-system-x86_64 -L /lab/firmware -name "guest=$1" \
		-nodefaults -no-user-config -display none -M pc -accel kvm -cpu host,-xsave \
		-m 48 -drive if=floppy,readonly=on,format=raw,file=/tmp/boot >"/tmp/$1.log" 2>&1 &
	eval "$1=$!"
}

pid()
{
	eval "echo \$$1"
}

# resident NAME: MiB of its largest mapping, node by node, as "N0=48 N2=0"
resident()
{
	awk '{ sum = 0; line = ""
	       for (i = 1; i <= NF; i++)
			if ($i ~ /^N[0-9]+=/) {
				split($i, n, "=")
				sum += n[2]
				line = line " " n[1] "=" n[2]
			}
	       if (sum > most) { most = sum; best = line } }
	     END { print best }' "/proc/$(pid "$1")/numa_maps"
}

# permille NAME NODE: of the pages of its RAM, how many are there
permille()
{
	resident "$1" | tr ' ' '\n' | awk -F= -v n="N$2" '
		$2 { all += $2 } $1 == n { here = $2 } END { print int(here * 1000 / all) }'
}

# masks NAME: which CPUs its threads may use, each list once
masks()
{
	cat /proc/"$(pid "$1")"/task/*/status | sed -n 's/^Cpus_allowed_list:\t//p' | sort -u | tr '\n' ' '
}

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

# within SECONDS COMMAND...
within()
{
	local tries=$(($1 * 2))
	shift
	while ! "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 500000
	done
}

# touched NAME: it has written to its RAM
touched()
{
	resident "$1" | tr ' ' '\n' | awk -F= -v all=$((ram * 250)) '{ n += $2 } END { exit n < all }'
}

# each COMMAND NAME...: of all of them
each()
{
	local what=$1 name
	shift
	for name; do $what "$name" || return; done
}

where()
{
	local name
	decisions
	for name; do
		tap_note "$name: home $(knob "$name" home) ($(knob "$name" state), $(knob "$name" reason), $(knob "$name" moves) moves) runs on $(cpu "$name"), may on $(masks "$name")memory$(resident "$name")"
	done
}

spread()
{
	for name; do mostly "$name"; done | sort | uniq -c | sed 's/^ *//; s/ .*//' | sort -n | tr '\n' ' '
}

end()
{
	local name
	for name; do kill -9 "$(pid "$name")"; wait "$(pid "$name")" 2>/dev/null; done
}

# by_hand NAME NODE: there, and left alone
by_hand()
{
	echo 0 >"$(dir "$1")/managed" && echo "$2" >"$(dir "$1")/home"
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

# decisions: what was traced of them since the last time
decisions()
{
	sed -n 's/.*tandem_place: /# /p' $trace/trace
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

# A cpuset of two nodes; a CPU is a node.
two_nodes()
{
	mount -t cgroup2 none /sys/fs/cgroup && echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control &&
		mkdir /sys/fs/cgroup/two && echo 0-1 >/sys/fs/cgroup/two/cpuset.cpus
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
