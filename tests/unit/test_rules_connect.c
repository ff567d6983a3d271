// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that never came to be; and the catalogue as a whole. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>

#include "catalogue.h"
#include "lab.h"
#include "words.h"

static struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

/* CLIENT connects at 1 s; the attempt ends at 128 s as @e says. */
static struct sock_event attempt(struct lab *lab, int err, __u8 retransmits)
{
	struct sock_event e = state_event(128 * SEC, CLIENT_SOCK, remote(),
					  STATE_SYN_SENT, STATE_CLOSE);

	lab_state(lab, 1 * SEC, CLIENT_SOCK,
		  conn_of("10.0.0.1", 0, "192.0.2.9", 80), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	e.err = err;
	e.retransmits = retransmits;
	on_top_of(&e.h, 999, "bystander");
	return e;
}

static void drop(struct lab *lab, __u64 time, __u8 flags)
{
	struct segment_event e =
		segment_event(EVENT_DROP, time, 0, turned(remote()));

	memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, 0);
	with_stack(&e, lab->host,
		   "kfree_skb_reason nf_hook_slow ip_local_deliver ip_rcv");
	with_reason(&e, lab->host, "NETFILTER_DROP");
	lab_play(lab, &e);
}

static void connect_timeout(void **state)
{
	struct sock_event e = attempt(*state, ETIMEDOUT, 6);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "connect.timeout");
	assert_int_equal(f->what, WHAT_CONNECT_FAILED);
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, 0);
	assert_int_equal(lab_evidence(f, "syns")->number, 7);
	assert_int_equal(lab_evidence(f, "waited_us")->number, 127000000);
	assert_int_equal(lab_evidence(f, "tcp_syn_retries")->number, 6);
	assert_null(lab_evidence(f, "dropped_by"));
	assert_false(f->has_peer);
}

static void connect_timeout_by_a_firewall(void **state)
{
	struct sock_event e = attempt(*state, ETIMEDOUT, 6);
	const struct finding *f;

	drop(*state, 2 * SEC, TCP_SYN);
	f = lab_judge(*state, &e);
	assert_cause(f, "connect.timeout");
	assert_non_null(strstr(f->why, "netfilter, INPUT chain"));
	assert_int_equal(f->event_count, 2);
}

/* Of an older connection between the same ports. */
static void drop_long_ago(void **state)
{
	struct sock_event e;
	const struct finding *f;

	drop(*state, SEC / 2, TCP_ACK);
	e = attempt(*state, ETIMEDOUT, 6);
	f = lab_judge(*state, &e);
	assert_cause(f, "connect.timeout");
	assert_null(strstr(f->why, "netfilter"));
}

/* Its server's socket is long gone: it is no end of this attempt. */
static void peer_of_an_older_connection(void **state)
{
	struct sock_event e;

	lab_accept(*state, 100 * MS, remote());
	lab_state(*state, 200 * MS, CHILD_SOCK, turned(remote()),
		  STATE_ESTABLISHED, STATE_CLOSE, SERVER);
	lab_destroy(*state, 200 * MS, CHILD_SOCK, turned(remote()), SERVER);
	e = attempt(*state, ETIMEDOUT, 6);
	assert_false(lab_judge(*state, &e)->has_peer);
}

