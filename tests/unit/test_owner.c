// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel is asked about a socket, and what an answer teaches. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "model.h"
#include "owner.h"

static struct event_conn portless(void)
{
	struct event_conn conn = here();

	conn.lport = 0;
	return conn;
}

static void ask(struct model *model, struct flow *flow, __u64 time, __u64 now,
		struct holder_query *q)
{
	struct kin *kin = kin_new();
	struct owner_finder finder = { model->table, kin, now };

	memset(q, 0, sizeof(*q));
	owner_ask(&finder, flow, time, q);
	kin_free(kin);
}

static struct sock_event descriptor(__u64 time, struct event_conn conn,
				    __u8 state, const char *of)
{
	struct sock_event e = state_event(time, 1, conn, state, state);

	e.h.kind = EVENT_HOLDER;
	e.fd = 3;
	done_by(&e.h, of[0], of);
	e.h.flags = EVENT_F_TASK;
	return e;
}

/* connect() of a remote host: whose it is is proven, but not its port. */
static struct flow *connecting(struct model *model)
{
	return go(model, 1 * SEC, 1, portless(), STATE_CLOSE, STATE_SYN_SENT,
		  "c");
}

static void a_client_without_port(void **state)
{
	struct holder_query q;
	struct flow *flow = connecting(*state);
	struct sock_event e;

	ask(*state, flow, 1 * SEC, 1 * SEC + 20 * MS, &q);
	assert_int_equal(q.held.sock_count, 0);
	assert_int_equal(q.ports.sock_count, 1);
	assert_int_equal(q.ports.socks[0], 1);
	assert_int_equal(q.ports.pid_count, 1);
	assert_int_equal(q.ports.pids[0], 'c');

	e = descriptor(1 * SEC + 20 * MS, here(), STATE_SYN_SENT, "c");
	assert_ptr_equal(apply(*state, &e).flow, flow);
	assert_int_equal(flow->conn.lport, 40000);
	assert_int_equal(flow->state, STATE_SYN_SENT);
	assert_int_equal(flow->owner->pid, 'c');
	e.conn = here();
	assert_ptr_equal(flow_find(((struct model *)*state)->table, &e.conn,
				   1 * SEC),
			 flow);
}

static void asked_once_for_an_event(void **state)
{
	struct holder_query q;
	struct flow *flow = connecting(*state);

	ask(*state, flow, 1 * SEC, 1 * SEC + 20 * MS, &q);
	ask(*state, flow, 1 * SEC, 1 * SEC + 30 * MS, &q);
	assert_int_equal(q.ports.sock_count, 0);
}

static void port_that_is_known(void **state)
{
	struct holder_query q;
	struct flow *flow;

	/* bind() before connect() */
	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	ask(*state, flow, 1 * SEC, 1 * SEC + 20 * MS, &q);
	assert_int_equal(q.ports.sock_count, 0);
}

static void port_comes_with_the_next_event(void **state)
{
	struct holder_query q;
	struct flow *flow = connecting(*state);

	go(*state, 1 * SEC + MS, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED,
	   NULL);
	assert_int_equal(flow->conn.lport, 40000);
	ask(*state, flow, 1 * SEC, 1 * SEC + 20 * MS, &q);
	assert_int_equal(q.ports.sock_count, 0);
}

/* The address may be that of another socket by now. */
static void descriptor_of_another_connection(void **state)
{
	struct flow *flow = connecting(*state);
	struct event_conn elsewhere =
		conn_of("127.0.0.1", 40001, "127.0.0.2", 8080);
	struct event_conn other_port =
		conn_of("127.0.0.1", 40001, "127.0.0.1", 8081);
	struct sock_event e;

	e = descriptor(1 * SEC + 20 * MS, elsewhere, STATE_SYN_SENT, "c");
	apply(*state, &e);
	assert_int_equal(flow->conn.lport, 0);
	e = descriptor(1 * SEC + 20 * MS, other_port, STATE_SYN_SENT, "c");
	apply(*state, &e);
	assert_int_equal(flow->conn.lport, 0);
	e = descriptor(1 * SEC + 20 * MS, here(), STATE_SYN_SENT, "d");
	apply(*state, &e);
	assert_int_equal(flow->conn.lport, 0);
}

/* A walk began before the event, and ended after it. */
static void a_walk_that_an_event_came_into(void **state)
{
	struct holder_query q;
	struct flow *flow;
	struct sock_event e;

	flow = go(*state, 1 * SEC, 1, here(), STATE_LISTEN, STATE_SYN_RECV,
		  NULL);
	e = descriptor(1 * SEC + 20 * MS, here(), STATE_ESTABLISHED, "p");
	e.h.flags |= EVENT_F_ANEW;
	apply(*state, &e);
	e = descriptor(1 * SEC + 22 * MS, here(), STATE_ESTABLISHED, "c");
	apply(*state, &e);
	assert_int_equal(flow_holder_count(flow), 2);

	ask(*state, flow, 1 * SEC + 21 * MS, 1 * SEC + 41 * MS, &q);
	assert_int_equal(q.held.sock_count, 1);
	e = descriptor(1 * SEC + 41 * MS, here(), STATE_ESTABLISHED, "c");
	e.h.flags |= EVENT_F_ANEW;
	apply(*state, &e);
	assert_int_equal(flow_holder_count(flow), 1);
	assert_int_equal(flow->owner->pid, 'c');
}

static void descriptor_in_another_state(void **state)
{
	struct flow *flow = connecting(*state);
	struct sock_event e =
		descriptor(1 * SEC + 20 * MS, here(), STATE_ESTABLISHED, "c");

	/* Its own event says so, and when. */
	apply(*state, &e);
	assert_int_equal(flow->conn.lport, 0);
}

