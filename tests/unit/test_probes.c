// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* How many zero-window probes /proc/net/netstat says were sent. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "probes.h"

static void told(const char *netstat, uint64_t expected)
{
	uint64_t count = 0;
	char text[512];

	snprintf(text, sizeof(text), "%s", netstat);
	assert_true(probes_parse(text, &count));
	assert_int_equal(count, expected);
}

static void not_told(const char *netstat)
{
	uint64_t count;
	char text[512];

	snprintf(text, sizeof(text), "%s", netstat);
	assert_false(probes_parse(text, &count));
}

static void among_others(void **state)
{
	(void)state;
	told("TcpExt: SyncookiesSent TCPWinProbe TCPKeepAlive\n"
	     "TcpExt: 1 22 333\n"
	     "IpExt: InNoRoutes InTruncatedPkts\n"
	     "IpExt: 4 5\n",
	     22);
	told("IpExt: TCPWinProbe\nIpExt: 7\n"
	     "TcpExt: A TCPWinProbe\nTcpExt: 1 18446744073709551615\n",
	     UINT64_MAX);
	told("TcpExt: TCPWinProbe\nTcpExt: 0\n", 0);
}

static void cut_or_missing(void **state)
{
	(void)state;
	not_told("");
	not_told("TcpExt: SyncookiesSent TCPWinProbe\n");
	not_told("TcpExt: SyncookiesSent TCPWinProbe\nTcpExt: 1\n");
	not_told("TcpExt: SyncookiesSent TCPWinProbe\nTcpExt: 1 x\n");
	not_told("TcpExt: SyncookiesSent\nTcpExt: 1\n");
	not_told("IpExt: InNoRoutes\nIpExt: 1\n");
}

/* This kernel, whichever it is, has it. */
static void of_this_namespace(void **state)
{
	uint64_t before, after;

	(void)state;
	assert_true(probes_sent(&before));
	assert_true(probes_sent(&after));
	assert_true(after >= before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(among_others),
		cmocka_unit_test(cut_or_missing),
		cmocka_unit_test(of_this_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
