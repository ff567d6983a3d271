// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments dropped on this host, found again by who sent them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "drops.h"
#include "events.h"

struct model {
	struct drops *drops;
	struct host *host;
};

static int set_up(void **state)
{
	static struct model model;

	model.drops = drops_new(4);
	model.host = host_new();
	*state = &model;
	return model.drops && model.host ? 0 : -1;
}

static int tear_down(void **state)
{
	struct model *model = *state;

	drops_free(model->drops);
	host_free(model->host);
	return 0;
}

/* Our end, the sender of what is dropped. */
static struct event_conn ours(void)
{
	return conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
}

static struct segment_event drop_of(struct event_conn sender, __u64 time,
				    __u32 seq, __u32 len)
{
	/* An event has the ends of who would have received it. */
	struct segment_event e =
		segment_event(EVENT_DROP, time, 0, turned(sender));

	with_segment(&e, TCP_ACK, len);
	e.seg.seq = seq;
	e.seg.end_seq = seq + len;
	return e;
}

static void add(struct model *model, __u64 time, __u64 number, __u32 seq,
		__u32 len)
{
	struct segment_event e = drop_of(ours(), time, seq, len);

	assert_int_equal(drops_add(model->drops, &e, number, DROP_LOSS), 0);
}

/* The number of the drop that is found; 0: none. */
static __u64 find(struct model *model, __u32 first, __u32 end, __u64 time)
{
	struct event_conn conn = ours();
	const struct drop *drop =
		drops_find(model->drops, &conn, first, end, 0, time);

	return drop ? drop->seq : 0;
}

static void found_by_sequence(void **state)
{
	add(*state, 10, 1, 100, 50);
	assert_int_equal(find(*state, 100, 150, 10), 1);
	assert_int_equal(find(*state, 149, 150, 10), 1);
	assert_int_equal(find(*state, 50, 101, 10), 1);
	assert_int_equal(find(*state, 150, 160, 10), 0);
	assert_int_equal(find(*state, 90, 100, 10), 0);
	assert_int_equal(find(*state, 100, 150, 9), 0); /* not yet */
}

static void sequence_numbers_wrap(void **state)
{
	add(*state, 10, 1, 0xfffffff0, 0x20);
	assert_int_equal(find(*state, 0, 5, 10), 1);
	assert_int_equal(find(*state, 0xffffffff, 5, 10), 1);
	assert_int_equal(find(*state, 0x10, 0x20, 10), 0);
	assert_int_equal(find(*state, 0xffffff00, 0xfffffff0, 10), 0);
}

static void latest_copy_wins(void **state)
{
	add(*state, 10, 1, 100, 50);
	add(*state, 20, 2, 100, 50);
	assert_int_equal(find(*state, 100, 150, 99), 2);
	assert_int_equal(find(*state, 100, 150, 19), 1);
}

static void flags_narrow(void **state)
{
	struct model *model = *state;
	struct event_conn conn = ours();
	struct segment_event e = drop_of(ours(), 10, 100, 1);

	assert_int_equal(drops_add(model->drops, &e, 1, DROP_LOSS), 0);
	assert_non_null(drops_find(model->drops, &conn, 100, 101, TCP_ACK, 10));
	assert_null(drops_find(model->drops, &conn, 100, 101, TCP_SYN, 10));
	assert_null(drops_find(model->drops, &conn, 100, 101, TCP_ACK | TCP_SYN,
			       10));
}

static void only_of_the_sender(void **state)
{
	struct model *model = *state;
	struct event_conn conn = turned(ours());

	add(model, 10, 1, 100, 50);
	assert_null(drops_find(model->drops, &conn, 100, 150, 0, 10));
	conn = ours();
	conn.lport++;
	assert_null(drops_find(model->drops, &conn, 100, 150, 0, 10));
}

static void oldest_make_room(void **state)
{
	for (__u64 i = 1; i <= 9; i++)
		add(*state, i, i, 100 * i, 50);
	for (__u64 i = 1; i <= 9; i++)
		assert_int_equal(find(*state, 100 * i, 100 * i + 1, 99),
				 i > 5 ? i : 0);
}

