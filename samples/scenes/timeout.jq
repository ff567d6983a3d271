# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

def retries: if .fast then 2 else 5 end;
def seconds: if .fast then 7 else 63 end;
def retransmissions: [findings[] | select(.cause == "rtx.syn")];
def failure: one(findings[] | select(.cause == "connect.timeout"));

def expected:
  retries as $retries | seconds as $seconds
  | check_equal("a rtx.syn for each SYN but the first, then connect.timeout";
      causes; [range($retries) | "rtx.syn"] + ["connect.timeout"]),
    check("each rtx.syn knows the local drop";
      [retransmissions[] | .evidence.drop_reason] | unique
      == ["NETFILTER_DROP"];
      [retransmissions[] | .evidence]),
    check_equal("all are the client's";
      [findings[].owner.pid] | unique; [client]),
    check_equal("its name"; failure.owner.comm; "nc"),
    check_equal("SYNs sent"; failure.evidence.syns; $retries + 1),
    check_equal("tcp_syn_retries"; failure.evidence.tcp_syn_retries; $retries),
    check("the time it took";
      failure.evidence.waited_us / 1000000
      | . > $seconds * 0.95 and . < $seconds * 1.1;
      failure.evidence),
    check("effect says ETIMEDOUT";
      failure.effect // "" | contains("ETIMEDOUT"); failure.effect),
    check_equal("no other process"; strangers; []),
    check_packets("the SYNs in the packets"; "S\\]"; $retries + 1),
    check_packets("nothing else"; "[^S]"; 0);

def questions:
  failure as $f | retransmissions[0] as $r
  | ask("Why did nobody answer? A server listens on the port.";
        "\($r.why)."),
    ask("How many SYNs were sent, over which time, and who set the limit?";
        "\($f.why)."),
    ask("Is it always so many?";
        "No. The lab set tcp_syn_retries to \(retries)"
        + if .fast then " to be quick; the document has 5, for 63 s."
          else ", as the document has it." end
        + " Today the default is 6, and Linux 6.5 and later first send"
        + " tcp_syn_linear_timeouts (4) more, a second apart: 131 s in all."),
    ask("What did the application get?"; "\($f.effect).");
