// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* SYNs to a closed port: who listened there, and who listens elsewhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "answer.h"

/* --- a closed port ----------------------------------------------------------
 */

static void port_closed(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	const struct finding *f;

	lab_state(*state, 5 * SEC - 1, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.port-closed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, 0); /* nobody listens */
	assert_int_equal(f->actor.pid, 0);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_non_null(strstr(f->why, "client[20]"));
	assert_null(strstr(f->why, "server"));
}

static void port_closed_lately(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	struct event_conn at = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	const struct finding *f;

	lab_state(*state, 1 * SEC, LISTENER_SOCK, at, STATE_CLOSE, STATE_LISTEN,
		  SERVER);
	lab_state(*state, 4 * SEC, LISTENER_SOCK, at, STATE_LISTEN, STATE_CLOSE,
		  SERVER);
	lab_destroy(*state, 4 * SEC, LISTENER_SOCK, at, SERVER);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.port-closed");
	assert_int_equal(f->owner.pid, 0);
	assert_int_equal(lab_evidence(f, "past_listener_pid")->number, SERVER);
	assert_non_null(strstr(f->why, "server[10] listened there until "
				       "it called shutdown() or "
				       "connect(AF_UNSPEC) 1.0 s before"));
}

/* Somebody listens on the port by now, but that was after the RST. */
static void port_closed_opened_later(void **state)
{
	struct segment_event e = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	const struct finding *f;

	lab_play(*state, &e);
	lab_listen(*state, 5 * SEC + MS, loopback());
	f = lab_only_finding(*state);
	assert_cause(f, "rst.port-closed");
	assert_null(strstr(f->why, "server"));
}

/* --- ... but somewhere else ------------------------------------------------
 */

static void listens(struct lab *lab, __u64 sock, struct event_conn at)
{
	lab_state(lab, 1 * SEC, sock, at, STATE_CLOSE, STATE_LISTEN, SERVER);
}

static struct event_conn bound(struct event_conn at, __u16 how)
{
	at.bound = how;
	return at;
}

static const struct finding *refused(struct lab *lab, bool v6)
{
	struct segment_event e = answer(lab, 0, "NO_SOCKET", TCP_SYN, 0);

	if (v6) {
		struct event_conn conn = conn_of("::1", 8080, "::1", 40000);

		memcpy(e.conn.laddr, conn.laddr, 16);
		memcpy(e.conn.raddr, conn.raddr, 16);
		e.conn.family = conn.family;
	}
	return lab_judge(lab, &e);
}

