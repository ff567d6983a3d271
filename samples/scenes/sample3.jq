# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

# How long the client slept, in microseconds.
def nap: if .fast then 500000 else 3000000 end;

def expected:
  check_linger_zero,
  check_equal("the server's name"; findings[0].owner.comm; "sample3-server"),
  check_equal("the client's name"; findings[0].peer.comm; "sample3-client"),
  check_equal("4 bytes wait unread at the client";
    findings[0].evidence.peer_unread_bytes; 4),
  nap as $nap
  | check("the client let go when it had slept";
      end_of(client).let_go_us | . > $nap * 0.9 and . < $nap + 1000000;
      end_of(client).let_go_us);

def questions:
  ask_linger_zero,
  ask("What became of the bytes that the client had not read?";
      "\(findings[0].evidence.peer_unread_bytes) bytes had arrived in order. "
      + "Linux keeps them: the client's first read returns them, only the next "
      + "one fails. Other systems may throw them away."),
  ask("When did the client find out?";
      "\(end_of(client) | "\(.owner | who) let go of its socket "
         + "\(.let_go_us | duration)") after the RST. Until then it had no "
      + "reason to think that anything was wrong."),
  ask_no_second_rst;
