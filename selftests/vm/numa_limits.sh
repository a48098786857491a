# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Placement within what others have set: memory policies, cpusets of memory, nodes whose
# memory or CPU goes, homes that are full, VMs larger than a node, workers of vhost.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --append movablecore=1024M
# lab: --file @TOP@/build/vm/spinner --file @TOP@/build/vm/vms --file @TOP@/build/vm/policy
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

refused()
{
	! echo "$2" 2>/dev/null >"$(dir "$1")/home"
}

# said TIMES NAME NODE: lines in the log of so many refusals
said()
{
	local before file n=$1
	file=$(dir "$2")/home
	before=$(dmesg | grep -c "home=$3: ")
	while [ "$n" -gt 0 ]; do
		! echo "$3" >"$file" || return
		n=$((n - 1))
	done 2>/dev/null
	echo $(($(dmesg | grep -c "home=$3: ") - before))
}

# cut_in_two NAME: its two halves have different homes
cut_in_two()
{
	case $(knob "$1" home) in
	0,0 | 1,1 | 2,2 | 3,3) false ;;
	[0-3],[0-3]) ;;
	*) false ;;
	esac
}

# worker NAME: the folder of its vhost worker: a thread of its own, or a kernel thread
worker()
{
	local task comm vmm
	vmm=$(pid "$1")
	for task in /proc/"$vmm"/task/* /proc/[0-9]*; do
		read -r comm <"$task/comm"
		[ "$comm" != "vhost-$vmm" ] || { echo "$task"; return; }
	done 2>/dev/null
}

# worker_on NAME CPU: of 40 samples, how many
worker_on()
{
	local task line
	task=$(worker "$1")
	for _ in $(seq 40); do
		read -r line <"$task/stat"
		echo "${line##*) }"
		usleep 50000
	done | cut -d' ' -f37 | grep -c "^$2\$"
}

# with_worker: a VM h that has halted, whose vhost worker does not
with_worker()
{
	load vhost "fork_from_owner_default=$1" && load vhost_net || return
	/lab/files/vms 1 vhost >/tmp/h &
	parent=$!
	within 20 grep -q ready /tmp/h
	h=$(head -n 1 /tmp/h)
}

without_worker()
{
	kill "$parent"
	wait "$parent" 2>/dev/null
	within 20 rmmod vhost_net && rmmod vhost
}

# follows KIND: h's worker is where h is
follows()
{
	local node
	node=$(knob h home)
	tap_ok '[ -n "$(worker h)" ] && within 20 home_is h "$node"' "$1: $(worker h)"
	tap_ok '[ "$(worker_on h "$node")" -ge 30 ]' "... runs at the VM's home, $node"
	node=$(((node + 2) % 4))
	by_hand h $node
	tap_ok '[ "$(worker_on h "$node")" -ge 30 ]' "... and follows it, to $node"
}

# offline NODE: all blocks of its memory that can go; how many did
offline()
{
	local block count=0
	for block in /sys/devices/system/node/node"$1"/memory[0-9]*; do
		echo offline 2>/dev/null >"$block/state" && count=$((count + 1))
	done
	echo $count
}

online()
{
	local block
	for block in /sys/devices/system/memory/memory[0-9]*; do
		[ "$(cat "$block/state")" = online ] || echo online >"$block/state" || return
	done
}

tap_plan 42
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_decisions

vm a f -object "memory-backend-ram,id=m,size=$((ram + 16))M,host-nodes=2,policy=bind" \
	-machine memory-backend=m
under="/lab/files/policy 3"
vm b
under=
within 30 each touched a b
chosen="its user gave its memory a policy"
tap_ok 'within 20 state_is a "$chosen" && home_is a none && refused a 1' "RAM that is bound to a node: left alone"
tap_ok 'within 20 state_is b "$chosen" && home_is b none && refused b 1' "a VMM with a memory policy: left alone"
sleep 5
dmesg -n 3	# not to the console
lines=$(said 500 a 1)
dmesg -n 7
tap_ok '[ "$lines" -gt 0 ] && [ "$lines" -lt 100 ]' "... 500 times in a loop are $lines lines of the log"
where a b
tap_ok 'is_at a 2 && is_at b 3' "... their memory is where they want it"
tap_ok '[ "$(masks a)$(masks b)" = "0-3 0-3 " ] && [ "$(moves a b)" = 0 ]' "... they were not moved"
end a b

make_group && echo 2 >"$group"/cpuset.mems
in_group a
in_group b
within 30 each touched a b
tap_ok 'within 20 has_homes "2x2 " a b && is_at a 2 && is_at b 2' "a cpuset that has memory of one node alone: two VMs at home there"
sleep 5
tap_ok 'has_homes "2x2 " a b && [ "$(moves a b)" = 0 ]' "... where they stay, though others are idle"
echo 3 >"$group"/cpuset.mems
tap_ok 'within 20 has_homes "2x3 " a b' "it has that of another node now: so have their homes"
tap_ok 'within 20 is_at a 3' "... the cpuset took their memory there"
echo 0-1 >"$group"/cpuset.cpus
nowhere="no node that can be used is allowed to all its threads"
tap_ok 'within 20 state_is a "$nowhere" && home_is a none && refused a 3 && refused a 0' "CPUs of others than those: left alone"
echo 0-3 >"$group"/cpuset.mems
tap_ok 'within 20 state_is a settled || within 20 state_is a probation' "memory of all nodes: it has a home again"
echo 0 >"$(dir a)/managed"
to_and_fro a 0 1 &
fro=$!
sleep 1
for mems in 0 1 0-1 2 1 0-3; do echo $mems >"$group"/cpuset.mems; usleep 300000; done
tap_ok '[ "$(masks a)$(masks b)" = "0-1 0-1 " ] && [ "$(moves a)" -gt 3 ]' "it changes in $(moves a) moves: its masks are the cpuset's"
end a
wait $fro
echo >"$trace/trace"	# so many moves
end b

vm p 2 -object "memory-backend-ram,id=m,size=$((ram + 16))M,host-nodes=0,policy=bind" \
	-machine memory-backend=m
within 30 touched p
tap_ok 'within 20 state_is p "its user chose its CPUs" && home_is p none && is_at p 0' "a VM that its user keeps on node 1, with memory of node 0"
sleep 31	# two samples of what else runs, and one that had begun
for name in a b c; do vm $name; done
within 60 each touched a b c
where p a b c
tap_ok 'has_homes "1x0 1x2 1x3 " a b c' "... counts where it runs: others are born elsewhere"
end p a b c

for name in a b c d; do vm $name; done
within 60 each touched a b c d
for name in a b c d; do by_hand $name 0; done
sleep 2
tap_ok 'has_homes "4x0 " a b c d && [ "$(starved 20 a b c d)" = 0 ]' "four VMs on a home of one CPU, others idle: none waits for an interval"
tap_ok 'wait_below 50 a d' "... they use the CPUs of others"
end b c d

look_every 300000
tap_ok 'within 20 by_hand a 2 && within 10 runs_mostly a 2' "a VM at home on node 2"
takes_cpu 2
tap_ok 'within 20 eval "! runs_mostly a 2"' "somebody else takes the CPU there: it runs elsewhere"
looks=$(stat_of placement_looks)
kill "$hog"
tap_ok 'within 20 runs_mostly a 2 && [ "$(stat_of placement_looks)" = "$looks" ]' "... and comes home when it is free, though nobody looks"
takes_cpu 2
within 20 eval '! runs_mostly a 2'
taskset -p f "$hog" >/dev/null
tap_ok 'within 20 runs_mostly a 2 && [ "$(stat_of placement_looks)" = "$looks" ] && kill -0 $hog' "... and where that may run elsewhere the two change places"
kill "$hog"
look_every 500
within 20 by_hand a 0

wide w 2
within 30 touched w
tap_ok 'within 20 cut_in_two w && [ "$(masks w)" = "0-3 " ]' "more vCPUs than a node has CPUs: a home for each, $(knob w home)"
tap_ok 'refused w 1 && refused w 1,4 && refused w 1,2,3 && refused w ,' "... which can't be another number, or none"
end w
wide w 9
within 30 touched w
tap_ok 'within 20 state_is w "no node can hold it, or a part of it" && home_is w none && refused w 1' "more than eight nodes have: left alone"
tap_ok '[ "$(masks w)" = "0-3 " ]' "... it may run anywhere"
end w

with_worker 1
follows "vhost's worker, a thread of the VMM"
tap_ok 'without_worker' "... and ends with it"
with_worker 0
follows "vhost's worker, a kernel thread"
tap_ok 'without_worker' "... and ends with it"

managed a
within 20 state_is a settled || within 20 state_is a probation
by_hand a 3
tap_ok 'within 10 home_is a 3 && within 20 runs_mostly a 3' "a VM at home on node 3"
gone=$(offline 3)
looks=$(stat_of placement_looks)
tap_ok '[ "$gone" -ge 1 ]' "memory of it goes offline: $gone blocks"
sleep 3
tap_ok '[ "$(stat_of placement_looks)" -gt $((looks + 2)) ] && home_is a 3 && kill -0 "$a"' "... it lives on, and is looked at"
echo 0 >/sys/devices/system/cpu/cpu3/online
managed a
tap_ok 'within 20 eval "! home_is a 3 && ! home_is a none"' "its CPUs too: it has another home"
node=$(knob a home)
tap_ok 'within 20 runs_mostly a "$node"' "... and runs there"
tap_ok 'refused a 3' "... none can be sent to that node"
vm e
within 30 touched e
tap_ok '! home_is e 3 && ! home_is e none && is_at e "$(knob e home)"' "a VM that is born then has a home elsewhere"
where a e
tap_ok 'online && echo 1 >/sys/devices/system/cpu/cpu3/online' "all comes back"
by_hand e 3
tap_ok 'within 10 home_is e 3 && within 20 runs_mostly e 3' "... and can be a home again"
end a e
tap_ok 'within 10 rmmod kvm_tandem' "unloaded"
tap_end
