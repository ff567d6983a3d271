#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A connection between two nc is opened, looked at, and closed by the client.
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=scene.sh
. "$here/scene.sh"

start_server

# The client lives as long as its standard input, held open here.
coproc CLIENT { exec nc -N 127.0.0.1 "$PORT"; }
echo "role client $CLIENT_PID"
client=$CLIENT_PID stdin=${CLIENT[1]}
await_sockets established 2

exec {stdin}>&-
wait "$client" || die "the client failed"
await_sockets established 0
stop_server
