#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What runs in a guest: "tcpwhy check" as root, where the kernel hides its
# symbols from all, and as a user with the capabilities that it takes.
# Prints, for each, a line "== NAME", what it said, and "exit STATUS".
check() {
	echo "== $1"
	shift
	"$@" build/tcpwhy check 2>&1
	echo "exit $?"
}

check root
echo 2 >/proc/sys/kernel/kptr_restrict
check hidden
for caps in -all,+bpf,+perfmon -all,+bpf,+perfmon,+sys_resource; do
	# Busybox has a lesser one of the same name, and prefers that.
	check "user $caps" /usr/bin/setpriv --reuid 1000 --regid 1000 \
		--clear-groups --inh-caps "$caps" --ambient-caps "$caps"
done
