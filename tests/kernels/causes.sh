#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest: makes each cause of samples/scenes/causes happen, or
# those named, all under one tcpwhy, and prints one line for each:
#
#   CAUSE STATUS FOUND STRANGERS
#
# STATUS is that of the command (0: it happened, 77: it cannot here), FOUND
# what tcpwhy said (cause/confidence, with commas between, "-" for nothing),
# STRANGERS the processes it named that are not of this scene. Then tcpwhy's
# recording, as text, between the lines "recording" and "end".
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
export SAMPLES=${SAMPLES:-$top/build/samples} SCENES=$top/samples/scenes
export PATH=$SAMPLES:$SCENES:$PATH fast=--fast
tcpwhy=${TCPWHY:-$top/build/tcpwhy}

# play CAUSE COMMAND: a line for found.jq.
play() {
	local netns=kernels-$1 status=0 from to pids

	ip netns add "$netns" && ip -n "$netns" link set lo up || return
	from=$EPOCHREALTIME
	timeout 100 ip netns exec "$netns" sh -c "$2" >"$work/log" 2>&1 \
		</dev/null || status=$?
	to=$EPOCHREALTIME
	pids=$(sed -n 's/^role [^ ]* \([0-9]*\)$/ \1/p' "$work/log" |
		tr -d '\n')
	echo "$1 $status $from $to$pids" >>"$work/scenes"
	if ((status != 0)); then
		tail -n 3 "$work/log" | sed "s/^/# $1: /" >>"$work/said"
	fi
	ip netns pids "$netns" 2>/dev/null | xargs -r kill -9 2>/dev/null
	ip netns del "$netns"
}

play_all() {
	local causes command words

	while IFS='|' read -ru 3 causes command _; do
		read -ra words <<<"$causes"
		[[ ${words[0]:-#} == '#'* ]] && continue
		[[ $# -eq 0 || " $* " == *" ${words[0]} "* ]] || continue
		command=${command# }
		if [[ ${command% } == - ]]; then
			echo "${words[0]} 77 0 0" >>"$work/scenes"
		else
			play "${words[0]}" "$command"
		fi
	done 3<"$SCENES/causes"
}

if [[ ${1:-} == --under-tcpwhy ]]; then
	work=$2
	shift 2
	play_all "$@"
	exit
fi

work=$(mktemp -d)
: >"$work/said"
status=0
"$tcpwhy" run --json --all-resets --ring-size 32768 -w "$work/recording" -- \
	"$0" --under-tcpwhy "$work" "$@" >"$work/json" 2>"$work/err" \
	</dev/null || status=$?
jq -nr --rawfile scenes "$work/scenes" -f "$here/found.jq" "$work/json"
cat "$work/said"
sed 's/^/# tcpwhy: /' "$work/err"
((status == 0)) || echo "# tcpwhy ended with status $status"
jq -r 'select(.type == "end") | .events
	| "# \(.received) events, \(.lost) lost, \(.bad) bad"' "$work/json"
echo recording
gzip <"$work/recording" | base64
echo end
rm -rf "$work"
exit "$status"
