# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What can happen to the agents, under timers of 1 ms on both CPUs of a guest that
# never idles: knobs, modes, CPUs that go and come, vCPUs that change nodes, agents
# that are late, or dead. The agents are on CPU 1 of node 0 and CPU 2 of node 1.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 900 --guest debian-6.1
# lab: --module @TOP@/build/vm/host/stall.ko
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

parameters=/sys/module/kvm_tandem/parameters

# refused NAME BAD WORDS: nothing changes, and the message has these words
refused()
{
	local before
	before=$(cat $parameters/"$1")
	! echo "$2" 2>/dev/null >$parameters/"$1" &&
		[ "$(cat $parameters/"$1")" = "$before" ] &&
		dmesg | tail -n 1 | grep -q "kvm_tandem: $1=$2: must be $3"
}

# range NAME MIN MAX
range()
{
	refused "$1" $(($2 - 1)) "$2..$3" && refused "$1" $(($3 + 1)) "$2..$3" &&
		refused "$1" many "$2..$3" && refused "$1" -1 "$2..$3"
}

all_refused()
{
	range sync_min_us 20 10000 && range sync_max_us 20 100000 && range exit_price 1 1000 &&
		range min_gap_us 5 1000 && range vm_share 1 100 && range watchdog_ms 10 10000 &&
		refused mode fast "timer, poll or off"
}

online()
{
	echo "$2" >/sys/devices/system/cpu/cpu"$1"/online
}

# agent_cpu NODE: where its agent runs
agent_cpu()
{
	awk -v node="$1" '$1 == node { print $2 }' /sys/kernel/debug/kvm_tandem/agents
}

# Each of them in turn: another CPU takes over, and it comes back.
cpus_go()
{
	for cpu in 1 2 1 2; do
		online $cpu 0 && [ "$(agent_cpu $((cpu / 2)))" != $cpu ] && alive || return
		online $cpu 1 && [ "$(agent_cpu $((cpu / 2)))" = $cpu ] && alive || return
	done
}

# lines of a mode and for how many us, from any seed
random_modes()
{
	awk -v seed="$1" 'BEGIN {
		srand(seed)
		split("timer poll off", mode)
		for (i = 0; i < 30; i++)
			print mode[int(rand() * 3) + 1], int(rand() * 300000)
	}'
}

modes_change()
{
	local mode us seed
	seed=$(date +%s)
	tap_note "seed $seed"
	random_modes "$seed" >/tmp/modes
	while read -r mode us; do
		echo "$mode" >$parameters/mode && usleep "$us" || return
	done </tmp/modes
	echo timer >$parameters/mode
}

# moved_to CPU: vCPU 1, which is another node's then; until its agent has changed
moved_to()
{
	local before tries=300
	before=$(stat moved)
	guest_pin g0 0 "$1"
	while [ "$(stat moved)" -le "$before" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return
		usleep 50000
	done
}

moves()
{
	for _ in $(seq 20); do moved_to 0 && moved_to 3 || return; done
}

# late MS: an agent's CPU is held
late()
{
	load stall cpu=1 ms="$1" && rmmod stall
}

# It is, as long as the module is being loaded.
held()
{
	[ "$(cat /sys/module/stall/initstate 2>/dev/null)" = coming ]
}

# interrupts_while_held: until both CPUs had 20, however long that takes here
interrupts_while_held()
{
	local first second
	tell && first=$(told cpu0) second=$(told cpu1) || return
	until [ "$n" -ge 20 ] && [ "$m" -ge 20 ]; do
		tell && held || return
		n=$(($(told cpu0) - first)) m=$(($(told cpu1) - second))
	done
}

# What both vCPUs armed before is fired while their agent is dead, or else they
# would have no more interrupts until it lives: counted from well after the
# watchdog's 100 ms on, only what came while it was still held. It is let go then.
dead()
{
	local before seen
	before=$(stat watchdog) n=0 m=0 seen=no
	guest_pin g0 0 0 && alive || return
	late 15000 &
	until held; do usleep 10000; done
	usleep 300000
	interrupts_while_held && seen=yes
	! held || echo 1 >/sys/module/stall/parameters/release
	wait
	tap_note "$n and $m interrupts while it was dead, watchdog $before to $(stat watchdog)"
	[ $seen = yes ] && [ "$(stat watchdog)" -gt "$before" ] && alive
}

tap_plan 10
# not this shell, nor QEMU's own threads, where an agent is held
taskset -p 0x8 $$ >/dev/null
load_kvm && load_tandem agent_cpus=1,2
tap_ok 'begin -- busy 1000 && guest_pin g0 0 3 && alive' "a guest with timers of 1 ms on both CPUs"
tap_ok all_refused "knobs out of range are refused, with the range, and change nothing"
tap_ok cpus_go "the agents' CPUs go offline and come back"
tap_ok 'modes_change && alive' "30 times another mode, at random"
tap_ok 'moves && alive' "a vCPU changes nodes 40 times, and its agent"
for _ in $(seq 10); do late 50; done
tap_ok alive "an agent is late by 50 ms, ten times"
tap_ok dead "an agent is dead: its vCPUs go to the other one"
rmmod kvm_tandem && load_tandem agent_cpus=1
tap_ok dead "the only agent is dead: they go to KVM's own timers"
stats
tell
interrupts=$(told interrupts) arms=$(told arms)
finish
tap_ok passed "none lost, or early, of $(fired) timers"
tap_ok '[ "$interrupts" -le "$arms" ] && [ "$(stat lost_page)" = 0 ]' "no page was found missing, and no more interrupts ($interrupts) than timers armed ($arms)"
tap_end
