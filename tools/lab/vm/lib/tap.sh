# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# TAP lines for lab scripts.
#
#   tap_plan N            first: how many results will follow
#   ok NAME | not_ok NAME | skip NAME REASON
#   tap_ok COND NAME      COND is shell code: tap_ok '[ "$n" -lt 3 ]' 'few exits'
#   tap_note TEXT...      a diagnostic line
#   tap_end               last: returns 1 if anything failed

tap_seen=0
tap_failed=0

tap_plan()
{
	echo "TAP version 13"
	echo "1..$1"
}

tap_note()
{
	echo "# $*"
}

ok()
{
	tap_seen=$((tap_seen + 1))
	echo "ok $tap_seen - $1"
}

not_ok()
{
	tap_seen=$((tap_seen + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_seen - $1"
}

skip()
{
	tap_seen=$((tap_seen + 1))
	echo "ok $tap_seen - $1 # SKIP $2"
}

tap_ok()
{
	if eval "$1"; then
		ok "$2"
	else
		not_ok "$2"
		tap_note "false: $1"
	fi
}

tap_end()
{
	[ "$tap_failed" -eq 0 ]
}
