// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who a process is beyond its pid: program, user, container, namespace. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "expect.h"
#include "harness.h"
#include "watcher.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static bool ends_with(const char *text, const char *end)
{
	size_t len = text ? strlen(text) : 0;

	return len >= strlen(end) && !strcmp(text + len - strlen(end), end);
}

static void program_and_user(void **state)
{
	struct watcher *w =
		watcher_run(ARGS("--json"), "exec \"$SAMPLES/sample2\"");
	yajl_val finding;

	(void)state;
	watcher_finish(w);
	finding = expect_one(w, "rst.linger-zero");
	EXPECT(w, ends_with(json_string(finding, "owner/exe"), "/sample2"),
	       "the server's program");
	EXPECT(w, ends_with(json_string(finding, "peer/exe"), "/sample2"),
	       "the client's program");
	EXPECT(w, json_number(finding, "owner/uid") == 0, "the user");
	EXPECT(w, json_string(finding, "owner/cgroup"), "the cgroup");
	EXPECT(w, !json_at(finding, "owner/cmdline"),
	       "no command line unless asked for");
}

static void command_line(void **state)
{
	struct watcher *w = watcher_run(ARGS("--json", "--cmdline"),
					"exec \"$SAMPLES/sample2\" -p 8099");
	const char *cmdline;

	(void)state;
	watcher_finish(w);
	cmdline =
		json_string(expect_one(w, "rst.linger-zero"), "owner/cmdline");
	EXPECT(w, ends_with(cmdline, "/sample2 -p 8099"), "%s",
	       cmdline ? cmdline : "null");
}

static void named_namespace(void **state)
{
	struct watcher *w;
	char name[64], script[512];
	const char *said;

	(void)state;
	snprintf(name, sizeof(name), "tcpwhy-test-%d", getpid());
	snprintf(script, sizeof(script),
		 "ip netns add %s && ip -n %s link set lo up && "
		 "ip netns exec %s \"$SAMPLES/sample2\"; status=$?; "
		 "ip netns del %s; exit $status",
		 name, name, name, name);
	w = watcher_run(ARGS("--json"), script);
	watcher_finish(w);
	EXPECT(w, w->status == 0, "status %d", w->status);
	said = json_string(expect_one(w, "rst.linger-zero"), "netns_name");
	EXPECT(w, said && !strcmp(said, name), "%s", said ? said : "null");
}

/* As a container runtime would: the id is in the path of the cgroup. */
static void container(void **state)
{
	struct watcher *w = watcher_run(
		ARGS("--json"),
		"group=$(awk '$3 == \"cgroup2\" { print $2; exit }' "
		"/proc/mounts)/docker-" ID ".scope; mkdir \"$group\" && "
		"sh -c 'echo $$ >\"$0\"/cgroup.procs && "
		"exec \"$SAMPLES/sample2\"' \"$group\"; status=$?; "
		"rmdir \"$group\"; exit $status");
	const char *said;

	(void)state;
	watcher_finish(w);
	EXPECT(w, w->status == 0, "status %d", w->status);
	said = json_string(expect_one(w, "rst.linger-zero"), "owner/container");
	EXPECT(w, said && !strcmp(said, ID), "%s", said ? said : "null");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(program_and_user),
		LIVE_TEST(command_line),
		LIVE_TEST(named_namespace),
		LIVE_TEST(container),
	};

	return harness_main("identity", tests, COUNT(tests), argc, argv);
}
