// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finding flows, their other ends and listeners; forgetting the oldest. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "decode.h"
#include "events.h"
#include "flow.h"

static int set_up(void **state)
{
	*state = flow_table_new(1000);
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	flow_table_free(*state);
	return 0;
}

static struct flow *apply(struct flow_table *table, const void *event)
{
	static uint64_t seq;
	struct flow_change change;

	assert_int_equal(flow_apply(table, event, ++seq, &change), 0);
	return change.flow;
}

static struct flow *go(struct flow_table *table, __u64 time, __u64 sock,
		       struct event_conn conn, __u8 old, __u8 new)
{
	struct sock_event e = state_event(time, sock, conn, old, new);

	return apply(table, &e);
}

static struct flow *connect_at(struct flow_table *table, __u64 time, __u64 sock,
			       struct event_conn conn)
{
	return go(table, time, sock, conn, STATE_CLOSE, STATE_SYN_SENT);
}

static void destroy_at(struct flow_table *table, __u64 time, __u64 sock)
{
	struct sock_event e =
		destroy_event(time, sock, conn_of("0.0.0.0", 0, "0.0.0.0", 0));

	apply(table, &e);
}

static struct flow *peer_at(struct flow_table *table, struct event_conn conn,
			    __u64 from, __u64 to)
{
	return flow_find_peer(table, &conn, (struct span){ from, to });
}

static struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static struct event_conn routed(void)
{
	return conn_of("10.0.0.1", 40000, "10.0.0.2", 8080);
}

static void reused_ports_are_told_by_time(void **state)
{
	struct event_conn conn = routed();
	struct flow *first, *second;

	assert_null(flow_find(*state, &conn, 10));
	first = connect_at(*state, 10, 1, conn);
	destroy_at(*state, 20, 1);
	second = connect_at(*state, 30, 2, conn);

	assert_null(flow_find(*state, &conn, 9));
	assert_ptr_equal(flow_find(*state, &conn, 10), first);
	assert_ptr_equal(flow_find(*state, &conn, 20), first);
	/* Nobody had them then: the one before is the better guess. */
	assert_ptr_equal(flow_find(*state, &conn, 25), first);
	assert_ptr_equal(flow_find(*state, &conn, 30), second);
	assert_ptr_equal(flow_find(*state, &conn, 99), second);
}

static void same_ends_in_two_namespaces(void **state)
{
	struct event_conn a = loopback();
	struct event_conn b = in_netns(loopback(), OTHER_NETNS);
	struct event_conn c = in_netns(loopback(), 77);
	struct flow *client_a = connect_at(*state, 1, 1, a);
	struct flow *client_b = connect_at(*state, 2, 2, b);
	struct flow *server_b =
		go(*state, 3, 3, turned(b), STATE_LISTEN, STATE_SYN_RECV);

	assert_ptr_equal(flow_find(*state, &a, 5), client_a);
	assert_ptr_equal(flow_find(*state, &b, 5), client_b);
	assert_ptr_equal(peer_at(*state, b, 0, 5), server_b);
	assert_ptr_equal(peer_at(*state, turned(b), 0, 5), client_b);
	/* Loopback stays inside its namespace. */
	assert_null(peer_at(*state, a, 0, 5));
	assert_null(peer_at(*state, c, 0, 5));
	assert_null(flow_find(*state, &c, 5));
}

static void peers_across_a_veth(void **state)
{
	struct event_conn client = routed();
	struct event_conn server = in_netns(turned(routed()), OTHER_NETNS);
	struct flow *a = connect_at(*state, 1, 1, client);
	struct flow *b = go(*state, 2, 2, server, STATE_LISTEN, STATE_SYN_RECV);

	assert_ptr_equal(peer_at(*state, client, 0, 5), b);
	assert_ptr_equal(peer_at(*state, server, 0, 5), a);
}

/* A peer has lived while this end did. */
static void peers_of_reused_ports(void **state)
{
	struct flow *first, *second;

	first = connect_at(*state, 10, 1, turned(routed()));
	destroy_at(*state, 20, 1);
	assert_null(peer_at(*state, routed(), 21, 99));
	assert_ptr_equal(peer_at(*state, routed(), 20, 99), first);
	second = connect_at(*state, 30, 2, turned(routed()));
	assert_ptr_equal(peer_at(*state, routed(), 5, 25), first);
	assert_ptr_equal(peer_at(*state, routed(), 15, 35), second);
	assert_ptr_equal(peer_at(*state, routed(), 30, 35), second);
}

