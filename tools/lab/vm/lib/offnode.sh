# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Loads and stores counted by the nodes of CPU and page (lab run --offnode).
#
#   offnode_guests [G...]   the memory of these guests, or of all, where it is now
#   offnode_reset      count from zero again
#   offnode_read       print "NAME guest|host CPU_NODE PAGE_NODE LOADS STORES" lines
#   offnode_share WHO [NAME]   of what guest or host did, to NAME's memory or anybody's,
#                      the part that went to another node, in 1/10000, and how many
#                      accesses that were: reads offnode_read's lines
#   offnode stop       count nothing until the next reset: the machine is faster
#   offnode tell|forget ...    the program behind it, for any process's memory
#
# What guests do is counted wherever it goes, under - where the page was not told, or
# has moved since. What the host does is counted to pages that were told, alone.

offnode_guests()
{
	local name pid
	# shellcheck disable=SC2154 # guest.sh has it
	[ $# -gt 0 ] || set -- "$guest_root"/*
	for name; do
		name=${name##*/}
		[ -e "$guest_root/$name/status" ] && continue
		read -r pid <"$guest_root/$name/pid" &&
			offnode tell "$name" "$pid" "$(guest_mem "$name")" >/dev/null || return
	done
}

offnode_reset()
{
	offnode reset
}

offnode_read()
{
	offnode read
}

offnode_share()
{
	awk -v who="$1" -v name="$2" '
	$2 == who && (name == "" || $1 == name) {
		all += $5 + $6
		if ($3 != $4)
			off += $5 + $6
	}
	END { printf "%d %d\n", all ? 10000 * off / all : 0, all }'
}
