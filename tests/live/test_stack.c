// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks are remembered and not walked again: then they must be what a walk
 * would find, whatever comes in between.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "harness.h"
#include "path.h"

#define PORT   8099
#define ROUNDS 40
#define TEXT   2048 /* room for a stack, in words */

static int listener;

/* All on one CPU: what is remembered belongs to one. */
static void stay(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void address_of(struct sockaddr_in *address)
{
	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_port = htons(PORT) };
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static void listen_here(void)
{
	struct sockaddr_in address;
	int on = 1;

	address_of(&address);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(listener, (void *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
}

/* A connection, both ends of it; the first is to send the RST. */
static void connect_both(int ends[2])
{
	struct sockaddr_in address;

	address_of(&address);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ends[0], (void *)&address, sizeof(address)),
			 0);
	ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(ends[1] >= 0);
}

static void linger_zero(int fd)
{
	struct linger zero = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &zero, sizeof(zero));
}

static void by_close(int fd)
{
	linger_zero(fd);
	close(fd);
}

static void by_close_range(int fd)
{
	linger_zero(fd);
	syscall(SYS_close_range, fd, fd, 0);
}

/* A child has it alone, and exits. */
static void by_exit(int fd)
{
	int gate[2], status;
	pid_t child;
	char byte;

	linger_zero(fd);
	assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
	child = fork();
	if (!child) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	close(fd);
	close(gate[0]);
	close(gate[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void by_disconnect(int fd)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	connect(fd, &none, sizeof(none));
	close(fd);
}

/* With data unread: the server has sent some, see play(). */
static void by_unread(int fd)
{
	close(fd);
}

/* More than are remembered. */
static const struct act {
	void (*reset)(int fd);
	const char *cause;
	bool unread;
} acts[] = {
	{ by_close, "rst.linger-zero", false },
	{ by_close_range, "rst.linger-zero", false },
	{ by_exit, "rst.linger-zero", false },
	{ by_disconnect, "rst.disconnect", false },
	{ by_unread, "rst.unread-data", true },
};

#define ACTS COUNT(acts)

_Static_assert(COUNT(acts) > STACK_PATHS, "some must be forgotten");

static void play(const struct act *act)
{
	char byte;
	int ends[2];

	connect_both(ends);
	if (act->unread)
		assert_int_equal(send(ends[1], "x", 1, 0), 1);
	act->reset(ends[0]);
	/* The RST has arrived: nothing of this act happens later. */
	assert_int_equal(recv(ends[1], &byte, 1, 0), -1);
	close(ends[1]);
}

/* The stack of a finding, in one text. */
static void stack_text(yajl_val finding, char text[TEXT])
{
	const char *path[] = { "evidence", "stack", NULL };
	yajl_val stack = yajl_tree_get(finding, path, yajl_t_array);
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; stack && i < YAJL_GET_ARRAY(stack)->len; i++)
		used += snprintf(
			text + used, TEXT - used, "%s ",
			YAJL_GET_STRING(YAJL_GET_ARRAY(stack)->values[i]));
	assert_true(used > 0 && used < TEXT);
}

/*
 * The findings come in the order of @order: each must be of its act's cause,
 * and have the stack that its act had the first time, when it was walked.
 */
static void expect_stacks(const struct watcher *watcher,
			  const unsigned char *order, unsigned int count)
{
	static char first[ACTS][TEXT];
	unsigned int n = 0;

	memset(first, 0, sizeof(first));
	for (size_t i = 0; i < watcher->line_count; i++) {
		const struct line *line = &watcher->lines[i];
		unsigned int act;
		char stack[TEXT];

		if (strcmp(line->type, "finding") != 0)
			continue;
		EXPECT(watcher, n < count, "%u findings", count);
		act = order[n++];
		EXPECT(watcher,
		       !strcmp(json_string(line->json, "cause"),
			       acts[act].cause),
		       "finding %u to be %s", n, acts[act].cause);
		stack_text(line->json, stack);
		if (!*first[act])
			strcpy(first[act], stack);
		EXPECT(watcher, !strcmp(stack, first[act]),
		       "finding %u, of act %u, to have the stack %s", n, act,
		       first[act]);
	}
	EXPECT(watcher, n == count, "%u findings, not %u", count, n);
	for (unsigned int a = 0; a < ACTS; a++)
		for (unsigned int b = 0; b < a; b++)
			EXPECT(watcher, strcmp(first[a], first[b]) != 0,
			       "acts %u and %u to differ", a, b);
}

/* How many walks tcpwhy's programs remember of RSTs that were sent, on CPU 0.
 */
static unsigned int count_remembered(void)
{
	unsigned int cpus = libbpf_num_possible_cpus(), count = 0;
	__u32 id = 0, key = EVENT_RESET_SENT;
	struct paths *paths;

	paths = calloc(cpus, sizeof(*paths));
	assert_non_null(paths);
	while (!bpf_map_get_next_id(id, &id)) {
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) &&
		    !strcmp(info.name, "paths") &&
		    info.value_size == sizeof(*paths) &&
		    !bpf_map_lookup_elem(fd, &key, paths))
			for (int i = 0; i < STACK_PATHS; i++)
				count += paths->path[i].frames > 0;
		close(fd);
	}
	free(paths);
	return count;
}

static struct watcher *begin(void)
{
	struct watcher *watcher =
		watcher_start(ARGS("--json", "--port", "8099"));

	stay();
	listen_here();
	return watcher;
}

static void end(struct watcher *watcher)
{
	close(listener);
	watcher_stop(watcher);
	expect_sound(watcher, 0);
}

/* Each act often enough to be remembered, and forgotten for the next. */
static void one_after_another(void **state)
{
	unsigned char order[ACTS * ROUNDS];
	unsigned int remembered;
	struct watcher *watcher;

	(void)state;
	watcher = begin();
	for (unsigned int i = 0; i < sizeof(order); i++) {
		order[i] = i / ROUNDS;
		play(&acts[order[i]]);
	}
	remembered = count_remembered();
	end(watcher);
	expect_stacks(watcher, order, sizeof(order));
	EXPECT(watcher, remembered >= 2, "some to be remembered, not %u",
	       remembered);
}

/* Each time another than the last, of which some are remembered. */
static void by_turns(void **state)
{
	unsigned char order[2 * ACTS * ROUNDS];
	struct watcher *watcher;

	(void)state;
	watcher = begin();
	for (unsigned int i = 0; i < sizeof(order); i++) {
		order[i] = i < sizeof(order) / 2 ? i / ROUNDS : i % ACTS;
		play(&acts[order[i]]);
	}
	end(watcher);
	expect_stacks(watcher, order, sizeof(order));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(one_after_another),
		LIVE_TEST(by_turns),
	};

	return harness_main("stack", tests, COUNT(tests), argc, argv);
}
