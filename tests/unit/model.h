/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A table of flows and events for it. Include after <cmocka.h>. */
#ifndef TCPWHY_TEST_MODEL_H
#define TCPWHY_TEST_MODEL_H

#include <stdio.h>
#include <stdlib.h>

#include "events.h"
#include "flow.h"

struct model {
	struct flow_table *table;
	uint64_t seq;
};

static inline int set_up(void **state)
{
	struct model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	model->table = flow_table_new(1000);
	assert_non_null(model->table);
	*state = model;
	return 0;
}

static inline int tear_down(void **state)
{
	struct model *model = *state;

	flow_table_free(model->table);
	free(model);
	return 0;
}

static inline struct flow_change apply(struct model *model, const void *event)
{
	struct flow_change change;

	assert_int_equal(flow_apply(model->table, event, ++model->seq, &change),
			 0);
	return change;
}

static inline struct flow *go(struct model *model, __u64 time, __u64 sock,
			      struct event_conn conn, __u8 old, __u8 new,
			      const char *by)
{
	struct sock_event e = state_event(time, sock, conn, old, new);

	if (by)
		done_by(&e.h, by[0], by);
	else
		on_top_of(&e.h, 'b', "bystander");
	return apply(model, &e).flow;
}

static inline struct event_conn here(void)
{
	return conn_of("127.0.0.1", 40000, "127.0.0.1", 8080);
}

static inline void assert_path(const struct flow *flow, const __u8 *path,
			       size_t len)
{
	assert_int_equal(flow->path_len, len);
	assert_memory_equal(flow->path, path, len);
}

#define assert_path_is(flow, ...)                        \
	assert_path(flow, (const __u8[]){ __VA_ARGS__ }, \
		    sizeof((const __u8[]){ __VA_ARGS__ }))

#define flow_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif /* TCPWHY_TEST_MODEL_H */
