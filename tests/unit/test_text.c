// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The text output, to the letter. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "shown_text.h"

static void show_state(struct shown *s, struct event_conn conn,
		       struct party owner, __u64 duration)
{
	struct sock_event e = state_event(2 * SEC + 527 * MS, 1, conn,
					  STATE_SYN_SENT, STATE_ESTABLISHED);
	struct flow flow = { FLOW_BLANK, .conn = conn };
	struct moment m = {
		.seq = 1,
		.event = &e.h,
		.conn = &conn,
		.flow = &flow,
		.owner = owner,
		.duration = duration,
		.duration_known = duration,
	};

	s->sink->ops->event(s->sink, &m);
}

static struct event_conn v4(void)
{
	return conn_of("127.0.0.1", 56978, "127.0.0.1", 8082);
}

static void state_line(void **state)
{
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, utc);
	show_state(&s, v4(), some_party(9320, "sample2-client"), 60000);
	show_state(&s, v4(), some_party(1, "a"), 0);
	show_state(&s, conn_of("10.0.0.1", 0, "0.0.0.0", 0), some_party(0, ""),
		   0);
	assert_shown(&s, "22:13:22.527 sample2-client[9320] 127.0.0.1:56978 "
			 "127.0.0.1:8082  SYN_SENT → ESTABLISHED  60 us\n"
			 "22:13:22.527 a[1]                 127.0.0.1:56978 "
			 "127.0.0.1:8082  SYN_SENT → ESTABLISHED\n"
			 "22:13:22.527 -                    10.0.0.1:*      "
			 "*               SYN_SENT → ESTABLISHED\n");
}

static void clocks(void **state)
{
	struct sink_options options = { .clock = SINK_RELATIVE };
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, options);
	show_state(&s, v4(), some_party(1, "abcdefghijklmno"), 0);
	assert_shown(&s, "    1.527000 abcdefghijklmno[1]   127.0.0.1:56978 "
			 "127.0.0.1:8082  SYN_SENT → ESTABLISHED\n");
	setenv("TZ", "XXX-5:30", 1);
	tzset();
	options.clock = SINK_LOCAL;
	show_with(&s, text_sink_new, options);
	show_state(&s, v4(), some_party(1, "abcdefghijklmno"), 0);
	assert_shown(&s, "03:43:22.527 abcdefghijklmno[1]   127.0.0.1:56978 "
			 "127.0.0.1:8082  SYN_SENT → ESTABLISHED\n");
}

static void ipv6_is_not_cut(void **state)
{
	struct event_conn conn = conn_of(LONG_V6, 65535, LONG_V6, 65534);
	struct shown s;
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, utc);
	show_state(&s, conn, some_party(1, "a"), 0);
	fill_finding(&f, "rst.linger-zero");
	f.conn = conn;
	show_finding(&s, &f);
	fflush(s.out);
	for (int i = 0; i < 2; i++) {
		const char *text = i ? strstr(s.text, "RST") : s.text;

		assert_non_null(strstr(text, "[" LONG_V6 "]:65535"));
		assert_non_null(strstr(text, "[" LONG_V6 "]:65534"));
	}
	shown_free(&s);
}

static void finding(void **state)
{
	struct shown s;
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, utc);
	fill_finding(&f, "rst.linger-zero");
	show_finding(&s, &f);
	assert_shown(&s, "22:13:22.120  RST  server[4120] 127.0.0.1:8082 → "
			 "client[4121] 127.0.0.1:51234\n"
			 "  why     it did something\n"
			 "  effect  nothing good\n"
			 "  seen    linger 0 s · reason TCP_STATE\n"
			 "  advice  do not\n"
			 "  cause   rst.linger-zero, certain\n");
}

/* Nobody here, nobody there, no rule, nothing seen. */
static void bare_finding(void **state)
{
	struct shown s;
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, utc);
	fill_finding(&f, "none such");
	f.what = WHAT_RST_RECEIVED;
	f.owner.pid = 0;
	f.has_peer = false;
	f.evidence_count = 0;
	f.after_loss = true;
	f.lost = (struct span){ SEC, 2 * SEC };
	*f.effect = '\0';
	show_finding(&s, &f);
	assert_shown(&s, "22:13:22.120  RST  127.0.0.1:8082 ← 127.0.0.1:51234\n"
			 "  why     it did something\n"
			 "  seen    events were lost between 22:13:21.000 "
			 "and 22:13:22.000: one may be missing here\n"
			 "  advice  do not\n"
			 "  cause   unknown\n");
}

