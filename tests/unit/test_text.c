// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The text output, to the letter. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "shown.h"

static const struct sink_options utc = { .clock = SINK_UTC };

static void assert_shown(struct shown *s, const char *expected)
{
	fflush(s->out);
	assert_string_equal(s->text, expected);
	shown_free(s);
}

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
	s.sink->ops->finding(s.sink, &f);
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
	s.sink->ops->finding(s.sink, &f);
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
	s.sink->ops->finding(s.sink, &f);
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
		s.sink->ops->finding(s.sink, &f);
		fflush(s.out);
		assert_memory_equal(s.text + 12, words[what],
				    strlen(words[what]));
		shown_free(&s);
	}
}

static unsigned int widest_line(const char *text)
{
	unsigned int widest = 0, at = 0;

	for (; *text; text++) {
		at = *text == '\n' ? 0 : at + ((*text & 0xc0) != 0x80);
		widest = at > widest ? at : widest;
	}
	return widest;
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
	s.sink->ops->finding(s.sink, &f);
	show_state(&s, v4(), some_party(1, "a"), 0);
	show_state(&s, v4(), some_party(4120, "fifteen-letters"), 60000);
	show_state(&s, conn_of("192.168.100.100", 56978, "192.168.100.101", 80),
		   some_party(4194304, "fifteen-letters"), 999000000);
	show_state(&s, conn_of(LONG_V6, 65535, LONG_V6, 65534),
		   some_party(4194304, "fifteen-letters"), 999000000);
	f.conn = conn_of(LONG_V6, 65535, LONG_V6, 65534);
	f.owner = f.actor = f.peer = some_party(4194304, "fifteen-letters");
	for (int i = 0; i < 9; i++)
		s.sink->ops->finding(s.sink, &f);
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

static void assert_printable(const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		assert_true(c == '\n' || c >= 0x20);
		assert_int_not_equal(c, 0x7f);
		assert_int_not_equal(c, 0xff);
		/* Of C1 controls, as UTF-8. */
		assert_false(c == 0xc2 && (unsigned char)text[1] < 0xa0);
	}
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
	s.sink->ops->finding(s.sink, &f);
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
	s.sink->ops->finding(s.sink, &f);
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
	s.sink->ops->finding(s.sink, &f);
	fflush(s.out);
	assert_int_not_equal(s.size, 0);
	shown_free(&s);
}

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

/* --- bursts --- */

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
	s->sink->ops->finding(s->sink, &f);
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
		s.sink->ops->finding(s.sink, &f);
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
	s.sink->ops->finding(s.sink, &f);
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
		cmocka_unit_test(summaries),
		cmocka_unit_test(long_rankings),
		cmocka_unit_test(burst_is_one_line),
		cmocka_unit_test(burst_of_many),
		cmocka_unit_test(burst_of_a_client),
		cmocka_unit_test(not_folded),
		cmocka_unit_test(losses),
		cmocka_unit_test(colours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
