# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

def expected:
  check_linger_zero,
  check_equal("the server's name"; findings[0].owner.comm; "sample2-server"),
  check_equal("the client's name"; findings[0].peer.comm; "sample2-client");

def questions: ask_linger_zero, ask_no_second_rst;
