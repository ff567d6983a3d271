# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The table at the end: what was played, what it should show, what was seen.
# shellcheck shell=bash

rows=() notes=()
declare -A row_counts=([ok]=0 [differs]=0 ['not here']=0)

# add_row CAUSE EXPECTED SEEN ok|differs|'not here'
add_row() {
	rows+=("$(printf '%-26s %-26s %-20s %s' "$@")")
	row_counts[$4]=$((row_counts[$4] + 1))
	if [[ $4 == differs ]]; then
		failed=1
	fi
}

# add_note TEXT: on a row that is not ok.
add_note() {
	notes+=("$1")
}

# print_table SECONDS
print_table() {
	printf '\n== All\n\n'
	printf '  %-26s %-26s %-20s %s\n' cause expected seen ok
	printf '  %s\n' "${rows[@]}"
	if ((${#notes[@]})); then
		printf '\n'
		printf '%s\n' "${notes[@]}" | indent '  '
	fi
	printf '\n  %d ok, %d not here, %d that differ; %d s\n' \
		"${row_counts[ok]}" "${row_counts['not here']}" \
		"${row_counts[differs]}" "$1"
}
