#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# host-wide.sh PROGRAM: runs a sample that lowers a limit of the whole host,
# where the host is there for nothing else: in a guest of tests/kernels, which
# sets TCPWHY_GUEST. Such a limit can be seen in no namespace but the first.
if [ -z "$TCPWHY_GUEST" ]; then
	echo "needs a limit of the whole host lowered: only in a virtual machine"
	exit 77
fi
exec nsenter --net=/proc/1/ns/net "$@" --lower
