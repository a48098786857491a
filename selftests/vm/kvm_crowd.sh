# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# What a look costs an agent, with 1 to 512 vCPUs: ns are counts of instructions here.
# lab: --cpus 2 --mem 3072 --icount 1 --timeout 600
# lab: --file @TOP@/build/kselftest/bin/tandem_crowd_test
. /lab/lib.sh

load_kvm && load_tandem agent_cpus=0 && /lab/files/tandem_crowd_test && rmmod kvm_tandem
