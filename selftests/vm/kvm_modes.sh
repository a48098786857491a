# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The exitless timer and the modes of the LAPIC, from a bare guest, on QEMU.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_modes_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_modes_test && rmmod kvm_tandem
