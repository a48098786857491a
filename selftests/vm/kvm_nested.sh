# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The exitless timer of a guest that runs guests, on QEMU. Without virtual GIF: newer ones do
# not see at STGI that an interrupt window was asked for.
# lab: --cpus 3 --timeout 400 --file @TOP@/build/kselftest/bin/tandem_nested_test
. /lab/lib.sh

KVM_VENDOR_PARAMS=vgif=0
load_kvm && load_tandem && /lab/files/tandem_nested_test && rmmod kvm_tandem
