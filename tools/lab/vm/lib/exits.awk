# SPDX-License-Identifier: GPL-2.0
# Two hist files, { exit_reason: 124 } and { ecx: 6e0, write: 1 }, as lines of
# name and count.

BEGIN {
	n = split(names, pairs, " ")
	for (i = 1; i <= n; i++) {
		split(pairs[i], pair, "=")
		name[pair[1]] = pair[2]
	}
}

/hitcount:/ {
	gsub(/[{},:]/, " ")
	count = $NF
}

/hitcount/ && $1 == "exit_reason" {
	key = ($2 in name) ? name[$2] : "exit_" $2
	exits[key] += count
	total += count
}

/hitcount/ && $1 == "ecx" {
	exits["msr_" $2 "_" ($4 ? "w" : "r")] += count
}

END {
	print "total", total + 0
	fflush()
	for (key in exits)
		print key, exits[key] | "sort -k2,2nr"
}
