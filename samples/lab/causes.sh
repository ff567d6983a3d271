# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The causes of the catalogue, each made to happen by a line of scenes/causes:
# that file's head says what a line means. What is played leaves its result in
# the directory $results: ID.row, the end of a line of the table; ID.why, what
# is wrong; ID.json with --json.
# shellcheck shell=bash

declare -A cause_command=() cause_teaches=() cause_others=() cause_alone=()
CAUSE_IDS=()
results=''

# How long a cause may take. With --fast none should need a tenth of it.
CAUSE_SECONDS=180

read_causes() {
	local line number=0 ids command teaches id other

	while IFS= read -r line; do
		number=$((number + 1))
		[[ $line && $line != '#'* ]] || continue
		[[ $line == *' | '*' | '* ]] ||
			die "scenes/causes:$number: three columns are needed"
		ids=${line%%' | '*}
		teaches=${line##*' | '}
		command=${line#*' | '}
		command=${command%' | '*}
		read -r id other <<<"$ids"
		[[ ! ${cause_command[$id]:-} ]] ||
			die "scenes/causes:$number: $id has a line already"
		CAUSE_IDS+=("$id")
		cause_command[$id]=$command
		cause_teaches[$id]=$teaches
		cause_others[$id]=''
		for other in $other; do
			if [[ $other == alone ]]; then
				cause_alone[$id]=yes
			else
				cause_others[$id]+=" ${other#+}"
			fi
		done
	done <"$HERE/scenes/causes"
}

# The ids that PATTERN (an id, or with * and ?) matches, one a line.
matching_causes() {
	local id

	for id in "${CAUSE_IDS[@]}"; do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $id != $1 ]] || echo "$id"
	done
}

list_causes() {
	local id text

	for id in "${CAUSE_IDS[@]}"; do
		text=${cause_teaches[$id]}
		[[ ${cause_command[$id]} != - ]] || text="(not provoked) $text"
		fold -s -w 50 <<<"$text" |
			sed -e "1s/^/  $(printf '%-26s' "$id") /" \
				-e "2,\$s/^/$(printf '%29s' '')/" -e 's/ *$//'
	done
}

# The ids of the catalogue that no line shows.
missing_causes() {
	local id

	while read -r id; do
		[[ ${cause_command[$id]:-} ]] || echo "$id"
	done < <("$TCPWHY" explain | sed -n -E 's/^  ([a-z][^ ]*) .*/\1/p')
}

# --- one cause ---------------------------------------------------------------------

# What was found: how often CAUSE, then the others: "2, 1 connect.timeout".
seen_causes() {
	jq -r -n --arg cause "$1" '
		[inputs | select(.type == "finding") | .cause] | group_by(.)
		| sort_by([.[0] != $cause, -length])
		| map(if .[0] == $cause then "\(length)"
		      else "\(length) \(.[0])" end) | join(", ")
		| if . == "" then "no finding" else . end' "$work/json"
}

# The causes that were found and are neither the one nor its others.
strange_causes() {
	jq -r -n --arg known "$1${cause_others[$1]}" '
		[inputs | select(.type == "finding") | .cause] | unique
		| . - ($known | split(" ")) | join(", ")' "$work/json"
}

# What else may explain that something was not found.
lost_events() {
	jq -r 'select(.type == "end") | .events.lost // 0
		| if . > 0 then "; \(.) events were lost" else "" end' "$work/json"
}

last_words() {
	tail -n 1 "$work/log" 2>/dev/null | cut -c 1-200
}

# judge ID STATUS: sets $verdict (ok, differs, not here), $seen and $problem.
judge() {
	local id=$1 status=$2 strange

	verdict=differs seen=- problem=''
	if ((status == 77)); then
		verdict='not here' problem=$(last_words)
	elif ((status == 124)); then
		problem="it had not ended after $CAUSE_SECONDS s"
	elif ! make_json 2>"$work/replay.err"; then
		problem="no recording: $(tail -n 1 "$work/tcpwhy.err")"
	else
		seen=$(seen_causes "$id")
		strange=$(strange_causes "$id")
		if ((status)); then
			problem="it ended with status $status: $(last_words)"
		elif [[ ! $seen =~ ^[0-9]+(,|$) ]]; then
			problem="not found; tcpwhy says: $seen"
		elif [[ $strange ]]; then
			problem="found as well, and not expected: $strange"
		else
			verdict=ok
			return
		fi
		problem+=$(lost_events)
	fi
}

