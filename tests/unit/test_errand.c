// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel books on tcpwhy's account though another process did it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "errand.h"
#include "model.h"

static const struct event_header *
done(struct model *model, struct errands *errands, const struct sock_event *e)
{
	static union errand_event copy;

	return errands_done_for(errands, model->table, &e->h, &copy);
}

/* The socket is 'c's; its last descriptor is closed by tcpwhy. */
static struct sock_event closed_by_us(struct model *model)
{
	struct sock_event e = state_event(9 * SEC, 7, here(), STATE_ESTABLISHED,
					  STATE_FIN_WAIT1);

	go(model, SEC, 7, here(), STATE_CLOSE, STATE_SYN_SENT, "client");
	go(model, 2 * SEC, 7, here(), STATE_SYN_SENT, STATE_ESTABLISHED, NULL);
	e.h.flags = EVENT_F_OWNED | EVENT_F_OURS;
	e.closing = 1;
	return e;
}

static void it_is_the_owners(void **state)
{
	struct errands *errands = errands_new();
	struct sock_event e = closed_by_us(*state);
	const struct event_header *h = done(*state, errands, &e);

	assert_int_equal(h->pid, 'c');
	assert_string_equal(h->comm, "client");
	assert_true(h->flags & EVENT_F_OWNED && h->flags & EVENT_F_TASK);
	assert_false(h->flags & EVENT_F_EXITING);
	assert_int_equal(((const struct sock_event *)h)->new_state,
			 STATE_FIN_WAIT1);
	errands_free(errands);
}

static void who_exited_had_it_closed_by_that(void **state)
{
	struct errands *errands = errands_new();
	struct exit_event exit = { .h = { .kind = EVENT_EXIT,
					  .size = sizeof(exit),
					  .exit_code = 9 } };
	struct sock_event e = closed_by_us(*state);
	const struct event_header *h;

	done_by(&exit.h, 'c', "client");
	errands_learn(errands, &exit.h);
	h = done(*state, errands, &e);
	assert_int_equal(h->pid, 'c');
	assert_true(h->flags & EVENT_F_EXITING);
	assert_int_equal(h->exit_code, 9);
	errands_free(errands);
}

static void an_unknown_owner_stays_unknown(void **state)
{
	struct errands *errands = errands_new();
	struct sock_event e = closed_by_us(*state);
	const struct event_header *h;

	e.h.sock = 8;
	h = done(*state, errands, &e);
	assert_int_equal(h->pid, 0);
	assert_false(h->flags & (EVENT_F_OWNED | EVENT_F_TASK));
	errands_free(errands);
}

static void others_are_left_alone(void **state)
{
	struct errands *errands = errands_new();
	struct sock_event e = closed_by_us(*state);

	e.h.flags = EVENT_F_OWNED;
	assert_ptr_equal(done(*state, errands, &e), &e.h);
	errands_free(errands);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_the_owners),
		TEST(who_exited_had_it_closed_by_that),
		TEST(an_unknown_owner_stays_unknown),
		TEST(others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
