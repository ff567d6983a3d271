// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that were there before tcpwhy. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "pair.h"

static yajl_val find_finding(const struct watcher *watcher)
{
	long long netns = namespace_id();

	EXPECT(watcher, count_lines(watcher, "finding", netns) == 1,
	       "one finding in this namespace");
	for (size_t i = 0; i < watcher->line_count; i++)
		if (!strcmp(watcher->lines[i].type, "finding") &&
		    json_number(watcher->lines[i].json, "netns") == netns)
			return watcher->lines[i].json;
	return NULL;
}

static void expect_party(const struct watcher *watcher, yajl_val party, int pid,
			 const char *name)
{
	EXPECT(watcher, json_number(party, "pid") == pid, "process %d", pid);
	EXPECT(watcher, !strcmp(json_string(party, "comm"), name), "named %s",
	       name);
	EXPECT(watcher, YAJL_IS_FALSE(json_at(party, "inherited")),
	       "proven, not inherited");
}

static void expect_reset(const struct watcher *watcher, const struct pair *pair)
{
	yajl_val finding = find_finding(watcher);

	EXPECT(watcher,
	       !strcmp(json_string(finding, "cause"), "rst.linger-zero"),
	       "rst.linger-zero");
	EXPECT(watcher, !strcmp(json_string(finding, "confidence"), "certain"),
	       "certain");
	expect_party(watcher, json_at(finding, "owner"), pair->server,
		     pair->server_name);
	expect_party(watcher, json_at(finding, "actor"), pair->server,
		     pair->server_name);
	expect_party(watcher, json_at(finding, "peer"), pair->client,
		     pair->client_name);
	EXPECT(watcher, json_number(finding, "evidence/bytes_in") == 1,
	       "the byte from before the start");
}

/* Each event of the connection names the process at its end. */
static void expect_owners(const struct watcher *watcher,
			  const struct pair *pair)
{
	long long netns = namespace_id();

	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];
		int pid;

		if (strcmp(line->type, "event") ||
		    json_number(line->json, "netns") != netns)
			continue;
		pid = json_number(line->json, "local/port") == pair->port
			      ? pair->server
			      : pair->client;
		EXPECT(watcher, json_number(line->json, "owner/pid") == pid,
		       "process %d: %s", pid, line->text);
	}
	EXPECT(watcher, count_lines(watcher, "event", netns) >= 6,
	       "the events of both ends");
}

static void reset_later(const char *address)
{
	struct pair pair = PAIR("old", address, 9001);
	struct watcher *watcher;

	pair_start(&pair);
	pair_connect(&pair);
	pair_talk(&pair);
	watcher = watcher_start(ARGS("watch", "--json"));
	pair_reset(&pair);
	pair_end(&pair);
	watcher_stop(watcher);

	EXPECT(watcher, watcher->status == 0, "exit status 0");
	expect_reset(watcher, &pair);
	expect_owners(watcher, &pair);
}

static void reset_later_ipv4(void **state)
{
	(void)state;
	reset_later("127.0.0.1");
}

static void reset_later_ipv6(void **state)
{
	(void)state;
	reset_later("::1");
}

/* Only the listener is older: it is who listened there, until it ended. */
static void listener_before(void **state)
{
	struct pair pair = PAIR("old", "127.0.0.1", 9001);
	struct watcher *watcher;
	yajl_val finding;

	(void)state;
	pair_start(&pair);
	pair_connect(&pair);
	watcher = watcher_start(ARGS("watch", "--json"));
	pair_reset(&pair);
	pair_refused(&pair);
	pair_end(&pair);
	watcher_stop(watcher);

	finding = expect_one(watcher, "rst.port-closed");
	EXPECT(watcher, json_number(finding, "peer/pid") == pair.client,
	       "the client");
	EXPECT(watcher,
	       json_number(finding, "evidence/past_listener_pid") ==
		       pair.server,
	       "who listened there");
}

