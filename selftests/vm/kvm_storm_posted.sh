# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# 900,000 timers of that storm on Bochs: VMX, posted interrupts, time of its own.
# lab: --bochs --cpus 3 --timeout 2400 --file @TOP@/build/kselftest/bin/tandem_storm_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_storm_test && rmmod kvm_tandem
