# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# What placement costs where there is nothing to do: 100 VMs that have halted. Time is
# counted in instructions here: one is 2 ns of the host's clocks.
# lab: --cpus 4 --nodes 4 --mem 2048 --icount --timeout 300 --file @TOP@/build/vm/vms
. /lab/lib.sh

vms=100
seconds=30
allowed=1000000	# instructions a second, 0.1 % of a CPU that makes 10^9

stat_of()
{
	sed -n "s/^$1 //p" /sys/kernel/debug/kvm_tandem/stats
}

ready()
{
	for _ in $(seq 120); do
		grep -q ready /tmp/vms && return
		sleep 1
	done
	false
}

homes()
{
	cat /sys/kernel/tandem/vms/*/home | sort | uniq -c | sed 's/^ *//; s/ /x/' | tr '\n' ' '
}

tap_plan 5
load_kvm
load_tandem mode=off placement=on
/lab/files/vms $vms >/tmp/vms &
pid=$!
tap_ok 'ready' "$vms VMs that have halted"
tap_ok '[ "$(homes)" = "25x0 25x1 25x2 25x3 " ]' "their homes are even: $(homes)"
sleep 60	# until all is known of them
looks=$(stat_of placement_looks)
before=$(stat_of placement_ns)
moves=$(stat_of placements)
brought=$(stat_of brought_home)
sleep $seconds
looks=$(($(stat_of placement_looks) - looks))
spent=$((($(stat_of placement_ns) - before) / 2 / seconds))
tap_ok '[ $looks -ge $((seconds / 3)) ]' "$looks looks in $seconds s"
tap_ok '[ $spent -le $allowed ]' "$spent instructions a second, $allowed may be"
tap_ok '[ $(($(stat_of placements) - moves)) = 0 ]' "no moves; $(($(stat_of brought_home) - brought)) threads brought home"
kill $pid
tap_end
