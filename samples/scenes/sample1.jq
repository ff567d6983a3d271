# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

def expected:
  check_closed_well,
  check_equal("the client's name"; end_of(client).owner.comm; "sample1-client"),
  check_equal("the server's name"; end_of(server).owner.comm; "sample1-server"),
  check_equal("4 bytes there, 4 back";
    [end_of(client) | .bytes_out, .bytes_in]; [4, 4]);

def questions: ask_closed, ask_path, ask_first;
