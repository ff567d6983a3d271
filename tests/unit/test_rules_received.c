// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs from other hosts, and those that only seem to be. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab.h"

#define SOFTIRQ " tcp_v4_rcv ip_local_deliver process_backlog handle_softirqs"
#define RECEIVED                                          \
	"bpf_trace_run1 tcp_reset tcp_validate_incoming " \
	"tcp_rcv_established tcp_v4_do_rcv" SOFTIRQ
#define NOT_IN_STATE_MACHINE \
	"tcp_reset tcp_rcv_state_process tcp_v4_do_rcv" SOFTIRQ

static struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

static struct segment_event received(struct lab *lab, __u64 sock,
				     struct event_conn conn, __u8 tcp_state)
{
	struct segment_event e =
		segment_event(EVENT_RESET_RECEIVED, 5 * SEC, sock, conn);

	e.tcp.state = tcp_state;
	with_stack(&e, lab->host, RECEIVED);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

static void refused(void **state)
{
	struct segment_event e =
		received(*state, CLIENT_SOCK, remote(), STATE_SYN_SENT);
	const struct finding *f;

	lab_state(*state, 4 * SEC, CLIENT_SOCK, remote(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	with_stack(&e, ((struct lab *)*state)->host, NOT_IN_STATE_MACHINE);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst-received.refused");
	assert_int_equal(f->what, WHAT_RST_RECEIVED);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, 0);
	assert_false(f->has_peer);
	assert_non_null(strstr(f->effect, "ECONNREFUSED"));
}

static void before_accept(void **state)
{
	struct event_conn client = turned(remote());
	struct segment_event e =
		received(*state, CHILD_SOCK, remote(), STATE_ESTABLISHED);
	const struct finding *f;

	lab_listen(*state, 1 * SEC, client);
	lab_accept(*state, 4 * SEC, client);
	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst-received.before-accept");
	assert_int_equal(f->owner.pid, SERVER);
}

static void mid_stream(void **state)
{
	static const __u8 states[] = { STATE_ESTABLISHED, STATE_CLOSE_WAIT };

	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = received(*state, CLIENT_SOCK, remote(), states[i]);
		lab_connect(*state, 4 * SEC, remote());
		e.tcp.bytes_out = 10;
		e.tcp.jiffies = 20; /* the counter wraps */
		e.tcp.last_sent = -5;
		f = lab_judge(*state, &e);
		assert_cause(f, "rst-received.mid-stream");
		assert_int_equal(f->owner.pid, CLIENT);
		assert_int_equal(f->state, states[i]);
		assert_int_equal(lab_evidence(f, "since_last_sent_us")->number,
				 100000); /* 25 jiffies of 4 ms */
	}
}

static void unread_bytes_survive(void **state)
{
	struct segment_event e =
		received(*state, CLIENT_SOCK, remote(), STATE_ESTABLISHED);
	const struct finding *f;

	lab_connect(*state, 4 * SEC, remote());
	e.tcp.copied_seq = -4;
	f = lab_judge(*state, &e);
	assert_non_null(strstr(f->effect, "4 bytes"));
	assert_non_null(strstr(f->effect, "ECONNRESET"));
}

static void after_close(void **state)
{
	static const __u8 states[] = { STATE_FIN_WAIT1, STATE_FIN_WAIT2,
				       STATE_CLOSING, STATE_LAST_ACK };

	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = received(*state, CLIENT_SOCK, remote(), states[i]);
		e.tcp.flags &= ~SOCK_F_HAS_FILE;
		e.tcp.flags |= SOCK_F_DEAD;
		lab_connect(*state, 4 * SEC, remote());
		assert_cause(lab_judge(*state, &e), "rst-received.after-close");
	}
}

/* --- not from another host -------------------------------------------------
 */

