# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What the page says about polling, to a bare guest, on QEMU.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_idle_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_idle_test && rmmod kvm_tandem
