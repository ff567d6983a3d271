#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest: the live tests PROGRAM..., of build/tests/live. Prints a
# line for each test, "ok PROGRAM NAME" or "failed PROGRAM NAME", and what a
# program that failed said besides, each line with a "#".
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
export TCPWHY=$top/build/tcpwhy SAMPLES=$top/build/samples
cd "$top" || exit # where they look for their tools
log=$(mktemp)
# Before 5.11 BPF counts as locked memory.
ulimit -l unlimited

for program; do
	status=0 start=$SECONDS
	timeout 400 "$top/build/tests/live/$program" >"$log" 2>&1 </dev/null ||
		status=$?
	sed -nE "s/^\[       OK \] (.*)/ok $program \1/p
		s/^\[  (FAILED|SKIPPED)  ?\] ([^0-9].*)/failed $program \2/p" \
		"$log" | awk '!seen[$0]++'
	# It may not even have come to a test.
	grep -q '^\[==========\].* run' "$log" ||
		echo "failed $program (it ended with status $status)"
	((status == 0)) || grep -av '^\[ *\(RUN\|OK\) *\]' "$log" |
		sed "s/^/# $program: /" | cut -c 1-300
	echo "# $program: $((SECONDS - start)) s"
done
rm -f "$log"