/* tcp_reset() on data after close: no RST came in at all. */
static void false_reset(void **state)
{
	struct lab *lab = *state;
	struct segment_event e =
		received(lab, CLIENT_SOCK, remote(), STATE_FIN_WAIT2);

	with_stack(&e, lab->host, NOT_IN_STATE_MACHINE);
	lab_play(lab, &e);
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

/* Its sender is here but not known: no socket, no event of its own. */
static void from_an_address_of_this_host(void **state)
{
	static const char *const here[][2] = {
		{ "127.0.0.1", "127.0.0.1" },	  { "10.0.0.1", "10.0.0.1" },
		{ "127.0.0.2", "127.0.0.3" },	  { "::1", "::1" },
		{ "2001:db8::1", "2001:db8::1" },
	};

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		struct event_conn conn =
			conn_of(here[i][0], 40000, here[i][1], 80);
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = received(*state, CLIENT_SOCK, conn, STATE_ESTABLISHED);
		lab_connect(*state, 4 * SEC, conn);
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

static void from_a_socket_of_this_host(void **state)
{
	struct segment_event e =
		received(*state, CLIENT_SOCK, remote(), STATE_ESTABLISHED);
	const struct finding *f;

	lab_connect(*state, 4 * SEC, remote());
	lab_state(*state, 4 * SEC, CHILD_SOCK,
		  in_netns(turned(remote()), OTHER_NETNS), STATE_LISTEN,
		  STATE_SYN_RECV, 0);
	f = lab_judge(*state, &e);
	assert_cause(f, "unknown");
	assert_true(f->has_peer);
}

/* ... of which the RST was sent before the watch. */
static void sent_before_the_watch(void **state)
{
	struct segment_event e =
		received(*state, CLIENT_SOCK, remote(), STATE_ESTABLISHED);

	lab_watched_since(*state, 5 * SEC - 50 * MS);
	lab_connect(*state, 4 * SEC, remote());
	lab_state(*state, 4 * SEC, CHILD_SOCK,
		  in_netns(turned(remote()), OTHER_NETNS), STATE_LISTEN,
		  STATE_SYN_RECV, 0);
	lab_play(*state, &e);
	lab_end(*state);
	assert_int_equal(((struct lab *)*state)->count, 0);
}

static void drop_segment(struct lab *lab, struct event_conn conn, __u64 time,
			 const char *reason, __u8 flags)
{
	struct segment_event e = segment_event(EVENT_DROP, time, 0, conn);

	memset(&e.tcp, 0, sizeof(e.tcp));
	with_segment(&e, flags, 0);
	with_stack(&e, lab->host, "nf_hook_slow ip_output __ip_queue_xmit");
	with_reason(&e, lab->host, reason);
	lab_play(lab, &e);
}

/* A REJECT in OUTPUT answers in the remote host's name. */
static void from_a_firewall_of_this_host(void **state)
{
	struct segment_event e =
		received(*state, CLIENT_SOCK, remote(), STATE_SYN_SENT);
	const struct finding *f;

	lab_state(*state, 5 * SEC - 2 * MS, CLIENT_SOCK, remote(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	/* A segment of ours, seen from where it would have arrived. */
	drop_segment(*state, turned(remote()), 5 * SEC - MS, "NETFILTER_DROP",
		     TCP_SYN);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.firewall-reject");
}

/* --- RSTs that are not obeyed
 * ------------------------------------------------- */

static struct segment_event dropped(struct lab *lab, __u64 sock, __u64 time,
				    const char *reason)
{
	struct segment_event e =
		segment_event(EVENT_DROP, time, sock, remote());

	with_segment(&e, TCP_RST, 0);
	with_stack(&e, lab->host,
		   "kfree_skb_reason tcp_validate_incoming tcp_rcv_established"
		   " tcp_v4_do_rcv" SOFTIRQ);
	with_reason(&e, lab->host, reason);
	return e;
}

static void ignored(void **state)
{
	static const char *const reasons[] = { "TCP_RESET",
					       "TCP_INVALID_SEQUENCE",
					       "TCP_INVALID_END_SEQUENCE" };

	for (int i = 0; i < 3; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = dropped(*state, CLIENT_SOCK, 5 * SEC, reasons[i]);
		lab_connect(*state, 4 * SEC, remote());
		f = lab_judge(*state, &e);
		assert_cause(f, "rst-received.ignored");
		assert_int_equal(f->owner.pid, CLIENT);
	}
}

static void many_ignored(void **state)
{
	struct lab *lab = *state;

	lab_connect(lab, 4 * SEC, remote());
	for (int i = 0; i < 3; i++) {
		struct segment_event e = dropped(lab, CLIENT_SOCK,
						 5 * SEC + i * MS, "TCP_RESET");

		lab_play(lab, &e);
	}
	lab_end(lab);
	assert_int_equal(lab->count, 3);
	for (int i = 0; i < 3; i++)
		assert_cause(&lab->findings[i], "rst-received.ignored");
}

static void assert_no_finding(struct lab *lab, const struct segment_event *e)
{
	lab_play(lab, e);
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

static void drops_that_are_no_reset(void **state)
{
	struct segment_event e =
		dropped(*state, CLIENT_SOCK, 5 * SEC, "TCP_RESET");

	lab_connect(*state, 4 * SEC, remote());
	e.seg.flags = TCP_ACK;
	assert_no_finding(*state, &e);
}

static void resets_dropped_for_other_reasons(void **state)
{
	struct segment_event e =
		dropped(*state, CLIENT_SOCK, 5 * SEC, "NETFILTER_DROP");

	lab_connect(*state, 4 * SEC, remote());
	assert_no_finding(*state, &e);
}

/* Obeyed first: what the socket drops after that is no attack. */
static void dropped_after_a_real_one(void **state)
{
	struct lab *lab = *state;
	struct segment_event first =
		received(lab, CLIENT_SOCK, remote(), STATE_ESTABLISHED);
	struct segment_event e =
		dropped(lab, CLIENT_SOCK, 5 * SEC + MS, "TCP_RESET");

	lab_connect(lab, 4 * SEC, remote());
	lab_play(lab, &first);
	lab_play(lab, &e);
	assert_cause(lab_only_finding(lab), "rst-received.mid-stream");
}

static struct segment_event half_open(struct lab *lab, const char *reason)
{
	struct segment_event e = dropped(lab, LISTENER_SOCK, 5 * SEC, reason);

	e.tcp.state = STATE_NEW_SYN_RECV;
	e.tcp.flags = 0;
	with_stack(&e, lab->host, "kfree_skb_reason" SOFTIRQ);
	return e;
}

static void handshake(void **state)
{
	struct segment_event e = half_open(*state, "NOT_SPECIFIED");
	const struct finding *f;

	lab_listen(*state, 1 * SEC, turned(remote()));
	f = lab_judge(*state, &e);
	assert_cause(f, "rst-received.handshake");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	assert_int_equal(f->owner.pid, SERVER);
}

/* A scanner that comes back from the same port: another held its old end. */
static void handshake_where_a_connection_was(void **state)
{
	for (int waits = 0; waits < 2; waits++) {
		struct segment_event e;
		struct lab *lab;

		if (waits)
			lab_renew(state);
		lab = *state;
		e = half_open(lab, "NOT_SPECIFIED");
		lab_listen(lab, 1 * SEC, turned(remote()));
		lab_state(lab, 2 * SEC, CHILD_SOCK, remote(), STATE_LISTEN,
			  STATE_SYN_RECV, 0);
		lab_state(lab, 2 * SEC + 1, CHILD_SOCK, remote(),
			  STATE_SYN_RECV, STATE_ESTABLISHED, 0);
		lab_state(lab, 3 * SEC, CHILD_SOCK, remote(), STATE_ESTABLISHED,
			  STATE_FIN_WAIT2, CLIENT);
		lab_state(lab, 4 * SEC, CHILD_SOCK, remote(), STATE_FIN_WAIT2,
			  STATE_CLOSE, waits ? 0 : CLIENT);
		if (waits) {
			assert_no_finding(lab, &e);
		} else {
			const struct finding *f = lab_judge(lab, &e);

			assert_cause(f, "rst-received.handshake");
			assert_int_equal(f->owner.pid, SERVER);
		}
	}
}

/* ... and had the socket that is this request's now: its address is the same.
 */
static void handshake_at_the_address_of_another(void **state)
{
	struct segment_event e = half_open(*state, "NOT_SPECIFIED");
	struct lab *lab = *state;

	e.h.sock = CHILD_SOCK;
	lab_listen(lab, 1 * SEC, turned(remote()));
	lab_state(lab, 2 * SEC, CHILD_SOCK, remote(), STATE_LISTEN,
		  STATE_SYN_RECV, 0);
	lab_state(lab, 3 * SEC, CHILD_SOCK, remote(), STATE_SYN_RECV,
		  STATE_CLOSE, 0);
	lab_destroy(lab, 3 * SEC, CHILD_SOCK, remote(), 0);
	assert_cause(lab_judge(lab, &e), "rst-received.handshake");
}

static void reset_to_a_port_without_listener(void **state)
{
	struct segment_event e = half_open(*state, "NOT_SPECIFIED");

	assert_no_finding(*state, &e);
}

static void reset_without_symbols(void **state)
{
	struct segment_event e = half_open(*state, "NOT_SPECIFIED");

	lab_listen(*state, 1 * SEC, turned(remote()));
	without_symbols(&e);
	assert_no_finding(*state, &e);
}

static void handshake_or_something_else(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct lab *lab;
		struct segment_event e;

		if (i)
			lab_renew(state);
		lab = *state;
		e = half_open(lab, i == 0 ? "NO_SOCKET" : "NOT_SPECIFIED");
		lab_listen(lab, 1 * SEC, turned(remote()));
		if (i == 1) /* dropped by the listener itself */
			with_stack(&e, lab->host,
				   "kfree_skb_reason tcp_v4_do_rcv" SOFTIRQ);
		if (i == 2)
			with_stack(&e, lab->host,
				   "kfree_skb_reason tcp_v6_do_rcv tcp_v6_rcv");
		if (i == 3)
			e.seg.flags = TCP_ACK;
		assert_no_finding(lab, &e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(refused),
		lab_test(before_accept),
		lab_test(mid_stream),
		lab_test(unread_bytes_survive),
		lab_test(after_close),
		lab_test(false_reset),
		lab_test(from_an_address_of_this_host),
		lab_test(from_a_socket_of_this_host),
		lab_test(sent_before_the_watch),
		lab_test(from_a_firewall_of_this_host),
		lab_test(ignored),
		lab_test(many_ignored),
		lab_test(drops_that_are_no_reset),
		lab_test(resets_dropped_for_other_reasons),
		lab_test(dropped_after_a_real_one),
		lab_test(handshake),
		lab_test(handshake_where_a_connection_was),
		lab_test(handshake_at_the_address_of_another),
		lab_test(reset_to_a_port_without_listener),
		lab_test(reset_without_symbols),
		lab_test(handshake_or_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
