# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Placement by the host module on four nodes of one CPU each, with real QEMUs whose guests
# write to all of their RAM. Only /proc/PID/status, stat and numa_maps say where they are;
# what the module says of itself is compared with that.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

# That rule counts tasks where they run: as idle CPUs take what waits at a full home, it
# need not use all nodes, nor come to an end.
beyond_two()
{
	homes "$@" | grep -q 'x[23] '
}

tap_plan 37
begin
vm old 1
within 30 touched old
load_tandem mode=off placement=off placement_interval_ms=500
trace_decisions
tap_ok '[ "$(homes old)" = "1xnone " ] && ! echo 1 2>/dev/null >"$(dir old)/home"' "off: no home, and none by hand"
vm a
tap_ok 'within 30 touched a && sleep 3 && [ "$(homes old a)" = "2xnone " ] && [ "$(stat_of placement_looks)$(stat_of brought_home)" = 00 ]' "... a new VM gets none, nothing is looked at or moved"
end a
echo dry_run >"$parameters/placement"
vm a
tap_ok 'within 30 touched a && sleep 3 && [ "$(homes old a)" = "2xnone " ] && [ "$(stat_of placement_looks)" -gt 0 ] && [ "$(stat_of brought_home)" = 0 ]' "dry_run looks, and moves nothing"
end a
echo on >"$parameters/placement"
tap_ok 'within 20 state_is old "its user chose its CPUs" && [ "$(masks old)" = "0 " ] && [ "$(homes old)" = "1xnone " ]' "on: what its user pinned is left alone"
end old

for name in a b c d; do vm $name; done
tap_ok 'within 60 each touched a b c d' "four VMs are born"
tap_ok '[ "$(moves a b c d)" = 0 ]' "... and none was moved: QEMUs that start are no load that lasts"
where a b c d
tap_ok 'has_homes "1x0 1x1 1x2 1x3 " a b c d' "each has a home of its own"
for name in a b c d; do
	tap_ok '[ "$(permille $name "$(knob $name home)")" -ge 990 ]' "$name: $(permille $name "$(knob $name home)") of 1000 pages are there"
done
tap_ok '[ "$(spread a b c d)" = "1 1 1 1 " ]' "they run there, one on each"
tap_ok '[ "$(masks a)$(masks b)" = "0-3 0-3 " ]' "... and may run anywhere"
tap_ok '[ "$(moves a b c d)" = 0 ]' "... without a move since they use memory"
sleep 5
tap_ok '[ "$(moves a b c d)" = 0 ] && has_homes "1x0 1x1 1x2 1x3 " a b c d' "... and stay"

end c d
by_hand a 0
by_hand b 0
tap_ok 'has_homes "2x0 " a b' "by hand: two VMs with one home"
within 20 is_at a 0
within 20 is_at b 0
# Once more if not: a CPU that the emulator's machine stops for a while is waited for, too.
tap_ok 'within 1 wait_below 25 a b' "... they do not wait for each other: other nodes are idle"
where a b
managed a b
tap_ok 'within 20 has_homes "1x0 1x1 " a b || [ "$(homes a b | wc -w)" = 2 ]' "managed again: one of them moves"
where a b
taskset -p 8 "$a" >/dev/null
tap_ok 'within 20 state_is a "its user chose its CPUs" && [ "$(homes a)" = "1xnone " ]' "its user pins a thread: it has no home any more"
taskset -p f "$a" >/dev/null
tap_ok 'within 20 state_is a settled || within 20 state_is a probation' "... and sets it free: it has one again"

node=$(knob b home)
[ "$node" != 0 ] || { by_hand b 1 && managed b && node=1; }
tap_ok 'echo 0 >/sys/devices/system/cpu/cpu$node/online && sleep 3 && [ "$(knob b home)" != $node ] && [ "$(knob b home)" != none ]' "the only CPU of its home goes offline: it gets another home"
where a b
echo 1 >/sys/devices/system/cpu/cpu"$node"/online
tap_ok '[ "$(masks a)$(masks b)" = "0-3 0-3 " ]' "... it may run anywhere as before"

echo 0 >"$(dir a)/managed"
to_and_fro a 1 2 &
fro=$!
sleep 2
tap_ok '[ "$(moves a)" -gt 3 ]' "a VM is moved to and fro"
for mask in 1 f 6 f 8 f; do taskset -p $mask "$a" >/dev/null; usleep 100000; done
tap_ok '[ "$(masks a)" = "0-3 " ]' "... its masks are what its user wrote, meanwhile"
tap_note "$(moves a) moves, $(stat_of brought_home) threads brought home"
end a
wait $fro
tap_ok '[ ! -e "$(dir a)" ]' "killed in a move: it is gone"

for name in a c d e f; do vm $name; done
within 60 each touched a c d e f
if two_nodes; then
	for name in a b c d e f; do by_hand $name 0; pid $name >/sys/fs/cgroup/two/cgroup.procs; done
fi
by_hand f 1
tap_ok 'has_homes "5x0 1x1 " a b c d e f && [ "$(masks a)$(masks f)" = "0-1 0-1 " ]' "six VMs in a cpuset of two nodes, five on one of them"
sleep 6
before=$(moves a b c d e f)
where a b c d e f
managed a b c d e f
tap_ok 'within 40 has_homes "3x0 3x1 " a b c d e f' "5:1 becomes 3:3"
tap_ok '[ $(($(moves a b c d e f) - before)) = 2 ]' "... by two moves: $(($(moves a b c d e f) - before))"
where a b c d e f
tap_ok 'within 20 spread_is "3 3 " a b c d e f' "... and that is where they run: $(spread a b c d e f)"
sleep 8
tap_ok '[ $(($(moves a b c d e f) - before)) = 2 ] && has_homes "3x0 3x1 " a b c d e f' "... and stay"
tap_ok '[ "$(masks a)$(masks b)$(masks f)" = "0-1 0-1 0-1 " ]' "... and may run where they might"

echo 0 >"$(dir a)/managed"
to_and_fro a 0 1 &
fro=$!
sleep 1
for cpus in 0 0-1 1 0-1; do echo $cpus >/sys/fs/cgroup/two/cpuset.cpus; usleep 300000; done
tap_ok '[ "$(masks a)$(masks b)" = "0-1 0-1 " ]' "a cpuset is changed in a move: its masks are the cpuset's"
tap_ok 'within 10 rmmod kvm_tandem && wait $fro; [ ! -e /sys/kernel/tandem ]' "unloaded in a move"
tap_ok '[ "$(masks a)$(masks b)" = "0-1 0-1 " ] && each touched a b c d e f' "... VMs go on as they were"
load_tandem mode=off placement=on placement_interval_ms=500
trace_decisions
tap_ok 'within 20 has_homes "3x0 3x1 " a b c d e f' "loaded again: it finds them, and gives them homes"
where a b c d e f
echo vmb2011 >"$parameters/placement_compat"
for name in a b c d e f; do
	pid $name >/sys/fs/cgroup/cgroup.procs
	by_hand $name 0
done
managed a b c d e f
tap_ok 'within 30 beyond_two a b c d e f' "by the rule of 2011, and out of the cpuset: they go to the other nodes"
where a b c d e f
end a b c d e f
tap_ok 'within 10 rmmod kvm_tandem' "unloaded"
tap_end
