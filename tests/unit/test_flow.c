// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What events teach about one socket. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include "model.h"

/* The local port is chosen between the first event and the next. */
static void life_of_a_client(void **state)
{
	struct event_conn early = here();
	struct sock_event e;
	struct flow_change change;
	struct flow *flow;

	early.lport = 0;
	flow = go(*state, 1 * SEC, 1, early, STATE_CLOSE, STATE_SYN_SENT, "c");
	assert_int_equal(flow->conn.lport, 0);
	assert_int_equal(flow->owner->pid, 'c');
	assert_int_equal(flow->owner->basis, PARTY_PROVEN);
	assert_false(flow->established);

	e = state_event(3 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED);
	on_top_of(&e.h, 'b', "bystander");
	change = apply(*state, &e);
	assert_ptr_equal(change.flow, flow);
	assert_true(change.duration_known);
	assert_int_equal(change.duration, 2 * SEC);
	assert_int_equal(flow->conn.lport, 40000);
	assert_ptr_equal(flow_find(((struct model *)*state)->table, &flow->conn,
				   3 * SEC),
			 flow);
	/* Whoever was interrupted has no part in it. */
	assert_int_equal(flow->owner->pid, 'c');
	assert_true(flow->established);
	assert_false(flow->existed);
	assert_int_equal(flow->born, 1 * SEC);
}

/* Who began the end: not who was told of it, and no listener's. */
static void accepted_socket(void **state)
{
	struct event_conn at = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	struct event_conn conn = turned(here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 9, at, STATE_CLOSE, STATE_LISTEN, "s");
	assert_true(flow->listener);
	flow = go(*state, 2 * SEC, 2, conn, STATE_LISTEN, STATE_SYN_RECV, NULL);
	assert_false(flow->listener);
	assert_int_equal(flow->owner->pid, 's');
	assert_int_equal(flow->owner->basis, PARTY_INHERITED);
	go(*state, 2 * SEC, 2, conn, STATE_SYN_RECV, STATE_ESTABLISHED, NULL);
	assert_int_equal(flow->owner->basis, PARTY_INHERITED);
	/* A worker closes it: it was the worker's. */
	go(*state, 3 * SEC, 2, conn, STATE_ESTABLISHED, STATE_FIN_WAIT1, "w");
	assert_int_equal(flow->owner->pid, 'w');
	assert_int_equal(flow->owner->basis, PARTY_PROVEN);
	assert_path_is(flow, STATE_SYN_RECV, STATE_ESTABLISHED,
		       STATE_FIN_WAIT1);
}

static void child_of_an_unknown_listener(void **state)
{
	struct flow *flow = go(*state, 2 * SEC, 2, turned(here()), STATE_LISTEN,
			       STATE_SYN_RECV, NULL);

	assert_int_equal(flow->owner->basis, PARTY_NONE);
	assert_int_equal(flow->owner->pid, 0);
}

static void kernel_threads_own_nothing(void **state)
{
	struct sock_event e =
		state_event(1, 1, here(), STATE_CLOSE, STATE_SYN_SENT);
	struct sock_event end = destroy_event(2, 1, here());
	struct flow *flow;

	done_by(&e.h, 'k', "kworker/0:1");
	done_by(&end.h, 'k', "kworker/0:1");
	e.h.flags |= EVENT_F_KTHREAD;
	end.h.flags |= EVENT_F_KTHREAD;
	flow = apply(*state, &e).flow;
	apply(*state, &end);
	assert_int_equal(flow->owner->basis, PARTY_NONE);
	assert_int_equal(flow->past->let_go_by->pid, 0);
}

/* "ss -K": the RST comes before CLOSE, from one who holds the lock. */
/* tcp_destroy_sock may come before the RST of the same socket. */
static void address_of_a_socket_is_used_again(void **state)
{
	struct sock_event gone = destroy_event(2 * SEC, 1, here());
	struct event_conn other = conn_of("127.0.0.1", 5, "127.0.0.1", 6);
	struct flow *first, *second;

	first = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT,
		   "c");
	apply(*state, &gone);
	second =
		go(*state, 3 * SEC, 1, other, STATE_CLOSE, STATE_SYN_SENT, "d");
	assert_ptr_not_equal(first, second);
	assert_int_equal(second->owner->pid, 'd');
	assert_int_equal(first->owner->pid, 'c');
	/* The DESTROY of the first was lost: it is gone all the same. */
	first = second;
	second = go(*state, 4 * SEC, 1, here(), STATE_LISTEN, STATE_SYN_RECV,
		    NULL);
	assert_ptr_not_equal(first, second);
	assert_true(first->destroyed);
	assert_int_equal(first->past->gone.time, 4 * SEC);
}

