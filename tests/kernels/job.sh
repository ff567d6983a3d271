#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest of "run": the causes, or those named, and after a line
# "tests" the live tests of live.txt, unless causes are named.
here=$(cd "$(dirname "$0")" && pwd)

status=0
"$here/causes.sh" "$@" || status=$?
echo tests
(($#)) || sed -n '/|/d; /^test_/p' "$here/live.txt" |
	xargs "$here/live.sh" || status=$?
exit "$status"