/* Nobody acted on it for a while, and somebody else may have it by now. */
static void owner_that_is_not_fresh(void **state)
{
	struct holder_query q;
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 2 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED, NULL);
	ask(*state, flow, 2 * SEC, 2 * SEC + 20 * MS, &q);
	assert_int_equal(q.held.sock_count, 1);
	assert_int_equal(q.held.socks[0], 1);
	assert_int_equal(q.held.pids[0], 'c');
	assert_int_equal(q.ports.sock_count, 0);
}

/* What one of several did says nothing of the others. */
static void several_hold_it(void **state)
{
	const struct holders *holders;
	struct sock_event e;
	struct holder_query q;
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	e = descriptor(2 * SEC, here(), STATE_ESTABLISHED, "c");
	apply(*state, &e);
	assert_null(flow_holders(flow, 2 * SEC));
	e = descriptor(2 * SEC + MS, here(), STATE_ESTABLISHED, "d");
	apply(*state, &e);
	holders = flow_holders(flow, 2 * SEC - 20 * MS);
	assert_non_null(holders);
	assert_int_equal(holders->count, 2);
	assert_int_equal(holders->who[0]->pid, 'c');
	assert_int_equal(holders->who[1]->pid, 'd');

	/* Who still has it when one acts much later is asked again. */
	go(*state, 9 * SEC, 1, here(), STATE_ESTABLISHED, STATE_FIN_WAIT1, "d");
	assert_null(flow_holders(flow, 9 * SEC));
	ask(*state, flow, 9 * SEC, 9 * SEC + 20 * MS, &q);
	assert_int_equal(q.held.sock_count, 1);
	assert_null(flow_holders(NULL, 9 * SEC));
}

/* Who acts is another than the one that was found: both hold it. */
static void another_than_was_found(void **state)
{
	struct sock_event e =
		descriptor(2 * SEC, here(), STATE_ESTABLISHED, "c");
	struct flow *flow;

	flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE, STATE_SYN_SENT, "c");
	go(*state, 1 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED, NULL);
	apply(*state, &e);
	assert_int_equal(flow_holder_count(flow), 1);
	assert_int_equal(flow_holder(flow, 0)->pid, 'c');
	go(*state, 2 * SEC + MS, 1, here(), STATE_ESTABLISHED, STATE_FIN_WAIT1,
	   "d");
	assert_int_equal(flow->owner->pid, 'd');
	assert_int_equal(flow_holder_count(flow), 1);
	assert_int_equal(flow_holder(flow, 0)->pid, 'c');

	/* And a walk that was slower than the act. */
	e = descriptor(2 * SEC, here(), STATE_ESTABLISHED, "e");
	e.h.flags |= EVENT_F_ANEW;
	apply(*state, &e);
	assert_int_equal(flow->owner->pid, 'd');
	assert_int_equal(flow_holder_count(flow), 1);
	assert_int_equal(flow_holder(flow, 0)->pid, 'e');
}

/* What is certain at the event itself need not be looked at again. */
static void who_acts_is_known(void **state)
{
	struct kin *kin = kin_new();
	struct flow *flow = go(*state, 1 * SEC, 1, here(), STATE_CLOSE,
			       STATE_SYN_SENT, "c");
	struct sock_event e =
		descriptor(3 * SEC, here(), STATE_ESTABLISHED, "c");

	assert_false(owner_may_ask(kin, NULL, 1 * SEC));
	assert_false(owner_may_ask(kin, flow, 1 * SEC));
	assert_true(owner_may_ask(kin, flow, 2 * SEC));
	go(*state, 3 * SEC, 1, here(), STATE_ESTABLISHED, STATE_FIN_WAIT1, "c");
	assert_false(owner_may_ask(kin, flow, 3 * SEC));
	/* Others may have it, too. */
	apply(*state, &e);
	assert_true(owner_may_ask(kin, flow, 3 * SEC));
	kin_free(kin);
}

/* Its child has what it had, and it may have closed it. */
static void who_acted_forked_since(void **state)
{
	struct kin *kin = kin_new();
	struct fork_event e = { .h = { .kind = EVENT_FORK,
				       .size = sizeof(e),
				       .time = 1 * SEC + MS },
				.child_pid = 'd' };
	struct flow *flow = connecting(*state);

	go(*state, 1 * SEC, 1, here(), STATE_SYN_SENT, STATE_ESTABLISHED, "c");
	assert_false(owner_may_ask(kin, flow, 1 * SEC + 2 * MS));
	e.h.pid = 'c';
	e.h.start_time = flow->owner->start_time;
	assert_int_equal(kin_apply(kin, &e.h), 0);
	assert_true(owner_may_ask(kin, flow, 1 * SEC + 2 * MS));
	go(*state, 1 * SEC + 3 * MS, 1, here(), STATE_ESTABLISHED,
	   STATE_FIN_WAIT1, "c");
	assert_false(owner_may_ask(kin, flow, 1 * SEC + 3 * MS));
	kin_free(kin);
}

static void nobody_is_asked_about_nothing(void **state)
{
	struct holder_query q;

	ask(*state, NULL, 1 * SEC, 2 * SEC, &q);
	assert_int_equal(q.held.sock_count + q.ports.sock_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		flow_test(a_client_without_port),
		flow_test(asked_once_for_an_event),
		flow_test(port_that_is_known),
		flow_test(port_comes_with_the_next_event),
		flow_test(descriptor_of_another_connection),
		flow_test(descriptor_in_another_state),
		flow_test(owner_that_is_not_fresh),
		flow_test(several_hold_it),
		flow_test(a_walk_that_an_event_came_into),
		flow_test(another_than_was_found),
		flow_test(who_acts_is_known),
		flow_test(who_acted_forked_since),
		flow_test(nobody_is_asked_about_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
