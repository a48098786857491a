# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# tandem record idle, on a host, of its vCPUs, and in a Debian guest: everybody who was
# idle is there, and nothing of the trace is left.
# lab: --cpus 2 --timeout 200 --guest debian-6.1
# lab: --file @TOP@/build/tools/tandem:/bin/tandem
# lab: --guest-file @TOP@/build/tools/tandem:/bin/tandem
. /lab/lib.sh

tracing=/sys/kernel/tracing

cat >/tmp/in.sh <<'END'
. /lab/lib.sh
tandem record idle --seconds 1 --output /tmp/guest.idles 2>/dev/null || exit 1
grep -c '^cpu[01] [0-9]*$' /tmp/guest.idles
ls /sys/kernel/tracing/instances
phase recorded
# Each CPU has idles to record: one that nobody wakes may sleep through the second.
for mask in 1 2; do
	taskset $mask sh -c 'for i in $(seq 40); do usleep 50000; done' &
done
wait
END

# record NAME [option...]
record()
{
	name=$1
	shift
	tandem record idle --seconds 1 --output "/tmp/$name.idles" "$@"
}

# were there idles of WHO in the file NAME?
has()
{
	grep -q "^$2 [0-9]*$" "/tmp/$1.idles"
}

all_vcpus()
{
	guest_threads g0 | while read -r _ tid; do
		has vcpus "vcpu$tid" || { echo "no vcpu$tid" && break; }
	done
}

tap_plan 9
tap_ok 'record host' "a host's CPUs are recorded"
tap_ok 'has host cpu0 && has host cpu1' "... each of them"
tap_ok '[ -z "$(ls $tracing/instances)" ]' "no trace is left"
tap_ok 'grep -q 0 $tracing/events/power/cpu_idle/enable' "nobody else's was touched"
tap_ok 'tandem sim poll --trace /tmp/host.idles >/dev/null' "tandem sim poll reads it"
load_kvm
guest_start --timeout 150 -- /tmp/in.sh >/tmp/out
guest_phase g0
tap_ok '[ "$(head -n 1 /tmp/out)" -gt 0 ] && [ "$(wc -l </tmp/out)" = 1 ]' "so is a guest's"
guest_go g0
tap_ok 'record vcpus --vcpus' "a host's vCPUs are recorded"
missing=$(all_vcpus)
[ -z "$missing" ] || tap_note "$missing"
tap_ok '[ -z "$missing" ]' "... each of them"
tap_ok 'guest_wait g0' "the guest ends well"
tap_end
