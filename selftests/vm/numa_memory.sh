# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Memory follows VMs home, on four nodes of one CPU each, with real QEMUs whose guests count
# in each page of their RAM. Where it is says numa_maps, and that none is lost what the guests
# counted; what the module says of itself is compared with that.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/build/vm/counters
# lab: --file @TOP@/selftests/vm/vms_lib.sh --file @TOP@/build/vm/grow
. /lab/lib.sh
. /lab/files/numa_lib.sh

two_on_one()
{
	born b 0 && born c 0 && within 20 is_at b 0 && within 20 is_at c 0
}

# A probation is 5 s, and an emulated host may take longer to see that the other one is gone.
once_more()
{
	end c
	two_on_one && managed c && copied=$(knob c copied) && within 20 left c 0 || return
	end b
	within 20 home_is c 0
}

# got_more MIB: g has so many where it is $away
got_more()
{
	[ "$(mib g "$away")" -ge "$1" ]
}

# A VM that uses 16 MiB, and 32 once it is away on trial; and then it is not needed there. It
# faults in some MiB each second, and the probation is 5 s.
grows_away()
{
	ram=32
	/lab/files/spinner $ram >/tmp/boot
	born b 0
	ram=16
	/lab/files/spinner $ram >/tmp/boot
	born g 0 && within 20 is_at b 0 && is_at g 0 && managed g && within 20 left g 0 || return
	away=$(knob g home)
	copied=$(knob g copied)
	/lab/files/grow "$g" $((ram + 16)) 32
	within 1 got_more 2
	tap_note "on trial: $(resident g), $(knob g state)"
	end b
	within 20 home_is g 0
}

tap_plan 33
# What is free is on the nodes' lists then, and can be filled: CPUs keep hardly any of what they
# freed. vm-mem-full has them as they are.
echo 1000 >/proc/sys/vm/percpu_pagelist_high_fraction
begin
load_tandem mode=off placement=on placement_interval_ms=500 memory=off
trace_copies

born a 0
tap_ok 'is_at a 0' "a VM on node 0"
by_hand a 1
sleep 3
tap_ok 'is_at a 0 && [ "$(knob a home)$(knob a copied)$(stat_of copied)" = 100 ]' "memory=off: it is moved by hand, and nothing is copied"
echo chunks >"$parameters/memory"
sleep 1
tap_ok 'is_at a 0 && [ "$(stat_of copied)" = 0 ]' "memory=chunks: nothing is copied without a move"
by_hand a 2
tap_ok 'within 20 is_at a 2 && intact a' "moved by hand: its memory is there within seconds"
tap_note "$(resident a), $(knob a copy)"
tap_ok '[ $(($(of a moved) + $(of a there))) -ge $((ram * 256)) ]' "... as it says itself"
tap_ok '[ "$(masks a)" = "0-3 " ] && ! grep -q "bind\|prefer" /proc/$a/numa_maps' "... without a mask or a policy"

decisions
fill 3 14
by_hand a 3
free=$(free_mib 3)
sleep 3
tap_ok 'is_at a 2 && state_is a copying' "a node without room: its memory waits"
tap_ok 'within 20 state_is a "not managed" && is_at a 2 && intact a' "... and stays where it was"
tap_ok '[ $((free - $(free_mib 3))) -le 3 ]' "... and took nothing there: $(free_mib 3) MiB are free"
decisions
rm /tmp/fill.3
by_hand a 3
tap_ok 'within 20 is_at a 3 && intact a' "there is room: it follows"

echo 4 >"$parameters/memory_rate"
by_hand a 0
copied=$(knob a copied)
tap_ok 'within 20 more_copied a 4 && state_is a copying' "memory_rate=4: it follows slowly"
by_hand a 1
tap_ok 'state_is a copying && [ "$(of a there)" -lt 1024 ]' "moved on meanwhile: the copy begins anew"
echo 0 >"$(dir a)/managed"
copied=$(knob a copied)
sleep 2
tap_ok 'state_is a "not managed" && ! more_copied a 3 && intact a' "managed=0 ends it"
by_hand a 2
echo off >"$parameters/memory"
copied=$(knob a copied)
sleep 2
tap_ok 'state_is a "not managed" && ! more_copied a 3 && intact a' "memory=off ends it"
echo chunks >"$parameters/memory"
by_hand a 2
copied=$(knob a copied)
within 20 more_copied a 4
end a
tap_ok 'within 10 gone a' "killed in a copy: it is gone"
echo 300 >"$parameters/memory_rate"

tap_ok two_on_one "two VMs on one node"
where b c
managed c
copied=$(knob c copied)
tap_ok 'within 20 left c 0' "one is moved on"
tap_ok 'state_is c probation && is_at c 0' "... and is on probation, its memory is where it was"
end b
tap_ok 'within 20 home_is c 0 || once_more || once_more' "it was for a moment only: it goes back"
where c
tap_ok 'state_is c resting && is_at c 0 && ! more_copied c 1' "... and nothing was copied"
born b 0
moves=$(moves c)
sleep 10
tap_ok '[ "$(moves c)" = $moves ] && home_is c 0' "both are busy again: it rests"
end b c
decisions
tap_ok 'grows_away || { end b g; grows_away; } || { end b g; grows_away; }' "one that gets memory while it is away goes back"
tap_ok 'within 20 is_at g 0 && within 10 state_is g resting' "... and brings that home"
where g
tap_note "$(knob g copy)"
tap_ok 'more_copied g 1 && ! more_copied g 18 && intact g' "... and nothing else was copied"
end g
ram=32
/lab/files/spinner $ram >/tmp/boot
born b 0
born d 0
tap_ok 'within 20 is_at d 0' "again two on one node"
managed d
tap_ok 'within 20 left d 0 && state_is d probation && is_at d 0' "one is moved on, and stays needed"
tap_ok 'within 40 is_at d "$(knob d home)" && intact d' "... its memory follows"
where b d
moves=$(moves d)
tap_ok 'within 40 state_is d settled && [ "$(moves d)" = $moves ] && is_at d "$(knob d home)"' "... and it settles there"
tap_ok 'is_at b 0' "... the other one's stays"
echo 4 >"$parameters/memory_rate"
from=$(knob d home)
by_hand d $((from % 3 + 1))
copied=$(knob d copied)
within 20 more_copied d 4
tap_ok 'state_is d copying && within 10 rmmod kvm_tandem' "unloaded in a copy"
tap_ok '[ "$(permille d $from)" -ge 100 ] && [ "$(permille d $((from % 3 + 1)))" -ge 100 ] && touched d' "... some of it is here, some there: $(resident d)"
tap_ok 'intact d && intact b' "... and none is lost"
decisions
end b d
tap_ok 'within 10 unload_kvm' "KVM unloads after it"
tap_end
