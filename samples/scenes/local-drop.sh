#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A firewall rule drops one segment of data. The connection survives it: the
# segment is sent again.
here=$(dirname -- "$(readlink -f -- "$0")")
# shellcheck source=scene.sh
. "$here/scene.sh"

# Data is pushed; the limit lets the rule match one segment only.
nft -f - <<'RULES'
table inet t {
	chain c {
		type filter hook input priority 0
		tcp dport 8081 tcp flags & psh == psh limit rate 1/day burst 1 packets counter drop
	}
}
RULES
sample1 ${fast:+--fast}
grep -q 'counter packets 1 ' <(nft list table inet t) ||
	die "the rule dropped nothing"
