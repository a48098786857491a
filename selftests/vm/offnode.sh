# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The counter of off-node accesses against known numbers: a program pinned to a CPU, with
# its memory on each node in turn; then a guest.
# lab: --cpus 4 --nodes 2 --mem 2048 --timeout 140 --offnode --guest host
# lab: --file @TOP@/build/vm/walk --guest-file @TOP@/build/vm/walk
. /lab/lib.sh

# of each loads and stores: MIB * 16384 lines, each ROUNDS times
mib=16 rounds=20
known=$((mib * 16384 * rounds))

mkfifo /tmp/in /tmp/out
exec 9<>/tmp/in 8<>/tmp/out

# start CPU NODE: a walker, its memory told; on return it waits to begin
start()
{
	taskset "$(printf %x $((1 << $1)))" /lab/files/walk $mib $rounds "$2" </tmp/in >/tmp/out &
	walker=$!
	read -r said <&8 && offnode tell prog $walker >/tmp/told && offnode_reset
}

# finish: it works and ends; what was counted is in /tmp/counts
finish()
{
	echo >&9
	read -r said <&8
	offnode_read >/tmp/counts
	sed 's/^/# /' /tmp/counts
	echo >&9
	wait $walker
}

# near COUNT KNOWN: within 1 %
near()
{
	[ "$1" -ge $(($2 - $2 / 100)) ] && [ "$1" -le $(($2 + $2 / 100)) ]
}

# column N WHO [CPU_NODE PAGE_NODE]: 5 is loads, 6 stores
column()
{
	awk -v n="$1" -v who="$2" -v from="$3" -v to="$4" '
	$2 == who && (from == "" || $3 == from && $4 == to) { sum += $n }
	END { print sum + 0 }' /tmp/counts
}

# counted WHO FROM TO: the known loads and stores there, and none anywhere else
counted()
{
	near "$(column 5 "$@")" $known && near "$(column 6 "$@")" $known &&
		near "$(column 5 "$1")" $known && near "$(column 6 "$1")" $known
}

tap_plan 11
for at in "0 0" "0 1" "3 0" "3 1"; do
	# shellcheck disable=SC2086 # two words
	set -- $at
	start "$1" "$2" && finish
	tap_ok "counted host $(($1 / 2)) $2" "from CPU $1 to node $2: $known loads, as many stores"
done
tap_ok '[ "$(cat /tmp/told)" = $((mib * 256)) ]' "all its pages were told"
tap_ok '[ "$(offnode_share host prog </tmp/counts)" = "0 $((2 * known))" ]' "its share off the node is 0"

start 0 0
offnode forget prog
finish
tap_ok '[ ! -s /tmp/counts ]' "what the host does to memory of nobody is not counted"

# What the guest's program does, between its own kernel's ticks and messages.
cat >/tmp/in.sh <<'END'
. /lab/lib.sh
mkfifo /tmp/in /tmp/out
exec 9<>/tmp/in 8<>/tmp/out
walk 16 20 </tmp/in >/tmp/out &
while read -r line <&8; do
	phase "$line"
	echo >&9
	[ "$line" = ready ] || break
done
wait
END

guest_works()
{
	load_kvm
	guest_start --cpus 1 --mem 128 --qemu "-machine memory-backend=ram" \
		--qemu "-object memory-backend-ram,id=ram,size=128M,host-nodes=1,policy=bind" \
		-- /tmp/in.sh
	guest_phase g0 && guest_pin g0 0 && offnode_guests && offnode_reset && guest_go g0 &&
		guest_phase g0 && offnode_read >/tmp/counts && sed 's/^/# /' /tmp/counts &&
		guest_go g0
}

# shellcheck disable=SC2154 # lib.sh has it
if [ "$tap_failed" -gt 0 ]; then
	skip "a guest" "what is wrong already would be wrong there too"
	skip "its share" "likewise"
	skip "its memory" "likewise"
	skip "its end" "likewise"
	tap_end
	exit
fi
guest_works
seen=$(($(column 5 guest 0 1) + $(column 6 guest 0 1)))
tap_ok '[ $seen -ge $((2 * known)) ] && [ $seen -le $((2 * known + known / 5)) ]' \
	"a guest, its memory off its node: $seen, of which its program's are $((2 * known))"
tap_ok '[ "$(offnode_share guest </tmp/counts | cut -d" " -f1)" = 10000 ]' "... and none on it"
tap_ok '! grep -q "^-" /tmp/counts' "... all to memory that was told"
tap_ok 'guest_wait g0' "the guest ends well"
tap_end
