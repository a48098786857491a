# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
# The workloads whose timers are recorded, one phase each, on CPU 1 of the guest.
. /lab/lib.sh

on_cpu1()
{
	taskset 2 "$@" >/dev/null 2>&1
}

busy()
{
	on_cpu1 timeout 1 sh -c 'while :; do :; done'
	:
}

# what dbench does most: write, copy, rename, read, remove
# shellcheck disable=SC2016 # for the inner shell
files()
{
	on_cpu1 sh -c 'mkdir /tmp/f && cd /tmp/f && for i in 1 2 3 4 5 6 7 8 9 10; do
		dd if=/dev/zero of=a bs=4096 count=64; cp a b; mv b c; cat c; sync; rm a c
	done'
}

workload()
{
	phase "begin $1"
	shift
	"$@" >/dev/null || exit 1
	phase end
}

workload idle sleep 3
workload sleep-1ms /lab/files/timers sleep 1000 200
workload busy-1ms /lab/files/timers busy 1000 200
workload busy busy
workload pingpong /lab/files/pingpong 200 50
workload files files
