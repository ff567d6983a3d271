# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
include "lab";

def expected:
  check_closed_well,
  check_equal("both are nc"; [connection.ends[].owner.comm] | unique; ["nc"]);

def questions: ask_closed, ask_path, ask_first;
