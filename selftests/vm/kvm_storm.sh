# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# Timers from a bare guest, while the host disturbs them, on QEMU: as many as the
# host's command line says, by storm=N.
# lab: --cpus 3 --timeout 5400 --file @TOP@/build/kselftest/bin/tandem_storm_test
. /lab/lib.sh

timers=$(sed -n 's/.* storm=\([0-9]*\).*/\1/p' /proc/cmdline)
load_kvm && load_tandem && /lab/files/tandem_storm_test all "${timers:-90000}" && rmmod kvm_tandem
