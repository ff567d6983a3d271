// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the programs in the kernel are told of the filters. */
#include "kernel_filter.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct bpf_filter filled(const char *name, const char *value)
{
	struct filters filters = { 0 };
	struct bpf_filter filter;
	const char *problem;

	assert_int_equal(filters_add(&filters, name, value, &problem), 0);
	kernel_filter_fill(&filter, &filters, false);
	filters_free(&filters);
	return filter;
}

/* Without filters, and in check, no program is to test for anything. */
static void none(void **state)
{
	static const struct bpf_filter off;
	struct filters filters = { 0 };
	struct bpf_filter filter;

	(void)state;
	kernel_filter_fill(&filter, &filters, false);
	assert_memory_equal(&filter, &off, sizeof(off));
	kernel_filter_fill(&filter, NULL, false);
	assert_memory_equal(&filter, &off, sizeof(off));
}

static void each_is_switched_on(void **state)
{
	static const struct {
		const char *name, *value;
		bool ends, tasks, processes;
	} each[] = {
		{ "port", "80", true, false, false },
		{ "local-port", "80", true, false, false },
		{ "remote-port", "80", true, false, false },
		{ "host", "::1", true, false, false },
		{ "family", "6", true, false, false },
		{ "netns", "4026531840", false, false, false },
		{ "pid", "7", false, true, true },
		{ "comm", "nginx", false, true, false },
		{ "cgroup", "/system.slice", false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		struct bpf_filter f = filled(each[i].name, each[i].value);

		assert_true(f.on);
		assert_int_equal(f.ends, each[i].ends);
		assert_int_equal(f.tasks, each[i].tasks);
		assert_int_equal(f.processes, each[i].processes);
		assert_false(f.forks);
	}
}

static void both_families_are_all(void **state)
{
	struct filters filters = { 0 };
	struct bpf_filter filter;
	const char *problem;

	(void)state;
	assert_int_equal(filters_add(&filters, "family", "4", &problem), 0);
	assert_int_equal(filters_add(&filters, "family", "6", &problem), 0);
	kernel_filter_fill(&filter, &filters, false);
	assert_false(filter.on);
}

static void children_of_a_command(void **state)
{
	struct filters filters = { 0 };
	struct bpf_filter filter;

	(void)state;
	kernel_filter_fill(&filter, &filters, true);
	assert_true(filter.on && filter.tasks && filter.processes);
	assert_true(filter.forks);
}

static void expect_network(const char *value, const char *addr,
			   const char *mask)
{
	struct bpf_filter filter = filled("host", value);
	struct in6_addr expected;

	assert_int_equal(filter.host_count, 1);
	assert_int_equal(inet_pton(AF_INET6, addr, &expected), 1);
	assert_memory_equal(filter.hosts[0].addr, &expected, 16);
	assert_int_equal(inet_pton(AF_INET6, mask, &expected), 1);
	assert_memory_equal(filter.hosts[0].mask, &expected, 16);
}

static void networks(void **state)
{
	(void)state;
	expect_network("192.0.2.1", "::ffff:192.0.2.1",
		       "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	expect_network("10.1.2.3/8", "::ffff:10.0.0.0",
		       "ffff:ffff:ffff:ffff:ffff:ffff:ff00:0");
	expect_network("2001:db8:ffff::1/33",
		       "2001:db8:8000::", "ffff:ffff:8000::");
	expect_network("0.0.0.0/0", "::ffff:0.0.0.0",
		       "ffff:ffff:ffff:ffff:ffff:ffff::");
	expect_network("::/0", "::", "::");
}

static void names_are_padded(void **state)
{
	static const char padded[16] = "nginx";
	struct bpf_filter filter = filled("comm", "nginx");

	(void)state;
	assert_memory_equal(filter.comms[0], padded, sizeof(padded));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(each_is_switched_on),
		cmocka_unit_test(both_families_are_all),
		cmocka_unit_test(children_of_a_command),
		cmocka_unit_test(networks),
		cmocka_unit_test(names_are_padded),
	};

	return cmocka_run_group_tests_name("kernel_filter", tests, NULL, NULL);
}