/* connect() fails, connect() again: the same socket, another connection. */
static void socket_connects_again(void **state)
{
	struct flow *first, *second;

	first = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT,
		   "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_CLOSE, NULL);
	second = go(*state, 3 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT,
		    "c");
	assert_ptr_not_equal(first, second);
	assert_int_equal(second->born, 3 * SEC);
	assert_path_is(second, STATE_SYN_SENT);
}

static void fin_is_no_byte(void **state)
{
	struct sock_event e = state_event(2 * SEC, 1, here(), STATE_SYN_SENT,
					  STATE_CLOSE_WAIT);
	struct flow *flow;

	go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	e.flags = SOCK_F_FIN_SEEN;
	e.bytes_in = 11;
	e.unread = 5;
	e.bytes_out = 7;
	flow = apply(*state, &e).flow;
	assert_true(flow->fin_seen);
	assert_int_equal(flow->bytes_in, 10);
	assert_int_equal(flow->unread, 4);
	assert_int_equal(flow->bytes_out, 7);
	/* Read to the end, the FIN included. */
	e = state_event(3 * SEC, 1, here(), STATE_CLOSE_WAIT, STATE_LAST_ACK);
	e.flags = SOCK_F_FIN_SEEN;
	e.bytes_in = 11;
	apply(*state, &e);
	assert_int_equal(flow->bytes_in, 10);
	assert_int_equal(flow->unread, 0);
	/* A disconnect sets the counters to 0. */
	e = state_event(4 * SEC, 1, here(), STATE_LAST_ACK, STATE_CLOSE);
	apply(*state, &e);
	assert_int_equal(flow->bytes_in, 10);
}

static void only_sent_copies_count(void **state)
{
	struct segment_event e =
		segment_event(EVENT_RETRANSMIT, 2 * SEC, 1, here());
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	apply(*state, &e);
	e.err = -EBUSY;
	apply(*state, &e);
	assert_int_equal(flow->retransmits, 1);
}

/* --- sockets that were there before ------------------------------------------
 */

static struct sock_event holder(__u64 sock, __u32 pid, const char *comm)
{
	struct sock_event e = existing_event(sock, here(), STATE_ESTABLISHED);

	e.h.kind = EVENT_HOLDER;
	on_top_of(&e.h, pid, comm);
	return e;
}

static void socket_that_existed(void **state)
{
	struct sock_event e = existing_event(1, here(), STATE_ESTABLISHED);
	struct sock_event next = state_event(
		5 * SEC, 1, here(), STATE_ESTABLISHED, STATE_CLOSE_WAIT);
	struct flow_change change = apply(*state, &e);

	assert_true(change.flow->existed);
	assert_true(change.flow->established);
	change = apply(*state, &next);
	/* Since when it was ESTABLISHED nobody knows. */
	assert_false(change.duration_known);
	assert_path_is(change.flow, STATE_ESTABLISHED, STATE_CLOSE_WAIT);
}

static void existing_states(void **state)
{
	struct sock_event e = existing_event(1, here(), STATE_LISTEN);
	struct flow *flow = apply(*state, &e).flow;

	assert_true(flow->listener);
	assert_false(flow->established);
	e = existing_event(2, here(), STATE_SYN_SENT);
	flow = apply(*state, &e).flow;
	assert_false(flow->listener || flow->established);
	e = existing_event(3, here(), STATE_CLOSE_WAIT);
	flow = apply(*state, &e).flow;
	assert_true(flow->established);
}

