#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# nc connects to a port whose SYNs a firewall rule drops.
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=scene.sh
. "$here/scene.sh"

# The document's system tried 5 times more, doubling the time from one second.
# Linux 6.5 and later would try some more, one second apart, before that.
set_ipv4 tcp_syn_retries "$([[ $fast ]] && echo 2 || echo 5)"
set_ipv4 tcp_syn_linear_timeouts 0

start_server
iptables -A INPUT -p tcp -d 127.0.0.1 --dport "$PORT" -j DROP

nc -v 127.0.0.1 "$PORT" </dev/null &
client=$!
echo "role client $client"
wait "$client" && die "the client got through"
stop_server
