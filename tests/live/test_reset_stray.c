// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Segments of connections that never were, and nothing else: what they are and
 * whether somebody listens must suffice to tell four causes apart. Most of
 * these RSTs are no process's, so "tcpwhy run" would leave them out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"

static unsigned int count_here(const struct watcher *watcher, const char *cause,
			       const char *confidence, int port, bool owned)
{
	unsigned int n = 0;

	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val json = watcher->lines[i].json;

		n += !strcmp(watcher->lines[i].type, "finding") &&
		     json_number(json, "netns") == namespace_id() &&
		     !strcmp(json_string(json, "cause"), cause) &&
		     !strcmp(json_string(json, "confidence"), confidence) &&
		     json_number(json, "local/port") == port &&
		     (json_number(json, "owner/pid") > 0) == owned &&
		     json_number(json, "actor/pid") < 0 &&
		     json_number(json, "peer/pid") < 0;
	}
	return n;
}

static void watch_strays(const char *options)
{
	struct watcher *watcher = watcher_start(ARGS("watch", "--json"));
	char path[256], command[320];

	sample_path("remote", path, sizeof(path));
	snprintf(command, sizeof(command), "%s --fast %s stray >/dev/null",
		 path, options);
	EXPECT(watcher, system(command) == 0, "the script was played");
	watcher_stop(watcher);
	EXPECT(watcher, watcher->status == 0, "exit status 0");
	EXPECT(watcher, count_lines(watcher, "finding", namespace_id()) == 5,
	       "as many findings as segments");
	EXPECT(watcher,
	       count_here(watcher, "rst.port-closed", "certain", 8089, false) ==
		       1,
	       "a SYN to a closed port");
	EXPECT(watcher,
	       count_here(watcher, "rst.late-synack", "likely", 8089, false) ==
		       1,
	       "a SYN+ACK to a closed port");
	EXPECT(watcher,
	       count_here(watcher, "rst.connection-gone", "certain", 8089,
			  false) == 1,
	       "data to a closed port");
	EXPECT(watcher,
	       count_here(watcher, "rst.late-synack", "likely", 8088, true) ==
		       1,
	       "a SYN+ACK to a listener");
	EXPECT(watcher,
	       count_here(watcher, "rst.stale-segment", "likely", 8088, true) ==
		       1,
	       "data to a listener");
}

static void strays_ipv4(void **state)
{
	(void)state;
	watch_strays("");
}

static void strays_ipv6(void **state)
{
	(void)state;
	watch_strays("-6");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(strays_ipv4),
		LIVE_TEST(strays_ipv6),
	};

	return harness_main("reset-stray", tests, COUNT(tests), argc, argv);
}
