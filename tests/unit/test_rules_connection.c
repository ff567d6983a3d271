// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Connections that the kernel gave up, and such that stand still. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "lab.h"

static struct event_conn remote(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

/* Of CLIENT, open since 1 s, dead at 20 s. */
static struct sock_event death(struct lab *lab, int err, __u8 retransmits)
{
	struct sock_event e = state_event(20 * SEC, CLIENT_SOCK, remote(),
					  STATE_ESTABLISHED, STATE_CLOSE);

	lab_connect(lab, 1 * SEC, remote());
	e.err = err;
	e.retransmits = retransmits;
	on_top_of(&e.h, 999, "bystander");
	return e;
}

/* A segment is sent again, or, with @err, could not be. */
static void again(struct lab *lab, __u64 time, __u32 una, int err)
{
	struct segment_event e =
		segment_event(EVENT_RETRANSMIT, time, CLIENT_SOCK, remote());

	e.tcp.snd_una = una;
	e.tcp.ca_state = 4;
	e.tcp.retransmits = 1;
	e.err = -err;
	with_segment(&e, TCP_ACK, 100);
	with_stack(&e, lab->host,
		   "__tcp_retransmit_skb tcp_retransmit_skb "
		   "tcp_retransmit_timer tcp_write_timer");
	lab_play(lab, &e);
}

static const struct finding *last_finding(struct lab *lab)
{
	lab_end(lab);
	assert_int_not_equal(lab->count, 0);
	return &lab->findings[lab->count - 1];
}

static void timeout(void **state)
{
	struct lab *lab = *state;
	struct sock_event e = death(lab, ETIMEDOUT, 3);
	const struct finding *f;

	again(lab, 2 * SEC, 50, 0); /* of data that got through then */
	again(lab, 10 * SEC, 100, 0);
	again(lab, 11 * SEC, 100, 0);
	again(lab, 13 * SEC, 100, EAGAIN);
	again(lab, 17 * SEC, 100, 0);
	lab_play(lab, &e);
	f = last_finding(lab);
	assert_cause(f, "conn.timeout");
	assert_int_equal(f->what, WHAT_CONNECTION_FAILED);
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_int_equal(f->owner.pid, CLIENT);
	assert_non_null(strstr(f->why, "3 retransmissions in 10.0 s"));
	assert_non_null(strstr(f->effect, "client[20] gets ETIMEDOUT"));
}

static void timeout_of_an_orphan(void **state)
{
	struct sock_event e = death(*state, ETIMEDOUT, 3);
	const struct finding *f;

	e.old_state = STATE_FIN_WAIT1;
	e.flags = SOCK_F_FULL | SOCK_F_DEAD;
	f = lab_judge(*state, &e);
	assert_cause(f, "conn.timeout");
	assert_non_null(strstr(f->effect, "nobody is told: client[20] had "
					  "closed"));
}

static void probes_unanswered(void **state)
{
	struct sock_event e = death(*state, ETIMEDOUT, 0);
	const struct finding *f;

	e.probes_out = 15;
	f = lab_judge(*state, &e);
	assert_cause(f, "conn.timeout");
	assert_non_null(strstr(f->why, "15 window probes"));
}

/* Without a retransmission or a probe nothing says why. */
static void timeout_without_tries(void **state)
{
	struct sock_event e = death(*state, ETIMEDOUT, 0);

	assert_cause(lab_judge(*state, &e), "unknown");
}

static void user_timeout(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = death(*state, ETIMEDOUT, i ? 0 : 2);
		e.probes_out = i ? 2 : 0;
		e.user_timeout = 1500;
		f = lab_judge(*state, &e);
		assert_cause(f, "conn.user-timeout");
		assert_int_equal(f->confidence,
				 i ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN);
		assert_non_null(strstr(f->why, "TCP_USER_TIMEOUT of 1.5 s"));
	}
}

