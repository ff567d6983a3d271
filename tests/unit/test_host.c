// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is known of the recorded host: names, symbols, processes, clock. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "events.h"
#include "host.h"

static int set_up(void **state)
{
	*state = host_new();
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	host_free(*state);
	return 0;
}

static void nothing_is_known_at_first(void **state)
{
	assert_string_equal(host_release(*state), "");
	assert_string_equal(host_hostname(*state), "");
	assert_int_equal(host_start(*state), 0);
	assert_null(host_name(*state, NAME_RST_REASON, 0));
	assert_null(host_symbol(*state, 0));
	assert_null(host_process(*state, 1, 1));
	host_free(NULL);
}

static void learn_host(struct host *host, const char *release, int64_t offset,
		       uint32_t hz)
{
	struct fact fact = { .kind = FACT_HOST };

	fact.host.release = release;
	fact.host.hostname = "here";
	fact.host.version = "1";
	fact.host.start = 42;
	fact.host.realtime_offset = offset;
	fact.host.hz = hz;
	assert_int_equal(host_learn(host, &fact), 0);
}

static void host_itself(void **state)
{
	char release[] = "6.1.0";

	learn_host(*state, release, 0, 100);
	release[0] = 'x'; /* strings are copied */
	assert_string_equal(host_release(*state), "6.1.0");
	assert_string_equal(host_hostname(*state), "here");
	assert_int_equal(host_start(*state), 42);
	/* Told again: the last word counts. */
	learn_host(*state, "6.2.0", 0, 100);
	assert_string_equal(host_release(*state), "6.2.0");
}

static void realtime(void **state)
{
	learn_host(*state, "", 1700000000 * (int64_t)SEC, 100);
	assert_int_equal(host_realtime(*state, 5), 1700000000 * SEC + 5);
	/* A clock set to before the machine's start. */
	learn_host(*state, "", -3, 100);
	assert_int_equal(host_realtime(*state, 5), 2);
}

static void jiffies(void **state)
{
	learn_host(*state, "", 0, 1000);
	assert_int_equal(host_jiffies_us(*state, 3), 3000);
	learn_host(*state, "", 0, 250);
	assert_int_equal(host_jiffies_us(*state, 3), 12000);
	learn_host(*state, "", 0, 0); /* not told: the last known */
	assert_int_equal(host_jiffies_us(*state, 3), 12000);
}

static void learn_name(struct host *host, enum name_space space, int32_t value,
		       const char *name)
{
	struct fact fact = { .kind = FACT_NAME };

	fact.name.space = space;
	fact.name.value = value;
	fact.name.name = name;
	assert_int_equal(host_learn(host, &fact), 0);
}

static void names_by_space(void **state)
{
	learn_name(*state, NAME_RST_REASON, 2, "NO_SOCKET");
	learn_name(*state, NAME_DROP_REASON, 2, "NOT_SPECIFIED");
	learn_name(*state, NAME_DROP_REASON, -1, "NEGATIVE");
	learn_name(*state, NAME_RST_REASON, 2, "AGAIN");
	assert_string_equal(host_name(*state, NAME_RST_REASON, 2), "NO_SOCKET");
	assert_string_equal(host_name(*state, NAME_DROP_REASON, 2),
			    "NOT_SPECIFIED");
	assert_string_equal(host_name(*state, NAME_DROP_REASON, -1),
			    "NEGATIVE");
	assert_null(host_name(*state, NAME_RST_REASON, 3));
	assert_null(host_name(*state, NAME_RST_REASON, -1));
}

static void symbols_are_exact(void **state)
{
	learn_symbol(*state, 0xffffffff81000010, "tcp_reset");
	learn_symbol(*state, 0, "zero");
	assert_string_equal(host_symbol(*state, 0xffffffff81000010),
			    "tcp_reset");
	assert_null(host_symbol(*state, 0xffffffff81000011));
	assert_string_equal(host_symbol(*state, 0), "zero");
}

static void learn_process(struct host *host, uint32_t pid, uint64_t start,
			  const char *comm, const char *exe)
{
	struct fact fact = { .kind = FACT_PROCESS };

	fact.process.pid = pid;
	fact.process.uid = 1000;
	fact.process.start_time = start;
	fact.process.comm = comm;
	fact.process.exe = exe;
	assert_int_equal(host_learn(host, &fact), 0);
}

static void processes_by_pid_and_start(void **state)
{
	const struct process *process;

	learn_process(*state, 7, 100, "first", NULL);
	learn_process(*state, 7, 200, "second", "/bin/second");
	process = host_process(*state, 7, 100);
	assert_string_equal(process->comm, "first");
	assert_null(process->exe);
	assert_null(process->cgroup);
	process = host_process(*state, 7, 200);
	assert_string_equal(process->exe, "/bin/second");
	assert_int_equal(process->uid, 1000);
	assert_null(host_process(*state, 7, 300));
	/* exec: the same process, another program. */
	learn_process(*state, 7, 200, "third", "/bin/third");
	assert_string_equal(host_process(*state, 7, 200)->comm, "third");
}

static void long_comm_is_cut(void **state)
{
	learn_process(*state, 7, 1, "abcdefghijklmnopqrstuvwxyz", NULL);
	assert_string_equal(host_process(*state, 7, 1)->comm,
			    "abcdefghijklmno");
}

/* A host that starts processes for weeks must not fill our memory. */
static void processes_are_bounded(void **state)
{
	const uint32_t many = 100000;
	unsigned int known = 0;

	for (uint32_t pid = 1; pid <= many; pid++)
		learn_process(*state, pid, pid, "p", "/p");
	for (uint32_t pid = 1; pid <= many; pid++)
		known += host_process(*state, pid, pid) != NULL;
	assert_in_range(known, 1000, many / 2);
	/* The latest are the ones that are kept. */
	for (uint32_t pid = many - known + 1; pid <= many; pid++)
		assert_non_null(host_process(*state, pid, pid));
}

#define host_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		host_test(nothing_is_known_at_first),
		host_test(host_itself),
		host_test(realtime),
		host_test(jiffies),
		host_test(names_by_space),
		host_test(symbols_are_exact),
		host_test(processes_by_pid_and_start),
		host_test(long_comm_is_cut),
		host_test(processes_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
