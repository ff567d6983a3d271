# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

def expected:
  check_equal("one finding, rst.port-closed"; causes; ["rst.port-closed"]),
  (findings[0]
   | check_equal("confidence"; .confidence; "certain"),
     check_equal("trigger"; .trigger; "segment"),
     check_equal("the port"; .local.port; 12345),
     check_equal("nobody owns the port"; .owner; null),
     check_equal("peer is an nc"; .peer.comm; "nc"),
     check("effect says ECONNREFUSED";
           .effect // "" | contains("ECONNREFUSED"); .effect)),
  check_equal("peer is the client"; findings[0].peer.pid; client),
  check_equal("who listened before";
    findings[0].evidence | [.past_listener, .past_listener_pid];
    ["nc", server]),
  check_equal("no other process"; strangers; []),
  check_packets("one SYN"; "S\\]"; 1),
  check_packets("one RST"; "R"; 1);

def questions:
  findings[0] as $f
  | ask("Whose connection was refused?";
        "That of \($f.peer | who), from \($f.remote | endpoint)."),
    ask("What did the application get?"; "\($f.effect)."),
    ask("Nothing listens there. Did anybody before?";
        if $f.evidence.past_listener_pid then
          "Yes: \($f.why)."
        else "Nobody that tcpwhy saw: \($f.why)." end),
    ask("Could a firewall have answered in the server's place?";
        "It could, and tcpdump would show the same RST. Here it was the "
        + "kernel's TCP itself, which found no socket: "
        + "\($f.evidence.reason // "no reason on this kernel"), in "
        + "\($f.evidence.stack[:2] | join(" ← ")).");
