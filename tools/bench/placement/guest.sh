# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2016,SC2034
# guest.sh walk MIB | dbench: work for ever, and say how much was done ("walked MIB", or
# dbench's own lines). Runs in the guest.
. /lab/lib.sh

phase ready
case $1 in
walk) exec walk "$2" 0 </dev/null ;;
dbench) exec dbench -c /lab/files/dbench.load -t 100000 -D /tmp 1 ;;
esac
