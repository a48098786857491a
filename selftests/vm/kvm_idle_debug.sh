# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The same on the debug kernel, with lockdep: a shorter storm.
# lab: --kernel debug --cpus 3 --timeout 600 --file @TOP@/build/kselftest/bin/tandem_idle_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_idle_test all 500 && rmmod kvm_tandem
