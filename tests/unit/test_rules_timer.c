// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that a timer sends, and what only looks like one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "lab.h"

#define TIMER_STACK \
	"bpf_prog_1_on_send_reset bpf_trace_run3 tcp_send_active_reset "
#define KEEPALIVE_STACK TIMER_STACK "tcp_keepalive_timer call_timer_fn"

#define HZ		250 /* of a host that says nothing else */

/* The other end is on another host. */
static struct event_conn remote(void)
{
	return conn_of("10.9.0.1", 40000, "10.9.0.2", 8080);
}

static struct segment_event timer_reset(struct lab *lab, const char *stack,
					const char *reason)
{
	struct segment_event e =
		segment_event(EVENT_RESET_SENT, 9 * SEC, CLIENT_SOCK, remote());

	lab_connect(lab, 2 * SEC, remote());
	e.tcp.flags |= SOCK_F_KEEPALIVE;
	e.tcp.probes_out = 2;
	e.tcp.jiffies = 100; /* they wrap */
	e.tcp.last_received = e.tcp.jiffies - 6 * HZ;
	e.tcp.last_acked = e.tcp.jiffies - 4 * HZ;
	with_stack(&e, lab->host, stack);
	with_reason(&e, lab->host, reason);
	on_top_of(&e.h, 999, "bystander");
	return e;
}

static struct segment_event keepalive_reset(struct lab *lab)
{
	return timer_reset(lab, KEEPALIVE_STACK, "TCP_KEEPALIVE_TIMEOUT");
}

static void keepalive_timeout(void **state)
{
	struct segment_event e = keepalive_reset(*state);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.keepalive-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "timer:keepalive");
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, 0);
	assert_int_equal(lab_evidence(f, "probes")->number, 2);
	assert_non_null(strstr(f->why, "2 keepalive probes of client[20]'s"));
	assert_non_null(strstr(f->effect, "client[20] gets ETIMEDOUT"));
}

/* An answer to a probe is no data, but a sign of life. */
static void silent_since_the_later(void **state)
{
	struct segment_event e = keepalive_reset(*state);

	assert_int_equal(
		lab_evidence(lab_judge(*state, &e), "silent_us")->number,
		4000000);
	lab_renew(state);
	e = keepalive_reset(*state);
	e.tcp.last_received = e.tcp.jiffies - 3 * HZ;
	assert_int_equal(
		lab_evidence(lab_judge(*state, &e), "silent_us")->number,
		3000000);
}

static void silence_in_an_old_recording(void **state)
{
	struct segment_event e = keepalive_reset(*state);

	e.tcp.last_acked = 0;
	assert_int_equal(
		lab_evidence(lab_judge(*state, &e), "silent_us")->number,
		6000000);
}

/* Not a timeout, if an ICMP error said more before. */
static void soft_error(void **state)
{
	struct segment_event e = keepalive_reset(*state);

	e.tcp.err_soft = EHOSTUNREACH;
	assert_non_null(strstr(lab_judge(*state, &e)->effect, "EHOSTUNREACH"));
}

static void user_timeout(void **state)
{
	struct segment_event e = keepalive_reset(*state);
	const struct finding *f;

	e.tcp.user_timeout = 1500;
	e.tcp.probes_out = 1;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.user-timeout");
	assert_int_equal(lab_evidence(f, "user_timeout_ms")->number, 1500);
	assert_non_null(strstr(f->why, "1.5 s"));
	assert_non_null(strstr(f->why, "1 keepalive probe "));
}

/* Kernels that give no reason have the function. */
static void without_reason(void **state)
{
	struct segment_event e = keepalive_reset(*state);
	const struct finding *f;

	e.reason = EVENT_NO_REASON;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.keepalive-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
}

/* ... and those that give one are believed without. */
static void without_symbols_but_reason(void **state)
{
	struct segment_event e = keepalive_reset(*state);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.keepalive-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
}

