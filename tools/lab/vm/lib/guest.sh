# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Real guests under stock QEMU, inside the lab's host (load_kvm first).
#
#   guest_run [options] -- SCRIPT [ARG...]
#       Boot a guest, run SCRIPT (a file of the host) in it, print what it
#       prints, return its status. Each time the guest calls `phase NAME` the
#       function on_phase is called with NAME (define your own; what it leaves
#       in $PHASE_REPLY is what the guest's phase prints), then the guest goes on.
#   guest_start [options] -- SCRIPT [ARG...]
#       The same in the background. The script's output comes as it is written.
#   guest_phase G       wait until guest G calls phase; its name is in $PHASE;
#                       1 if the guest ended instead
#   guest_go G [TEXT]   let it go on
#   guest_wait G        wait for its end, return its script's status
#   guest_monitor G COMMAND...   a command of QEMU's monitor (system_reset,
#                       savevm a, loadvm a, system_wakeup, info status, migrate ...)
#                       prints its answer; 1 if that begins with "Error"
#   guest_state G       running, paused, paused (suspended), ... ; empty if gone
#   guest_until G STATE [SECONDS]   wait for that state (10 s)
#   guest_threads G     one line for each vCPU: number and thread id
#   guest_pin G CPU...  pin vCPU 0, 1, ... to these host CPUs; with lab.boot_last
#                       after its first phase
#   guest_mem G         its memory, MiB
#   guest_vcpus G       where each vCPU is, and its LAPIC's pending interrupts
#   guest_kill G
#   guest_migrate FROM TO    live-migrate guest FROM to guest TO, which was started
#                       with the same options, the same script, and --incoming;
#                       then FROM's QEMU is gone, and FROM's status is 125
#
# Options:
#   --name G        several guests at once need names (g0)
#   --kernel NAME   which of the lab's --guest kernels (the first)
#   --cpus N (2)    --mem MIB (256)    --timeout S (120)
#   --append ARGS   more kernel command line; may repeat
#   --qemu ARGS     more options for QEMU, split at blanks; may repeat
#   --file SRC[:DST]   a file of the host, default /lab/files/; may repeat
#   --reboot        a guest that reboots or is reset boots again, and runs SCRIPT
#                   again; else QEMU ends there
#   --incoming      wait for guest_migrate, and then for `guest_monitor G cont`
#   --state         a small disk image, so that savevm and loadvm work
#   --allow-taint MASK   taint bits that are no failure (12288: out of tree, unsigned)
#   --verbose       the whole kernel log on the guest's console
#   --pv-eoi        paravirtual EOI, as QEMU has it by default: for who counts exits. Here
#                   the end of each interrupt is an exit, as the emulator delivers an
#                   injected interrupt once more where anything makes it leave its loop
#                   before the guest's next exit: so that comes soon
#
# A guest that panics, hangs, splats or is tainted returns 125, and says why on
# stderr. Its console is /run/guest/G/console. Descriptors 5 to 9 are in use while
# these functions run.

guest_root=/run/guest
PHASE='' PHASE_REPLY=''

on_phase()
{
	:
}