/* TCP_USER_TIMEOUT, or an ICMP error kept for later. */
static void timed_out_too_early(void **state)
{
	struct sock_event e = attempt(*state, ETIMEDOUT, 5);

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* The timer was cut to end with it, before the retries were used up. */
static void user_timeout(void **state)
{
	static const struct {
		__u32 timeout; /* s */
		__u8 retransmits;
		bool told;
		const char *words;
	} cases[] = {
		{ 127, 5, true, "TCP_USER_TIMEOUT is 127.0 s" },
		{ 127, 8, true, "TCP_USER_TIMEOUT is 127.0 s" },
		{ 20, 6, true, "tcp_syn_retries is 6" }, /* raised too late */
		{ 600, 6, true, "tcp_syn_retries is 6" },
		{ 600, 5, false, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = attempt(*state, ETIMEDOUT, cases[i].retransmits);
		e.user_timeout = cases[i].timeout * 1000;
		f = lab_judge(*state, &e);
		assert_cause(f, cases[i].told ? "connect.timeout" : "unknown");
		assert_non_null(strstr(f->why, cases[i].words));
	}
}

/* The kernel told the socket of @err just before the change of state. */
static void error(struct lab *lab, __u64 time, int err, const char *stack)
{
	struct segment_event e =
		segment_event(EVENT_ERROR, time, CLIENT_SOCK, remote());

	e.tcp.state = STATE_SYN_SENT;
	e.tcp.err = err;
	with_stack(&e, lab->host, stack);
	lab_play(lab, &e);
}

static void icmp(void **state)
{
	static const int errors[] = { EHOSTUNREACH, ENETUNREACH, ECONNREFUSED,
				      EACCES, ENOPROTOOPT };

	for (int i = 0; i < 5; i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = attempt(*state, errors[i], 0);
		error(*state, 128 * SEC, errors[i],
		      i ? "tcp_v4_err icmp_unreach icmp_rcv"
			: "tcp_v6_err icmpv6_notify");
		f = lab_judge(*state, &e);
		assert_cause(f, "connect.unreachable");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_string_equal(f->trigger, "icmp");
		assert_non_null(
			strstr(f->why, "an ICMP error came back, from"));
		assert_string_equal(lab_evidence(f, "told_by")->string, "icmp");
		assert_int_equal(f->event_count, 2);
	}
}

static void icmp_by_a_firewall_here(void **state)
{
	struct sock_event e = attempt(*state, ECONNREFUSED, 1);
	const struct finding *f;

	drop(*state, 127 * SEC, TCP_SYN);
	error(*state, 128 * SEC, ECONNREFUSED, "tcp_v4_err icmp_unreach");
	f = lab_judge(*state, &e);
	assert_cause(f, "connect.unreachable");
	assert_non_null(strstr(f->why, "netfilter, INPUT chain on this host "
				       "rejected it"));
}

/* Not that error, or long ago, or told by something else. */
static void errors_that_are_not_icmp(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = attempt(*state, EHOSTUNREACH, 6);
		if (i == 1)
			error(*state, 128 * SEC, ENETUNREACH, "tcp_v4_err");
		if (i == 2)
			error(*state, 100 * SEC, EHOSTUNREACH, "tcp_v4_err");
		if (i == 3)
			error(*state, 128 * SEC, EHOSTUNREACH,
			      "tcp_write_err tcp_retransmit_timer");
		f = lab_judge(*state, &e);
		assert_cause(f, "connect.unreachable");
		assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
		assert_null(lab_evidence(f, "told_by"));
	}
}

static void no_route(void **state)
{
	struct sock_event e = attempt(*state, ENETUNREACH, 1);
	struct segment_event unsent = segment_event(EVENT_RETRANSMIT, 100 * SEC,
						    CLIENT_SOCK, remote());
	const struct finding *f;

	unsent.tcp.state = STATE_SYN_SENT;
	unsent.err = -EHOSTUNREACH;
	lab_play(*state, &unsent);
	lab_play(*state, &e);
	lab_end(*state);
	f = &((struct lab *)*state)->findings[1];
	assert_cause(f, "connect.unreachable");
	assert_non_null(strstr(f->why, "this host has no route there (1 SYN"));
	assert_string_equal(f->trigger, "timer:rto");
}

static void connect_errors_of_other_kinds(void **state)
{
	static const int errors[] = { ECONNABORTED, 524 };

	for (int i = 0; i < 2; i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = attempt(*state, errors[i], 6);
		f = lab_judge(*state, &e);
		assert_cause(f, "unknown");
		assert_int_equal(lab_evidence(f, "errno")->number, errors[i]);
	}
}

static void connect_aborted(void **state)
{
	struct sock_event e = attempt(*state, 0, 1);
	const struct finding *f;

	done_by(&e.h, CLIENT, "client");
	e.shutdown = 3;
	e.flags = SOCK_F_DEAD;
	f = lab_judge(*state, &e);
	assert_cause(f, "connect.aborted");
	assert_int_equal(f->actor.pid, CLIENT);
	assert_int_equal(lab_evidence(f, "syns")->number, 2);
}

static void connect_aborted_by_death(void **state)
{
	struct sock_event e = attempt(*state, 0, 0);
	const struct finding *f;

	done_by(&e.h, CLIENT, "client");
	e.h.flags |= EVENT_F_EXITING;
	e.h.exit_code = 15;
	f = lab_judge(*state, &e);
	assert_cause(f, "connect.aborted");
	assert_string_equal(f->trigger, "signal:15");
	assert_non_null(strstr(f->why, "was killed by SIGTERM"));
}

/* The error came first; the close() that follows is no reason. */
static void closed_after_an_error(void **state)
{
	struct sock_event e = attempt(*state, EHOSTUNREACH, 1);

	done_by(&e.h, CLIENT, "client");
	e.shutdown = 3;
	assert_cause(lab_judge(*state, &e), "connect.unreachable");
}

static void nobody_aborted_it(void **state)
{
	struct sock_event e = attempt(*state, 0, 1);

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* The RST of a refusal says it; the change of state adds nothing. */
static void refusal_is_told_once(void **state)
{
	struct lab *lab = *state;
	struct sock_event e = attempt(lab, ECONNREFUSED, 0);
	struct segment_event reset = segment_event(
		EVENT_RESET_RECEIVED, 128 * SEC, CLIENT_SOCK, remote());

	reset.tcp.state = STATE_SYN_SENT;
	with_stack(&reset, lab->host, "tcp_reset tcp_rcv_state_process");
	lab_play(lab, &reset);
	lab_play(lab, &e);
	assert_cause(lab_only_finding(lab), "rst-received.refused");
}

/* Its RST may have come before the watch: what is left tells nothing. */
static void refused_as_the_watch_began(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct lab *lab;
		struct sock_event e;

		if (i)
			lab_renew(state);
		lab = *state;
		lab_watched_since(lab,
				  i == 1 ? 127 * SEC : 128 * SEC - 50 * MS);
		e = attempt(lab, ECONNREFUSED, 0);
		if (i == 2)
			error(lab, 128 * SEC, ECONNREFUSED,
			      "tcp_v4_err icmp_unreach icmp_rcv");
		lab_play(lab, &e);
		lab_end(lab);
		assert_int_equal(lab->count, i ? 1 : 0);
	}
}

/* ... or be among the events that were lost. */
static void refused_in_a_gap(void **state)
{
	static const struct {
		int err;
		bool lost, icmp;
		const char *cause;
	} cases[] = {
		{ ECONNREFUSED, false, false, "connect.unreachable" },
		{ ECONNREFUSED, true, false, "unknown" },
		{ ECONNREFUSED, true, true, "connect.unreachable" },
		{ EHOSTUNREACH, true, false, "connect.unreachable" },
	};

	for (int i = 0; i < 4; i++) {
		struct fact fact = { .kind = FACT_COUNTS };
		struct lab *lab;
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		lab = *state;
		e = attempt(lab, cases[i].err, 0);
		if (cases[i].icmp)
			error(lab, 128 * SEC, cases[i].err,
			      "tcp_v4_err icmp_unreach icmp_rcv");
		fact.counts.kinds[EVENT_RESET_RECEIVED].lost = cases[i].lost;
		fact.counts.gap_from = fact.counts.gap_to =
			cases[i].lost ? 128 * SEC - 1 : 0;
		assert_int_equal(lab->in.fact(lab->in.arg, &fact), 0);
		f = lab_judge(lab, &e);
		assert_cause(f, cases[i].cause);
		assert_true(f->after_loss == cases[i].lost);
		if (f->after_loss)
			assert_int_not_equal(f->confidence, CONFIDENCE_CERTAIN);
	}
}

static void success_and_listeners_are_no_failures(void **state)
{
	struct lab *lab = *state;
	struct event_conn at = conn_of("0.0.0.0", 80, "0.0.0.0", 0);

	lab_connect(lab, 1 * SEC, remote());
	lab_state(lab, 2 * SEC, CLIENT_SOCK, remote(), STATE_ESTABLISHED,
		  STATE_CLOSE, CLIENT);
	lab_state(lab, 2 * SEC, LISTENER_SOCK, at, STATE_CLOSE, STATE_LISTEN,
		  SERVER);
	lab_state(lab, 3 * SEC, LISTENER_SOCK, at, STATE_LISTEN, STATE_CLOSE,
		  SERVER);
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

/* Which errors of an open connection call for a finding of their own. */
static void connections_that_failed(void **state)
{
	static const struct {
		int err;
		unsigned int findings;
	} cases[] = { { ETIMEDOUT, 1 },	   { EHOSTUNREACH, 1 },
		      { ENETUNREACH, 1 },  { ECONNREFUSED, 1 },
		      { ECONNRESET, 0 },   { EPIPE, 0 },
		      { ECONNABORTED, 0 }, { 0, 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sock_event e =
			state_event(9 * SEC, CLIENT_SOCK, remote(),
				    STATE_ESTABLISHED, STATE_CLOSE);
		struct lab *lab;

		if (i)
			lab_renew(state);
		lab = *state;
		e.err = cases[i].err;
		lab_connect(lab, 1 * SEC, remote());
		lab_play(lab, &e);
		lab_end(lab);
		assert_int_equal(lab->count, cases[i].findings);
	}
}

/* --- the catalogue
 * ------------------------------------------------------------ */

static void check_texts(const struct rule *rule)
{
	const char *const texts[] = { rule->why, rule->effect, rule->advice };
	char text[1024];

	for (int i = 0; i < 3; i++) {
		assert_non_null(texts[i]);
		words_generic(texts[i], text, sizeof(text));
		/* No {key} is left over, but for "SO_LINGER {1,0}". */
		for (char *at = text; (at = strchr(at, '{')); at++)
			assert_true(isdigit((unsigned char)at[1]));
		assert_true(strlen(text) > 10);
	}
	assert_true(strlen(rule->meaning) > 10);
	assert_true(strlen(rule->reference) > 5);
}

static void every_rule_is_complete(void **state)
{
	unsigned int count = 0;

	(void)state;
	for (int i = 0; catalogue[i]; i++) {
		assert_true(strlen(catalogue[i]->title) > 5);
		for (unsigned int r = 0; r < catalogue[i]->count; r++) {
			const struct rule *rule = &catalogue[i]->rules[r];

			/* Found by its id, so no other has it. */
			assert_ptr_equal(catalogue_find(rule->id), rule);
			assert_non_null(rule->match);
			assert_int_not_equal(rule->triggers, 0);
			assert_in_range(rule->what, 0, WHAT_COUNT - 1);
			check_texts(rule);
			count++;
		}
	}
	assert_in_range(count, 15, 200);
	assert_null(catalogue_find("unknown"));
	assert_null(catalogue_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(connect_timeout),
		lab_test(connect_timeout_by_a_firewall),
		lab_test(drop_long_ago),
		lab_test(peer_of_an_older_connection),
		lab_test(timed_out_too_early),
		lab_test(connect_errors_of_other_kinds),
		lab_test(user_timeout),
		lab_test(icmp),
		lab_test(icmp_by_a_firewall_here),
		lab_test(errors_that_are_not_icmp),
		lab_test(no_route),
		lab_test(connect_aborted),
		lab_test(connect_aborted_by_death),
		lab_test(nobody_aborted_it),
		lab_test(refusal_is_told_once),
		lab_test(refused_as_the_watch_began),
		lab_test(refused_in_a_gap),
		lab_test(success_and_listeners_are_no_failures),
		cmocka_unit_test(every_rule_is_complete),
		lab_test(closed_after_an_error),
		lab_test(connections_that_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
