# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The host module on a kernel without the patches: a distribution's.
# lab: --kernel debian-6.12 --cpus 1 --timeout 60 --module @TOP@/build/host/kvm_tandem.ko
. /lab/lib.sh

tap_plan 2
load_kvm
tap_ok '! insmod /lab/modules/kvm_tandem.ko 2>/dev/null' "a kernel without the patches refuses the module"
tap_ok '[ ! -d /sys/module/kvm_tandem ]' "... and nothing of it stays"
tap_end
