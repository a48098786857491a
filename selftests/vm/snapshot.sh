# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The scheduler's snapshot: /proc/stat, debugfs, the sysctl.
# lab: --cpus 2 --timeout 60
. /lab/lib.sh

knob=/proc/sys/kernel/sched_stat_columns
table=/sys/kernel/debug/sched/cpus

columns()
{
	awk -v cpu="$1" '$1 == cpu { print NF }' /proc/stat
}

# column N of CPU 1's line, the median of five looks
look()
{
	for _ in 1 2 3 4 5; do
		awk -v n="$1" '$1 == "cpu1" { print $n }' /proc/stat
		usleep 50000
	done | sort -n | sed -n 3p
}

tap_plan 9
tap_ok '[ "$(cat $knob)" = 0 ]' "the columns are off by default"
tap_ok '[ "$(columns cpu1)" = 11 ]' "... and /proc/stat is what it was"
echo 1 >$knob
tap_ok '[ "$(columns cpu1)" = 13 ]' "two more columns on the cpuN lines"
tap_ok '[ "$(columns cpu)" = 11 ]' "... and not on the sum's"
tap_ok '! echo 2 >$knob' "2 is refused" 2>/dev/null
spinners=
for _ in 1 2 3; do
	taskset 2 sh -c 'while :; do :; done' &
	spinners="$spinners $!"
done
usleep 300000
n=$(look 12) load=$(look 13)
tap_ok '[ "$n" -ge 3 ] && [ "$n" -le 5 ]' "three spinners are counted: $n"
tap_ok '[ "$load" -ge 3072 ]' "... and weigh at least three times 1024: $load"
tap_ok '[ "$(wc -l <$table)" = 3 ]' "the table in debugfs has a line for each CPU"
# shellcheck disable=SC2086 # a list
kill $spinners
usleep 300000
n=$(look 12)
tap_ok '[ "$n" -le 1 ]' "none left: $n"
tap_end
