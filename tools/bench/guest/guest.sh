# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# guest.sh FILE stock|tandem [PARAMETER=VALUE...]: the workloads of the file, one phase
# each. Runs in the guest.
. /lab/lib.sh

# The part before the whole, so that it is never the greater. No process is started for
# it: that alone is 33 exits.
counts()
{
	said=
	for counter in stale announced arms; do
		[ -e /sys/kernel/tandem_guest/$counter ] || continue
		read -r count </sys/kernel/tandem_guest/$counter
		said="$said$count "
	done
}

workloads=/lab/files/$1
module=$2
shift 2
[ "$module" = stock ] || load_tandem_guest "$@" || exit 1
ifconfig lo 127.0.0.1
grep -v '^#' "$workloads" >/tmp/workloads
while read -r name command <&3; do
	counts
	phase begin "$name" "$said"
	# shellcheck disable=SC2086 # a program and its arguments
	result=$(/lab/files/$command) || exit 1
	counts
	phase end "$name" "$said" "$result"
done 3</tmp/workloads