static void headlines(void **state)
{
	static const char *const words[WHAT_COUNT] = {
		[WHAT_RST_SENT] = "  RST  ",
		[WHAT_RST_RECEIVED] = "  RST  ",
		[WHAT_RETRANSMIT] = "  RETRANSMIT  ",
		[WHAT_SYNACK_RETRANSMIT] = "  RETRANSMIT  ",
		[WHAT_CONNECT_FAILED] = "  FAILED  ",
		[WHAT_CONNECTION_FAILED] = "  FAILED  ",
		[WHAT_STALLED] = "  STALLED  ",
	};

	(void)state;
	for (enum finding_what what = 0; what < WHAT_COUNT; what++) {
		struct shown s;
		struct finding f;

		show_with(&s, text_sink_new, utc);
		fill_finding(&f, "rst.linger-zero");
		f.what = what;
		show_finding(&s, &f);
		fflush(s.out);
		assert_memory_equal(s.text + 12, words[what],
				    strlen(words[what]));
		shown_free(&s);
	}
}

static void wrapped_at_80_columns(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .width = 80 };
	struct shown s;
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	for (int i = 0; i < 40; i++)
		strcat(f.why, " → wörd");
	for (int i = 0; i < 6; i++)
		finding_add_number(&f, "n", i, "number %d of six", i);
	show_finding(&s, &f);
	show_state(&s, v4(), some_party(1, "a"), 0);
	show_state(&s, v4(), some_party(4120, "fifteen-letters"), 60000);
	show_state(&s, conn_of("192.168.100.100", 56978, "192.168.100.101", 80),
		   some_party(4194304, "fifteen-letters"), 999000000);
	show_state(&s, conn_of(LONG_V6, 65535, LONG_V6, 65534),
		   some_party(4194304, "fifteen-letters"), 999000000);
	f.conn = conn_of(LONG_V6, 65535, LONG_V6, 65534);
	f.owner = f.actor = f.peer = some_party(4194304, "fifteen-letters");
	for (int i = 0; i < 9; i++)
		show_finding(&s, &f);
	s.sink->ops->lost(s.sink, &(struct loss){ UINT64_MAX,
						  UINT64_MAX,
						  { 3 * SEC - 1, 3 * SEC } });
	sink_advance(s.sink, 9 * SEC);
	fflush(s.out);
	assert_non_null(strstr(s.text, "6 more in "));
	assert_in_range(widest_line(s.text), 70, 80);
	/* A short phrase stays in one piece, a space stays a space. */
	for (int i = 0; i < 6; i++) {
		char phrase[32];

		snprintf(phrase, sizeof(phrase), "number %d of six", i);
		assert_non_null(strstr(s.text, phrase));
	}
	assert_null(strchr(s.text, '\1'));
	shown_free(&s);
}

/* A flow that is as long as it gets, in a text that must hold it. */
static void hostile_names(void **state)
{
	struct shown s;
	struct event_conn conn = conn_of(LONG_V6, 65535, LONG_V6, 65534);
	struct flow a = some_flow(4194304, HOSTILE, conn, STATE_SYN_SENT);
	struct flow b =
		some_flow(4194304, HOSTILE, turned(conn), STATE_SYN_RECV);
	struct ending e = { .time = 3 * SEC,
			    .ends = { &a, &b },
			    .first = &b,
			    .how = "rst",
			    .duration = UINT64_MAX / 2,
			    .let_go = { UINT64_MAX / 2, 1 * SEC } };
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, utc);
	memset(a.path, STATE_ESTABLISHED, sizeof(a.path));
	a.path_len = FLOW_MAX_PATH;
	a.bytes_out = a.bytes_in = UINT64_MAX;
	fill_finding(&f, "rst.linger-zero");
	f.owner = f.actor = f.peer = *a.owner;
	f.conn = conn;
	show_state(&s, conn, *a.owner, 1);
	show_finding(&s, &f);
	s.sink->ops->ending(s.sink, &e);
	fflush(s.out);
	assert_printable(s.text);
	assert_non_null(strstr(s.text, "\\x1b[2J\\x0a\\x0d\\x09\"\\"));
	shown_free(&s);
}

