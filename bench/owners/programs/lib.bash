# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the scenes with real programs share. Each runs in a network namespace of
# its own, writes the truth to descriptor 3, prints "watch" when the tools may
# be started, and goes on after SIGUSR1: as the program "scenes" does.
# shellcheck shell=bash
set -euo pipefail

# The address they listen at, and as it is written before a port.
here=${ADDRESS:-127.0.0.1}
at=$here any=0.0.0.0
if [[ $here == *:* ]]; then
	at="[$here]" any=::
fi
work=$(mktemp -d)
started=()
end_all() {
	((${#started[@]})) && kill -TERM "${started[@]}" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap end_all EXIT

# need PROGRAM: or this scene is left out.
need() {
	if ! command -v "$1" >/dev/null; then
		echo "left out: no $1 here" >&2
		exit 77
	fi
}

# start LOG COMMAND...: in the background, its pid in $pid.
start() {
	local log=$1
	shift
	"$@" >>"$log" 2>&1 3>&- </dev/null &
	pid=$!
	started+=("$pid")
}

# await FILE TEXT PID: until the file has it; fails if PID ends before.
await() {
	grep -qm1 -- "$2" <(timeout 30 tail -n +1 -F --pid="$3" "$1" 2>/dev/null)
}

# until SIGUSR1
await_watch() {
	sleep 60 &
	local sleeper=$!
	# shellcheck disable=SC2064
	trap "kill $sleeper" USR1
	echo watch
	wait "$sleeper" || true
	trap - USR1
}

# keep_open PORT COUNT: connections that wait while /proc is asked.
keep_open() {
	"$OWNERS/scenes" -a "$here" -p "$1" -n "$2" -w far-keep-open >&2
}

census() {
	"$OWNERS/scenes" --census
}

# hold LADDR LPORT RADDR RPORT PID
hold() {
	printf 'hold\t%s\t%s\t%s\t%s\t%s\t0\n' "$@" >&3
}

# fetch URL: with curl, whose end is noted.
fetch() {
	curl -gsS -o /dev/null -w '%{local_ip} %{local_port} %{remote_ip} %{remote_port}\n' \
		"$1" >"$work/curl" 3>&- &
	local curl=$! ends
	wait "$curl"
	read -r -a ends <"$work/curl"
	hold "${ends[@]}" "$curl"
}

"$OWNERS/scenes" --census # the clock