/* Who closed first was before us, whether the scan or an event shows it. */
static void close_that_nobody_saw(void **state)
{
	struct sock_event e = existing_event(1, here(), STATE_FIN_WAIT1);
	struct flow *flow = apply(*state, &e).flow;

	assert_true(flow->half_closed);
	flow = go(*state, 5 * SEC, 2, here(), STATE_FIN_WAIT1, STATE_FIN_WAIT2,
		  NULL);
	assert_true(flow->half_closed);
	flow = go(*state, 5 * SEC, 3, here(), STATE_ESTABLISHED,
		  STATE_FIN_WAIT1, "c");
	assert_false(flow->half_closed);
	flow = go(*state, 5 * SEC, 4, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	assert_false(flow->half_closed);
}

static void idle_socket_is_no_flow(void **state)
{
	struct sock_event e = existing_event(1, here(), STATE_CLOSE);

	assert_null(apply(*state, &e).flow);
}

static void several_holders(void **state)
{
	struct sock_event e = existing_event(1, here(), STATE_ESTABLISHED);
	struct flow *flow = apply(*state, &e).flow;

	for (__u32 pid = 1; pid <= FLOW_MAX_HOLDERS + 2; pid++) {
		e = holder(1, pid, "worker");
		apply(*state, &e);
		apply(*state, &e); /* two descriptors of one process */
	}
	assert_int_equal(flow_holder_count(flow), FLOW_MAX_HOLDERS);
	for (__u32 i = 0; i < FLOW_MAX_HOLDERS; i++)
		assert_int_equal(flow->holders->who[i]->pid, i + 1);
	assert_int_equal(flow->owner->basis, PARTY_PROVEN);
}

/* The scan takes time: meanwhile events come that know better. */
static void scan_never_overrides_events(void **state)
{
	struct sock_event late = existing_event(1, here(), STATE_SYN_SENT);
	struct sock_event held = holder(1, 'h', "holder");
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED, NULL);
	apply(*state, &late);
	apply(*state, &held);
	assert_int_equal(flow->state, STATE_ESTABLISHED);
	assert_int_equal(flow->owner->pid, 'c');
	assert_false(flow->existed);
	assert_int_equal(flow->born, 1 * SEC);
	assert_int_equal(flow->holders->who[0]->pid, 'h');
}

/* fork() and close(), or SCM_RIGHTS: who holds it now is whose it is. */
static void sole_holder_takes_over(void **state)
{
	struct sock_event held = holder(1, 'h', "holder");
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	held.h.time = 2 * SEC;
	apply(*state, &held);
	assert_int_equal(flow->owner->pid, 'h');
	assert_int_equal(flow->owner->basis, PARTY_PROVEN);
}

static void holder_settles_what_was_inherited(void **state)
{
	struct event_conn at = conn_of("0.0.0.0", 8080, "0.0.0.0", 0);
	struct sock_event held = holder(2, 'h', "holder");
	struct flow *flow;

	held.h.time = 2 * SEC;
	go(*state, 1 * SEC, 9, at, STATE_CLOSE, STATE_LISTEN, "s");
	flow = go(*state, 2 * SEC, 2, turned(here()), STATE_LISTEN,
		  STATE_SYN_RECV, NULL);
	apply(*state, &held);
	assert_int_equal(flow->owner->pid, 'h');
	assert_int_equal(flow->owner->basis, PARTY_PROVEN);
}

static void path_is_bounded(void **state)
{
	struct flow *flow;

	flow = go(*state, 1, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	for (int i = 0; i < 100; i++)
		go(*state, 2 + i, 1, here(), STATE_ESTABLISHED,
		   STATE_ESTABLISHED, NULL);
	assert_int_equal(flow->path_len, FLOW_MAX_PATH);
	assert_int_equal(flow->path[0], STATE_SYN_SENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(life_of_a_client),
		flow_test(accepted_socket),
		flow_test(child_of_an_unknown_listener),
		flow_test(kernel_threads_own_nothing),
		flow_test(address_of_a_socket_is_used_again),
		flow_test(socket_connects_again),
		flow_test(fin_is_no_byte),
		flow_test(only_sent_copies_count),
		flow_test(socket_that_existed),
		flow_test(close_that_nobody_saw),
		flow_test(idle_socket_is_no_flow),
		flow_test(several_holders),
		flow_test(scan_never_overrides_events),
		flow_test(sole_holder_takes_over),
		flow_test(holder_settles_what_was_inherited),
		flow_test(path_is_bounded),
		flow_test(existing_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
