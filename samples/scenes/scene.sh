# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the scenes share; sourced by them. A scene runs in a network namespace
# of its own, prints a line "role NAME PID" for each process that matters, and
# exits with status 0 only if what it wants to show has happened.
# shellcheck shell=bash
set -euo pipefail

PORT=12345
fast=
if [[ ${1:-} == --fast ]]; then
	# shellcheck disable=SC2034 # used by the scenes
	fast=yes
fi

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

# The sockets on $PORT in a state, "PID" included: listening, established, ...
sockets() {
	ss -Htnp state "$1" "( sport = :$PORT or dport = :$PORT )"
}

# await_sockets STATE COUNT: until there are as many. No event tells it, so
# look often; ten seconds are far more than it can take.
await_sockets() {
	local i

	for ((i = 0; i < 500; i++)); do
		[[ $(sockets "$1" | wc -l) -eq $2 ]] && return
		sleep 0.02
	done
	die "no $2 sockets in state $1 on port $PORT after 10 s"
}

# Starts "nc -lk" as in the documents and waits until it listens: $server.
start_server() {
	nc -lk 127.0.0.1 "$PORT" </dev/null >/dev/null &
	server=$!
	echo "role server $server"
	await_sockets listening 1
}

stop_server() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	await_sockets listening 0
}

# set_ipv4 NAME VALUE: a setting of this namespace, if the kernel has it.
set_ipv4() {
	local file=/proc/sys/net/ipv4/$1

	[[ ! -e $file ]] || echo "$2" >"$file"
}
