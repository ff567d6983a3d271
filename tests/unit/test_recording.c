// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings, written and read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recording_sample.h"

static void round_trip(void **state)
{
	struct recording_result result;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(read_data(sample.data, sample.size, &log, &result), 0);
	assert_int_equal(log.count, sample.log.count);
	assert_prefix(&log);
	assert_int_equal(result.events, sample.events);
	assert_int_equal(result.bad, 0);
	assert_false(result.truncated);
	assert_string_equal(result.problem, "");
}

static void empty_recordings(void **state)
{
	struct file file = make_file();
	struct recording_result result;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(recorder_close(open_recorder(file.path)), 0);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 0);
	assert_int_equal(recorder_close(open_with_host(file.path)), 0);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 1);
	assert_int_equal(recorder_close(NULL), 0);
	close(file.fd);
}

static void host_comes_first_and_once(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_recorder(file.path);
	union any_event e;

	(void)state;
	make_event(&e, EVENT_STATE, 1);
	assert_int_equal(recorder_event(r, &e.h), -EINVAL);
	assert_int_equal(recorder_fact(r, &host), -EINVAL);
	assert_int_equal(recorder_close(r), -EINVAL);
	r = open_with_host(file.path);
	assert_int_equal(recorder_fact(r, &host), -EINVAL);
	assert_int_equal(recorder_close(r), -EINVAL);
	close(file.fd);
}

struct order {
	uint64_t next;
	size_t long_paths;
};

static int order_fact(void *arg, const struct fact *fact)
{
	struct order *order = arg;

	if (fact->kind == FACT_PROCESS)
		order->long_paths += strlen(fact->process.cgroup) == 4999;
	return 0;
}

static int order_event(void *arg, const struct event_header *event)
{
	struct order *order = arg;

	assert_int_equal(event->time, order->next++);
	return 0;
}

/* More than the writer's buffer, and strings as long as they come. */
static void long_recording(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_with_host(file.path);
	static char path[5000];
	static char huge[PCAPNG_BLOCK_MAX + 2];
	struct fact process = facts[4];
	struct order order = { 0 };
	const struct source_handler handler = { .fact = order_fact,
						.event = order_event,
						.arg = &order };
	struct recording_result result;
	union any_event e;
	size_t size;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	memset(huge, 'h', sizeof(huge) - 1);
	for (unsigned int i = 0; i < 2000; i++) {
		make_event(&e, 1 + i % EVENT_EXIT, i);
		assert_int_equal(recorder_event(r, &e.h), 0);
	}
	process.process.cgroup = path;
	assert_int_equal(recorder_fact(r, &process), 0);
	assert_int_equal(recorder_flush(r), 0);
	size = lseek(file.fd, 0, SEEK_END);
	assert_true(size > 500000);
	process.process.exe = huge;
	assert_int_equal(recorder_fact(r, &process), -EMSGSIZE);
	assert_int_equal(recorder_close(r), -EMSGSIZE);
	assert_int_equal(lseek(file.fd, 0, SEEK_END), size);
	assert_int_equal(recording_read(file.path, &handler, &result), 0);
	assert_int_equal(order.next, 2000);
	assert_int_equal(order.long_paths, 1);
	close(file.fd);
}

static void full_disk(void **state)
{
	struct recorder *r;

	(void)state;
	if (access("/dev/full", W_OK))
		skip();
	r = open_with_host("/dev/full");
	assert_int_equal(recorder_flush(r), -ENOSPC);
	assert_int_equal(recorder_fact(r, &facts[0]), -ENOSPC);
	assert_int_equal(recorder_flush(r), -ENOSPC);
	assert_int_equal(recorder_close(r), -ENOSPC);
	/* Nobody flushed: the last chance to say so. */
	assert_int_equal(recorder_close(open_with_host("/dev/full")), -ENOSPC);
}

static void closed_pipe(void **state)
{
	struct recorder *r;
	char path[32];
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_return_code(pipe(fds), errno);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	r = open_with_host(path);
	close(fds[0]);
	assert_int_equal(recorder_flush(r), -EPIPE);
	assert_int_equal(recorder_close(r), -EPIPE);
	close(fds[1]);
}

static void no_such_file(void **state)
{
	struct recording_result result;
	struct recorder *r;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(recorder_open(&r, "/nonexistent/x"), -ENOENT);
	assert_null(r);
	assert_int_equal(read_log("/nonexistent/x", &log, &result), -ENOENT);
	assert_int_equal(read_log("/", &log, &result), -EISDIR);
}

static void handler_stops_reading(void **state)
{
	struct recording_result result;
	struct log log = { .stop_with = -ENOMEM };

	(void)state;
	assert_int_equal(read_data(sample.data, sample.size, &log, &result),
			 -ENOMEM);
	assert_int_equal(log.count, 1);
}

static void read_while_written(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_with_host(file.path);
	struct recording_result result;
	struct log log = { 0 };
	union any_event e;

	(void)state;
	for (unsigned int i = 1; i < 10; i++) {
		make_event(&e, EVENT_STATE, i);
		assert_int_equal(recorder_event(r, &e.h), 0);
		assert_int_equal(recorder_flush(r), 0);
		assert_int_equal(read_log(file.path, &log, &result), 0);
		assert_false(result.truncated);
		assert_int_equal(log.count, 1 + i);
	}
	assert_int_equal(recorder_close(r), 0);
	close(file.fd);
}

static void killed_writer(void **state)
{
	struct file file = make_file();
	struct recording_result result;
	struct log log = { 0 };
	union any_event e;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_return_code(pid, errno);
	if (!pid) {
		struct recorder *r = open_with_host(file.path);

		make_event(&e, EVENT_STATE, 1);
		recorder_event(r, &e.h);
		recorder_flush(r);
		recorder_event(r, &e.h);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 2);
	assert_int_equal(result.events, 1);
	close(file.fd);
}

/* In a child of its own: standard input has one buffer for all tests. */
static void standard_input(void **state)
{
	struct recording_result result;
	struct log log = { 0 };
	int status;
	int fds[2];
	pid_t pid;

	(void)state;
	assert_return_code(pipe(fds), errno);
	pid = fork();
	assert_return_code(pid, errno);
	if (!pid) {
		close(fds[1]);
		dup2(fds[0], STDIN_FILENO);
		_exit(read_log("-", &log, &result) ||
		      log.count != sample.log.count);
	}
	close(fds[0]);
	assert_int_equal(write(fds[1], sample.data, sample.size), sample.size);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(empty_recordings),
		cmocka_unit_test(host_comes_first_and_once),
		cmocka_unit_test(long_recording),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(closed_pipe),
		cmocka_unit_test(no_such_file),
		cmocka_unit_test(handler_stops_reading),
		cmocka_unit_test(read_while_written),
		cmocka_unit_test(killed_writer),
		cmocka_unit_test(standard_input),
	};

	return cmocka_run_group_tests_name("recording", tests, make_sample,
					   NULL);
}
