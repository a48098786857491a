# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The KVM selftest of the exitless timer, on QEMU: no posted interrupts.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_timer_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_timer_test && rmmod kvm_tandem