cause_json() {
	jq -c -n --arg cause "$1" --arg verdict "$verdict" --arg seen "$seen" \
		--arg teaches "${cause_teaches[$1]}" --arg problem "$problem" '
		{type: "cause", $cause, ok: ($verdict == "ok"), $verdict, $seen,
		 $teaches, problem: (if $problem == "" then null else $problem end)}'
}

keep_result() {
	local id=$1

	printf '%s\n%s\n' "$seen" "$verdict" >"$results/$id.row"
	[[ ! $problem ]] || printf '%s\n' "$problem" >"$results/$id.why"
	[[ ! $json ]] || cause_json "$id" >"$results/$id.json"
}

# play_cause_once ID: in a place of its own. Sets what judge() sets.
play_cause_once() {
	local id=$1 status=0

	make_place "$id"
	[[ ! $dump ]] || start_tcpdump any tcp
	watch "$CAUSE_SECONDS" env PATH="$SAMPLES:$HERE/scenes:$PATH" \
		SAMPLES="$SAMPLES" SCENES="$HERE/scenes" \
		fast="${fast:+--fast}" sh -c "${cause_command[$id]}" ||
		status=$?
	[[ ! $dump ]] || stop_tcpdump
	judge "$id" "$status"
}

# play_cause ID [TCPDUMP]: its result goes to $results, and its place stays.
play_cause() {
	local id=$1 dump=${2:-} tries=1 verdict seen problem

	play_cause_once "$id"
	while [[ $verdict == differs ]] && was_spoilt "$tries"; do
		tries=$((tries + 1))
		cleanup
		play_cause_once "$id"
	done
	keep_result "$id"
}

not_provoked() {
	local verdict='not here' seen=- problem=${cause_teaches[$1]}

	keep_result "$1"
}

# --- all of them ---------------------------------------------------------------------

# In a subshell, since several are played at once.
play_in_background() {
	(
		clean_up_at_exit
		play_cause "$1"
	) </dev/null &
}

progress() {
	[[ ! -t 2 ]] || printf '\r%d of %d causes played \r' \
		"$(find "$results" -name '*.row' | wc -l)" "$1" >&2
}

# Waits until fewer than COUNT are being played.
await_fewer() {
	while (($(jobs -rp | wc -l) >= $1)); do
		wait -n || true
		progress "$2"
	done
}

# play_causes ID...: first those that do not disturb each other.
play_causes() {
	local id

	for id; do
		if [[ ${cause_command[$id]} == - ]]; then
			not_provoked "$id"
		elif [[ ! ${cause_alone[$id]:-} ]]; then
			await_fewer "$at_once" $#
			play_in_background "$id"
		fi
	done
	await_fewer 1 $#
	for id; do
		[[ ${cause_alone[$id]:-} ]] || continue
		play_in_background "$id"
		await_fewer 1 $#
	done
}

# The table's rows of these causes, and their JSON.
report_causes() {
	local id seen verdict

	for id; do
		{ read -r seen && read -r verdict; } <"$results/$id.row" ||
			seen=- verdict=differs
		add_row "$id" "$id" "$seen" "$verdict"
		[[ ! $json ]] || cat "$results/$id.json"
		if [[ -e $results/$id.why ]]; then
			add_note "$id: $(<"$results/$id.why")"
		elif [[ $verdict == differs ]]; then
			add_note "$id: it was not played to its end"
		fi
	done
	while read -r id; do
		add_row "$id" "$id" - differs
		add_note "$id: samples/scenes/causes has no line for it"
	done < <(missing_causes)
}

# --- one, with all there is to see -----------------------------------------------------

show_cause() {
	local id=$1

	printf '\n== %s: %s\n' "$id" "${cause_teaches[$id]}"
	if [[ ${cause_command[$id]} == - ]]; then
		printf '\nIt is not provoked here.\n'
		not_provoked "$id"
		return
	fi
	play_cause "$id" "$with_tcpdump"
	if [[ $with_tcpdump ]]; then
		heading "What tcpdump saw (windows and options left out)"
		cat "$work/packets"
	fi
	heading "What tcpwhy saw"
	cat "$work/text" "$work/tcpwhy.err"
	heading "What it teaches"
	"$TCPWHY" explain "$id" | indent '  '
	cleanup
}

# causes_need: the tools that scenes use.
causes_need() {
	need nft nftables
	need ss iproute2
	need nc netcat-openbsd
	need iptables iptables
	[[ -x $SAMPLES/remote ]] || die "no $SAMPLES/remote; run make samples"
}
