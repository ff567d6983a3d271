// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of MPTCP, and who is behind its subflows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lab.h"

#define ACT_STACK \
	"bpf_prog_1_on_send_reset bpf_trace_run3 tcp_send_active_reset "
#define FAST_STACK ACT_STACK "mptcp_do_fastclose __mptcp_close mptcp_close"
#define JOIN_STACK                                              \
	ACT_STACK "mptcp_subflow_reset subflow_finish_connect " \
		  "tcp_finish_connect tcp_rcv_state_process "   \
		  "tcp_v4_do_rcv"

#define SECOND_SOCK 0x400
#define WORKER	    40

static struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static struct event_conn second(void)
{
	return conn_of("127.0.1.1", 40001, "127.0.0.1", 8080);
}

static struct segment_event mptcp_reset(struct lab *lab, const char *stack,
					const char *reason)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 3 * SEC,
					       CHILD_SOCK, turned(loopback()));

	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
	e.tcp.flags |= SOCK_F_MPTCP;
	with_stack(&e, lab->host, stack);
	with_reason(&e, lab->host, reason);
	done_by(&e.h, SERVER, "server");
	return e;
}

static struct segment_event fast_reset(struct lab *lab)
{
	return mptcp_reset(lab, FAST_STACK, "TCP_ABORT_ON_CLOSE");
}