static void unreachable(void **state)
{
	static const struct {
		int send_err, err_soft;
		const char *words;
	} cases[] = {
		{ 0, EHOSTUNREACH, "ICMP errors came back" },
		{ ENETUNREACH, EHOSTUNREACH, "this host has no route there" },
		{ 0, 0, "an ICMP error came back, or there is no route" },
	};

	for (int i = 0; i < 3; i++) {
		struct sock_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = death(*state, EHOSTUNREACH, 3);
		e.err_soft = cases[i].err_soft;
		again(*state, 10 * SEC, 100, cases[i].send_err);
		lab_play(*state, &e);
		f = last_finding(*state);
		assert_cause(f, "conn.unreachable");
		assert_non_null(strstr(f->why, cases[i].words));
		assert_int_equal(f->confidence, i == 2 ? CONFIDENCE_LIKELY
						       : CONFIDENCE_CERTAIN);
	}
}

/* --- stalls
 * ------------------------------------------------------------------- */

static struct segment_event look(__u64 time, enum stall_role role)
{
	struct segment_event e =
		segment_event(EVENT_STALLED, time, CLIENT_SOCK, remote());

	e.role = role;
	e.tcp.pending = 3;
	e.tcp.backoff = 2;
	e.tcp.snd_wnd = 0;
	e.tcp.snd_una = e.tcp.snd_nxt = 1000;
	e.tcp.write_seq = 1500;
	return e;
}

static struct segment_event look_at_reader(__u64 time)
{
	struct segment_event e = segment_event(EVENT_STALLED, time, CHILD_SOCK,
					       turned(remote()));

	e.role = STALL_RECEIVER;
	e.tcp.rcv_nxt = 700;
	e.tcp.copied_seq = 100;
	return e;
}

static void play_look(struct lab *lab, __u64 time, enum stall_role role)
{
	struct segment_event e = look(time, role);

	lab_play(lab, &e);
}

/* However often it is seen, it is told when it begins and when it is over. */
static void stall_told_twice(void **state)
{
	struct lab *lab = *state;

	lab_connect(lab, 1 * SEC, remote());
	for (int i = 0; i < 5; i++)
		play_look(lab, (2 + i) * SEC, STALL_SENDER);
	play_look(lab, 7 * SEC, STALL_OVER);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
	for (int i = 0; i < 2; i++) {
		const struct finding *f = &lab->findings[i];

		assert_cause(f, "stall.zero-window");
		assert_int_equal(f->what, WHAT_STALLED);
		assert_int_equal(f->owner.pid, CLIENT);
		assert_int_equal(lab_evidence(f, "over")->number, i);
	}
	assert_non_null(strstr(lab->findings[1].why, "for 5.0 s"));
}

/* Progress between two looks: another stall. */
static void stall_again(void **state)
{
	struct lab *lab = *state;
	struct segment_event later = look(3 * SEC, STALL_SENDER);

	lab_connect(lab, 1 * SEC, remote());
	play_look(lab, 2 * SEC, STALL_SENDER);
	later.tcp.snd_una = later.tcp.snd_nxt = 1200;
	lab_play(lab, &later);
	lab_end(lab);
	assert_int_equal(lab->count, 2);
}

static void reader_is_named(void **state)
{
	struct lab *lab = *state;
	struct segment_event reader = look_at_reader(2 * SEC + MS);
	const struct finding *f;

	lab_listen(lab, SEC / 2, remote());
	lab_connect(lab, 1 * SEC, remote());
	lab_accept(lab, 1 * SEC, remote());
	play_look(lab, 2 * SEC, STALL_SENDER);
	lab_play(lab, &reader);
	f = lab_only_finding(lab);
	assert_cause(f, "stall.zero-window");
	assert_true(f->has_peer);
	assert_int_equal(f->peer.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] does not read: it has 600 "
				       "bytes unread"));
}

