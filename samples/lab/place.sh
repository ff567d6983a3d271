# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A place where one thing is played: a network namespace of its own, what
# watches it, and a directory $work for what they say:
#   log       what the players print        text      what tcpwhy prints
#   tcpdump   what tcpdump prints           packets   the same, shortened
#   recording tcpwhy's; json: as JSON lines
#   unseen    how much was kept from BPF: see unseen.h
# shellcheck shell=bash

netns='' tcpdump_pid='' tcpwhy_pid='' work=''

# Ends what was started here, and nothing else.
cleanup() {
	local i pids

	# It leads a process group; what left it is in the namespace.
	[[ ! $tcpwhy_pid ]] || kill -s TERM -- -"$tcpwhy_pid" 2>/dev/null || true
	if [[ $netns ]]; then
		for ((i = 0; i < 50; i++)); do
			pids=$(ip netns pids "$netns" 2>/dev/null) || break
			[[ $pids ]] || break
			# shellcheck disable=SC2086 # one word for each process
			kill -s "$( ((i < 25)) && echo TERM || echo KILL)" $pids \
				2>/dev/null || true
			sleep 0.02
		done
		if [[ $tcpwhy_pid ]]; then
			kill -s KILL -- -"$tcpwhy_pid" 2>/dev/null || true
			wait "$tcpwhy_pid" 2>/dev/null || true
		fi
		[[ ! $tcpdump_pid ]] || wait "$tcpdump_pid" 2>/dev/null || true
		ip netns del "$netns"
	fi
	[[ ! $work ]] || rm -rf "$work"
	netns='' work='' tcpwhy_pid='' tcpdump_pid=''
}

# clean_up_at_exit: in each shell that makes places; subshells inherit no trap.
clean_up_at_exit() {
	trap "trap '' INT TERM HUP; cleanup" EXIT # once is enough
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# await SECONDS COMMAND...: until COMMAND succeeds. False if it never does.
await() {
	local end=$((SECONDS + $1 + 1))

	shift
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.02
	done
}

# make_place NAME
make_place() {
	work=$(mktemp -d /tmp/tcpwhy-lab.XXXXXX)
	ip netns add "tcpwhy-lab-$$-$1"
	netns=tcpwhy-lab-$$-$1
	ip -n "$netns" link set lo up
}

# start_tcpdump DEVICE FILTER. Port 9 is for a datagram that says "the end":
# see stop_tcpdump().
start_tcpdump() {
	: >"$work/tcpdump.err" # before it is looked at
	ip netns exec "$netns" tcpdump -i "$1" -nn -l -U --immediate-mode \
		-s 200 -B 4096 "($2) or udp dst port 9" \
		>"$work/tcpdump" 2>"$work/tcpdump.err" &
	tcpdump_pid=$!
	await 10 grep -q '^listening on' "$work/tcpdump.err" ||
		die "tcpdump does not start: $(<"$work/tcpdump.err")"
}

# What comes before the datagram has been printed when the datagram has.
stop_tcpdump() {
	ip netns exec "$netns" bash -c 'echo end >/dev/udp/127.0.0.1/9' ||
		true # a scene may have forbidden even that
	await 10 grep -q '\.9: UDP' "$work/tcpdump" ||
		echo "tcpstates-lab: tcpdump may have missed the last packets" >&2
	kill "$tcpdump_pid"
	wait "$tcpdump_pid" || true
	tcpdump_pid=''
	# The rest of each line would fill a second one.
	sed -E -e '/\.9: UDP|^$/d' -e 's/, win [0-9]+//' -e 's/, length 0$//' \
		-e 's/, options \[[^]]*\]//' "$work/tcpdump" >"$work/packets"
}

# watch SECONDS COMMAND...: plays COMMAND in the namespace, under tcpwhy; not
# for longer. Its exit status is COMMAND's own.
watch() {
	local limit=$1 status=0

	shift
	# shellcheck disable=SC2016 # expanded by the inner shell
	# A large ring: what other processes do meanwhile goes through it too.
	# All RSTs: some causes are those of no socket.
	setsid timeout -k 5 "$limit" "$SAMPLES/count-unseen" "$work/unseen" \
		"$TCPWHY" run --ring-size 32768 --all-resets \
		-w "$work/recording" -- \
		bash -c 'exec >"$0" 2>&1 </dev/null; exec "$@"' "$work/log" \
		ip netns exec "$netns" "$@" \
		>"$work/text" 2>"$work/tcpwhy.err" &
	tcpwhy_pid=$!
	# In the background, so that a signal ends the wait at once.
	wait "$tcpwhy_pid" || status=$?
	tcpwhy_pid=''
	return $status
}

# was_spoilt TRIES: did the kernel keep from BPF what tcpwhy was to explain? Then
# it is played once more in another place, twice at most.
was_spoilt() {
	(($1 < 3)) && [[ -s $work/unseen && $(<"$work/unseen") -gt 0 ]] || return
	echo "${netns#"tcpwhy-lab-$$-"}: events were kept from BPF: once more" >&2
}

# The recording, as JSON lines.
make_json() {
	"$TCPWHY" replay --json "$work/recording" >"$work/json"
}