static void what_is_local(void **state)
{
	static const struct {
		const char *local, *remote;
		bool is_local;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.3.2.1", "127.0.0.1", true },
		{ "10.0.0.1", "10.0.0.1", true },
		{ "10.0.0.1", "10.0.0.2", false },
		{ "::1", "::1", true },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1", "2001:db8::2", false },
		{ "128.0.0.1", "126.0.0.1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_conn conn =
			conn_of(cases[i].local, 1, cases[i].remote, 2);

		assert_int_equal(conn_is_local(&conn), cases[i].is_local);
	}
}

/* --- listeners ---------------------------------------------------------------
 */

static struct flow *listen_at(struct flow_table *table, __u64 time, __u64 sock,
			      const char *addr, __u16 port)
{
	return go(table, time, sock,
		  conn_of(addr, port, strchr(addr, ':') ? "::" : "0.0.0.0", 0),
		  STATE_CLOSE, STATE_LISTEN);
}

static struct flow *listener(struct flow_table *table, const char *addr,
			     __u64 time, bool gone)
{
	struct event_conn conn = conn_of(addr, 80, "192.0.2.1", 5);

	return flow_find_listener(table, &conn, time, gone);
}

static void exact_before_wildcard(void **state)
{
	struct flow *any6 = listen_at(*state, 1, 1, "::", 80);
	struct flow *any4, *exact;

	/* One for IPv6 takes IPv4 too. */
	assert_ptr_equal(listener(*state, "10.0.0.1", 9, false), any6);
	any4 = listen_at(*state, 2, 2, "0.0.0.0", 80);
	assert_ptr_equal(listener(*state, "10.0.0.1", 9, false), any4);
	exact = listen_at(*state, 3, 3, "10.0.0.1", 80);
	assert_ptr_equal(listener(*state, "10.0.0.1", 9, false), exact);
	assert_ptr_equal(listener(*state, "10.0.0.2", 9, false), any4);
	assert_ptr_equal(listener(*state, "2001:db8::1", 9, false), any6);
	/* Not yet there. */
	assert_ptr_equal(listener(*state, "10.0.0.1", 1, false), any6);
	assert_null(listener(*state, "10.0.0.1", 0, false));
	assert_null(listener(*state, "10.0.0.1", 9, true));
}

static void listeners_of_others(void **state)
{
	struct event_conn elsewhere =
		in_netns(conn_of("0.0.0.0", 80, "0.0.0.0", 0), OTHER_NETNS);

	listen_at(*state, 1, 1, "0.0.0.0", 81);
	listen_at(*state, 1, 2, "10.0.0.9", 80);
	go(*state, 1, 3, elsewhere, STATE_CLOSE, STATE_LISTEN);
	assert_null(listener(*state, "10.0.0.1", 9, false));
}

static void gone_listeners(void **state)
{
	struct event_conn at = conn_of("0.0.0.0", 80, "0.0.0.0", 0);
	struct flow *first = listen_at(*state, 10, 1, "0.0.0.0", 80);
	struct flow *second;

	go(*state, 20, 1, at, STATE_LISTEN, STATE_CLOSE);
	assert_null(listener(*state, "10.0.0.1", 25, false));
	assert_ptr_equal(listener(*state, "10.0.0.1", 25, true), first);
	destroy_at(*state, 21, 1);
	assert_ptr_equal(listener(*state, "10.0.0.1", 25, true), first);
	assert_ptr_equal(listener(*state, "10.0.0.1", 15, false), first);
	second = listen_at(*state, 30, 1, "0.0.0.0", 80);
	assert_ptr_equal(listener(*state, "10.0.0.1", 35, false), second);
	assert_ptr_equal(listener(*state, "10.0.0.1", 25, true), first);
}

/* Whoever listens on a port, now or then; and nobody else is looked at. */
static void listeners_on_a_port(void **state)
{
	struct event_conn at = conn_of("10.0.0.1", 80, "0.0.0.0", 0);
	struct flow *found[4], *a, *b, *c;

	assert_int_equal(flow_find_on_port(*state, 80, 9, found, 4), 0);
	a = listen_at(*state, 1, 1, "10.0.0.1", 80);
	b = go(*state, 2, 2, in_netns(at, OTHER_NETNS), STATE_CLOSE,
	       STATE_LISTEN);
	c = listen_at(*state, 3, 3, "::", 80);
	listen_at(*state, 3, 4, "::", 81);
	connect_at(*state, 3, 5, conn_of("10.0.0.1", 80, "10.0.0.2", 5));
	assert_int_equal(flow_find_on_port(*state, 80, 9, found, 4), 3);
	assert_ptr_equal(found[0], c);
	assert_ptr_equal(found[1], b);
	assert_ptr_equal(found[2], a);
	assert_int_equal(flow_find_on_port(*state, 80, 1, found, 4), 1);
	assert_ptr_equal(found[0], a);
	assert_int_equal(flow_find_on_port(*state, 80, 9, found, 2), 2);

	go(*state, 5, 1, at, STATE_LISTEN, STATE_CLOSE);
	destroy_at(*state, 6, 1);
	destroy_at(*state, 7, 3); /* its end was not seen */
	assert_int_equal(flow_find_on_port(*state, 80, 9, found, 4), 1);
	assert_ptr_equal(found[0], b);
	assert_int_equal(flow_find_on_port(*state, 80, 4, found, 4), 3);
	assert_int_equal(flow_find_on_port(*state, 80, 6, found, 4), 2);
}

/* What leaves the table leaves the port too. */
static void listeners_that_are_forgotten(void **state)
{
	struct flow_table *table = flow_table_new(4);
	struct flow *found[8];

	(void)state;
	assert_non_null(table);
	for (__u64 i = 1; i <= 20; i++) {
		listen_at(table, i, i, "10.0.0.1", 80);
		if (i % 3 == 0)
			destroy_at(table, i, i);
	}
	assert_int_equal(flow_find_on_port(table, 80, 30, found, 8), 4);
	for (__u64 i = 21; i <= 24; i++)
		connect_at(table, i, i, conn_of("10.0.0.1", i, "10.0.0.2", 5));
	assert_int_equal(flow_find_on_port(table, 80, 30, found, 8), 0);
	flow_table_free(table);
}

/* --- bounds
 * -------------------------------------------------------------------- */

static struct event_conn numbered(unsigned int n)
{
	return conn_of("10.0.0.1", 1 + n, "10.0.0.2", 80);
}

static bool has(struct flow_table *table, unsigned int n)
{
	struct event_conn conn = numbered(n);

	return flow_find(table, &conn, UINT64_MAX);
}

static void oldest_leaves_first(void **state)
{
	struct flow_table *table = flow_table_new(4);

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		connect_at(table, 10 + i, 1 + i, numbered(i));
	assert_int_equal(flow_table_count(table), 4);
	assert_int_equal(flow_table_evicted(table), 0);
	/* Gone ones make room first, in the order in which they went. */
	destroy_at(table, 20, 4);
	destroy_at(table, 21, 2);
	connect_at(table, 30, 10, numbered(10));
	assert_false(has(table, 3));
	assert_true(has(table, 0) && has(table, 1) && has(table, 2));
	connect_at(table, 31, 11, numbered(11));
	assert_false(has(table, 1));
	assert_int_equal(flow_table_evicted(table), 0);
	/* Then the oldest of all, and that is counted. */
	connect_at(table, 32, 12, numbered(12));
	assert_false(has(table, 0));
	assert_true(has(table, 2));
	assert_int_equal(flow_table_evicted(table), 1);
	assert_int_equal(flow_table_count(table), 4);
	flow_table_free(table);
}

static void listen_and_close(struct flow_table *table, __u64 time, __u64 sock)
{
	struct event_conn conn = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	struct sock_event listens =
		state_event(time, sock, conn, STATE_CLOSE, STATE_LISTEN);
	struct sock_event gone = destroy_event(time + 1, sock, conn);

	apply(table, &listens);
	apply(table, &gone);
}

/* Of 1024 no more than 128 are gone ones, however much room there is. */
static void few_gone_ones_are_kept(void **state)
{
	struct event_conn server = conn_of("10.0.0.1", 8080, "10.0.0.2", 5);
	struct flow_table *table = flow_table_new(1024);

	(void)state;
	listen_and_close(table, 1, 5000);
	for (unsigned int i = 0; i < 200; i++) {
		connect_at(table, 10 + i, 1 + i, numbered(i));
		destroy_at(table, 10 + i, 1 + i);
	}
	assert_false(has(table, 71));
	assert_true(has(table, 72) && has(table, 199));
	/* Closed listeners stay longer: somebody may ask for them. */
	assert_non_null(flow_find_listener(table, &server, 1000, true));
	assert_int_equal(flow_table_count(table), 129);
	assert_int_equal(flow_table_evicted(table), 0);
	flow_table_free(table);
}

static void held_flows_stay(void **state)
{
	struct flow_table *table = flow_table_new(2);
	struct flow *a, *b;

	(void)state;
	a = flow_ref(connect_at(table, 1, 1, numbered(1)));
	b = flow_ref(connect_at(table, 2, 2, numbered(2)));
	destroy_at(table, 3, 1);
	connect_at(table, 4, 3, numbered(3));
	/* All are held: rather one too many than a dangling one. */
	assert_int_equal(flow_table_count(table), 3);
	assert_int_equal(flow_table_evicted(table), 0);
	assert_int_equal(a->conn.lport, 2);
	flow_unref(a);
	flow_unref(b);
	connect_at(table, 5, 4, numbered(4));
	assert_false(has(table, 1));
	flow_table_free(table);
	flow_table_free(NULL);
	assert_null(flow_ref(NULL));
	flow_unref(NULL);
}

/* --- anything may come
 * ------------------------------------------------------------ */

static unsigned int dice(unsigned int sides)
{
	static uint64_t state = 88172645463325252ULL; /* always the same */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % sides;
}

static struct event_conn any_conn(void)
{
	static const char *const addrs[] = { "10.0.0.1", "127.0.0.1", "::1",
					     "0.0.0.0", "::" };
	struct event_conn conn =
		conn_of(addrs[dice(5)], dice(6), addrs[dice(5)], dice(6));

	conn.netns = dice(3);
	return conn;
}

static void check_flow(struct flow_table *table, const struct flow *flow,
		       unsigned int limit, unsigned int held)
{
	assert_in_range(flow_table_count(table), 0, limit + held);
	if (!flow)
		return;
	assert_in_range(flow->path_len, 0, FLOW_MAX_PATH);
	assert_in_range(flow_holder_count(flow), 0, FLOW_MAX_HOLDERS);
	assert_in_range(flow->state, 0, STATE_COUNT - 1);
	assert_true(!flow->past->gone.time || flow->destroyed);
}

static struct flow *apply_any(struct flow_table *table, __u64 time)
{
	unsigned int kind = 1 + dice(EVENT_KINDS - 1);
	struct sock_event sock =
		state_event(time, 1 + dice(12), any_conn(), dice(STATE_COUNT),
			    dice(STATE_COUNT));
	struct segment_event segment =
		segment_event(kind, time, dice(12), any_conn());

	if (kind == EVENT_FORK || !strcmp(event_kind_name(kind), "unknown"))
		return NULL;
	sock.h.kind = kind;
	sock.h.flags = segment.h.flags = dice(16);
	sock.h.pid = segment.h.pid = dice(4);
	sock.flags = dice(256);
	sock.unread = dice(3);
	sock.bytes_in = dice(3);
	sock.snd_una = dice(4);
	sock.rcv_nxt = dice(4);
	segment.tcp.rcv_nxt = dice(3);
	segment.seg.present = dice(2);
	segment.role = dice(3);
	segment.tcp.snd_una = dice(2);
	if (event_segment(&segment.h))
		return apply(table, &segment);
	return apply(table, &sock);
}

static void a_hundred_thousand_events(void **state)
{
	const unsigned int limit = 16;
	struct flow_table *table = flow_table_new(limit);
	struct flow *held[8] = { NULL };

	(void)state;
	for (__u64 i = 0; i < 100000; i++) {
		__u64 time = i + dice(5); /* not quite in order */
		struct event_conn conn = any_conn();
		struct flow *flow = apply_any(table, time);
		unsigned int place = dice(8);

		check_flow(table, flow, limit, 8);
		flow_unref(held[place]);
		held[place] = flow_ref(dice(4) ? flow : NULL);
		check_flow(table, flow_find(table, &conn, time), limit, 8);
		check_flow(table, peer_at(table, conn, dice(i + 1), time),
			   limit, 8);
		check_flow(table,
			   flow_find_listener(table, &conn, time, dice(2)),
			   limit, 8);
	}
	flow_table_free(table);
}

#define find_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		find_test(reused_ports_are_told_by_time),
		find_test(same_ends_in_two_namespaces),
		find_test(peers_across_a_veth),
		find_test(peers_of_reused_ports),
		cmocka_unit_test(what_is_local),
		find_test(exact_before_wildcard),
		find_test(listeners_of_others),
		find_test(gone_listeners),
		find_test(listeners_on_a_port),
		find_test(listeners_that_are_forgotten),
		cmocka_unit_test(oldest_leaves_first),
		cmocka_unit_test(few_gone_ones_are_kept),
		cmocka_unit_test(held_flows_stay),
		cmocka_unit_test(a_hundred_thousand_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
