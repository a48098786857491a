# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# Four vCPUs that never idle on each of two CPUs, and timers of 1 ms on all.
# lab: --cpus 3 --mem 3072 --timeout 1200 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

seconds=20

# what the host's counter grew by since `before`
grown()
{
	echo $(($(stat "$1") - $(sed -n "s/^$1 //p" /tmp/before)))
}

before()
{
	cp /sys/kernel/debug/kvm_tandem/stats /tmp/before
}

# Pairs of vCPUs share nothing: 1 2 1 2 ...
pin()
{
	# shellcheck disable=SC2046
	guest_pin "$guest" $(seq 8 | awk '{ print 1 + NR % 2 }')
}

one_vm()
{
	begin --cpus 8 --mem 384 -- busy 1000 && pin && before && tell sleep $seconds
	interrupts=$(told interrupts) arms=$(told arms)
	ipis=$(grown agent_ipis)
	finish
}

each()
{
	local n
	for n in 0 1 2 3; do
		guest=g$n
		"$@" || return
	done
}

# They boot before any of them is busy.
let_go()
{
	guest_pin "$guest" 1 2 && guest_go "$guest"
}

four_vms()
{
	each start_part endless --mem 192 --timeout 1000 -- busy 1000 &&
		each has_phase && each let_go && each has_phase && before && sleep $seconds
	ipis=$(grown agent_ipis)
	each guest_go_end
	each guest_wait_end
}

has_phase()
{
	guest_phase "$guest"
}

guest_go_end()
{
	guest_go "$guest" end
}

guest_wait_end()
{
	guest_wait "$guest" 2>>/tmp/err || failed=yes
}

tap_plan 6
load_kvm && load_tandem
one_vm
tap_ok passed "8 vCPUs on 2 CPUs: none lost, or early, of $(fired) timers"
tap_ok '[ "$interrupts" -le "$arms" ]' "... no more interrupts ($interrupts) than timers armed ($arms)"
tap_ok '[ "$(fired)" -ge 1000 ] && [ $((ipis * 20)) -le "$(fired)" ]' "... and few IPIs to the agent: $ipis"
failed=
four_vms
status=0
sed 's/^/# four: /' /tmp/out
tap_ok '[ ! "$failed" ] && passed' "4 VMs of 2 vCPUs on 2 CPUs: none lost, or early, of $(fired) timers"
tap_ok '[ "$(fired)" -ge 1000 ] && [ $((ipis * 20)) -le "$(fired)" ]' "... and few IPIs to the agent: $ipis"
tap_ok '[ "$(stat lost_page)" = 0 ]' "no page was found missing"
stats
tap_end
