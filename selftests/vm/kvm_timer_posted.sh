# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# The same on Bochs, with posted interrupts: the vCPU has a CPU for itself.
# lab: --bochs --cpus 2 --timeout 900 --append "nohz_full=1 isolcpus=nohz,domain,1"
# lab: --file @TOP@/build/kselftest/bin/tandem_timer_test
. /lab/lib.sh

load_kvm && load_tandem agent_cpus=0 && /lab/files/tandem_timer_test && rmmod kvm_tandem