static void evidence_without_end(void **state)
{
	struct shown s;
	struct finding f;
	char longest[200];

	(void)state;
	show_with(&s, text_sink_new, utc);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	fill_finding(&f, "rst.linger-zero");
	for (int i = 0; i < 100; i++) {
		finding_add_string(&f, "key", longest, "%s", longest);
		finding_add_event(&f, i + 1);
	}
	f.after_loss = true;
	show_finding(&s, &f);
	fflush(s.out);
	assert_non_null(strstr(s.text, "cause   rst.linger-zero"));
	shown_free(&s);
}

static void endings(void **state)
{
	struct shown s;
	struct flow a = some_flow(20, "client", v4(), STATE_SYN_SENT);
	struct flow b = some_flow(10, "server", turned(v4()), STATE_SYN_RECV);
	struct ending e = { .time = 5 * SEC,
			    .ends = { &a, &b },
			    .first = &b,
			    .how = "rst",
			    .duration = 1100000,
			    .let_go = { 3 * SEC, 0 } };

	(void)state;
	show_with(&s, text_sink_new, utc);
	s.sink->ops->ending(s.sink, &e);
	e.ends[1] = NULL;
	e.first = NULL;
	e.how = "timeout";
	e.duration = e.let_go[0] = 0;
	s.sink->ops->ending(s.sink, &e);
	fflush(s.out);
	assert_non_null(strstr(s.text,
			       "ended by a RST: server[10] called "
			       "close() first · open 1.1 ms ·\n"
			       "          4 B to the server, 10 B back"));
	assert_non_null(strstr(s.text, "  end     client[20] 127.0.0.1:56978 "
				       "SYN_SENT → ESTABLISHED → CLOSE\n"
				       "  end     server[10] 127.0.0.1:8082 "
				       "SYN_RECV → ESTABLISHED → CLOSE\n"
				       "  later   client[20] let go of its "
				       "socket 3.0 s after the RST\n"));
	assert_non_null(strstr(s.text, "timed out · 4 B to the server, 10 B "
				       "back\n"));
	shown_free(&s);
}

static void why_only(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .why_only = true };
	struct shown s;
	struct flow a = some_flow(20, "client", v4(), STATE_SYN_SENT);
	struct ending e = { .ends = { &a }, .how = "fin" };
	struct finding f;

	(void)state;
	show_with(&s, text_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	show_state(&s, v4(), *a.owner, 0);
	s.sink->ops->ending(s.sink, &e);
	fflush(s.out);
	assert_int_equal(s.size, 0);
	show_finding(&s, &f);
	fflush(s.out);
	assert_int_not_equal(s.size, 0);
	shown_free(&s);
}

static void losses(void **state)
{
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, utc);
	s.sink->ops->lost(s.sink,
			  &(struct loss){ 5, 12, { 2 * SEC - 1, 2 * SEC } });
	fflush(s.out);
	assert_non_null(strstr(s.text, "22:13:22.000  LOST 5 events (12 so "
				       "far)"));
	shown_free(&s);
}

/* Who replays a recording does not wait for more. */
static void greeting(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .width = 80 };
	struct shown s;

	(void)state;
	show_with(&s, text_sink_new, options);
	s.sink->ops->start(s.sink);
	assert_shown(&s, "tcpwhy is watching; Ctrl-C ends it\n");
	options.replayed = true;
	show_with(&s, text_sink_new, options);
	s.sink->ops->start(s.sink);
	fflush(s.out);
	assert_int_equal(s.size, 0);
	shown_free(&s);
}

/* Escape sequences only where they were asked for. */
static void colours(void **state)
{
	struct sink_options options = { .clock = SINK_UTC, .colour = true };
	struct shown s;
	struct finding f;
	int depth = 0;

	(void)state;
	show_with(&s, text_sink_new, options);
	fill_finding(&f, "rst.linger-zero");
	show_finding(&s, &f);
	fflush(s.out);
	for (const char *at = s.text; (at = strchr(at, '\033')); at++)
		depth = strncmp(at, "\033[0m", 4) ? depth + 1 : 0;
	assert_int_equal(depth, 0); /* all were ended */
	assert_non_null(strstr(s.text, "\033[31mRST\033[0m"));
	shown_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(greeting),
		cmocka_unit_test(state_line),
		cmocka_unit_test(clocks),
		cmocka_unit_test(ipv6_is_not_cut),
		cmocka_unit_test(finding),
		cmocka_unit_test(bare_finding),
		cmocka_unit_test(headlines),
		cmocka_unit_test(wrapped_at_80_columns),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(evidence_without_end),
		cmocka_unit_test(endings),
		cmocka_unit_test(why_only),
		cmocka_unit_test(losses),
		cmocka_unit_test(colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
