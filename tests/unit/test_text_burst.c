// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings that are alike, in the text output. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "shown_text.h"

/* A refused connect of @peer, from @from. */
static void show_refusal(struct shown *s, uint64_t time, struct party peer,
			 const char *from)
{
	static uint16_t port = 40000;
	struct finding f;

	fill_finding(&f, "rst.port-closed");
	f.time = time;
	f.conn = conn_of("127.0.0.1", 8087, from, port++);
	f.owner = f.actor = some_party(0, "");
	f.peer = peer;
	f.has_peer = peer.pid;
	f.state = 0;
	show_finding(s, &f);
}

static unsigned int paragraphs(const char *text)
{
	unsigned int n = 0;

	for (; (text = strstr(text, "  cause   ")); text++)
		n++;
	return n;
}

static const char *last_lines(const char *text, unsigned int lines)
{
	const char *at = text + strlen(text);

	for (at--; at > text && lines; at--)
		lines -= at[-1] == '\n';
	return lines ? text : at + 1;
}

static void assert_ends(const struct shown *s, unsigned int lines,
			const char *expected)
{
	fflush(s->out);
	assert_string_equal(last_lines(s->text, lines), expected);
}

static void burst_is_one_line(void **state)
{
	struct shown s;
	struct party curl = some_party(77, "curl");

	(void)state;
	show_with(&s, text_sink_new, utc);
	for (unsigned int i = 0; i < 1000; i++)
		show_refusal(&s, 2 * SEC + i, curl, "127.0.0.1");
	sink_advance(s.sink, 3 * SEC);
	fflush(s.out);
	assert_null(strstr(s.text, "more in"));
	sink_advance(s.sink, 3 * SEC + 3);
	assert_ends(&s, 1, /* of a second, after the fourth */
		    "22:13:23.000  RST  rst.port-closed: 997 more in 1.0 s, "
		    "nobody on 127.0.0.1:8087, from curl[77]\n");
	shown_free(&s);
}

static void burst_of_many(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .width = 80 };
	struct summary none = { 0 };
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, options);
	for (unsigned int i = 0; i < 50; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.0.0.%u", i % 3);
		show_refusal(&s, 2 * SEC + i, some_party(i + 1, "curl"), from);
	}
	for (unsigned int i = 0; i < 50; i++) {
		char from[32];

		snprintf(from, sizeof(from), "10.0.0.%u", i);
		show_refusal(&s, 4 * SEC + i, some_party(0, ""), from);
	}
	s.sink->ops->end(s.sink, &none);
	fflush(s.out);
	assert_int_equal(paragraphs(s.text), 3);
	assert_non_null(strstr(s.text, "RST  rst.port-closed: 47 more in 1.0 "
				       "s, nobody on 127.0.0.1:8087,\n"
				       "          from 3 addresses\n"));
	assert_non_null(strstr(s.text, "RST  rst.port-closed: 50 more in 1.0 "
				       "s, nobody on 127.0.0.1:8087,\n"
				       "          from more than 16 "
				       "addresses\n"));
	assert_in_range(widest_line(s.text), 70, 80);
	shown_free(&s);
}

static void burst_of_a_client(void **state)
{
	struct summary none = { 0 };
	struct shown s;
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, utc);
	for (unsigned int i = 0; i < 10; i++) {
		fill_finding(&f, "connect.timeout");
		f.what = WHAT_CONNECT_FAILED;
		f.time = 2 * SEC + i;
		f.conn = conn_of("10.0.0.1", 40000 + i, "10.0.0.2", 443);
		f.state = STATE_SYN_SENT;
		f.has_peer = false;
		f.after_loss = i == 9;
		show_finding(&s, &f);
	}
	s.sink->ops->end(s.sink, &none);
	fflush(s.out);
	assert_non_null(strstr(s.text, "FAILED  connect.timeout: 7 more in 0 "
				       "us, server[4120] to 10.0.0.2:443; "
				       "events were\n          lost "
				       "meanwhile\n"));
	shown_free(&s);
}

static void not_folded(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .no_fold = true };
	struct summary none = { 0 };
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, options);
	for (unsigned int i = 0; i < 10; i++)
		show_refusal(&s, 2 * SEC + i, some_party(1, "a"), "127.0.0.1");
	sink_advance(s.sink, 9 * SEC);
	s.sink->ops->end(s.sink, &none);
	fflush(s.out);
	assert_int_equal(paragraphs(s.text), 10);
	assert_null(strstr(s.text, "more in"));
	shown_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_is_one_line),
		cmocka_unit_test(burst_of_many),
		cmocka_unit_test(burst_of_a_client),
		cmocka_unit_test(not_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
