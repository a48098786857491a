# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Everything a lab script can call: `. /lab/lib.sh`
for lab_part in /lab/lib/*.sh; do
	# shellcheck disable=SC1090
	. "$lab_part"
done
