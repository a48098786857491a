# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The exitless timer of a guest that runs guests, on Bochs: VMX, posted interrupts.
# lab: --bochs --cpus 2 --timeout 900 --append "nohz_full=1 isolcpus=nohz,domain,1"
# lab: --file @TOP@/build/kselftest/bin/tandem_nested_test
. /lab/lib.sh

load_kvm && load_tandem agent_cpus=0 && /lab/files/tandem_nested_test && rmmod kvm_tandem
