# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# Another kernel takes over the guest: by kexec, and as crash kernel after a panic.
# Then the host must not write to the first one's page any more.
# lab: --cpus 3 --mem 3072 --timeout 400 --guest debian-6.1
# lab: --guest-file @TOP@/build/vm/kexec
# lab: --guest-file @TOP@/build/vm/timers --file @TOP@/selftests/vm/guest_timer_in.sh
# lab: --file @TOP@/selftests/vm/guest_lib.sh
. /lab/lib.sh
. /lab/files/guest_lib.sh

register=/sys/kernel/tracing/events/kvm_tandem/tandem_register
folder=/lab/guest/$(cat /lab/guest/default)

start()
{
	: >/sys/kernel/tracing/trace
	start_part "$@" --mem 512 --file "$folder/vmlinuz" --file "$folder/initrd"
}

# Until it comes to its first phase: the emulator ends a guest that boots now and then. Only
# one that has not met Tandem yet is followed by another.
begun()
{
	for _ in 1 2 3; do
		start "$@"
		guest_phase g0 && return
		guest_wait g0 2>>/tmp/err
		[ -z "$(entries)" ] || return
		tap_note "a guest ended before it registered: another one"
	done
	return 1
}

# The addresses of the entries that were registered, without the enable bit.
entries()
{
	sed -n 's/.*tandem_register: vcpu .* value \(0x[0-9a-f]*\)1 ret 0/\10/p' \
		/sys/kernel/tracing/trace | grep -v '^0x0$' | sort -u
}

# what the host has written into them: lease and earliest
host_lines()
{
	for entry in $(entries); do
		guest_monitor g0 "xp /2gx $((entry + 128))"
	done
}

tap_plan 9
load_kvm && load_tandem && echo 1 >$register/enable

begun kexec && [ "$PHASE" = kexec ] && guest_go g0
end_part
tap_ok 'passed && [ "$(value second)" -ge 2 ]' "kexec: the second kernel's timers fire, and it registers"

begun crash --append crashkernel=192M && [ "$PHASE" = crash ] && guest_go g0
guest_phase g0
tap_ok '[ "$PHASE" = crashed ]' "a panic, and the crash kernel runs"
tap_ok '[ "$(entries | wc -l)" -ge 2 ]' "... both CPUs of the first had registered"
before=$(stat registered) lines=$(host_lines)
guest_go g0
guest_phase g0
tap_ok '[ "$PHASE" = fired ]' "... its timers fire"
tap_ok '[ "$(host_lines)" = "$lines" ]' "... and the host has written nothing into the first one's page"
tap_note "before: $lines"
tap_note "after: $(host_lines)"
tap_ok '[ "$(stat registered)" = "$before" ]' "... nobody registered again"
guest_go g0
end_part
tap_ok 'passed && [ "$(value second)" = yes ]' "... it ends well, none lost, or early"
tap_ok '[ "$(grep -c "armed 500 fired 500 " /tmp/out)" = 2 ]' "... of all timers before and after"
tap_ok '[ "$(stat lost_page)" = 0 ]' "no page was found missing"
stats
tap_end
