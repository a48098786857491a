# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The exitless timer and the TSC of the guest, from a bare guest, on QEMU.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_tsc_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_tsc_test && rmmod kvm_tandem
