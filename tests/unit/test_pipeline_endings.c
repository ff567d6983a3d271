// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The closing line of a connection: when it is said, and what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "one_connection.h"

static void ending_once_for_two_ends(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, true);
	lab_destroy(lab, 3 * SEC + 2, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 4 * SEC);
	/* The server still holds its end. */
	assert_int_equal(lab->endings, 0);
	end_side(lab, 5 * SEC, false);
	lab_destroy(lab, 6 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "ending fin, end"));
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

static void ending_in_detail(void **state)
{
	struct lab *lab = *state;
	const struct ending *e = &lab->ending;

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, turned(loopback()), SERVER);
	end_side(lab, 4 * SEC, true);
	lab_destroy(lab, 7 * SEC + 1, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 8 * SEC);
	/* The client first, though the server closed first. */
	assert_int_equal(e->ends[0]->sock, CLIENT_SOCK);
	assert_int_equal(e->ends[1]->sock, CHILD_SOCK);
	assert_ptr_equal(e->first, e->ends[1]);
	assert_int_equal(e->let_go[0], 3 * SEC);
	assert_int_equal(e->time, 7 * SEC + 1);
	assert_int_equal(e->duration, 2 * SEC + 1);
	assert_string_equal(e->how, "fin");
}

static void both_let_go_at_once(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, true);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC, CHILD_SOCK, turned(loopback()), SERVER);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

/* The remote end's socket is not here: nobody to wait for. */
static void ending_of_one_end(void **state)
{
	struct lab *lab = *state;
	struct event_conn conn = conn_of("10.0.0.1", 40000, "192.0.2.9", 80);
	struct sock_event e = state_event(3 * SEC, CLIENT_SOCK, conn,
					  STATE_ESTABLISHED, STATE_CLOSE);

	lab_connect(lab, 1 * SEC, conn);
	e.err = ETIMEDOUT;
	lab_play(lab, &e);
	lab_destroy(lab, 3 * SEC, CLIENT_SOCK, conn, CLIENT);
	lab_end(lab);
	assert_non_null(strstr(lab->said, "ending timeout"));
	assert_null(lab->ending.ends[1]);
}

/* The client's socket stays, and may connect again; its end is over. */
static void dissolve(struct lab *lab, __u64 time)
{
	lab_state(lab, time, CLIENT_SOCK, loopback(), STATE_ESTABLISHED,
		  STATE_CLOSE, CLIENT);
}

static void ending_by_disconnect(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	dissolve(lab, 3 * SEC);
	tick(lab, 4 * SEC);
	assert_int_equal(lab->endings, 0);
	lab_state(lab, 5 * SEC, CHILD_SOCK, turned(loopback()),
		  STATE_ESTABLISHED, STATE_CLOSE, 0);
	lab_destroy(lab, 5 * SEC + 1, CHILD_SOCK, turned(loopback()), SERVER);
	tick(lab, 6 * SEC);
	assert_int_equal(lab->endings, 1);
	/* ... and is not told again when it is closed at last. */
	lab_destroy(lab, 9 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 1);
	assert_int_equal(lab->summary.connections, 1);
}

static void ending_by_disconnect_of_the_later(void **state)
{
	struct lab *lab = *state;

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, turned(loopback()), SERVER);
	tick(lab, 4 * SEC);
	assert_int_equal(lab->endings, 0);
	dissolve(lab, 5 * SEC);
	tick(lab, 6 * SEC);
	assert_int_equal(lab->endings, 1);
	lab_end(lab);
}

static void failed_connects_and_listeners_have_none(void **state)
{
	struct lab *lab = *state;

	lab_listen(lab, 1 * SEC, loopback());
	lab_destroy(lab, 2 * SEC, LISTENER_SOCK, loopback(), SERVER);
	lab_state(lab, 3 * SEC, CLIENT_SOCK, loopback(), STATE_CLOSE,
		  STATE_SYN_SENT, CLIENT);
	lab_destroy(lab, 4 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	lab_end(lab);
	assert_int_equal(lab->endings, 0);
	assert_int_equal(lab->summary.connections, 0);
}

/* An old end is held for long; its ports are in use again meanwhile. */
static void ending_with_reused_ports(void **state)
{
	struct lab *lab = *state;
	struct event_conn there = turned(loopback());

	open_connection(lab);
	end_side(lab, 3 * SEC, false);
	lab_destroy(lab, 3 * SEC + 2, CHILD_SOCK, there, SERVER);
	end_side(lab, 3 * SEC, true);
	lab_state(lab, 4 * SEC, 0x201, loopback(), STATE_CLOSE, STATE_SYN_SENT,
		  CLIENT);
	lab_state(lab, 4 * SEC, 0x201, loopback(), STATE_SYN_SENT,
		  STATE_ESTABLISHED, 0);
	lab_state(lab, 4 * SEC, 0x301, there, STATE_LISTEN, STATE_SYN_RECV, 0);
	lab_state(lab, 4 * SEC, 0x301, there, STATE_SYN_RECV, STATE_ESTABLISHED,
		  0);
	lab_destroy(lab, 5 * SEC, CLIENT_SOCK, loopback(), CLIENT);
	tick(lab, 6 * SEC);
	assert_non_null(strstr(lab->said, "ending fin"));
	assert_int_equal(lab->ending.ends[0]->sock, CLIENT_SOCK);
	assert_int_equal(lab->ending.ends[1]->sock, CHILD_SOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(ending_once_for_two_ends),
		lab_test(ending_in_detail),
		lab_test(both_let_go_at_once),
		lab_test(ending_of_one_end),
		lab_test(ending_by_disconnect),
		lab_test(ending_by_disconnect_of_the_later),
		lab_test(failed_connects_and_listeners_have_none),
		lab_test(ending_with_reused_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
