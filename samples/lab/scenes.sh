# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The scenes of the documents. Each is a command (a sample program or
# scenes/NAME.sh) and scenes/NAME.jq, which has its questions and its
# expectations.
# shellcheck shell=bash

SCENE_NAMES=(connection sample1 sample2 sample3 refused timeout)

about() {
	case $1 in
	connection) echo "two nc connect and part" ;;
	sample1) echo "data both ways, then a close as in the textbook" ;;
	sample2) echo "the server drops the connection with a RST" ;;
	sample3) echo "the same RST, and a client that is slow to read" ;;
	refused) echo "nc connects where nothing listens any more" ;;
	timeout) echo "nc connects where a firewall drops its SYNs" ;;
	esac
}

# The causes that a scene is to show.
expected_of() {
	case $1 in
	connection | sample1) echo "no finding" ;;
	sample2 | sample3) echo "rst.linger-zero" ;;
	refused) echo "rst.port-closed" ;;
	timeout) echo "rtx.syn, connect.timeout" ;;
	esac
}

port_of() {
	case $1 in
	sample?) echo "808${1#sample}" ;;
	*) echo 12345 ;;
	esac
}

# command_of NAME: into the array $command.
command_of() {
	if [[ -e $HERE/scenes/$1.sh ]]; then
		command=("$HERE/scenes/$1.sh")
	else
		command=("$SAMPLES/$1")
	fi
	if [[ $fast ]]; then
		command+=(--fast)
	fi
}

is_scene() {
	[[ " ${SCENE_NAMES[*]} " == *" $1 "* ]]
}

list_scenes() {
	local name

	for name in "${SCENE_NAMES[@]}"; do
		printf '  %-26s %s\n' "$name" "$(about "$name")"
	done
}

# scenes_need NAME...
scenes_need() {
	local name

	for name; do
		case $name in
		sample?)
			[[ -x $SAMPLES/$name ]] ||
				die "$SAMPLES/$name is not built; run make samples"
			;;
		*)
			need nc netcat-openbsd
			need ss iproute2
			grep -q OpenBSD <(nc -h 2>&1) ||
				die "nc is another one; apt-get install netcat-openbsd"
			;;
		esac
		[[ $name != timeout ]] || need iptables iptables
	done
}

# The JSON of one scene, as scenes/lab.jq describes it.
make_facts() {
	make_json || return
	sed -n -E 's/^role ([^ ]+) ([0-9]+)$/{"\1": \2}/p' "$work/log" \
		>"$work/roles"
	[[ -e $work/packets ]] || : >"$work/packets"
	jq -n --slurpfile events "$work/json" --slurpfile roles "$work/roles" \
		--rawfile packets "$work/packets" --arg fast "$fast" \
		'{$events, roles: ($roles | add), fast: ($fast != ""),
		  packets: (if $packets == "" then null else $packets end)}' \
		>"$work/facts"
}

# ask_scene NAME FILTER: with all of scenes/NAME.jq and lab.jq known.
ask_scene() {
	jq -r -L "$HERE/scenes" "include \"lab\"; include \"$1\"; $2" \
		"$work/facts"
}

# Prints what differs from the expected explanation, nothing if nothing does.
differences() {
	ask_scene "$1" '[expected] | if length == 0 then "nothing was checked"
		else .[] | select(.ok | not)
		| "\(.what): got \(.got)" end' 2>&1
}

show_questions() {
	local question answer

	ask_scene "$1" 'questions | "\(.question)\t\(.answer)"' 2>/dev/null |
		while IFS=$'\t' read -r question answer; do
			printf '  %s\n' "$question"
			fold -s -w 92 <<<"$answer" | indent '      '
		done || echo "  (no answers: tcpwhy did not see what was expected)"
}

show_scene() {
	printf '\n== %s: %s\n' "$1" "$(about "$1")"
	if [[ $with_tcpdump ]]; then
		heading "What tcpdump saw (windows and options left out)"
		cat "$work/packets"
	fi
	heading "What tcpwhy saw"
	cat "$work/text"
	heading "What the document leaves open, and tcpwhy answers"
	show_questions "$1"
	heading "As expected?"
}

# One line for a program that reads along.
show_json() {
	cat "$work/json"
	jq -c -n --arg name "$1" --arg differs "$2" \
		'{type: "scene", $name, ok: ($differs == ""),
		  differences: ($differs | split("\n") | map(select(. != "")))}'
}

# play_scene_once NAME: in a place of its own. Sets $differs.
play_scene_once() {
	local name=$1 status=0 command

	differs=''
	make_place "$name"
	[[ ! $with_tcpdump ]] || start_tcpdump lo "tcp port $(port_of "$name")"
	command_of "$name"
	watch 200 "${command[@]}" || status=$?
	cat "$work/tcpwhy.err" >&2
	[[ ! $with_tcpdump ]] || stop_tcpdump
	if ((status)); then
		differs="the scene ended with status $status: $(tail -n 3 "$work/log" \
			2>/dev/null || echo "it did not start")"
	elif ! make_facts; then
		differs="the recording cannot be replayed"
	else
		differs=$(differences "$name") || true
	fi
}

# play_scene NAME: plays and shows it; adds to the table.
play_scene() {
	local name=$1 differs found tries=1

	if [[ ! $json && $name == timeout ]]; then
		echo "($name takes about $([[ $fast ]] && echo 7 || echo 63) s)" >&2
	fi
	play_scene_once "$name"
	while [[ $differs ]] && was_spoilt "$tries"; do
		tries=$((tries + 1))
		cleanup
		play_scene_once "$name"
	done
	if [[ $json && -e $work/json ]]; then
		show_json "$name" "$differs"
	elif [[ ! $json ]]; then
		show_scene "$name"
		indent '  ' <<<"${differs:-ok}"
	fi
	[[ ! $json || ! $differs ]] || indent "$name: " <<<"$differs" >&2

	found=$(ask_scene "$name" 'causes | group_by(.)
		| map(if length > 1 then "\(length) \(.[0])" else .[0] end)
		| join(", ") | if . == "" then "no finding" else . end' \
		2>/dev/null) || found="none"
	add_row "$name" "$(expected_of "$name")" "$found" \
		"$([[ $differs ]] && echo differs || echo ok)"
	cleanup
}
