# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# awk -f live.awk -v kernels="5.10 6.1" live.txt RESULTS: what became of the live
# tests in guests. RESULTS has a line KERNEL ok|failed PROGRAM NAME for each. The
# last line is "PASSED FAILED".

function complain(text) {
	print "  " text
	failed++
}

BEGIN { kernel_count = split(kernels, kernel, " ") }

FILENAME ~ /live.txt$/ {
	if ($0 ~ /^#/ || NF == 0)
		next
	at = index($0, " | ")
	if (at)
		cannot[substr($0, 1, at - 1)] = substr($0, at + 3)
	else
		program[++program_count] = $1
	next
}

{
	key = $1 " " substr($0, length($1) + length($2) + 3)
	ran[$1, $3]++
	seen[key] = 1
	if ($2 == "ok" && key in cannot) {
		complain(key ": passed, and live.txt says that it cannot")
	} else if ($2 == "ok") {
		count[$1]++
		passed++
	} else if (key in cannot) {
		print "  " key ": cannot pass: " cannot[key]
	} else {
		complain(key ": failed")
	}
}

END {
	for (k = 1; k <= kernel_count; k++) {
		for (p = 1; p <= program_count; p++)
			if (!ran[kernel[k], program[p]])
				complain(kernel[k] " " program[p] ": did not run")
		print "  " kernel[k] ": " count[kernel[k]] + 0 " live tests passed"
	}
	for (key in cannot) {
		split(key, word, " ")
		if (index(" " kernels " ", " " word[1] " ") && !(key in seen))
			complain(key ": is in live.txt, and did not run")
	}
	print passed + 0, failed + 0
}
