# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# A hostile VM beside an honest one, on QEMU.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_hostile_test
. /lab/lib.sh

load_kvm && load_tandem agent_cpus=0 && /lab/files/tandem_hostile_test && rmmod kvm_tandem
