# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034,SC2154
# host.sh NAME=VALUE...: on the lab's host with its nodes, one case of the bench in one
# configuration after the other, with the same guests, put where they were each time.
#
#   homes="0 0 1"   a guest for each word, which begins on that node
#   ideal="0 1 2"   where static pins have them
#   mem, hot        MiB of each guest, MiB that it works over
#   load            walk or dbench
#   burst           so many of the guests, the last ones, work in every fourth interval
#                   alone
#   interval        seconds, of the balancers and between two samples
#   count           samples
#   form            how balancers say what they do: --json, or nothing
#   configs         stock kernel numad static vmb2011 tandem tandem-follow tandem-kernel; the
#                   last one has guests of its own, which the module saw being born
#
# Prints, for each CONFIG and sample N from 0 on, with all counts since the machine began:
#
#   at CONFIG N SECONDS
#   off CONFIG N OFF ALL          guests' accesses that went to another node, and all
#   busy CONFIG N NODE JIFFIES    of all CPUs of a node, not idle
#   vm CONFIG N NAME CPU ALLOWED PAGES...    of its vCPU: where it ran last, where it may;
#                                 of its memory: pages on each node
#   work CONFIG N NAME AMOUNT     what the guest says it has done
#
# and at a config's end "said CONFIG ..." lines: what the balancer wrote, and "done CONFIG".
. /lab/lib.sh

for word; do eval "${word%%=*}=\${word#*=}"; done

names()
{
	seq 1 "$(echo "$homes" | wc -w)" | sed 's|^|v|'
}

pid_of()
{
	cat "$guest_root/$1/pid"
}

# The last ones of a burst.
bursting()
{
	[ "$burst" -eq 0 ] || names | tail -n "$burst"
}

start()
{
	guest_start --name "$1" --cpus 1 --mem "$mem" --timeout 3000 -- guest.sh \
		"$load" "$hot" >"/tmp/$1.out" 2>/dev/null
}

begin()
{
	guest_phase "$1" && guest_go "$1"
}

# The emulator ends a guest at boot now and then, of which nothing is counted yet: one that is gone
# is followed by another, once.
boot()
{
	for name in $(names); do start "$name" || return; done
	for name in $(names); do
		begin "$name" || { start "$name" && begin "$name"; } || return
	done
}

# Those of before are gone, and so is all that they had.
reboot_guests()
{
	for name in $(names); do guest_kill "$name"; done
	for name in $(names); do guest_wait "$name" 2>/dev/null; done
	boot && warm && vms=$(vms)
}

# All of them do so much work that their memory is there.
warm()
{
	for name in $(names); do
		until grep -q '^walked\|MB/sec' "/tmp/$name.out"; do usleep 200000; done
	done
}

all_guests()
{
	for name in $(names); do guest_monitor "$name" "$1" >/dev/null; done
}

# put_all NODES [pin]
put_all()
{
	for name in $(names); do
		pid=$(pid_of "$name")
		# shellcheck disable=SC2086 # pin, or nothing
		bench-put "$pid" "$(echo "$1" | cut -d' ' -f"${name#v}")" $2 || return
	done
}

# NAME:PID:TID of each, of its one vCPU
vms()
{
	for name in $(names); do
		echo "$name:$(pid_of "$name"):$(guest_threads "$name" | sed 's/.* //;q')"
	done
}

# shellcheck disable=SC2086 # a list
sample()
{
	offnode_read | bench-sample "$config" "$1" $vms
}

balance()
{
	# shellcheck disable=SC2086 # an option, or nothing
	tandem balance --interval "$interval" $form "$@" >"/tmp/$config.json" 2>&1 &
	balancer=$!
}

# The worker in the module.
place()
{
	load_tandem mode=off placement=on "placement_interval_ms=${interval}000" \
		placement_record_kib=4096
}

start_balancing()
{
	case $config in
	kernel) echo 1 >/proc/sys/kernel/numa_balancing ;;
	numad) LD_PRELOAD=/lab/files/long_up.so numad -d -i "$((interval - 1)):$interval" >/dev/null ;;
	vmb2011)
		# nr_running as its author's patch had it
		echo 1 >/proc/sys/kernel/sched_stat_columns
		balance --compat vmb2011
		;;
	tandem) balance ;;
	tandem-follow) place ;;
	esac
}

# Who places VMs when they are born must be there before.
begin_config()
{
	case $config in
	static) put_all "$ideal" pin ;;
	tandem-kernel) place && reboot_guests && all_guests stop ;;
	*) put_all "$homes" ;;
	esac
}

# What the module says of each VM before it goes, and why it did what.
module_says()
{
	cat /sys/kernel/debug/kvm_tandem/decisions >/tmp/decisions
	for dir in /sys/kernel/tandem/vms/*; do
		echo "${dir##*/}: home $(cat "$dir/home"), $(cat "$dir/moves") moves, $(cat "$dir/copied") MiB copied, $(cat "$dir/reason")"
	done >/tmp/module
	tandem replay --explain /tmp/decisions >>/tmp/module
}

# The balancer is waited for: until it has ended it holds what --restore needs.
stop_balancing()
{
	case $config in
	kernel) echo 0 >/proc/sys/kernel/numa_balancing ;;
	numad)
		numad -i 0
		mv /var/log/numad.log /tmp/numad.log
		;;
	vmb2011 | tandem)
		kill "$balancer"
		wait "$balancer"
		tandem balance --restore
		echo 0 >/proc/sys/kernel/sched_stat_columns
		;;
	tandem-follow | tandem-kernel)
		module_says
		rmmod kvm_tandem
		;;
	esac
}

what_was_said()
{
	case $config in
	numad) grep 'Advising\|moved to\|Candidates\|Magnitude.*Nodes:' /tmp/numad.log ;;
	vmb2011 | tandem) cat "/tmp/$config.json" ;;
	tandem-follow | tandem-kernel) cat /tmp/module ;;
	esac | sed "s/^/said $config /"
}

# burst_at N: who bursts works in the intervals after samples 3, 7, ... alone
burst_at()
{
	for name in $(bursting); do
		case $(($1 % 4)) in
		3) guest_monitor "$name" cont ;;
		0) guest_monitor "$name" stop ;;
		esac
	done >/dev/null
}

measure()
{
	config=$1
	echo "step $case, $config"
	all_guests stop
	offnode stop
	begin_config || return
	offnode_reset
	sample 0 || return
	all_guests cont
	burst_at 0
	start_balancing
	for n in $(seq 1 "$count"); do
		sleep "$interval"
		sample "$n" || return
		burst_at "$n"
	done
	stop_balancing
	what_was_said
	echo "done $config"
}

mkdir -p /var/log /var/run
echo 0 >/proc/sys/kernel/numa_balancing
load_kvm
echo "step $case: booting $(names | wc -l) guests"
boot && warm && vms=$(vms) || exit 1
for config in $configs; do measure "$config" || exit; done
