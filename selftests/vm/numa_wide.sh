# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# VMs of four vCPUs on two nodes of two CPUs each: a home for each half. Where the halves are
# is read from their threads' CPUs, in /proc.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 500 --file @TOP@/build/vm/spinner
# lab: --guest debian-6.1 --file @TOP@/selftests/vm/numa_lib.sh --file @TOP@/selftests/vm/vms_lib.sh
# lab: --file @TOP@/build/tools/tandem
. /lab/lib.sh
. /lab/files/numa_lib.sh

decided=/sys/kernel/debug/kvm_tandem/decisions

# nodes NAME: where each vCPU is in most of some samples; two CPUs are a node
nodes()
{
	local files
	files=$(vcpu_files "$1" stat)
	for _ in 1 2 3 4 5 6 7; do
		# shellcheck disable=SC2086 # a list
		cat $files
		usleep 150000
	done | awk '{ vcpu = $1; sub(/.*\) /, ""); if (!(vcpu in at)) at[vcpu] = ++n
		      on[at[vcpu], int($37 / 2)]++ }
		    END { for (i = 1; i <= n; i++) printf("%s%d", (i > 1 ? "," : ""), (on[i, 1] > on[i, 0])) }'
}

nodes_are()
{
	[ "$(nodes "$1")" = "$2" ]
}

# halves NAME: where its vCPUs should be
halves()
{
	knob "$1" home | awk -F, '{ print $1 "," $1 "," $2 "," $2 }'
}

in_halves()
{
	case $(knob "$1" home) in
	0,1 | 1,0) nodes_are "$1" "$(halves "$1")" ;;
	*) false ;;
	esac
}

# even NAME NAME: of their halves two have a home on each node
even()
{
	echo "$(knob "$1" home),$(knob "$2" home)" |
		awk -F, '{ exit !(NF == 4 && $1 + $2 + $3 + $4 == 2) }'
}

# four_each NAME NAME: of their vCPUs four are on each node
four_each()
{
	echo "$(nodes "$1"),$(nodes "$2")" | awk -F, '{ for (i = 1; i <= NF; i++) sum += $i
							exit !(NF == 8 && sum == 4) }'
}

runs_on()
{
	nodes "$1"
}

refused()
{
	! echo "$2" 2>/dev/null >"$(dir "$1")/home" && dmesg | tail -n 2 | grep -q "home=$2: $3"
}

replayed()
{
	cat $decided >/tmp/decided
	/lab/files/tandem --json replay /tmp/decided >/tmp/replay 2>&1
	tap_note "$(tr -d '\n{}"' </tmp/replay)"
	grep -q '"differ": 0' /tmp/replay && grep -q '"lost": 0' /tmp/replay
}

cpu_goes()
{
	echo 0 >/sys/devices/system/cpu/cpu"$1"/online
}

cpu_comes()
{
	echo 1 >/sys/devices/system/cpu/cpu"$1"/online
}

tap_plan 23
begin
wide old 4
within 30 touched old
load_tandem mode=off placement=on placement_interval_ms=500 placement_record_kib=4096
trace_decisions
tap_ok 'within 30 in_halves old' "a wide VM that was there before: a half on each node"
where old
tap_ok '[ "$(starved 10 old)" = 0 ] && [ "$(masks old)" = "0-3 " ]' "... no vCPU of it waits for an interval, each may run anywhere"
end old

wide w 4
within 30 touched w
tap_ok 'within 30 in_halves w' "one that is born: a half on each node"
where w
tap_ok '[ "$(moves w)" -le 1 ]' "... by one move of one half at most"
sleep 8
tap_ok 'in_halves w && [ "$(moves w)" -le 1 ]' "... where they stay"
tap_ok '[ "$(knob w copied)" = 0 ]' "... its memory is not copied"
tap_ok 'refused w 0 "must be 2 nodes" && refused w 0,1,0 "must be 2 nodes" && refused w 0,2 "must be a node"' "by hand: a node for each half, no other number, none that there is not"
home=$(knob w home)
echo "${home#*,},${home%,*}" >"$(dir w)/home"
tap_ok 'within 10 nodes_are w "$(halves w)" && [ "$(knob w home)" = "${home#*,},${home%,*}" ]' "... they change places"
where w

echo 0 >"$(dir w)/managed"
to_and_fro w 0,1 1,0 &
fro=$!
sleep 2
tap_ok '[ "$(moves w)" -gt 5 ] && [ "$(masks w)" = "0-3 " ]' "moved to and fro, $(moves w) times: it may run anywhere"
end w
wait $fro
tap_ok 'within 10 gone w' "... killed in a move: it is gone"
echo >"$trace/trace"	# so many moves

wide a 4
wide b 4
within 60 each touched a b
tap_ok 'within 40 even a b' "two wide VMs, twice as many vCPUs as CPUs: as many on each node"
where a b
sleep 5
tap_ok 'within 20 four_each a b' "... and there are as many: $(nodes a) and $(nodes b)"
tap_ok '[ "$(starved 20 a b)" = 0 ]' "... none waits for an interval"
where a b
tap_ok 'replayed' "all that was decided is decided again, to the bit"
end b

managed a
within 40 in_halves a
where a
tap_ok 'cpu_goes 3 && sleep 3 && kill -0 "$a" && [ "$(starved 10 a)" = 0 ]' "a CPU of a half goes offline: none waits for an interval"
where a
tap_ok 'cpu_goes 2 && within 20 home_is a 0,0 && nodes_are a 0,0,0,0' "the other one, too: both halves are on the node that is left"
tap_ok '[ "$(starved 10 a)" = 0 ] && refused a 0,1 "must be a node"' "... none waits for an interval, none can be sent to the other"
tap_ok 'cpu_comes 2 && cpu_comes 3 && within 60 in_halves a' "they come back: a half on each again"
where a
tap_ok '[ "$(masks a)" = "0-3 " ]' "... each may run anywhere"
for mask in 1 f 6 f; do taskset -p $mask "$a" >/dev/null; usleep 300000; done
taskset -p 1 "$a" >/dev/null
tap_ok 'within 20 state_is a "its user chose its CPUs" && home_is a none' "its user pins a thread: it has no home any more"
taskset -p f "$a" >/dev/null
tap_ok 'within 30 in_halves a' "... and sets it free: a half on each node"
echo 0 >"$(dir a)/managed"
to_and_fro a 0,1 1,0 &
fro=$!
sleep 1
tap_ok 'within 10 rmmod kvm_tandem && wait $fro; [ ! -e /sys/kernel/tandem ]' "unloaded in a move"
tap_ok '[ "$(masks a)" = "0-3 " ] && touched a && [ "$(starved 4 a)" = 0 ]' "... it goes on as it was"
end a
tap_end
