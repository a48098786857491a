# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# A vCPU that computes, and others who want its CPU: it stays at home where they are done in a
# moment, and leaves for an idle node where they are not. Nobody but the scheduler moves it.
# lab: --cpus 2 --nodes 2 --mem 1024 --timeout 200 --file @TOP@/build/vm/vms
# lab: --file @TOP@/build/vm/bursts --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
. /lab/lib.sh
. /lab/files/numa_lib.sh

patience=11	# ms: eight slices, of a host of two CPUs

# left_for MS N: how often it $left its home for so many bursts of so many ms, of which some
# took so $long that it may
left_for()
{
	echo >"$trace"/trace
	long=$(taskset 2 /lab/files/bursts 0 "$1" "$2" $((patience - 1)))
	left=$(grep -c 'orig_cpu=0 dest_cpu=1' "$trace"/trace)
}

tap_plan 4
load_kvm
load_tandem mode=off placement=on
look_every 300000
bare a
tap_ok 'by_hand a 0 && within 20 runs_mostly a 0' "a VM that computes is at home"
echo "pid == $a" >"$trace"/events/sched/sched_migrate_task/filter
echo 1 >"$trace"/events/sched/sched_migrate_task/enable
left_for 2 50
tap_ok '[ $left -le $((long + 2)) ]' "for 50 bursts of 2 ms, of which $long took $((patience - 1)) and more by the clock, it left $left times"
left_for 300 10
tap_ok '[ $left -ge 8 ]' "for 10 bursts of 300 ms it left $left times"
tap_ok 'within 20 runs_mostly a 0' "... and is at home after"
kill "$a"
tap_end
