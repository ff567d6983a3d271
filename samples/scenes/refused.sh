#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# nc connects to a port on which another nc listened a moment ago.
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=scene.sh
. "$here/scene.sh"

start_server
stop_server

nc -v 127.0.0.1 "$PORT" </dev/null &
client=$!
echo "role client $client"
wait "$client" && die "the client was not refused"
exit 0
