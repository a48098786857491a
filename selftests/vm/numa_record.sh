# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# Decisions of the module, kept and made again by tandem replay: births, 5:1 to 3:3, and
# moves under way, with real QEMUs on four nodes of one CPU each.
# lab: --cpus 4 --nodes 4 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
# lab: --file @TOP@/build/tools/tandem
. /lab/lib.sh
. /lab/files/numa_lib.sh

decided=/sys/kernel/debug/kvm_tandem/decisions

# replay FILE: says what it found; false where a decision differs, or the file is bad
replay()
{
	local status
	/lab/files/tandem --json replay "$1" >/tmp/replay 2>/tmp/replay.err
	status=$?
	tap_note "replay: $(tr -d '\n{}"' </tmp/replay) $(cat /tmp/replay.err)"
	return $status
}

# figure NAME: of what was replayed last
figure()
{
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" /tmp/replay
}

# alter FILE: one byte in the middle
alter()
{
	local at byte
	at=$(($(wc -c <"$1") / 2))
	byte=$(od -An -tu1 -j "$at" -N1 "$1")
	# shellcheck disable=SC2059 # the byte, as an escape
	printf "\\$(printf %o $((byte ^ 4)))" | dd of="$1" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

tap_plan 14
begin
load_tandem mode=off placement=on placement_interval_ms=500
trace_decisions
vm a
within 30 touched a
sleep 2
cat $decided >/tmp/none
tap_ok 'replay /tmp/none && [ "$(figure decisions)$(figure made)" = 00 ]' "off: nothing is kept"
end a
tap_ok '! echo 16385 2>/dev/null >"$parameters/placement_record_kib" && [ "$(cat "$parameters/placement_record_kib")" = 0 ]' "too much room is refused"
echo 4096 >"$parameters/placement_record_kib"
for name in a b c d e f; do vm $name; done
tap_ok 'within 60 each touched a b c d e f' "six VMs are born"
cat $decided >/tmp/born
tap_ok 'replay /tmp/born && [ "$(figure steps)" -ge 6 ]' "... each home is given again to the bit"
two_nodes
for name in a b c d e f; do by_hand $name 0; pid $name >/sys/fs/cgroup/two/cgroup.procs; done
by_hand f 1
sleep 6
before=$(moves a b c d e f)
managed a b c d e f
tap_ok 'within 40 has_homes "3x0 3x1 " a b c d e f' "5:1 becomes 3:3"
where a b c d e f
sleep 8
cat $decided >/tmp/moved
tap_ok 'replay /tmp/moved' "all that was decided is decided again, to the bit"
tap_ok '[ "$(figure differ)$(figure lost)" = 00 ] && [ "$(figure made)" = "$(figure decisions)" ] && [ "$(figure decisions)" -gt 50 ]' "... none differs, none is missing"
tap_ok '[ "$(figure trials)" -ge 2 ]' "... some were about moves under way"
/lab/files/tandem replay --explain /tmp/moved >/tmp/why
grep -A4 ' move, ' /tmp/why | tail -n 10 | sed 's/^/# /'
tap_ok '[ "$(grep -c "^  move, even load" /tmp/why)" -ge 2 ] && grep -q "VM $a from 0 to 1: gains\|VM $b from 0 to 1: gains\|VM $c from 0 to 1: gains\|VM $d from 0 to 1: gains\|VM $e from 0 to 1: gains" /tmp/why' "... and why is told, with what it gains"
alter /tmp/moved
tap_ok '! replay /tmp/moved && grep -q damaged /tmp/replay.err' "one bit altered: it is seen"
dd if=/tmp/born of=/tmp/cut bs=1000 count=1 2>/dev/null
tap_ok '! replay /tmp/cut && grep -q "cut" /tmp/replay.err' "a file that was cut is refused"
echo vmb2011 >"$parameters/placement_compat"
echo 64 >"$parameters/placement_record_kib"
sleep 20
cat $decided >/tmp/little
tap_ok 'replay /tmp/little && [ "$(figure rule_2011)" -gt 5 ] && [ "$(wc -c </tmp/little)" -le 66000 ]' "in little room, by the rule of 2011: the same again"
exec 5<$decided
tap_ok '! rmmod kvm_tandem 2>/dev/null' "no unloading while it is read"
exec 5<&-
end a b c d e f
tap_ok 'within 10 rmmod kvm_tandem && [ ! -e $decided ]' "unloaded"
tap_end