static void fastclose_unread(void **state)
{
	struct segment_event e = fast_reset(*state);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.mptcp-fastclose");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "close");
	assert_int_equal(f->actor.pid, SERVER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_non_null(strstr(f->why, "server[10] called close(), and bytes"));
}

static void fastclose_linger(void **state)
{
	struct segment_event e = fast_reset(*state);

	e.tcp.flags |= SOCK_F_LINGER;
	assert_non_null(strstr(lab_judge(*state, &e)->why, "SO_LINGER"));
	lab_renew(state);
	e = fast_reset(*state);
	e.tcp.flags |= SOCK_F_LINGER;
	e.tcp.lingertime = 250;
	assert_non_null(strstr(lab_judge(*state, &e)->why, "still unread"));
}

static void fastclose_by_death(void **state)
{
	struct segment_event e = fast_reset(*state);

	e.h.flags |= EVENT_F_EXITING;
	e.h.exit_code = 9;
	assert_non_null(strstr(lab_judge(*state, &e)->why,
			       "server[10] was killed by SIGKILL"));
}

static void fastclose_by_timeout(void **state)
{
	struct segment_event e =
		mptcp_reset(*state, ACT_STACK "mptcp_do_fastclose mptcp_worker",
			    "TCP_ABORT_ON_CLOSE");
	const struct finding *f;

	done_by(&e.h, WORKER, "kworker/0:1");
	e.h.flags |= EVENT_F_KTHREAD;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.mptcp-fastclose");
	assert_string_equal(f->trigger, "timer:mptcp-close");
	assert_int_not_equal(f->actor.pid, WORKER);
	assert_int_equal(f->owner.pid, SERVER);
}

static void fastclose_without_symbols(void **state)
{
	struct segment_event e = fast_reset(*state);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.mptcp-fastclose");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	lab_renew(state);
	e = fast_reset(*state);
	without_symbols(&e);
	e.reason = EVENT_NO_REASON;
	assert_cause(lab_judge(*state, &e), "unknown");
}

/* The same functions' names in a stack of a TCP socket prove nothing. */
static void no_fastclose(void **state)
{
	struct segment_event e = fast_reset(*state);

	e.tcp.flags &= ~SOCK_F_MPTCP;
	assert_cause(lab_judge(*state, &e), "unknown");
	lab_renew(state);
	e = mptcp_reset(*state, ACT_STACK "tcp_disconnect mptcp_something",
			"TCP_STATE");
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void subflow(void **state)
{
	struct segment_event e =
		mptcp_reset(*state, JOIN_STACK, "MPTCP_RST_EMPTCP");
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.mptcp-subflow");
	assert_string_equal(f->trigger, "segment");
	assert_int_equal(f->actor.pid, 0);
	assert_string_equal(lab_evidence(f, "mptcp_reason")->string, "EMPTCP");
	assert_non_null(strstr(f->why, "when its SYN was answered"));
}

static void subflow_reasons(void **state)
{
	static const char *const reasons[][2] = {
		{ "MPTCP_RST_EMIDDLEBOX", "has changed its data" },
		{ "MPTCP_RST_ENEW", "does not know" },
		{ "NOT_SPECIFIED", "the kernel does not say why" },
	};

	for (int i = 0; i < 3; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = mptcp_reset(*state, JOIN_STACK, reasons[i][0]);
		assert_non_null(
			strstr(lab_judge(*state, &e)->why, reasons[i][1]));
	}
}

static void subflow_by_the_worker(void **state)
{
	struct segment_event e =
		mptcp_reset(*state,
			    ACT_STACK "mptcp_check_fastclose mptcp_worker",
			    "NOT_SPECIFIED");
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.mptcp-subflow");
	assert_string_equal(f->trigger, "mptcp-worker");
	assert_non_null(strstr(f->why, "the whole connection"));
}

/* ss -K hits subflows, too: the same function, another cause. */
static void subflow_killed(void **state)
{
	struct segment_event e = mptcp_reset(
		*state, ACT_STACK "tcp_abort tcp_diag_destroy", "TCP_STATE");
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.killed");
	assert_non_null(strstr(f->effect, "loses this subflow"));
}

static struct segment_event refused_join(struct lab *lab, __u8 flags,
					 const char *reason)
{
	struct segment_event e = segment_event(
		EVENT_RESET_SENT, 3 * SEC, LISTENER_SOCK, turned(loopback()));

	lab_listen(lab, 1 * SEC, loopback());
	e.tcp.state = STATE_LISTEN;
	with_segment(&e, flags, 0);
	with_stack(&e, lab->host, "tcp_v4_send_reset tcp_v4_do_rcv");
	with_reason(&e, lab->host, reason);
	return e;
}

static void join_refused(void **state)
{
	static const struct {
		__u8 flags;
		const char *reason, *words;
	} cases[] = {
		{ TCP_SYN, "MPTCP_RST_EMPTCP", "that is not here" },
		{ TCP_SYN, "MPTCP_RST_EPROHIBIT", "may take no more" },
		{ TCP_ACK, "MPTCP_RST_EPROHIBIT", "did not prove" },
	};

	for (int i = 0; i < 3; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = refused_join(*state, cases[i].flags, cases[i].reason);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.mptcp-join-refused");
		assert_int_equal(f->owner.pid, SERVER);
		assert_non_null(strstr(f->why, cases[i].words));
	}
}

static void join_refused_without_reason(void **state)
{
	struct segment_event e = refused_join(*state, TCP_SYN, "NOT_SPECIFIED");
	struct lab *lab = *state;

	e.reason = EVENT_NO_REASON;
	with_stack(&e, lab->host, "tcp_v6_send_reset subflow_v6_route_req");
	assert_cause(lab_judge(lab, &e), "rst.mptcp-join-refused");
}

static void another_refusal(void **state)
{
	struct segment_event e = refused_join(*state, TCP_ACK, "TCP_FLAGS");

	assert_string_not_equal(finding_cause(lab_judge(*state, &e)),
				"rst.mptcp-join-refused");
}

/* --- whose subflow it is, and who closed it --- */

static struct subflow_event subflow_event(__u64 time, __u64 sock, __u64 first)
{
	struct subflow_event e = {
		.h = { .time = time,
		       .sock = sock,
		       .kind = EVENT_SUBFLOW,
		       .size = sizeof(e) },
		.first = first,
	};

	return e;
}

static void owner_of_a_subflow(void **state)
{
	struct subflow_event joined =
		subflow_event(2 * SEC + 5, SECOND_SOCK, CLIENT_SOCK);
	struct segment_event e =
		segment_event(EVENT_RESET_SENT, 3 * SEC, SECOND_SOCK, second());
	struct sock_event opened =
		state_event(2 * SEC + 4, SECOND_SOCK, second(), STATE_CLOSE,
			    STATE_SYN_SENT);
	struct lab *lab = *state;

	lab_connect(lab, 2 * SEC, loopback());
	done_by(&opened.h, WORKER, "kworker/0:1");
	opened.h.flags |= EVENT_F_KTHREAD;
	lab_play(lab, &opened);
	lab_play(lab, &joined);
	with_stack(&e, lab->host, JOIN_STACK);
	with_reason(&e, lab->host, "MPTCP_RST_EMPTCP");
	assert_int_equal(lab_judge(lab, &e)->owner.pid, CLIENT);
}

static const struct flow *end_of_client(struct lab *lab)
{
	struct sock_event fin = state_event(4 * SEC, CLIENT_SOCK, loopback(),
					    STATE_ESTABLISHED, STATE_FIN_WAIT1);

	fin.flags |= SOCK_F_MPTCP;
	done_by(&fin.h, WORKER, "kworker/0:1");
	fin.h.flags |= EVENT_F_KTHREAD;
	lab_play(lab, &fin);
	lab_state(lab, 5 * SEC, CLIENT_SOCK, loopback(), STATE_FIN_WAIT1,
		  STATE_CLOSE, 0);
	lab_destroy(lab, 6 * SEC, CLIENT_SOCK, loopback(), 0);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	return lab->ending.first;
}

/* The worker sends the FIN later; it was the process that closed. */
static void closed_by_its_process(void **state)
{
	struct subflow_event closed =
		subflow_event(3 * SEC, CLIENT_SOCK, CLIENT_SOCK);
	struct lab *lab = *state;
	const struct flow *flow;

	closed.old_state = STATE_ESTABLISHED;
	closed.new_state = STATE_FIN_WAIT1;
	closed.closing = 1;
	done_by(&closed.h, CLIENT, "client");
	lab_connect(lab, 2 * SEC, loopback());
	lab_play(lab, &closed);
	flow = end_of_client(lab);
	assert_non_null(flow);
	assert_int_equal(flow->past->act.who->pid, CLIENT);
	assert_int_equal(flow->past->act.kind, ACT_CLOSE);
	assert_int_equal(flow->owner->pid, CLIENT);
}

static void closed_by_the_worker_alone(void **state)
{
	struct lab *lab = *state;

	lab_connect(lab, 2 * SEC, loopback());
	assert_null(end_of_client(lab));
	assert_int_equal(lab->ending.ends[0]->owner->pid, CLIENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(fastclose_unread),
		lab_test(fastclose_linger),
		lab_test(fastclose_by_death),
		lab_test(fastclose_by_timeout),
		lab_test(fastclose_without_symbols),
		lab_test(no_fastclose),
		lab_test(subflow),
		lab_test(subflow_reasons),
		lab_test(subflow_by_the_worker),
		lab_test(subflow_killed),
		lab_test(join_refused),
		lab_test(join_refused_without_reason),
		lab_test(another_refusal),
		lab_test(owner_of_a_subflow),
		lab_test(closed_by_its_process),
		lab_test(closed_by_the_worker_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
