// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who came from whom, and under which name. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "kin.h"

/* A process started at ten times its pid, unless a test says otherwise. */
static struct process_id id_of(uint32_t pid)
{
	return (struct process_id){ pid * 10, pid };
}

static void fork_of(struct kin *kin, uint32_t parent, uint32_t child)
{
	struct fork_event e = {
		.h = { .kind = EVENT_FORK,
		       .size = sizeof(e),
		       .pid = parent,
		       .start_time = parent * 10 },
		.child_pid = child,
		.child_start_time = child * 10,
	};

	assert_int_equal(kin_apply(kin, &e.h), 0);
}

static void end_of(struct kin *kin, uint32_t pid)
{
	struct exit_event e = {
		.h = { .kind = EVENT_EXIT,
		       .size = sizeof(e),
		       .pid = pid,
		       .start_time = pid * 10 },
	};

	assert_int_equal(kin_apply(kin, &e.h), 0);
}

static void exec_of(struct kin *kin, uint32_t pid, uint64_t time,
		    const char *comm)
{
	struct exec_event e = {
		.h = { .kind = EVENT_EXEC,
		       .size = sizeof(e),
		       .time = time,
		       .pid = pid,
		       .start_time = pid * 10 },
	};

	strcpy(e.h.comm, comm);
	assert_int_equal(kin_apply(kin, &e.h), 0);
}

static unsigned int family_size(const struct kin *kin, uint32_t pid)
{
	struct process_id id = id_of(pid);

	return kin_family(kin, &id, NULL, 0);
}

static int setup(void **state)
{
	*state = kin_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	kin_free(*state);
	return 0;
}

static void stranger_is_its_own_family(void **state)
{
	struct process_id id = id_of(7), out[2];

	assert_int_equal(kin_family(*state, &id, out, 2), 1);
	assert_int_equal(out[0].pid, 7);
}

static void descendants(void **state)
{
	struct process_id id = id_of(1), out[8];
	uint64_t sum = 0;

	fork_of(*state, 1, 2);
	fork_of(*state, 1, 3);
	fork_of(*state, 3, 4);
	assert_int_equal(kin_family(*state, &id, out, 8), 4);
	for (int i = 0; i < 4; i++)
		sum += out[i].pid;
	assert_int_equal(sum, 1 + 2 + 3 + 4);
	assert_int_equal(family_size(*state, 3), 2);
	assert_int_equal(family_size(*state, 2), 1);
}

static void room_is_respected(void **state)
{
	struct process_id id = id_of(1), out[2] = { { 0, 0 }, { 0, 99 } };

	fork_of(*state, 1, 2);
	fork_of(*state, 1, 3);
	assert_int_equal(kin_family(*state, &id, out, 1), 3);
	assert_int_equal(out[1].pid, 99);
}

/* A daemon's children outlive it and hold what it opened. */
static void children_outlive_parent(void **state)
{
	fork_of(*state, 1, 2);
	fork_of(*state, 2, 3);
	end_of(*state, 1);
	end_of(*state, 2);
	assert_int_equal(family_size(*state, 1), 1); /* 3 alone */
	end_of(*state, 3);
	/* Nobody is left, and nothing is remembered: a stranger again. */
	assert_int_equal(family_size(*state, 1), 1);
	assert_int_equal(family_size(*state, 3), 1);
}

static void pid_reused(void **state)
{
	struct fork_event e = {
		.h = { .kind = EVENT_FORK, .pid = 2, .start_time = 999 },
		.child_pid = 5,
		.child_start_time = 1000,
	};

	fork_of(*state, 1, 2);
	end_of(*state, 2);
	assert_int_equal(kin_apply(*state, &e.h), 0); /* another pid 2 */
	assert_int_equal(family_size(*state, 1), 1);
}

static void renamed_by_exec(void **state)
{
	struct process_id id = id_of(6);

	assert_null(kin_renamed(*state, &id, 0));
	exec_of(*state, 6, 500, "curl");
	assert_string_equal(kin_renamed(*state, &id, 499), "curl");
	assert_null(kin_renamed(*state, &id, 500));
	exec_of(*state, 6, 600, "sh");
	assert_string_equal(kin_renamed(*state, &id, 500), "sh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stranger_is_its_own_family,
						setup, teardown),
		cmocka_unit_test_setup_teardown(descendants, setup, teardown),
		cmocka_unit_test_setup_teardown(room_is_respected, setup,
						teardown),
		cmocka_unit_test_setup_teardown(children_outlive_parent, setup,
						teardown),
		cmocka_unit_test_setup_teardown(pid_reused, setup, teardown),
		cmocka_unit_test_setup_teardown(renamed_by_exec, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