/* One that does not read holds nobody up, as far as we can see. */
static void reader_alone(void **state)
{
	struct lab *lab = *state;
	struct segment_event reader = look_at_reader(2 * SEC);

	lab_accept(lab, 1 * SEC, remote());
	lab_play(lab, &reader);
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

/* It was there before us, and no scan has shown it. */
static void stall_of_an_unknown_socket(void **state)
{
	struct lab *lab = *state;

	play_look(lab, 2 * SEC, STALL_SENDER);
	play_look(lab, 3 * SEC, STALL_SENDER);
	assert_cause(lab_only_finding(lab), "stall.zero-window");
}

static void over_without_a_beginning(void **state)
{
	struct lab *lab = *state;

	lab_connect(lab, 1 * SEC, remote());
	play_look(lab, 2 * SEC, STALL_OVER);
	lab_end(lab);
	assert_int_equal(lab->count, 0);
}

/* --- a SYN that finds no place
 * ------------------------------------------------------------------- */

static struct event_conn local(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 80);
}

static struct segment_event syn_again(struct lab *lab, struct event_conn conn)
{
	struct segment_event e =
		segment_event(EVENT_RETRANSMIT, 3 * SEC, CLIENT_SOCK, conn);

	lab_state(lab, 2 * SEC, CLIENT_SOCK, conn, STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	e.tcp.state = STATE_SYN_SENT;
	e.tcp.retransmits = 1;
	with_segment(&e, TCP_SYN, 0);
	with_stack(&e, lab->host,
		   "__tcp_retransmit_skb tcp_retransmit_skb "
		   "tcp_retransmit_timer tcp_write_timer");
	return e;
}

/* What the kernel answers when it is asked about a listener. */
static void queue_is(struct lab *lab, __u64 time, struct event_conn conn,
		     __u32 backlog)
{
	struct sock_event e = state_event(time, LISTENER_SOCK, turned(conn),
					  STATE_LISTEN, STATE_LISTEN);

	e.h.kind = EVENT_HOLDER;
	e.conn.rport = 0;
	e.unread = backlog;
	e.unsent = 2;
	done_by(&e.h, SERVER, "server");
	lab_play(lab, &e);
}

static void syn_finds_a_full_queue(void **state)
{
	struct lab *lab = *state;
	struct segment_event e;
	const struct finding *f;

	lab_listen(lab, 1 * SEC, local());
	e = syn_again(lab, local());
	lab_play(lab, &e);
	queue_is(lab, 3 * SEC + 20 * MS, local(), 3);
	f = lab_only_finding(lab);
	assert_cause(f, "rtx.syn");
	assert_int_equal(f->peer.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] listens there and does not "
				       "accept"));
	assert_int_equal(lab_evidence(f, "accept_queue")->number, 3);
	assert_non_null(strstr(f->advice, "larger backlog"));
}

/* Just full enough; full before the SYN; or a listener of another host. */
static void queues_that_say_nothing(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct event_conn conn = i == 2 ? remote() : local();
		struct segment_event e;
		const struct finding *f;
		struct lab *lab;

		if (i)
			lab_renew(state);
		lab = *state;
		/* At any address: of this host's, not of that one's. */
		lab_listen(lab, 1 * SEC,
			   i == 2 ? conn_of("0.0.0.0", 40000, "0.0.0.0", 80)
				  : conn);
		if (i == 1)
			queue_is(lab, SEC + MS, conn, 3);
		e = syn_again(lab, conn);
		lab_play(lab, &e);
		if (i != 1)
			queue_is(lab, 3 * SEC + 20 * MS,
				 i == 2 ? conn_of("0.0.0.0", 40000, "0.0.0.0",
						  80)
					: conn,
				 i == 2 ? 3 : 2);
		f = lab_only_finding(lab);
		assert_cause(f, "rtx.syn");
		assert_null(lab_evidence(f, "accept_queue"));
		assert_false(f->has_peer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(timeout),
		lab_test(timeout_of_an_orphan),
		lab_test(probes_unanswered),
		lab_test(timeout_without_tries),
		lab_test(user_timeout),
		lab_test(unreachable),
		lab_test(stall_told_twice),
		lab_test(stall_again),
		lab_test(reader_is_named),
		lab_test(reader_alone),
		lab_test(stall_of_an_unknown_socket),
		lab_test(over_without_a_beginning),
		lab_test(syn_finds_a_full_queue),
		lab_test(queues_that_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
