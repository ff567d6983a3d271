# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# awk -f table.awk -v kernels="5.10 6.1" expected.txt causes FOUND: the table
# of "run", its verdicts below it, and the exit status.

function verdict(found, cause,    list, i, n) {
	if (found == "-")
		return "-"
	n = split(found, list, ",")
	for (i = 1; i <= n; i++)
		if (index(list[i], cause "/") == 1)
			return substr(list[i], length(cause) + 2)
	return found ~ /unknown\// ? "unknown" : "-"
}

# A finding of another cause than this one and those that may come with it.
function wrong(found, cause,    list, i, n, id) {
	n = split(found, list, ",")
	for (i = 1; i <= n; i++) {
		id = list[i]
		sub(/\/.*/, "", id)
		if (id != "-" && id != "unknown" && id != cause &&
		    index(allowed[cause] " ", " +" id " ") == 0)
			return id
	}
	return ""
}

function complain(text) {
	print "  " text
	failed++
}

BEGIN { kernel_count = split(kernels, kernel, " ") }

FILENAME ~ /expected.txt$/ { expected[$1, $2] = $3; next }

FILENAME ~ /causes$/ {
	if ($0 ~ /^#/ || !/\|/)
		next
	split($0, part, "|")
	split(part[1], word, " ")
	allowed[word[1]] = " " part[1]
	gsub(/ +/, " ", allowed[word[1]])
	order[++cause_count] = word[1]
	next
}

{ found[$1, $2] = $4; status[$1, $2] = $3; strangers[$1, $2] = $5 }

END {
	printf "%-28s", "cause"
	for (k = 1; k <= kernel_count; k++)
		printf " %-9s", kernel[k]
	print ""
	for (c = 1; c <= cause_count; c++) {
		cause = order[c]
		printf "%-28s", cause
		for (k = 1; k <= kernel_count; k++) {
			at = kernel[k] SUBSEP cause
			if (!(at in status))
				cell = "missing"
			else if (status[at] == 77 || status[at] == "-")
				cell = "n/a"
			else if (status[at] != 0)
				cell = "failed"
			else
				cell = verdict(found[at], cause)
			shown[at] = cell
			printf " %-9s", cell
		}
		print ""
	}
	print ""
	for (c = 1; c <= cause_count; c++) {
		cause = order[c]
		for (k = 1; k <= kernel_count; k++) {
			at = kernel[k] SUBSEP cause
			where = kernel[k] ": " cause ": "
			if (shown[at] == "missing" || shown[at] == "failed") {
				complain(where "the scene " shown[at])
				continue
			}
			if (shown[at] == "n/a")
				continue
			if ((other = wrong(found[at], cause)) != "")
				complain(where "a wrong cause, " other)
			if (strangers[at] != "-")
				complain(where "named " strangers[at])
			if (at in expected && \
			    verdict(expected[at], cause) != shown[at])
				complain(where shown[at] ", expected " \
					 verdict(expected[at], cause))
			passed++
		}
	}
	printf "%d passed, %d failed\n", passed, failed
	exit failed > 0
}