guest_options()
{
	g_name=g0 g_kernel='' g_cpus=2 g_mem=256 g_timeout=120 g_append=''
	g_qemu='' g_pv_eoi=off g_files='' g_reboot='' g_state='' g_incoming='' g_taint=12288
	g_quiet=loglevel=5
	g_count=$#
	while [ $# -gt 0 ]; do
		case $1 in
		--name) g_name=$2 ;;
		--kernel) g_kernel=$2 ;;
		--cpus) g_cpus=$2 ;;
		--mem) g_mem=$2 ;;
		--timeout) g_timeout=$2 ;;
		--append) g_append="$g_append $2" ;;
		--qemu) g_qemu="$g_qemu $2" ;;
		--file) g_files="$g_files $2" ;;
		--allow-taint) g_taint=$2 ;;
		--reboot) g_reboot=yes; set -- x "$@" ;;
		--state) g_state=yes; set -- x "$@" ;;
		--incoming) g_incoming=yes; set -- x "$@" ;;
		--verbose) g_quiet=; set -- x "$@" ;;
		--pv-eoi) g_pv_eoi=on; set -- x "$@" ;;
		--) shift; break ;;
		*) echo "guest_start: what is $1? (options, --, script)" >&2; return 2 ;;
		esac
		shift 2
	done
	[ -f "$1" ] || { echo "guest_start: no script ${1:-after --}" >&2; return 2; }
	g_used=$((g_count - $#))
}

guest_kernel()
{
	[ "$g_kernel" ] || read -r g_kernel 2>/dev/null </lab/guest/default
	[ -e "/lab/guest/$g_kernel/vmlinuz" ] && return
	echo "guest_start: no guest kernel ${g_kernel:-at all}; give lab run --guest NAME" >&2
	return 2
}

quoted()
{
	local word
	for word; do
		printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
	done
}

# What differs from guest to guest goes into a second archive after the first.
guest_initrd()
{
	local root=$1/root file src dst
	shift
	mkdir -p "$root/lab/files"
	cp "$1" "$root/lab/script"
	shift
	echo "exec sh /lab/script$(quoted "$@")" >"$root/lab/run"
	for file in $g_files; do
		src=${file%%:*}
		dst=${file#"$src"}
		dst=${dst#:}
		dst=$root${dst:-/lab/files/${src##*/}}
		mkdir -p "${dst%/*}" && cp -a "$src" "$dst" || return
	done
	(cd "$root" && find . | cpio -o -H newc 2>/dev/null) >"$root.cpio"
	cat "/lab/guest/$g_kernel/initrd" "$root.cpio" >"${root%/root}/initrd"
	rm -r "$root" "$root.cpio"
}

# With lab.boot_last on the host's command line (--polling): in counted time QEMU 7.2 lets
# a CPU that spins go on until the next timer is due, and begins with the first CPU again
# then: those behind it get nowhere. A guest's vCPU 0 spins without a pause when it boots,
# and waits for the others: it boots on the last.
boots_on_last()
{
	grep -q ' lab.boot_last' /proc/cmdline
}

guest_boots()
{
	local last=$(($(nproc) - 1))
	: >"$guest_root/$1/booting"
	while [ -z "$(guest_threads "$1")" ] && kill -0 "$2"; do usleep 10000; done
	taskset -ap -c "0-$((last - 1))" "$2" >/dev/null
	guest_pin "$1" $last
}

guest_booted()
{
	local d=$guest_root/$1 pid
	[ -e "$d/booting" ] || return 0
	rm "$d/booting"
	read -r pid <"$d/pid"
	taskset -ap -c "0-$(($(nproc) - 1))" "$pid" >/dev/null
}

# Both pipes are open for writing as descriptors 6 and 7 before QEMU starts, and
# stay so in QEMU alone: whoever reads from them sees the end exactly when QEMU
# is gone, and never before it began. No XSAVE: QEMU's translator lets a guest set XCR0
# without telling KVM, whose CPUID then contradicts it, and the guest's kernel warns.
guest_qemu()
{
	local d=$1
	[ "$g_state" ] && cp /lab/guest/state.qcow2 "$d/" &&
		g_qemu="$g_qemu -drive if=none,id=state,format=qcow2,file=$d/state.qcow2"
	[ "$g_reboot" ] || g_qemu="$g_qemu -no-reboot"
	[ "$g_incoming" ] && g_qemu="$g_qemu -S -incoming unix:$d/incoming"
	# shellcheck disable=SC2086,SC2154 # $g_qemu is a list, lab_key comes from init
	(/usr/bin/qemu-system-x86_64 -L /lab/firmware -name "$g_name,debug-threads=on" \
		-nodefaults -no-user-config -display none \
		-M pc -accel kvm -cpu host,-xsave,kvm-pv-eoi=$g_pv_eoi -smp "$g_cpus" -m "$g_mem" \
		-kernel "/lab/guest/$g_kernel/vmlinuz" -initrd "$d/initrd" \
		-append "console=ttyS0 panic=-1 $g_quiet lab.key=guest-$lab_key lab.control=1 $g_append" \
		-serial "file:$d/console" -device virtio-serial-pci \
		-chardev "pipe,id=result,path=$d/result" \
		-device virtserialport,chardev=result,name=lab.result \
		-chardev "pipe,id=control,path=$d/control" \
		-device virtserialport,chardev=control,name=lab.control \
		-chardev "socket,id=qmp,path=$d/qmp,server=on,wait=off" \
		-mon chardev=qmp,mode=control \
		$g_qemu 5<&- >"$d/qemu.log" 2>&1 &
	echo $! >"$d/pid")
}

guest_watch()
{
	local d=$1
	# shellcheck disable=SC2154
	guest-watch "guest-$lab_key" "$(cat "$d/pid")" "$g_timeout" "$g_taint" \
		". /lab/lib.sh; guest_vcpus $g_name >&2"
	echo $? >"$d/ended"
	mv "$d/ended" "$d/status"
}

guest_start()
{
	local d
	guest_options "$@" && guest_kernel || return
	shift "$g_used"
	d=$guest_root/$g_name
	[ ! -e "$d/pid" ] || [ -e "$d/status" ] || {
		echo "guest_start: $g_name is running" >&2
		return 2
	}
	rm -rf "$d"
	mkdir -p "$d"
	guest_initrd "$d" "$@" || return
	echo "$g_mem" >"$d/mem"
	mkfifo "$d/result.in" "$d/result.out" "$d/control.in" "$d/control.out"
	exec 6<>"$d/result.out" 7<>"$d/control.out"
	exec 5<"$d/result.out"
	guest_qemu "$d"
	# exec: closed for one call only, the shell would keep copies of 6 and 7
	(exec 6>&- 7>&-; guest_watch "$d" <&5 &)
	exec 5<&- 6>&- 7>&-
	! boots_on_last || guest_boots "$g_name" "$(cat "$d/pid")"
}

guest_run()
{
	local name
	guest_start "$@" || return
	name=$g_name
	while guest_phase "$name"; do
		PHASE_REPLY=
		on_phase "$PHASE"
		guest_go "$name" "$PHASE_REPLY"
	done
	guest_wait "$name"
}

# The first, read-write open never blocks, and makes the second not block.
guest_phase()
{
	local word
	exec 9<>"$guest_root/$1/control.out"
	exec 8<"$guest_root/$1/control.out" 9>&-
	while read -r word PHASE <&8; do
		[ "$word" = phase ] && { exec 8<&-; guest_booted "$1"; return 0; }
	done
	exec 8<&-
	PHASE=
	return 1
}

guest_go()
{
	local name=$1
	shift
	echo "go $*" 1<>"$guest_root/$name/control.in"
}

# What its kernel says from where it first complains, or else its last words.
guest_complaint()
{
	local first='rcu: INFO: \|BUG: \|WARNING: \|Oops: \|PANIC: '
	if grep -q "$first" "$1"; then
		sed -n "/$first/,\$p" "$1" | head -n 200
	else
		tail -n 20 "$1"
	fi
}

guest_wait()
{
	local d=$guest_root/$1 status
	while [ ! -e "$d/status" ]; do usleep 50000; done
	read -r status <"$d/status"
	if [ "$status" -eq 125 ]; then
		cat "$d/qemu.log" >&2
		echo "lab: from guest $1's console:" >&2
		guest_complaint "$d/console" >&2
	fi
	return "$status"
}

guest_monitor()
{
	local name=$1
	shift
	hmp "$guest_root/$name/qmp" "$*"
}

# One that halts with interrupts off (RFL without 200), or has an interrupt pending and
# not in service, was woken by nobody: Documentation/testing.rst says what the emulator
# has to do with it.
guest_vcpus()
{
	guest_threads "$1" | while read -r vcpu _; do
		guest_monitor "$1" cpu "$vcpu" >/dev/null
		guest_monitor "$1" info registers | tr -d '\r' |
			awk -v vcpu="$vcpu" '/^RIP=/ { print "lab: vCPU " vcpu ": " $0 }'
		guest_monitor "$1" info lapic "$vcpu" | grep '^I[SR]R'
	done
}

guest_state()
{
	guest_monitor "$1" info status 2>/dev/null | sed -n 's/^VM status: //p'
}

guest_until()
{
	local tries=$((${3:-10} * 10))
	while [ "$(guest_state "$1")" != "$2" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
}

guest_threads()
{
	local pid task comm
	read -r pid <"$guest_root/$1/pid"
	for task in /proc/"$pid"/task/*; do
		read -r comm 2>/dev/null <"$task/comm" || continue
		case $comm in
		"CPU "*/KVM) comm=${comm#CPU }; echo "${comm%/KVM} ${task##*/}" ;;
		esac
	done | sort -n
}

# QEMU makes its vCPU threads some time after it starts.
guest_pin()
{
	local name=$1 tries=50
	shift
	while [ "$(guest_threads "$name" | wc -l)" -lt $# ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 100000
	done
	guest_threads "$name" | while read -r _ tid; do
		[ $# -gt 0 ] || break
		taskset -pc "$1" "$tid" >/dev/null
		shift
	done
}

guest_mem()
{
	cat "$guest_root/$1/mem"
}

guest_kill()
{
	local pid
	read -r pid <"$guest_root/$1/pid"
	kill -9 "$pid"
}

# Two QEMUs on one host: nothing but the memory's size makes it slow.
guest_migrate()
{
	guest_until "$2" "paused (inmigrate)" || return
	guest_monitor "$1" migrate_set_parameter max-bandwidth 4G &&
		guest_monitor "$1" migrate_set_parameter downtime-limit 2000 &&
		guest_monitor "$1" migrate -d "unix:$guest_root/$2/incoming" &&
		guest_until "$1" "paused (postmigrate)" 60 || return
	guest_monitor "$1" quit
	while [ ! -e "$guest_root/$1/status" ]; do usleep 50000; done
}
