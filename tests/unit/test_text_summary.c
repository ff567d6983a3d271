// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The last lines of the text output. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "shown_text.h"

static void summaries(void **state)
{
	struct shown s;
	struct summary none = { .counted = true, .produced = 3, .received = 3 };
	struct summary one = { .findings = 1,
			       .causes = { { "rst.linger-zero", 1 } },
			       .cause_count = 1,
			       .counted = true };
	const struct ranked processes[] = {
		{ .count = 11, .process = some_party(4120, "server") },
		{ .count = 1 },
	};
	const struct ranked remotes[] = { { .count = 12 } };
	struct summary much = {
		.connections = 1,
		.findings = 12,
		.causes = { { "rst.linger-zero", 11 }, { "unknown", 1 } },
		.cause_count = 2,
		.by_process = processes,
		.process_count = 2,
		.by_remote = remotes,
		.remote_count = 1,
		.counted = true,
		.produced = 20,
		.received = 14,
		.lost = 5,
		.bad = 1,
		.evicted = 9,
	};
	struct summary cut = { .events = 12, .truncated = true };

	(void)state;
	show_with(&s, text_sink_new, utc);
	much.kinds[EVENT_STATE].produced = 15;
	much.kinds[EVENT_STATE].lost = 5;
	s.sink->ops->end(s.sink, &none);
	s.sink->ops->end(s.sink, &one);
	s.sink->ops->end(s.sink, &much);
	s.sink->ops->end(s.sink, &cut);
	assert_shown(&s, "-- 0 connections, 0 findings; 3 events, 0 lost\n"
			 "-- 0 connections, 1 finding (1 rst.linger-zero); 0 "
			 "events, 0 lost\n"
			 "-- 1 connection, 12 findings; 20 events, 5 lost\n"
			 "  cause   11 rst.linger-zero\n"
			 "           1 unknown\n"
			 "  process 11 server[4120]\n"
			 "           1 no process, or none known\n"
			 "  remote  12 ::\n"
			 "  lost 5 of 15 state events\n"
			 "  1 records were not understood\n"
			 "  9 sockets were forgotten for want of room: "
			 "--max-sockets keeps more\n"
			 "-- 0 connections, 0 findings; 12 events, lost: not "
			 "recorded\n"
			 "  the recording was cut off\n");
}

/* Ten of a kind are listed; what is not is counted. */
static void long_rankings(void **state)
{
	struct ranked processes[12] = { { 0 } }, remotes[1] = { { 0 } };
	struct summary much = {
		.findings = 300,
		.by_process = processes,
		.process_count = 12,
		.process_others = 5,
		.by_remote = remotes,
		.remote_count = 1,
		.remote_others = 1,
		.cause_count = 11,
		.counted = true,
	};
	struct sink_options options = { .clock = SINK_UTC, .width = 80 };
	struct shown s;

	(void)state;
	for (unsigned int i = 0; i < 12; i++) {
		processes[i].count = 100 - i;
		processes[i].process = some_party(i + 1, HOSTILE);
		much.causes[i].cause = "rst.linger-zero";
		much.causes[i].count = 20;
	}
	show_with(&s, text_sink_new, options);
	s.sink->ops->end(s.sink, &much);
	fflush(s.out);
	assert_non_null(strstr(s.text, "          and 1 more, with 100 "
				       "findings\n"));
	/* 90 and 89, and 5 that were forgotten. */
	assert_non_null(strstr(s.text, "          and over 2 more, with 184 "
				       "findings\n"));
	assert_non_null(strstr(s.text, "          and others, with 1 "
				       "finding\n"));
	assert_null(strstr(s.text, "[11]"));
	assert_non_null(strstr(s.text, "  process 100 "));
	assert_non_null(strstr(s.text, "           91 "));
	assert_in_range(widest_line(s.text), 20, 80);
	assert_printable(s.text);
	shown_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summaries),
		cmocka_unit_test(long_rankings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
