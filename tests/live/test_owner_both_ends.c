// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Both ends on this host: a finding names both, once, whatever is in between:
 * network namespaces, a bridge, translated addresses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "owner_scene.h"

/* By turns: the server resets, the client resets, it ends in peace. */
#define ROUNDS	 "6"
#define FINDINGS 4
#define SERVER	 "10.7.0.2"

/* A process that does nothing but have a network namespace. */
static pid_t other_space(void)
{
	static const char *const argv[] = {
		"/usr/bin/unshare",
		"--net",
		"/bin/sh",
		"-c",
		"ip link set lo up && echo 'watch' && exec sleep 120",
		NULL,
	};

	return owner_start(argv, -1, 0)->pid;
}

__attribute__((format(printf, 1, 2))) static void run(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		fail_msg("it did not work: %s", command);
}

/*
 * A bridge forwards only a while after all links are up: TCP itself waits
 * until a closed port answers.
 */
static void await_path(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(7999) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, SERVER, &at.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

/* How each end calls itself and the other; how "ADDRESS:PORT" begins. */
struct view {
	const char *client_local, *client_remote;
	const char *server_local, *server_remote;
};

/* Of whatever else this host does meanwhile, tcpwhy tells as well. */
static bool is_of(const struct line *line, const struct process *process)
{
	return !strcmp(line->type, "finding") &&
	       json_number(line->json, "owner/pid") == process->pid;
}

static void expect_begins(const struct watcher *w, const struct line *line,
			  const char *path, const char *with)
{
	const char *text = json_string(line->json, path);

	EXPECT(w, text && !strncmp(text, with, strlen(with)),
	       "%s begins with %s: %s", path, with, line->text);
}

/*
 * Where addresses are translated the peer is found by what is not: the pair of
 * initial sequence numbers. It is no guess, and does not make the cause one.
 */
static void expect_ends(const struct watcher *w, const struct line *line,
			const struct view *view)
{
	bool server = json_number(line->json, "local/port") == 7001;
	const char *by = json_string(line->json, "evidence/peer_found_by");

	EXPECT(w, !strcmp(json_string(line->json, "confidence"), "certain"),
	       "%s", line->text);
	if (!view) {
		EXPECT(w, !by, "%s", line->text);
		EXPECT(w, !json_string(line->json, "evidence/peer_local"), "%s",
		       line->text);
		return;
	}
	EXPECT(w, by && !strcmp(by, "initial-sequence-numbers"), "%s",
	       line->text);
	expect_begins(w, line, "evidence/peer_local",
		      server ? view->client_local : view->server_local);
	expect_begins(w, line, "evidence/peer_remote",
		      server ? view->client_remote : view->server_remote);
}

/*
 * A server in @space, a client here that connects to @address and @port; with
 * @view (may be NULL) their addresses are not each other's.
 */
static void play(pid_t space, const char *address, const char *port,
		 const struct view *view)
{
	const char *server_argv[] = { owner_program("scenes"),
				      "-a",
				      space ? "0.0.0.0" : "127.0.0.1",
				      "-n",
				      ROUNDS,
				      "far-server",
				      NULL };
	const char *client_argv[] = { server_argv[0], "-a",	    address,
				      "-p",	      port,	    "-n",
				      ROUNDS,	      "far-client", NULL };
	struct process *server, *client;
	struct owner_counts counts;
	struct watcher *watcher;
	const char *path;
	int truth = owner_truth(&path);

	if (space)
		await_path();
	server = owner_start(server_argv, truth, space);
	client = owner_start(client_argv, truth, 0);
	watcher = watcher_start(ARGS("--json"));
	owner_go(server);
	owner_go(client);
	owner_end(client, watcher);
	owner_end(server, watcher);
	watcher_stop(watcher);
	close(truth);
	expect_sound(watcher, 0);
	counts = owner_judge(watcher, path, 0);
	owner_expect_right(&counts);
	for (size_t i = 0; i < watcher->line_count; i++)
		if (is_of(&watcher->lines[i], server) ||
		    is_of(&watcher->lines[i], client))
			expect_ends(watcher, &watcher->lines[i], view);
	if (counts.findings.right != FINDINGS)
		expect_failed(watcher, __FILE__, __LINE__, "findings",
			      "%d findings, not %u", FINDINGS,
			      counts.findings.right);
}

/* near, 10.7.0.1, here; far, 10.7.0.2, in the other one. */
static pid_t two_spaces(void)
{
	pid_t space = other_space();

	run("ip link add near type veth peer name far netns %d && "
	    "ip addr add 10.7.0.1/24 dev near && ip link set near up",
	    space);
	run("nsenter --net --target %d sh -c '"
	    "ip addr add 10.7.0.2/24 dev far && ip link set far up'",
	    space);
	return space;
}

static void firewall_of(pid_t space, const char *rules)
{
	run("nsenter --net --target %d nft '%s'", space, rules);
}

static void over_loopback(void **state)
{
	(void)state;
	play(0, "127.0.0.1", "7001", NULL);
}

static void over_veth(void **state)
{
	(void)state;
	play(two_spaces(), SERVER, "7001", NULL);
}

static void through_a_bridge(void **state)
{
	pid_t middle = other_space(), space = other_space();

	(void)state;
	run("ip link add near type veth peer name one netns %d && "
	    "ip addr add 10.7.0.1/24 dev near && ip link set near up",
	    middle);
	run("nsenter --net --target %d sh -c '"
	    "ip link add two type veth peer name far netns %d && "
	    "ip link add bridge type bridge && "
	    "ip link set one master bridge && ip link set two master bridge && "
	    "ip link set one up && ip link set two up && "
	    "ip link set bridge up'",
	    middle, space);
	run("nsenter --net --target %d sh -c '"
	    "ip addr add 10.7.0.2/24 dev far && ip link set far up'",
	    space);
	play(space, SERVER, "7001", NULL);
}

static void through_dnat(void **state)
{
	pid_t space = two_spaces();

	(void)state;
	run("ip route add 10.8.0.0/24 via 10.7.0.2");
	firewall_of(
		space,
		"table ip nat { chain in { type nat hook prerouting "
		"priority dstnat; ip daddr 10.8.0.9 dnat to 10.7.0.2; }; }");
	play(space, "10.8.0.9", "7001",
	     &(struct view){ "10.7.0.1:", "10.8.0.9:7001", "10.7.0.2:7001",
			     "10.7.0.1:" });
}

static void through_snat(void **state)
{
	pid_t space = two_spaces();

	(void)state;
	run("ip addr add 10.7.0.3/24 dev near");
	run("nft 'table ip nat { chain out { type nat hook postrouting "
	    "priority srcnat; ip daddr 10.7.0.2 snat to 10.7.0.3; }; }'");
	play(space, SERVER, "7001",
	     &(struct view){ "10.7.0.1:", "10.7.0.2:7001", "10.7.0.2:7001",
			     "10.7.0.3:" });
}

static void through_redirect(void **state)
{
	pid_t space = two_spaces();

	(void)state;
	firewall_of(space,
		    "table ip nat { chain in { type nat hook prerouting "
		    "priority dstnat; tcp dport 8001 redirect to 7001; }; }");
	play(space, SERVER, "8001",
	     &(struct view){ "10.7.0.1:", "10.7.0.2:8001", "10.7.0.2:7001",
			     "10.7.0.1:" });
}

/* On one host, as a transparent proxy does it. */
static void through_redirect_on_loopback(void **state)
{
	(void)state;
	run("nft 'table ip nat { chain out { type nat hook output "
	    "priority -100; tcp dport 8001 redirect to 7001; }; }'");
	play(0, "127.0.0.1", "8001",
	     &(struct view){ "127.0.0.1:", "127.0.0.1:8001", "127.0.0.1:7001",
			     "127.0.0.1:" });
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(over_loopback),
		LIVE_TEST(over_veth),
		LIVE_TEST(through_a_bridge),
		LIVE_TEST(through_dnat),
		LIVE_TEST(through_snat),
		LIVE_TEST(through_redirect),
		LIVE_TEST(through_redirect_on_loopback),
	};

	return harness_main("owner_both_ends", tests, COUNT(tests), argc, argv);
}
