# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# tandem balance on four nodes, with real QEMUs whose guests write to all of their RAM: piled
# on one node, then left to it. Only /proc/PID/status and numa_maps say where they are.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 300 --guest debian-6.1
# lab: --file @TOP@/build/tools/tandem:/bin/tandem --file @TOP@/build/vm/spinner
# lab: --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/vms_lib.sh

ram=48
vms='a b'

# together NAME: on one CPU, which is a node here, with nearly all that its guest uses
together()
{
	local cpu
	cpu=$(masks "$1" | tr -d ' ')
	case $cpu in
	[0-3]) [ "$(mib "$1" "$cpu")" -ge $((ram - 2)) ] ;;
	*) false ;;
	esac
}

free()
{
	local task
	for task in /proc/"$(pid "$1")"/task/*; do
		taskset -p f "${task##*/}" >/dev/null
	done
}

all_there()
{
	local name
	for name in $vms pinned; do
		[ "$(resident "$name" | tr ' ' '\n' | sed 's/.*=//' | sort -n | tail -n 1)" -ge $(((ram - 2) * 256)) ] ||
			return
	done 2>/dev/null
}

balance()
{
	tandem balance --interval 1 --json >>/tmp/balance.json 2>/tmp/balance.err &
	balancer=$!
}

# The cgroup of b, that nobody else is in.
group=/sys/fs/cgroup/b.scope

fill_group()
{
	mkdir $group && echo 0-3 >$group/cpuset.cpus && echo 0-3 >$group/cpuset.mems &&
		echo "$b" >$group/cgroup.procs
}

own_group()
{
	mount -t cgroup2 none /sys/fs/cgroup && echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control &&
		fill_group
}

# A controller is given back some time after its last group is gone.
mount_v1()
{
	mount -t cgroup -o cpuset none /sys/fs/cgroup 2>/dev/null
}

own_group_v1()
{
	echo "$b" >/sys/fs/cgroup/cgroup.procs && rmdir $group &&
		echo -cpuset >/sys/fs/cgroup/cgroup.subtree_control && umount /sys/fs/cgroup &&
		within 20 mount_v1 && fill_group
}

group_is_set()
{
	[ "$(cat $group/cpuset.cpus)" = "$(cat $group/cpuset.mems)" ] && [ "$(cat $group/cpuset.mems)" ]
}

# The guests' words for the log, whatever comes of it.
where()
{
	local name
	for name in $vms pinned; do
		tap_note "$name: CPUs $(masks "$name")pages$(resident "$name")"
	done
}

# copied: MiB that it says it has copied
copied()
{
	grep -o '"kind":"memory"[^}]*' /tmp/balance.json | sed -n 's/.*"mib":\([0-9]*\).*/\1/p' |
		awk '{ n += $1 } END { print n + 0 }'
}

given_back()
{
	[ "$(masks a)$(masks b)" = "0-3 0-3 " ] && [ "$(masks pinned)" = "3 " ] &&
		[ "$(cat $group/cpuset.cpus)$(cat $group/cpuset.mems)" = 0-30-3 ]
}

tap_plan 20
load_kvm
/lab/files/spinner $ram >/tmp/boot
for name in $vms; do vm "$name" 1; done
vm pinned 8
tap_ok 'within 60 all_there' "three guests of real QEMUs, two of them on one node"
for name in $vms; do free "$name"; done
tap_ok own_group "... one in a cpuset of its own"
where
tap_ok '[ "$(mib a 0)" -ge $((ram - 2)) ] && [ "$(masks a)" = "0-3 " ]' "... free to go, their memory still there"
tandem balance --dry-run --once --interval 1 >/tmp/dry
sed 's/^/# /' /tmp/dry
tap_ok 'grep -q "^node0 .* a: " /tmp/dry || grep -q "a: .*" /tmp/dry' "a dry run finds them by name"
tap_ok '[ "$(masks a)" = "0-3 " ] && [ ! -e /run/tandem ]' "... and changes nothing"
balance
tap_ok 'within 40 each together $vms' "each is together: its threads, and its memory"
where
tap_ok '[ "$(masks a)" != "$(masks b)" ] ' "... on a node of its own"
tap_ok 'within 30 group_is_set' "... cpuset.cpus and cpuset.mems name the same node, which is its only CPU"
tap_ok '[ "$(copied)" -ge $((ram - 4)) ] && [ "$(copied)" -le $((ram * 2)) ]' "... $(copied) MiB were copied, it says"
tap_ok '[ "$(masks pinned)" = "3 " ]' "the pinned one was not touched"
tap_ok '! tandem balance --once 2>/tmp/second && grep -q "process $balancer balances" /tmp/second' "there can't be two"
kill -9 $balancer
wait $balancer 2>/dev/null
tap_ok '[ "$(ls /run/tandem | grep -c json)" = 2 ] && each together $vms' "killed: they stay, and are on record"
balance
sleep 6
tap_ok 'each together $vms && ! grep -q "its user" /tmp/balance.err && ! tail -n 2 /tmp/balance.json | grep -q "somebody else"' "started again: it knows its own work"
kill $balancer
wait $balancer 2>/dev/null
tap_ok 'tandem balance --restore >/tmp/restore' "--restore"
sed 's/^/# /' /tmp/restore
tap_ok given_back "... gives back all masks, and the cpuset"
tap_ok '[ -z "$(ls /run/tandem | grep json)" ]' "... and nothing is on record"
tap_ok own_group_v1 "the same cpuset, of the first version of cgroups"
balance
tap_ok 'within 40 each together $vms' "... its threads and memory come together there, too"
tap_ok 'within 30 group_is_set' "... cpuset.cpus and cpuset.mems name the same node"
where
kill $balancer
wait $balancer 2>/dev/null
tap_ok 'tandem balance --restore >/tmp/restore && given_back' "... and --restore gives all back"
sed 's/^/# /' /tmp/balance.err
grep -o '"kind":[^}]*' /tmp/balance.json | sed 's/^/# /'
kill "$a" "$b" "$pinned"
tap_end
