#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest that has no more than busybox: the samples of the
# documents under tcpwhy. Prints, for each, a line "== NAME", what the sample
# says, and tcpwhy's JSON.
for name in sample1 sample2 sample3; do
	echo "== $name"
	# shellcheck disable=SC2016 # expanded by the inner shell
	build/tcpwhy run --json -- sh -c 'exec "$0" >/tmp/log 2>&1' \
		"build/samples/$name" >/tmp/json || exit
	cat /tmp/log /tmp/json
done
