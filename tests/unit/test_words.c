// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words for people: right, safe to print, and never beyond their buffer. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "act.h"
#include "events.h"
#include "words.h"

static void durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0 us" },
		{ 499, "0 us" },
		{ 1000, "1 us" },
		{ 85400, "85 us" },
		{ 999999, "1.0 ms" },
		{ 1000000, "1.0 ms" },
		{ 1149999, "1.1 ms" },
		{ 999960000, "1.0 s" },
		{ 1000000000, "1.0 s" },
		{ 3049000000, "3.0 s" },
		{ 127 * SEC, "127.0 s" },
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		words_duration(cases[i].ns, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
	words_duration(UINT64_MAX, text, sizeof(text));
	assert_true(strlen(text) < sizeof(text) - 1);
}

static void endpoints(void **state)
{
	static const struct {
		const char *addr;
		uint16_t port;
		const char *text;
	} cases[] = {
		{ "127.0.0.1", 80, "127.0.0.1:80" },
		{ "255.255.255.255", 65535, "255.255.255.255:65535" },
		{ "::ffff:10.0.0.1", 1, "10.0.0.1:1" },
		{ "::1", 80, "[::1]:80" },
		{ "::", 80, "[::]:80" },
		{ "1111:2222:3333:4444:5555:6666:7777:8888", 65535,
		  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[WORDS_ENDPOINT_LEN];
		uint8_t addr[16];

		address_of(cases[i].addr, addr);
		words_endpoint(addr, cases[i].port, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

static void safe_text(void **state)
{
	static const struct {
		const char *text, *safe;
	} cases[] = {
		{ "", "" },
		{ "nginx: worker", "nginx: worker" },
		{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
		{ "\x1b[31mred", "\\x1b[31mred" },
		{ "\x7f\x01", "\\x7f\\x01" },
		{ "grün→😀", "grün→😀" },
		{ "\xc2\x9b"
		  "31m",
		  "\\xc2\\x9b31m" }, /* C1: CSI */
		{ "\xc2\xa0", "\xc2\xa0" },
		{ "\x80\xff", "\\x80\\xff" },
		{ "\xc3", "\\xc3" }, /* cut short */
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xe2\x82z", "\\xe2\\x82z" },
		{ "\xc0\xaf", "\\xc0\\xaf" }, /* overlong */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80" },
	};
	char safe[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		words_safe(cases[i].text, safe, sizeof(safe));
		assert_string_equal(safe, cases[i].safe);
	}
}

static struct party party_of(uint32_t pid, const char *comm)
{
	struct party party = { .basis = PARTY_PROVEN, .pid = pid };

	memcpy(party.comm, comm, strnlen(comm, sizeof(party.comm) - 1));
	return party;
}

static void parties(void **state)
{
	struct party party = party_of(812, "nginx");
	char text[96];

	(void)state;
	words_party(&party, text, sizeof(text));
	assert_string_equal(text, "nginx[812]");
	party = party_of(4194304, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17");
	words_party(&party, text, sizeof(text));
	assert_string_equal(text, "\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08"
				  "\\x09\\x0a\\x0b\\x0c\\x0d\\x0e\\x0f"
				  "[4194304]");
	party.pid = 0;
	words_party(&party, text, sizeof(text));
	assert_string_equal(text, "a process");
}

static void states(void **state)
{
	(void)state;
	assert_string_equal(words_state(STATE_ESTABLISHED), "ESTABLISHED");
	assert_string_equal(words_state(STATE_CLOSING), "CLOSING");
	for (int i = 0; i < 256; i++)
		assert_true(strlen(words_state(i)) > 0);
}

static void errors(void **state)
{
	static const int64_t numbers[] = { 0,	      -1,	 524,
					   INT32_MAX, INT64_MIN, INT64_MAX };

	(void)state;
	assert_string_equal(words_errno(ETIMEDOUT), "ETIMEDOUT");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_non_null(words_errno(numbers[i]));
}

static void acts(void **state)
{
	static const char *const cases[][2] = {
		{ "close", "called close()" },
		{ "shutdown", "called shutdown()" },
		{ "exit", "exited" },
		{ "signal:9", "was killed by SIGKILL" },
		{ "signal:127", "was killed by signal 127" },
		{ "connect-unspec", "called connect(AF_UNSPEC)" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		act_words(cases[i][0], text, sizeof(text));
		assert_string_equal(text, cases[i][1]);
	}
}

/* --- templates
 * ----------------------------------------------------------------- */

/* A finding between two processes, with evidence to name. */
static void make_finding(struct finding *f)
{
	memset(f, 0, sizeof(*f));
	f->conn = conn_of("127.0.0.1", 8082, "127.0.0.1", 51234);
	f->owner = party_of(10, "server");
	f->actor = party_of(11, "{peer}\n");
	f->peer = party_of(20, "client");
	f->has_peer = true;
	f->state = STATE_ESTABLISHED;
	strcpy(f->trigger, "close");
	finding_add_number(f, "unread_bytes", 4, NULL);
	finding_add_fragment(f, "ended", "; it ended");
}

static void check_template(const struct finding *f, const char *template,
			   const char *expected)
{
	struct evidence_case c = { .conn = &f->conn };
	char text[256];

	words_expand(template, &c, f, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void templates(void **state)
{
	struct finding f;

	(void)state;
	make_finding(&f);
	check_template(&f, "", "");
	check_template(&f, "plain", "plain");
	check_template(&f, "{owner} {peer}", "server[10] client[20]");
	check_template(&f, "{local} {remote} {port}",
		       "127.0.0.1:8082 127.0.0.1:51234 8082");
	check_template(&f, "{act} in {state}", "called close() in ESTABLISHED");
	check_template(&f, "{unread_bytes} B{ended}", "4 B; it ended");
	/* No such evidence: nothing, not a brace. */
	check_template(&f, "a{nonsense}b", "ab");
	/* A name is not a template. */
	check_template(&f, "{actor}", "{peer}\\x0a[11]");
	check_template(&f, "SO_LINGER {1,0} {", "SO_LINGER {1,0} {");
	check_template(&f, "{owner", "{owner");
	check_template(&f, "}{owner}}", "}server[10]}");
	check_template(&f, "{a_key_that_is_much_longer_than_any_key_there_is}",
		       "{a_key_that_is_much_longer_than_any_key_there_is}");
	f.has_peer = false;
	check_template(&f, "{peer}", "127.0.0.1:51234");
}

static void generic_templates(void **state)
{
	char text[128];

	(void)state;
	words_generic(
		"{actor} {act} with {unread_bytes} bytes of {peer}{ended}",
		text, sizeof(text));
	assert_string_equal(text, "the process closed (or exited, or was "
				  "killed) with N bytes of the peer");
	words_generic("SO_LINGER {1,0}", text, sizeof(text));
	assert_string_equal(text, "SO_LINGER {1,0}");
}

/* --- too little room
 * ------------------------------------------------------------- */

enum writer {
	DURATION,
	ENDPOINT,
	SAFE,
	PARTY,
	ACT,
	TEMPLATE,
	GENERIC,
	WRITERS
};

static void write_words(enum writer writer, char *text, size_t size)
{
	struct party party = party_of(4194304, "\1\xc3\xbcgr\xe2\x86\x92n");
	struct evidence_case c = { 0 };
	struct finding f;
	uint8_t addr[16];

	make_finding(&f);
	c.conn = &f.conn;
	address_of("1111:2222:3333:4444:5555:6666:7777:8888", addr);
	switch (writer) {
	case DURATION:
		words_duration(UINT64_MAX, text, size);
		break;
	case ENDPOINT:
		words_endpoint(addr, 65535, text, size);
		break;
	case SAFE:
		words_safe("a\n\xc3\xbc\xff\xe2\x86\x92\xf0\x9f\x98\x80z", text,
			   size);
		break;
	case PARTY:
		words_party(&party, text, size);
		break;
	case ACT:
		act_words("signal:9", text, size);
		break;
	case TEMPLATE:
		words_expand("x{owner}{peer}{local}{act}{ended} {1,0}{nix}", &c,
			     &f, text, size);
		break;
	default:
		words_generic("x{owner} {act} {peer} {1,0}", text, size);
	}
}

/* The end of a heap block: sanitizers see one byte too many. */
static void truncation_is_safe(void **state)
{
	char full[512];

	(void)state;
	for (enum writer w = 0; w < WRITERS; w++) {
		write_words(w, full, sizeof(full));
		assert_true(strlen(full) < 256);
		for (size_t size = 1; size <= strlen(full) + 2; size++) {
			char *text = malloc(size);

			assert_non_null(text);
			memset(text, 'x', size);
			write_words(w, text, size);
			assert_non_null(memchr(text, '\0', size));
			assert_memory_equal(text, full, strlen(text));
			if (size > strlen(full) + 1 && w != SAFE)
				assert_string_equal(text, full);
			free(text);
		}
	}
}

/* ... and what words_safe() leaves is never half a character. */
static void cut_between_characters(void **state)
{
	static const char *const names[] = { "üüüüüüüü", "→→→→→→→→", "😀😀😀😀" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		size_t step = 2 + i;
		char safe[64];

		for (size_t size = 1; size < sizeof(safe); size++) {
			words_safe(names[i], safe, size);
			assert_int_equal(strlen(safe) % step, 0);
			assert_memory_equal(safe, names[i], strlen(safe));
		}
	}
}

static void drop_places(void **state)
{
	static const char *const cases[][3] = {
		{ "nf_hook_slow ip_local_deliver ip_rcv", "NETFILTER_DROP",
		  "netfilter, INPUT chain" },
		{ "nf_hook_slow __ip_local_out ip_local_out", "NETFILTER_DROP",
		  "netfilter, OUTPUT chain" },
		{ "nf_hook_slow ip6_input ip6_rcv_finish", "X",
		  "netfilter, INPUT chain" },
		{ "nft_do_chain", "NETFILTER_DROP", "netfilter" },
		{ "fq_codel_enqueue __dev_queue_xmit", "QDISC_DROP",
		  "a queue (qdisc) on the way out" },
		{ "__netif_receive_skb_core __netif_receive_skb_one_core",
		  "XDP", "an XDP program" },
		{ "sk_filter_trim_cap tcp_v4_rcv", "X",
		  "the receiver's socket filter, or a BPF program of its "
		  "cgroup" },
		{ "tcp_data_queue tcp_rcv_established", "PROTO_MEM",
		  "the receiver: its receive buffer is full" },
		{ "tcp_v4_rcv", "TCP_CSUM",
		  "the receiver: the TCP checksum is wrong" },
		{ "ip_rcv_finish", "IP_INNOROUTES",
		  "routing: there is no route" },
		{ "ip_error ip_rcv_finish", "NOT_SPECIFIED",
		  "routing: no route, or one that leads nowhere" },
		{ "ip6_pkt_drop", "X",
		  "routing: no route, or one that leads nowhere" },
		{ "dst_discard_out", "NOT_SPECIFIED",
		  "routing: a route that leads nowhere" },
		{ "tcp_v4_syn_recv_sock", "TCP_LISTEN_OVERFLOW",
		  "the listener: its accept queue is full" },
		{ "dev_hard_start_xmit sch_direct_xmit", "X", "the_place()" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_conn conn = conn_of("10.0.0.1", 1, "10.0.0.2", 2);
		struct segment_event e = segment_event(EVENT_DROP, 1, 0, conn);
		struct host *host = host_new();
		char text[96];

		e.location = 0x1234;
		learn_symbol(host, 0x1234, "the_place");
		with_stack(&e, host, cases[i][0]);
		with_reason(&e, host, cases[i][1]);
		words_drop_place(host, &e, text, sizeof(text));
		assert_string_equal(text, cases[i][2]);
		host_free(host);
	}
}

/* A socket without a filter leaves one that can have dropped it. */
static void filter_or_cgroup(void **state)
{
	struct event_conn conn = conn_of("10.0.0.1", 1, "10.0.0.2", 2);
	struct segment_event e = segment_event(EVENT_DROP, 1, 0, conn);
	struct host *host = host_new();
	char text[96];

	(void)state;
	with_reason(&e, host, "SOCKET_FILTER");
	e.tcp.flags = SOCK_F_FULL;
	words_drop_place(host, &e, text, sizeof(text));
	assert_string_equal(text, "the receiver's socket filter, or a BPF "
				  "program of its cgroup");
	e.tcp.flags |= SOCK_F_NO_FILTER;
	words_drop_place(host, &e, text, sizeof(text));
	assert_string_equal(text, "a BPF program of the receiver's cgroup");
	with_reason(&e, host, "TCP_CSUM");
	words_drop_place(host, &e, text, sizeof(text));
	assert_string_equal(text, "the receiver: the TCP checksum is wrong");
	host_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(safe_text),
		cmocka_unit_test(parties),
		cmocka_unit_test(states),
		cmocka_unit_test(errors),
		cmocka_unit_test(acts),
		cmocka_unit_test(templates),
		cmocka_unit_test(generic_templates),
		cmocka_unit_test(truncation_is_safe),
		cmocka_unit_test(cut_between_characters),
		cmocka_unit_test(drop_places),
		cmocka_unit_test(filter_or_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
