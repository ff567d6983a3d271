#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A firewall that rejects with a RST, at each hook, by each tool.
#
# reject.sh [--fast] [-6] [--rules | --no-rules] HOOK TOOL
#
# HOOK   input, output, forward, ingress
# TOOL   nft (a table of family inet, or netdev for ingress), nft-ip (of
#        families ip and ip6), iptables-nft, iptables-legacy; or closed: no rule
#        at all, and nobody listens
#
# --rules makes the rules and does nothing else; --no-rules finds them there.
# With forward this namespace is a router: the client and the port it wants are
# in two others.
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=scene.sh
. "$here/scene.sh"

PORT=8101
six='' rules=yes run=yes
while [[ ${1:-} == -* ]]; do
	case $1 in
	-6) six=-6 ;;
	--rules) run='' ;;
	--no-rules) rules='' ;;
	--fast) ;;
	*) die "no such option: $1" ;;
	esac
	shift
done
(($# == 2)) || die "which hook, which tool?"
hook=$1 tool=$2

# chain FAMILY: its rule, as nft has it.
nft_chain() {
	local device=''

	[[ $hook != ingress ]] || device=' device "lo"'
	nft -f - <<-END
		table $1 rejecting {
			chain c {
				type filter hook $hook$device priority 0
				tcp dport $PORT reject with tcp reset
			}
		}
	END
}

add_rules() {
	local command

	case $tool in
	nft)
		nft_chain "$([[ $hook == ingress ]] && echo netdev || echo inet)"
		;;
	nft-ip)
		nft_chain ip
		nft_chain ip6
		;;
	iptables-*)
		for command in "$tool" "ip6${tool#ip}"; do
			"$command" -w -A "${hook^^}" -p tcp --dport "$PORT" \
				-j REJECT --reject-with tcp-reset
		done
		;;
	closed) ;;
	*) die "no such tool: $tool" ;;
	esac
}

# --- a router, and two ends ------------------------------------------------------

holders=()
end_holders() {
	((!${#holders[@]})) || kill "${holders[@]}" 2>/dev/null || true
}
trap end_holders EXIT

# attach NAME ID: a namespace that is reached through the device NAME. Sets
# $holder, a process that lives there.
attach() {
	local ready

	# shellcheck disable=SC2016 # expanded there
	exec {ready}< <(exec unshare --net -- sh -c '
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo $$
		exec sleep 60')
	read -ru "$ready" holder
	holders+=("$holder")
	ip link add "$1" type veth peer name eth0 netns "$holder"
	ip addr add "10.8.$2.1/24" dev "$1"
	ip addr add "fd08:$2::1/64" dev "$1" nodad
	ip link set "$1" up
	# shellcheck disable=SC2016 # expanded there
	nsenter -t "$holder" -n sh -euc '
		ip addr add "10.8.$1.2/24" dev eth0
		ip addr add "fd08:$1::2/64" dev eth0 nodad
		ip link set lo up
		ip link set eth0 up
		ip route add default via "10.8.$1.1"
		ip -6 route add default via "fd08:$1::1"
	' sh "$2"
}

route() {
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	# Until that is over nobody asks for a neighbour.
	echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
	attach near 1
	client=$holder
	attach far 2
}

connect_through() {
	local address=10.8.2.2 out said

	[[ ! $six ]] || address=fd08:2::2
	exec {out}< <(exec nsenter -t "$client" -n \
		nc -v -w 5 "$address" "$PORT" </dev/null 2>&1)
	echo "role nc $!"
	said=$(cat <&"$out")
	echo "$said"
	[[ $said == *refused* ]] || die "nc was not refused"
}

[[ ! $rules ]] || add_rules
[[ $run ]] || exit 0
if [[ $hook == forward ]]; then
	route
	connect_through
elif [[ $tool == closed ]]; then
	"${SAMPLES:+$SAMPLES/}port-closed" ${six:+-6} -p "$PORT"
else
	"${SAMPLES:+$SAMPLES/}rejected" ${six:+-6}
fi
