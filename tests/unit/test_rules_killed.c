// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets destroyed from outside, and what only looks like it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "lab.h"

#define ABORT_STACK                                                      \
	"bpf_prog_1_on_send_reset bpf_trace_run3 tcp_send_active_reset " \
	"tcp_abort "
#define SS_STACK                                                            \
	ABORT_STACK "tcp_diag_destroy inet_diag_cmd_exact __sock_diag_cmd " \
		    "sock_diag_rcv_msg netlink_rcv_skb"
#define BPF_STACK                                        \
	ABORT_STACK "bpf_prog_0123456789abcdef_end_all " \
		    "bpf_iter_run_prog bpf_iter_tcp_seq_show"

#define KILLER 30

static struct event_conn loopback(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

/* KILLER is at work on the socket of the server. */
static struct segment_event abort_reset(struct lab *lab, const char *stack)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 3 * SEC,
					       CHILD_SOCK, turned(loopback()));

	lab_listen(lab, 1 * SEC, loopback());
	lab_connect(lab, 2 * SEC, loopback());
	lab_accept(lab, 2 * SEC, loopback());
	with_stack(&e, lab->host, stack);
	with_reason(&e, lab->host, "TCP_STATE");
	done_by(&e.h, KILLER, "ss");
	return e;
}

static void killed(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.killed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "sock-destroy");
	assert_int_equal(f->owner.pid, SERVER);
	assert_int_equal(f->actor.pid, KILLER);
	assert_int_equal(f->peer.pid, CLIENT);
	assert_non_null(strstr(f->why, "ss[30] destroyed the connection of "
				       "server[10]"));
	assert_non_null(strstr(f->effect, "server[10] gets ECONNABORTED"));
}

static void killed_by_its_own_process(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);
	const struct finding *f;

	done_by(&e.h, SERVER, "server");
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.killed");
	assert_non_null(strstr(f->why, "its own connection"));
	assert_string_equal(lab_evidence(f, "own")->string, "yes");
}

/* The same pid, but another process. */
static void killed_by_a_namesake(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);
	const struct finding *f;

	done_by(&e.h, SERVER, "server");
	e.h.start_time++;
	f = lab_judge(*state, &e);
	assert_string_equal(lab_evidence(f, "own")->string, "no");
}

static void killed_unaccepted(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);

	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	assert_non_null(strstr(lab_judge(*state, &e)->effect,
			       "who accepts it gets ECONNABORTED"));
}

static void killed_orphan(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);

	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	e.tcp.flags |= SOCK_F_DEAD;
	e.tcp.state = STATE_FIN_WAIT2;
	assert_non_null(
		strstr(lab_judge(*state, &e)->effect, "closed already"));
}

static void killed_without_symbols(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.killed");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

static void not_killed(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = abort_reset(*state, SS_STACK);
		without_symbols(&e);
		if (i == 0)
			e.tcp.state = STATE_CLOSE; /* a close() or disconnect */
		else if (i == 1)
			e.h.flags &= ~EVENT_F_OWNED; /* a timer */
		else if (i == 2)
			e.tcp.flags |= SOCK_F_MPTCP; /* its fast close */
		else
			with_segment(&e, TCP_ACK, 1);
		assert_cause(lab_judge(*state, &e),
			     i ? "unknown" : "rst.disconnect");
	}
}

/* SMC aborts its TCP socket by the same function. */
static void aborted_by_another(void **state)
{
	struct segment_event e = abort_reset(*state, ABORT_STACK
					     "smc_conn_kill smc_close_active");

	assert_cause(lab_judge(*state, &e), "unknown");
}

static void listener_killed(void **state)
{
	struct segment_event e = abort_reset(
		*state,
		"tcp_send_active_reset tcp_disconnect inet_child_forget "
		"inet_csk_listen_stop tcp_abort tcp_diag_destroy");
	const struct finding *f;

	e.tcp.state = STATE_CLOSE;
	f = lab_judge(*state, &e);
	assert_string_not_equal(finding_cause(f), "rst.killed");
}

static void bpf_destroyed(void **state)
{
	struct segment_event e = abort_reset(*state, BPF_STACK);
	const struct finding *f;

	done_by(&e.h, KILLER, "balancer");
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.bpf-destroyed");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "bpf-sock-destroy");
	assert_int_equal(f->actor.pid, KILLER);
	assert_int_equal(f->owner.pid, SERVER);
	assert_string_equal(lab_evidence(f, "program")->string, "end_all");
	assert_non_null(strstr(f->why, "a BPF program (end_all) that "
				       "balancer[30] ran"));
}

static void bpf_destroyed_by_the_nameless(void **state)
{
	static const char *const stacks[] = {
		ABORT_STACK "bpf_prog_0123456789abcdef bpf_iter_run_prog",
		ABORT_STACK "bpf_sock_destroy bpf_iter_run_prog",
	};

	for (int i = 0; i < 2; i++) {
		struct segment_event e;
		const struct finding *f;

		if (i)
			lab_renew(state);
		e = abort_reset(*state, stacks[i]);
		f = lab_judge(*state, &e);
		assert_cause(f, "rst.bpf-destroyed");
		assert_null(lab_evidence(f, "program"));
		assert_non_null(strstr(f->why, "a BPF program that ss[30]"));
	}
}

/* --- whose it is does not change by that --- */

static struct sock_event aborted(struct lab *lab, __u64 sock,
				 struct event_conn conn, __u8 old)
{
	struct sock_event e =
		state_event(4 * SEC, sock, conn, old, STATE_CLOSE);

	(void)lab;
	e.err = ECONNABORTED;
	done_by(&e.h, KILLER, "ss");
	return e;
}

static void owner_of_the_killed(void **state)
{
	struct segment_event e = abort_reset(*state, SS_STACK);
	struct sock_event closed = aborted(
		*state, CHILD_SOCK, turned(loopback()), STATE_ESTABLISHED);
	struct lab *lab = *state;

	lab_play(lab, &e);
	lab_play(lab, &closed);
	lab_destroy(lab, 5 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	lab_state(lab, 5 * SEC, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE, 0);
	lab_destroy(lab, 5 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->ending.ends[1]->owner->pid, SERVER);
	assert_null(lab->ending.first);
}

/* No RST is sent for SYN_SENT, nor seen before the end of MPTCP's. */
static void owner_of_what_was_killed_without_reset(void **state)
{
	struct sock_event closed =
		aborted(*state, CLIENT_SOCK, loopback(), STATE_SYN_SENT);
	struct lab *lab = *state;

	lab_state(lab, 2 * SEC, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	lab_play(lab, &closed);
	assert_int_equal(lab_only_finding(lab)->owner.pid, CLIENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(killed),
		lab_test(killed_by_its_own_process),
		lab_test(killed_by_a_namesake),
		lab_test(killed_unaccepted),
		lab_test(killed_orphan),
		lab_test(killed_without_symbols),
		lab_test(not_killed),
		lab_test(aborted_by_another),
		lab_test(listener_killed),
		lab_test(bpf_destroyed),
		lab_test(bpf_destroyed_by_the_nameless),
		lab_test(owner_of_the_killed),
		lab_test(owner_of_what_was_killed_without_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