#define MANY	  1500 /* connections: more than one read of them brings */
#define MANY_PORT 8098

/* Both ends of many connections, all ours; the first ends come first. */
static void open_many(int fds[2 * MANY])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(MANY_PORT) };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct rlimit files;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 16), 0);
	for (int i = 0; i < MANY; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(
			connect(fds[i], (void *)&address, sizeof(address)), 0);
		fds[MANY + i] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_true(fds[MANY + i] >= 0);
	}
	close(listener);
}

/* Of each it is known who holds it, though others come and go meanwhile. */
static void many_before(void **state)
{
	static int fds[2 * MANY];
	const struct linger zero = { 1, 0 };
	struct pair pair = PAIR("meanwhile", "127.0.0.1", 8097);
	struct watcher *watcher;
	unsigned int findings = 0;
	yajl_val end;
	char byte;

	(void)state;
	pair_start(&pair); /* before: it is not to inherit them */
	open_many(fds);
	pair_storm(&pair);
	watcher = watcher_start(ARGS("--json", "--port", "8098"));
	pair_end(&pair);
	for (int i = 0; i < MANY; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &zero, sizeof(zero));
		close(fds[i]);
		/* Else its FIN may cross the RST, and be answered by another.
		 */
		assert_int_equal(recv(fds[MANY + i], &byte, 1, 0), -1);
		close(fds[MANY + i]);
	}
	watcher_stop(watcher);
	expect_sound(watcher, 0);
	for (size_t i = 0; i < watcher->line_count; i++) {
		yajl_val finding = watcher->lines[i].json;

		if (strcmp(watcher->lines[i].type, "finding") != 0)
			continue;
		findings++;
		EXPECT(watcher,
		       !strcmp(json_string(finding, "cause"),
			       "rst.linger-zero"),
		       "rst.linger-zero");
		EXPECT(watcher, json_number(finding, "owner/pid") == getpid(),
		       "its owner");
		EXPECT(watcher, json_number(finding, "peer/pid") == getpid(),
		       "its peer's");
	}
	EXPECT(watcher, findings == MANY, "%u findings", findings);
	end = expect_line(watcher, "end");
	EXPECT(watcher,
	       json_number(end, "events/delivered") -
			       json_number(end, "events/received") >=
		       4 * MANY,
	       "of each end that it is there, and who holds it");
}

/* Both ends are ours, and nobody reads: writes until no more fits. */
static void stall(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	static const char data[64 << 10];
	int listener = socket(AF_INET, SOCK_STREAM, 0), size = 4096;
	socklen_t len = sizeof(at);

	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	assert_int_equal(bind(listener, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len),
			 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(ends[0], (struct sockaddr *)&at, len), 0);
	ends[1] = accept(listener, NULL, NULL);
	assert_true(ends[1] >= 0);
	close(listener);
	while (send(ends[0], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
}

/* How many timeouts have passed since anything was acknowledged. */
static unsigned int backoff_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_backoff;
}

/* It is told of at once: not when the next probe is sent, in 6 s. */
static void stalled_before(void **state)
{
	int64_t until = now_ms() + PATIENCE_MS;
	struct watcher *watcher;
	unsigned int backoff;
	int ends[2];

	(void)state;
	stall(ends);
	while (backoff_of(ends[0]) < 5 && now_ms() < until)
		usleep(1000);
	watcher = watcher_start(ARGS("--json"));
	watcher_await(watcher, "\"stall.zero-window\"");
	backoff = backoff_of(ends[0]);
	watcher_stop(watcher);
	EXPECT(watcher, backoff == 5, "before a probe was sent");
	close(ends[0]);
	close(ends[1]);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(reset_later_ipv4), LIVE_TEST(reset_later_ipv6),
		LIVE_TEST(listener_before),  LIVE_TEST(many_before),
		LIVE_TEST(stalled_before),
	};

	return harness_main("existing", tests, COUNT(tests), argc, argv);
}
