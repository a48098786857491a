# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# In a guest: meet the host script at the border between two phases.
#
#   phase NAME    tell the host, wait until it says go, print what it says beside
#
# The host's side is guest_phase and guest_go. A C program does the same on file
# descriptor 4: write "phase NAME\n", read a line that begins with "go". The
# host resets its counters before it answers, so only the exits of waking up
# from one read and of one write at the end are counted: a dozen a phase.

phase()
{
	local word reply
	echo "phase $*" >&4 && read -r word reply <&4 && [ "$word" = go ] || return
	[ -z "$reply" ] || echo "$reply"
}
