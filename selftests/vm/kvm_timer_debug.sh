# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The KVM selftest of the exitless timer on the debug kernel: fewer timers.
# lab: --kernel debug --cpus 3 --timeout 600 --file @TOP@/build/kselftest/bin/tandem_timer_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_timer_test all 2000 && rmmod kvm_tandem
