# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# guest.sh FILE stock|tandem [PARAMETER=VALUE...]: the workloads of the file, one phase
# each. Runs in the guest.
. /lab/lib.sh

# the part before the whole, so that it is never the greater
counts()
{
	for name in stale announced arms; do
		[ ! -e /sys/kernel/tandem_guest/$name ] || cat /sys/kernel/tandem_guest/$name
	done | tr '\n' ' '
}

workloads=/lab/files/$1
module=$2
shift 2
[ "$module" = stock ] || load_tandem_guest "$@" || exit 1
ifconfig lo 127.0.0.1
grep -v '^#' "$workloads" >/tmp/workloads
while read -r name command <&3; do
	phase begin "$name" "$(counts)"
	# shellcheck disable=SC2086 # a program and its arguments
	result=$(/lab/files/$command) || exit 1
	phase end "$name" "$(counts)" "$result"
done 3</tmp/workloads
