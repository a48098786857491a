# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The module is unloaded and loaded again under a hostile VM and an honest one.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_hostile_test
. /lab/lib.sh

# until the test is over; the module is there at the end
reload()
{
	rounds=0
	while kill -0 "$1" 2>/dev/null; do
		usleep 50000
		rmmod kvm_tandem && load_tandem agent_cpus=0 || return
		rounds=$((rounds + 1))
	done
}

load_kvm && load_tandem agent_cpus=0 || exit
/lab/files/tandem_hostile_test reload &
reload $! && wait $! && echo "# reloaded $rounds times" && [ "$rounds" -gt 10 ] && rmmod kvm_tandem
