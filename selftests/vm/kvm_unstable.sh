# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A host that does not trust its TSC refuses to serve; its guests keep KVM's timers.
# lab: --cpus 2 --timeout 200 --append tsc=unstable
# lab: --file @TOP@/build/kselftest/bin/tandem_modes_test
. /lab/lib.sh

load_kvm && load_tandem && /lab/files/tandem_modes_test unstable && rmmod kvm_tandem
