# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# jq -nr --rawfile scenes FILE -f found.jq JSON: what tcpwhy found in each scene
# that it watched, one after the other: lines CAUSE STATUS FOUND STRANGERS, as
# causes.sh prints them. FILE has a line CAUSE STATUS FROM TO PID... for each:
# when it was played, in seconds, and who played it.

def seconds:
	(.[:19] + "Z" | fromdate) + ("0" + .[19:-1] | tonumber);

# Where an ACK is still under way when its connection ends, or comes twice, as
# happens on a slow guest, the kernel answers it with a RST. That is true, and no
# scene's doing.
def answers_late_ack:
	.cause == "rst.connection-gone" and .evidence.segment_bytes == 0 and
	.evidence.ended_by;

def or_dash:
	unique | join(",") | if . == "" then "-" else . end;

[inputs | select(.type == "finding") | .seconds = (.time | seconds)] as $all
| $scenes | split("\n")[] | select(. != "") | split(" ")
| .[0] as $cause
| (.[2] | tonumber) as $from | (.[3] | tonumber) as $to
| (.[4:] | map(tonumber)) as $players
| [$all[] | select(.seconds >= $from and .seconds <= $to)
   | select($cause == "rst.connection-gone" or (answers_late_ack | not))]
  as $found
| [.[0], .[1],
   ($found | map("\(.cause)/\(.confidence)") | or_dash),
   ([$found[] | .owner, .actor, .peer
     | select(. and .pid) | select(.pid as $p | $players | index($p) | not)
     | "\(.comm)[\(.pid)]"] | or_dash)]
| join(" ")
