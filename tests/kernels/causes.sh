#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest: makes each cause of samples/scenes/causes happen under
# tcpwhy, or those named, and prints one line for each:
#
#   CAUSE STATUS FOUND STRANGERS
#
# STATUS is that of the command (0: it happened, 77: it cannot here), FOUND
# what tcpwhy said (cause/confidence, with commas between, "-" for nothing),
# STRANGERS the processes it named that are not of this scene.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
export SAMPLES=${SAMPLES:-$top/build/samples} SCENES=$top/samples/scenes
export PATH=$SAMPLES:$SCENES:$PATH fast=--fast
tcpwhy=${TCPWHY:-$top/build/tcpwhy}
work=$(mktemp -d)

# play CAUSE COMMAND
play() {
	local name=$1 netns=kernels-$$ status=0 found strangers

	ip netns add "$netns" && ip -n "$netns" link set lo up || return
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout 100 "$tcpwhy" run --json --all-resets --ring-size 32768 -- \
		bash -c 'exec >"$0" 2>&1; exec "$@"' "$work/log" \
		ip netns exec "$netns" sh -c "$2" \
		>"$work/json" 2>"$work/err" </dev/null || status=$?
	found=$(jq -rs '[.[] | select(.type == "finding")
		| "\(.cause)/\(.confidence)"] | unique | join(",")' "$work/json")
	strangers=$(jq -rs --argjson roles "[$(sed -n \
		's/^role [^ ]* \([0-9]*\)$/\1/p' "$work/log" | paste -sd,)]" '
		[.[] | select(.type == "finding") | .owner, .actor, .peer
		 | select(. and .pid) | select(.pid as $p | $roles | index($p) | not)
		 | "\(.comm)[\(.pid)]"] | unique | join(",")' "$work/json")
	printf '%s %s %s %s\n' "$name" "$status" "${found:--}" "${strangers:--}"
	if [[ $strangers ]]; then # all there is, to find out why
		sed 's/^/# /' "$work/json"
		grep -a '^role' "$work/log" | sed 's/^/# /'
	fi
	if ((status != 0)); then
		tail -n 3 "$work/log" "$work/err" | sed 's/^/# /'
	fi
	ip netns pids "$netns" 2>/dev/null | xargs -r kill -9 2>/dev/null
	ip netns del "$netns"
}

"$tcpwhy" check --json 2>/dev/null | sed 's/^/check /'
while IFS='|' read -ru 3 causes command _; do
	read -ra words <<<"$causes"
	[[ ${words[0]:-#} == '#'* ]] && continue
	[[ $# -eq 0 || " $* " == *" ${words[0]} "* ]] || continue
	command=${command# }
	if [[ ${command% } == - ]]; then
		echo "${words[0]} - - -"
	else
		play "${words[0]}" "$command"
	fi
done 3<"$SCENES/causes"
rm -rf "$work"
