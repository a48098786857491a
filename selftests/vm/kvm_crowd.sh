# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What a look costs an agent, with 1 to 512 vCPUs: an instruction is 2 ns here.
# An agent's period is 2 ms here and a tick 4: this host may trust its LAPIC's timer, as it does
# with a PM timer. Nothing is injected that could come twice for that: no vCPU has a timer due.
# lab: --cpus 2 --mem 3072 --icount 1 --timeout 300 --append pmtmr=0x608
# lab: --file @TOP@/build/kselftest/bin/tandem_crowd_test
. /lab/lib.sh

load_kvm && load_tandem agent_cpus=0 && /lab/files/tandem_crowd_test && rmmod kvm_tandem
