# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# tandem top on a real host: a Debian guest with timers, whose figures must be there, and
# what it says once that guest is gone.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 200 --guest debian-6.1
# lab: --file @TOP@/build/tools/tandem:/bin/tandem
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

# look: one interval, as JSON with a value to a line
look()
{
	tandem --json top --interval 3 >/tmp/top
}

# is FIELD REGEX: the first of that name
is()
{
	grep -m 1 "\"$1\":" /tmp/top | grep -q "\"$1\": $2,\?$"
}

# some FIELD: it is a number above 0
some()
{
	is "$1" '[0-9.]*[1-9][0-9.]*'
}

tap_plan 8
load_kvm && load_tandem placement=on
tap_ok 'tandem top --once --interval 0.2 | grep -q "no VM that Tandem knows"' "nobody is there yet"
tap_ok 'begin' "a guest with timers of 1 ms on both CPUs"
tap_ok look "it is looked at"
tap_ok 'is mode "\"timer\"" && is placement "\"on\"" && is idle_mode "\"guest\""' "what is set"
tap_ok 'some fired_s && some busy_percent' "timers fire, and what the agents take"
tap_ok 'is pid "$(cat /run/guest/g0/pid)" && is name "\"g0\"" && some cpu_percent && some agent_us_s && is note "\"\""' "the guest, and what it takes"
tap_ok '[ "$(grep -c "\"free_mib\": [1-9]" /tmp/top)" = 2 ]' "both nodes, and their free memory"
tandem top --once --interval 1 | sed 's/^/# /'
finish
tap_ok 'look && ! grep -q "\"pid\":" /tmp/top' "once it is gone it is not shown"
tap_end
