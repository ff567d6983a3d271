// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs that older kernels send without telling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "untraced.h"
#include "events.h"

#define RECEIVE	  0xffffffff81001000ULL
#define ELSEWHERE 0xffffffff81002000ULL

static struct host *host;
static struct flow_table *flows;
static struct resets *resets;
static struct event_conn here; /* as the receiver of the segment sees it */

static int setup(void **state)
{
	(void)state;
	host = host_new();
	flows = flow_table_new(64);
	resets = resets_new(8);
	learn_symbol(host, RECEIVE, "tcp_v4_rcv");
	learn_symbol(host, ELSEWHERE, "tcp_v4_do_rcv");
	here = conn_of("127.0.0.1", 80, "127.0.0.1", 40000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	resets_free(resets);
	flow_table_free(flows);
	host_free(host);
	return 0;
}

static struct segment_event dropped(__u8 flags, __u32 len)
{
	struct segment_event e = segment_event(EVENT_DROP, 10 * SEC, 0, here);

	with_segment(&e, flags, len);
	e.location = RECEIVE;
	return e;
}

/* "": there was none; else the reason, with a "?" when it is concluded. */
static const char *answer(const struct segment_event *e)
{
	static char text[64];
	struct segment_event sent;
	bool likely;

	if (!untraced_answer(host, flows, resets, e, &sent))
		return "";
	assert_int_equal(sent.h.kind, EVENT_RESET_SENT);
	assert_memory_equal(&sent.conn, &e->conn, sizeof(sent.conn));
	snprintf(text, sizeof(text), "%s", untraced_reason(&sent, &likely));
	if (likely)
		strcat(text, "?");
	return text;
}

static void apply(struct sock_event e)
{
	struct flow_change change;

	assert_int_equal(flow_apply(flows, &e.h, 1, &change), 0);
}

/* The socket of @here goes through @states, which end with 0. */
static void lived(const __u8 *states, bool fin)
{
	for (int i = 0; states[i + 1]; i++) {
		struct sock_event e = state_event((i + 1) * MS, 7, here,
						  states[i], states[i + 1]);

		if (fin)
			e.flags |= SOCK_F_FULL | SOCK_F_FIN_SEEN;
		apply(e);
	}
}

static void no_socket_is_told(void **state)
{
	struct segment_event e = dropped(TCP_SYN, 0);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	assert_string_equal(answer(&e), "NO_SOCKET");
}

static void other_reasons_are_no_answer(void **state)
{
	struct segment_event e = dropped(TCP_ACK, 4);

	(void)state;
	with_reason(&e, host, "TCP_CSUM");
	assert_string_equal(answer(&e), "");
}

static void a_reset_is_not_answered(void **state)
{
	struct segment_event e = dropped(TCP_RST, 0);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	assert_string_equal(answer(&e), "");
}

/* A SYN cookie that is wrong: NO_SOCKET too, and no RST. */
static void dropped_elsewhere(void **state)
{
	struct segment_event e = dropped(TCP_ACK, 0);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	e.location = ELSEWHERE;
	assert_string_equal(answer(&e), "");
}

static void kernels_that_tell(void **state)
{
	struct fact fact = { .kind = FACT_NAME };
	struct segment_event e = dropped(TCP_SYN, 0);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	fact.name.space = NAME_RST_REASON;
	fact.name.value = 2;
	fact.name.name = "NO_SOCKET";
	host_learn(host, &fact);
	assert_string_equal(answer(&e), "");
}

/* The answer to @drop, 5 ms before, as the kernel traced it. */
static struct segment_event traced(const struct segment_event *drop)
{
	struct segment_event sent = *drop;

	sent.h.kind = EVENT_RESET_SENT;
	sent.h.time -= 5 * MS;
	return sent;
}

static void a_traced_answer_is_not_concluded(void **state)
{
	struct segment_event e = dropped(TCP_ACK, 4), sent = traced(&e);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	resets_add(resets, &sent, 1);
	assert_string_equal(answer(&e), "");
}

static void another_answer_was_traced(void **state)
{
	struct segment_event e = dropped(TCP_ACK, 4), sent = traced(&e);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	sent.h.cpu++;
	resets_add(resets, &sent, 1);
	assert_string_equal(answer(&e), "NO_SOCKET");
	sent = traced(&e);
	sent.seg.seq--;
	resets_add(resets, &sent, 2);
	assert_string_equal(answer(&e), "NO_SOCKET");
	sent = traced(&e);
	sent.h.time -= SEC;
	resets_add(resets, &sent, 3);
	assert_string_equal(answer(&e), "NO_SOCKET");
}

/* With --all-resets the RST itself is seen on its way out, a little before. */
static void the_answer_is_seen_on_its_way(void **state)
{
	struct segment_event e = dropped(TCP_SYN, 0), out = traced(&e);

	(void)state;
	with_reason(&e, host, "NO_SOCKET");
	out.h.kind = EVENT_PACKET;
	resets_add(resets, &out, 1);
	assert_string_equal(answer(&e), "NO_SOCKET");
}

static void without_reasons_a_refused_syn(void **state)
{
	struct segment_event e = dropped(TCP_SYN, 0);
	struct event_conn any = conn_of("0.0.0.0", 80, "0.0.0.0", 0);

	(void)state;
	assert_string_equal(answer(&e), "NO_SOCKET?");
	apply(state_event(MS, 9, any, STATE_CLOSE, STATE_LISTEN));
	assert_string_equal(answer(&e), "");
}

static void without_reasons_a_connection(void **state)
{
	static const __u8 open[] = { STATE_SYN_RECV, STATE_ESTABLISHED, 0 };
	static const __u8 over[] = { STATE_ESTABLISHED, STATE_CLOSE, 0 };
	struct segment_event e = dropped(TCP_ACK, 4);

	(void)state;
	assert_string_equal(answer(&e), "NO_SOCKET?");
	lived(open, false);
	assert_string_equal(answer(&e), "");
	lived(over, false);
	assert_string_equal(answer(&e), "NO_SOCKET?");
}

/* TCP_DEFER_ACCEPT, where a connection of the same ports was before. */
static void without_reasons_a_request(void **state)
{
	static const __u8 before[] = { STATE_SYN_RECV, STATE_ESTABLISHED,
				       STATE_CLOSE, 0 };
	struct segment_event e = dropped(TCP_ACK, 0);
	struct event_conn any = conn_of("0.0.0.0", 80, "0.0.0.0", 0);

	(void)state;
	lived(before, false);
	apply(state_event(5 * MS, 9, any, STATE_CLOSE, STATE_LISTEN));
	assert_string_equal(answer(&e), "");
}

/* Else the reason would be NO_SOCKET. */
static void with_reasons_but_none_given(void **state)
{
	struct segment_event e = dropped(TCP_ACK, 4);

	(void)state;
	with_reason(&e, host, "NOT_SPECIFIED");
	assert_string_equal(answer(&e), "");
	lived((const __u8[]){ STATE_ESTABLISHED, STATE_CLOSE, 0 }, false);
	assert_string_equal(answer(&e), "");
}

static const __u8 closed_first[] = { STATE_ESTABLISHED, STATE_FIN_WAIT1,
				     STATE_FIN_WAIT2, STATE_CLOSE, 0 };

static void without_reasons_an_orphan(void **state)
{
	struct segment_event data = dropped(TCP_ACK, 4);
	struct segment_event fin = dropped(TCP_ACK | TCP_FIN, 0);
	struct segment_event syn = dropped(TCP_SYN, 0);

	(void)state;
	lived(closed_first, false);
	assert_string_equal(answer(&data), "TCP_TIMEWAIT_SOCKET?");
	assert_string_equal(answer(&syn), "TCP_TIMEWAIT_SOCKET?");
	assert_string_equal(answer(&fin), "");
}

static void without_reasons_time_wait(void **state)
{
	struct segment_event data = dropped(TCP_ACK, 4);

	(void)state;
	lived(closed_first, true);
	assert_string_equal(answer(&data), "");
	data.h.time += 70 * SEC;
	assert_string_equal(answer(&data), "NO_SOCKET?");
}

static void real_reasons_are_none_of_ours(void **state)
{
	struct segment_event e = segment_event(EVENT_RESET_SENT, 1, 0, here);
	bool likely = true;

	(void)state;
	assert_null(untraced_reason(&e, &likely));
	assert_false(likely);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_socket_is_told),
		TEST(other_reasons_are_no_answer),
		TEST(a_reset_is_not_answered),
		TEST(dropped_elsewhere),
		TEST(kernels_that_tell),
		TEST(a_traced_answer_is_not_concluded),
		TEST(another_answer_was_traced),
		TEST(the_answer_is_seen_on_its_way),
		TEST(without_reasons_a_refused_syn),
		TEST(without_reasons_a_connection),
		TEST(without_reasons_a_request),
		TEST(with_reasons_but_none_given),
		TEST(without_reasons_an_orphan),
		TEST(without_reasons_time_wait),
		TEST(real_reasons_are_none_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
