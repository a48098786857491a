# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Placement under KASAN, lockdep and full preemption: what races with a move. The VMs are
# bare vCPUs that are busy. How long anything takes is not looked at.
# lab: --kernel debug --cpus 2 --nodes 2 --mem 2048 --timeout 690
# lab: --file @TOP@/build/vm/vms --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

# halved NAME: it has two homes, which may be the same
halved()
{
	case $(knob "$1" home) in
	[01],[01]) ;;
	*) false ;;
	esac
}

housed()
{
	case $(homes "$@") in *none*) false ;; esac
}

# pushed_out NAME: somebody takes its CPU at home for a moment, again and again
pushed_out()
{
	for _ in 1 2 3 4 5; do
		takes_cpu "$(knob "$1" home)"
		sleep 1
		kill "$hog"
		sleep 1
	done
}

tap_plan 16
load_kvm
bare old
load_tandem mode=off placement=on placement_interval_ms=200 placement_record_kib=64
look_every 300000
tap_ok 'within 60 by_hand old 1 && pushed_out old && within 60 runs_mostly old 1' "a VM whose CPU others take for a moment comes home, though nobody looks"
echo 1 >"$(dir old)/managed"
look_every 200
for name in a b c; do bare $name; done
tap_ok 'within 60 housed old a b c' "VMs are born, one was there before: $(homes old a b c)"
two_nodes && pid a >/sys/fs/cgroup/two/cgroup.procs
by_hand a 0
to_and_fro a 0 1 &
fro=$!
for cpus in 0 1 0-1 0 0-1; do echo $cpus >/sys/fs/cgroup/two/cpuset.cpus; usleep 300000; done
for mask in 1 3 2 3; do taskset -p $mask "$a" >/dev/null; usleep 300000; done
tap_ok '[ "$(masks a)" = "0-1 " ]' "cpuset and affinity are written in moves: the masks are those"
tap_ok 'for kib in 16 0 64 256 0 32; do echo $kib >"$parameters/placement_record_kib" && cat /sys/kernel/debug/kvm_tandem/decisions >/tmp/decisions || break; usleep 300000; done && [ -s /tmp/decisions ]' "decisions are read while they are made, in rooms of all sizes"
tap_ok 'for _ in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu1/online; usleep 500000; echo 1 >/sys/devices/system/cpu/cpu1/online; usleep 300000; done' "a CPU goes and comes back in moves"
tap_ok 'for to in off on dry_run on; do echo $to >"$parameters/placement" || break; usleep 300000; done' "placement is switched in moves"
tap_ok 'within 60 housed old b c' "... and VMs have homes again: $(homes old b c)"
tap_ok '[ "$(moves a)" -gt 3 ]' "... $(moves a) moves by hand, $(stat_of placements) in all, $(stat_of brought_home) threads"
kill -9 "$a"
wait $fro
tap_ok 'within 20 gone a' "killed in a move: it is gone"
bare w wide
bare v wide
tap_ok 'within 60 halved w && within 60 halved v' "VMs of two vCPUs are born: homes $(knob w home) and $(knob v home)"
tap_ok 'for _ in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu1/online; usleep 700000; echo 1 >/sys/devices/system/cpu/cpu1/online; usleep 300000; done; within 60 halved w' "... a CPU goes and comes back: they have homes again"
echo 0 >"$(dir w)/managed"
to_and_fro w 0,1 1,0 &
fro=$!
for mask in 1 3 2 3; do taskset -p $mask "$w" >/dev/null; usleep 300000; done
tap_ok '[ "$(masks w)" = "0-1 " ] && [ "$(moves w)" -gt 3 ]' "... affinity is written in moves of their halves: the masks are those"
kill -9 "$w"
wait $fro
tap_ok 'within 20 gone w' "... killed in a move: it is gone"
echo 0 >"$(dir v)/managed"
to_and_fro v 0,1 1,0 &
halves=$!
by_hand b 0
to_and_fro b 0 1 &
fro=$!
sleep 1
tap_ok 'within 20 rmmod kvm_tandem && wait $fro $halves; [ ! -e /sys/kernel/tandem ]' "unloaded in moves"
tap_ok 'kill -0 "$old" "$b" "$c" "$v" && [ "$(masks b)$(masks v)" = "0-1 0-1 " ]' "... VMs go on as they were"
kill -9 "$old" "$b" "$c" "$v"
tap_ok 'within 20 unload_kvm' "KVM unloads after it"
tap_end