static void port_closed_but_not_elsewhere(void **state)
{
	const struct {
		struct event_conn at;
		bool v6;
		const char *place;
		const char *words;
	} cases[] = {
		{ conn_of("127.0.0.2", 8080, "0.0.0.0", 0), false, "address",
		  "server[10] listens on 127.0.0.2:8080" },
		{ conn_of("::2", 8080, "::", 0), true, "address",
		  "listens on [::2]:8080" },
		{ bound(conn_of("::", 8080, "::", 0), CONN_V6ONLY), false,
		  "ipv6-only", "for IPv6 only (IPV6_V6ONLY)" },
		{ conn_of("::1", 8080, "::", 0), false, "ipv6-only",
		  "listens on [::1]:8080, for IPv6 only" },
		{ conn_of("0.0.0.0", 8080, "0.0.0.0", 0), true, "ipv4-only",
		  "for IPv4 only" },
		{ in_netns(conn_of("0.0.0.0", 8080, "0.0.0.0", 0), OTHER_NETNS),
		  false, "namespace", "in another network namespace (" },
		{ bound(conn_of("0.0.0.0", 8080, "0.0.0.0", 0), 3), false,
		  "interface", "for interface 3 only" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct finding *f;

		if (i)
			lab_renew(state);
		listens(*state, LISTENER_SOCK, cases[i].at);
		f = refused(*state, cases[i].v6);
		assert_cause(f, "rst.port-closed");
		assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
		assert_int_equal(f->owner.pid, 0);
		assert_string_equal(lab_evidence(f, "elsewhere")->string,
				    cases[i].place);
		assert_string_equal(lab_evidence(f, "elsewhere_by")->string,
				    "server");
		assert_int_equal(lab_evidence(f, "elsewhere_pid")->number,
				 SERVER);
		assert_non_null(strstr(f->why, cases[i].words));
	}
}

/* As far as is known it should have been found: then say so. */
static void port_closed_against_all_evidence(void **state)
{
	const struct finding *f;

	lab_listen(*state, 1 * SEC, loopback());
	f = refused(*state, false);
	assert_cause(f, "rst.port-closed");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	assert_string_equal(lab_evidence(f, "elsewhere")->string, "here");
	assert_non_null(strstr(f->why, "and yet it was not found"));
}

/* The nearest of several; another port, or another time, is none of them. */
static void nearest_of_several(void **state)
{
	const struct finding *f;

	listens(*state, 1,
		in_netns(conn_of("0.0.0.0", 8080, "0.0.0.0", 0), OTHER_NETNS));
	listens(*state, 2, conn_of("127.0.0.2", 8080, "0.0.0.0", 0));
	listens(*state, 3, conn_of("127.0.0.1", 8081, "0.0.0.0", 0));
	f = refused(*state, false);
	assert_string_equal(lab_evidence(f, "elsewhere")->string, "address");
	assert_non_null(strstr(f->why, "and 1 more elsewhere"));
}

static void nobody_any_more(void **state)
{
	struct event_conn at = conn_of("127.0.0.2", 8080, "0.0.0.0", 0);
	const struct finding *f;

	listens(*state, LISTENER_SOCK, at);
	lab_state(*state, 4 * SEC, LISTENER_SOCK, at, STATE_LISTEN, STATE_CLOSE,
		  SERVER);
	f = refused(*state, false);
	assert_null(lab_evidence(f, "elsewhere"));
	assert_null(strstr(f->why, "server"));
}

/* The same two ports had a connection before: that one got no RST. */
static void on_ports_used_before(void **state)
{
	struct event_conn conn = loopback();
	struct segment_event sent = answer(*state, 0, "NO_SOCKET", TCP_SYN, 0);
	struct segment_event received = segment_event(
		EVENT_RESET_RECEIVED, 5 * SEC + 1, CLIENT_SOCK + 1, conn);
	struct sock_event ends[] = {
		state_event(2 * SEC, CLIENT_SOCK, conn, STATE_SYN_SENT,
			    STATE_ESTABLISHED),
		state_event(2 * SEC, CHILD_SOCK, turned(conn), STATE_SYN_RECV,
			    STATE_ESTABLISHED),
	};

	ends[0].snd_una = ends[1].rcv_nxt = 100;
	ends[1].snd_una = ends[0].rcv_nxt = 200;
	lab_play(*state, &ends[0]);
	lab_play(*state, &ends[1]);
	lab_destroy(*state, 3 * SEC, CHILD_SOCK, turned(conn), SERVER);
	lab_destroy(*state, 3 * SEC, CLIENT_SOCK, conn, CLIENT);

	lab_state(*state, 4 * SEC, CLIENT_SOCK + 1, conn, STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	lab_play(*state, &sent);
	received.tcp.state = STATE_SYN_SENT;
	with_stack(&received, ((struct lab *)*state)->host,
		   "tcp_reset tcp_rcv_state_process tcp_v4_do_rcv tcp_v4_rcv");
	assert_cause(lab_judge(*state, &received), "rst.port-closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(port_closed),
		lab_test(port_closed_lately),
		lab_test(port_closed_opened_later),
		lab_test(port_closed_but_not_elsewhere),
		lab_test(port_closed_against_all_evidence),
		lab_test(nearest_of_several),
		lab_test(nobody_any_more),
		lab_test(on_ports_used_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