static void without_either(void **state)
{
	struct segment_event e = keepalive_reset(*state);
	const struct finding *f;

	without_symbols(&e);
	e.reason = EVENT_NO_REASON;
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.keepalive-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
	/* A retransmission timer that ran out of memory has data out. */
	lab_renew(state);
	e = keepalive_reset(*state);
	without_symbols(&e);
	e.reason = EVENT_NO_REASON;
	e.tcp.packets_out = 1;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void no_keepalive(void **state)
{
	for (int i = 0; i < 5; i++) {
		struct segment_event e;

		if (i)
			lab_renew(state);
		e = keepalive_reset(*state);
		if (i == 0)
			e.tcp.flags &= ~SOCK_F_KEEPALIVE;
		else if (i == 1)
			e.tcp.probes_out = 0;
		else if (i == 2)
			with_reason(&e, ((struct lab *)*state)->host,
				    "TCP_ABORT_ON_MEMORY");
		else if (i == 3)
			with_segment(&e, TCP_ACK, 5);
		else
			done_by(&e.h, CLIENT, "client");
		assert_cause(lab_judge(*state, &e), "unknown");
	}
}

static void another_timer(void **state)
{
	struct segment_event e =
		timer_reset(*state,
			    TIMER_STACK
			    "tcp_write_timer_handler tcp_write_timer "
			    "call_timer_fn",
			    "NOT_SPECIFIED");

	assert_cause(lab_judge(*state, &e), "unknown");
}

/* --- FIN_WAIT2 --- */

static struct segment_event fin_wait2_reset(struct lab *lab)
{
	struct segment_event e = timer_reset(lab, KEEPALIVE_STACK, "TCP_STATE");

	lab_state(lab, 3 * SEC, CLIENT_SOCK, remote(), STATE_ESTABLISHED,
		  STATE_FIN_WAIT1, CLIENT);
	lab_state(lab, 4 * SEC, CLIENT_SOCK, remote(), STATE_FIN_WAIT1,
		  STATE_FIN_WAIT2, 0);
	e.tcp.state = STATE_FIN_WAIT2;
	e.tcp.flags |= SOCK_F_DEAD;
	e.tcp.flags &= ~SOCK_F_HAS_FILE;
	return e;
}

static void fin_wait2_timeout(void **state)
{
	struct segment_event e = fin_wait2_reset(*state);
	const struct finding *f = lab_judge(*state, &e);

	assert_cause(f, "rst.fin-wait2-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_CERTAIN);
	assert_string_equal(f->trigger, "timer:fin-wait2");
	assert_int_equal(f->owner.pid, CLIENT);
	assert_int_equal(f->actor.pid, CLIENT);
	assert_non_null(strstr(f->why, "6.0 s before"));
}

static void fin_wait2_without_symbols(void **state)
{
	struct segment_event e = fin_wait2_reset(*state);
	const struct finding *f;

	without_symbols(&e);
	f = lab_judge(*state, &e);
	assert_cause(f, "rst.fin-wait2-timeout");
	assert_int_equal(f->confidence, CONFIDENCE_LIKELY);
}

/* Somebody holds it: then that timer sends keepalive probes. */
static void fin_wait2_of_a_living_socket(void **state)
{
	struct segment_event e = fin_wait2_reset(*state);

	e.tcp.flags &= ~SOCK_F_DEAD;
	assert_cause(lab_judge(*state, &e), "unknown");
}

static void fin_wait2_aborted(void **state)
{
	struct segment_event e = fin_wait2_reset(*state);

	without_symbols(&e);
	done_by(&e.h, SERVER, "ss");
	assert_cause(lab_judge(*state, &e), "rst.killed");
}

/* A RST leaves nothing to wait for. */
static void no_time_wait_after_a_reset(void **state)
{
	struct segment_event e = fin_wait2_reset(*state);
	struct sock_event closed =
		state_event(9 * SEC + 1, CLIENT_SOCK, remote(), STATE_FIN_WAIT2,
			    STATE_CLOSE);
	struct lab *lab = *state;
	const struct flow *flow;

	lab_play(lab, &e);
	lab_play(lab, &closed);
	lab_destroy(lab, 9 * SEC + 2, CLIENT_SOCK, remote(), 0);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	flow = lab->ending.ends[0];
	assert_int_equal(flow->path[flow->path_len - 1], STATE_CLOSE);
	assert_string_equal(lab->ending.how, "rst");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(keepalive_timeout),
		lab_test(silent_since_the_later),
		lab_test(silence_in_an_old_recording),
		lab_test(soft_error),
		lab_test(user_timeout),
		lab_test(without_reason),
		lab_test(without_symbols_but_reason),
		lab_test(without_either),
		lab_test(no_keepalive),
		lab_test(another_timer),
		lab_test(fin_wait2_timeout),
		lab_test(fin_wait2_without_symbols),
		lab_test(fin_wait2_of_a_living_socket),
		lab_test(fin_wait2_aborted),
		lab_test(no_time_wait_after_a_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