static void common_ones_crowd_out_no_loss(void **state)
{
	struct model *model = *state;

	add(model, 1, 1, 100, 50);
	for (__u64 i = 2; i <= 9; i++) {
		struct segment_event e = drop_of(ours(), i, 1000 * i, 50);

		assert_int_equal(drops_add(model->drops, &e, i, DROP_COMMON),
				 0);
	}
	assert_int_equal(find(model, 100, 150, 99), 1);
	assert_int_equal(find(model, 2000, 2001, 99), 0);
	assert_int_equal(find(model, 9000, 9001, 99), 9);
	assert_int_equal(drops_forgotten(model->drops), 0);
}

static void forgotten_losses_are_known(void **state)
{
	struct model *model = *state;

	for (__u64 i = 1; i <= 9; i++) {
		add(model, 10 * i, i, 100 * i, 50);
		assert_int_equal(drops_forgotten(model->drops),
				 i > 4 ? 10 * (i - 4) : 0);
	}
}

/* Each of another sender: their places are taken over one by one. */
static void many_senders(void **state)
{
	struct model *model = *state;

	for (__u64 i = 1; i <= 1000; i++) {
		struct event_conn conn = ours();
		struct segment_event e;

		conn.lport = i;
		e = drop_of(conn, i, 1, 1);
		assert_int_equal(drops_add(model->drops, &e, i, DROP_LOSS), 0);
		assert_non_null(drops_find(model->drops, &conn, 1, 2, 0, 1000));
		conn.lport = i - 4;
		assert_null(drops_find(model->drops, &conn, 1, 2, 0, 1000));
	}
}

static void since_and_reason(void **state)
{
	struct model *model = *state;
	struct event_conn conn = ours();
	struct segment_event e = drop_of(ours(), 10, 1, 1);
	const struct drop *drop;

	with_reason(&e, model->host, "NETFILTER_DROP");
	drops_add(model->drops, &e, 1, DROP_LOSS);
	e.h.time = 20;
	with_reason(&e, model->host, "QDISC_DROP");
	drops_add(model->drops, &e, 2, DROP_LOSS);

	drop = drops_since(model->drops, &conn, 20, model->host, NULL);
	assert_int_equal(drop->seq, 2);
	assert_null(drops_since(model->drops, &conn, 21, model->host, NULL));
	drop = drops_since(model->drops, &conn, 10, model->host,
			   "NETFILTER_DROP");
	assert_int_equal(drop->seq, 1);
	assert_null(drops_since(model->drops, &conn, 11, model->host,
				"NETFILTER_DROP"));
	assert_null(drops_since(model->drops, &conn, 0, model->host, "OTHER"));
}

#define drops_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void reason_by_place(void **state)
{
	struct model *model = *state;
	struct segment_event e = drop_of(ours(), 10, 100, 50);

	learn_symbol(model->host, 0x1000, "nf_hook_slow");
	learn_symbol(model->host, 0x2000, "tcp_v4_rcv");
	e.reason = EVENT_NO_REASON;
	assert_null(drop_reason(model->host, &e));
	e.location = 0x2000;
	assert_null(drop_reason(model->host, &e));
	e.location = 0x1000;
	assert_string_equal(drop_reason(model->host, &e), "NETFILTER_DROP");
	with_reason(&e, model->host, "NO_SOCKET"); /* the kernel knows better */
	assert_string_equal(drop_reason(model->host, &e), "NO_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		drops_test(found_by_sequence),
		drops_test(sequence_numbers_wrap),
		drops_test(latest_copy_wins),
		drops_test(flags_narrow),
		drops_test(only_of_the_sender),
		drops_test(oldest_make_room),
		drops_test(common_ones_crowd_out_no_loss),
		drops_test(forgotten_losses_are_known),
		drops_test(many_senders),
		drops_test(since_and_reason),
		drops_test(reason_by_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
