# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2154
# VMs whose places can be seen: small QEMUs whose guest writes to $ram MiB of its RAM
# again and again. The test puts that guest into $boot. Its halts do not leave it, so that it is
# busy, and with these options they do:
idles="-overcommit cpu-pm=off"
boot=/tmp/boot

# vm NAME [MASK [OPTION...]]: a QEMU that begins on these CPUs; $under is a command that runs it
vm()
{
	local name=$1 mask=${2:-f}
	shift
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2086 # a list, or nothing
	${under:-} taskset "$mask" /usr/bin/qemu-system-x86_64 -L /lab/firmware \
		-name "guest=$name,debug-threads=on" -nodefaults -no-user-config -display none \
		-M pc -accel kvm -overcommit cpu-pm=on -cpu host,-xsave -m $((ram + 16)) \
		-drive if=floppy,readonly=on,format=raw,file=$boot "$@" >"/tmp/$name.log" 2>&1 &
	eval "$name=$!"
}

# wide NAME VCPUS: one of several, who spin: QEMU maps SeaBIOS anew when that is done, and where
# a vCPU that halts inside it is woken just then, KVM finds nothing there that it could run
wide()
{
	boot=/tmp/spins
	/lab/files/spinner "$ram" spin >$boot
	# shellcheck disable=SC2086 # options
	vm "$1" f -smp "$2" $idles
	boot=/tmp/boot
}

pid()
{
	eval "echo \$$1"
}

# resident NAME: pages of its largest mapping, node by node, as "N0=8192 N2=0"
resident()
{
	awk '{ sum = 0; line = ""; page = / kernelpagesize_kB=2048/ ? 512 : 1
	       for (i = 1; i <= NF; i++)
			if ($i ~ /^N[0-9]+=/) {
				split($i, n, "=")
				n[2] *= page
				sum += n[2]
				line = line " " n[1] "=" n[2]
			}
	       if (sum > most) { most = sum; best = line } }
	     END { print best }' "/proc/$(pid "$1")/numa_maps"
}

# mib NAME NODE: of its RAM there
mib()
{
	resident "$1" | tr ' ' '\n' | awk -F= -v n="N$2" '$1 == n { here = $2 } END { print int(here / 256) }'
}

# permille NAME NODE: of the pages of its RAM, how many are there
permille()
{
	resident "$1" | tr ' ' '\n' | awk -F= -v n="N$2" '
		$2 { all += $2 } $1 == n { here = $2 } END { print int(here * 1000 / all) }'
}

# masks NAME: which CPUs its threads may use, each list once
masks()
{
	cat /proc/"$(pid "$1")"/task/*/status | sed -n 's/^Cpus_allowed_list:\t//p' | sort -u | tr '\n' ' '
}

# within SECONDS COMMAND...
within()
{
	local tries=$(($1 * 2))
	shift
	while ! "$@" 2>/dev/null; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		usleep 500000
	done
}

# each COMMAND NAME...: of all of them
each()
{
	local what=$1 name
	shift
	for name; do $what "$name" || return; done
}

# end NAME...: gone, and waited for
end()
{
	local name
	for name; do kill -9 "$(pid "$name")"; wait "$(pid "$name")" 2>/dev/null; done
}
