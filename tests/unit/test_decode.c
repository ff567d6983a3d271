// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The trust boundary: what is an event, and what is not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "decode.h"

union any_event {
	struct event_header h;
	struct sock_event sock;
	struct segment_event segment;
	struct fork_event fork;
	struct exec_event exec;
};

static const size_t sizes[EVENT_KINDS] = {
	[EVENT_STATE] = sizeof(struct sock_event),
	[EVENT_DESTROY] = sizeof(struct sock_event),
	[EVENT_RESET_SENT] = sizeof(struct segment_event),
	[EVENT_RESET_RECEIVED] = sizeof(struct segment_event),
	[EVENT_RETRANSMIT] = sizeof(struct segment_event),
	[EVENT_RETRANSMIT_SYNACK] = sizeof(struct segment_event),
	[EVENT_DROP] = sizeof(struct segment_event),
	[EVENT_EXISTING] = sizeof(struct sock_event),
	[EVENT_HOLDER] = sizeof(struct sock_event),
	[EVENT_FORK] = sizeof(struct fork_event),
	[EVENT_EXEC] = sizeof(struct exec_event),
	[EVENT_EXIT] = sizeof(struct exit_event),
	[EVENT_PACKET] = sizeof(struct segment_event),
	[EVENT_SUBFLOW] = sizeof(struct subflow_event),
	[EVENT_RECOVERY] = sizeof(struct segment_event),
	[EVENT_STALLED] = sizeof(struct segment_event),
	[EVENT_ERROR] = sizeof(struct segment_event),
};

static void make(union any_event *e, unsigned int kind)
{
	memset(e, 0, sizeof(*e));
	e->h.kind = kind;
	e->h.size = sizes[kind];
	strcpy(e->h.comm, "test");
	if (sizes[kind] == sizeof(e->sock))
		e->sock.conn.family = AF_INET;
	else if (sizes[kind] == sizeof(e->segment))
		e->segment.conn.family = AF_INET6;
}

/*
 * Decode a copy that ends where the event does, for a sanitizer to see a read
 * beyond it.
 */
static const char *decode(const void *event, size_t size)
{
	const struct event_header *decoded;
	const char *problem = "not set";
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, event, size);
	decoded = event_decode(copy, size, &problem);
	if (decoded) {
		assert_ptr_equal(decoded, copy);
		assert_null(problem);
		assert_int_equal(sizes[decoded->kind], size);
	} else {
		assert_non_null(problem);
	}
	free(copy);
	return problem;
}

static void every_kind_is_accepted(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (!sizes[kind])
			continue;
		make(&e, kind);
		assert_null(decode(&e, sizes[kind]));
	}
}

static void payload_follows_kind(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (!sizes[kind])
			continue;
		bool is_sock = sizes[kind] == sizeof(e.sock);
		bool is_segment = sizes[kind] == sizeof(e.segment);

		make(&e, kind);
		assert_ptr_equal(event_sock(&e.h), is_sock ? &e : NULL);
		assert_ptr_equal(event_segment(&e.h), is_segment ? &e : NULL);
		assert_ptr_equal(event_fork(&e.h),
				 kind == EVENT_FORK ? &e : NULL);
		assert_ptr_equal(event_conn(&e.h), is_sock ? &e.sock.conn
						   : is_segment
							   ? &e.segment.conn
							   : NULL);
	}
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < EVENT_KINDS; i++) {
		if (!sizes[i])
			continue;
		assert_string_not_equal(event_kind_name(i), "unknown");
		for (unsigned int j = 1; j < i; j++)
			assert_string_not_equal(event_kind_name(i),
						event_kind_name(j));
	}
	assert_string_equal(event_kind_name(0), "unknown");
	assert_string_equal(event_kind_name(EVENT_KINDS), "unknown");
	assert_string_equal(event_kind_name(~0u), "unknown");
}

/* The record's size, the header's, and both together. */
static void sizes_must_be_exact(void **state)
{
	union any_event room[2];
	union any_event *e = room;

	(void)state;
	memset(room, 0, sizeof(room));
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (!sizes[kind])
			continue;
		for (int off = -8; off <= 8; off++) {
			size_t size = sizes[kind] + off;

			if (!off)
				continue;
			make(e, kind);
			assert_non_null(decode(e, size));
			e->h.size = size;
			assert_non_null(decode(e, size));
			assert_non_null(decode(e, sizes[kind]));
		}
	}
}

static void short_records_are_refused(void **state)
{
	union any_event e;

	(void)state;
	make(&e, EVENT_STATE);
	for (size_t size = 0; size < sizeof(e.sock); size++) {
		assert_non_null(decode(&e, size));
		e.h.size = size;
		assert_non_null(decode(&e, size));
		e.h.size = sizeof(e.sock);
	}
}

static void every_other_kind_is_refused(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int size = 1; size < EVENT_KINDS; size++) {
		if (!sizes[size])
			continue;
		make(&e, size);
		for (unsigned int kind = 0; kind <= UINT16_MAX; kind++) {
			bool good = kind < EVENT_KINDS &&
				    sizes[kind] == sizes[size];
			const char *problem;

			e.h.kind = kind;
			event_decode(&e, sizes[size], &problem);
			assert_int_equal(!problem, good);
		}
	}
}

static void misaligned_is_refused(void **state)
{
	union any_event room[2];
	const char *problem;
	union any_event e;

	(void)state;
	make(&e, EVENT_STATE);
	for (size_t off = 1; off < 8; off++) {
		memcpy((char *)room + off, &e, sizeof(e.sock));
		assert_null(event_decode((char *)room + off, sizeof(e.sock),
					 &problem));
		assert_string_equal(problem, "not aligned");
	}
}

static void states_are_in_range(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int value = 0; value <= UINT8_MAX; value++) {
		bool good = value < STATE_COUNT;

		make(&e, EVENT_STATE);
		e.sock.old_state = value;
		assert_int_equal(!decode(&e, sizeof(e.sock)), good);
		make(&e, EVENT_EXISTING);
		e.sock.new_state = value;
		assert_int_equal(!decode(&e, sizeof(e.sock)), good);
		make(&e, EVENT_DROP);
		e.segment.tcp.state = value;
		assert_int_equal(!decode(&e, sizeof(e.segment)), good);
		make(&e, EVENT_RESET_SENT);
		e.segment.substate = value;
		assert_int_equal(!decode(&e, sizeof(e.segment)), good);
	}
}

static void families_are_known(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int value = 0; value <= UINT16_MAX; value++) {
		bool good = value == 0 || value == AF_INET || value == AF_INET6;
		const char *problem;

		make(&e, EVENT_HOLDER);
		e.sock.conn.family = value;
		event_decode(&e, sizeof(e.sock), &problem);
		assert_int_equal(!problem, good);
		make(&e, EVENT_RETRANSMIT);
		e.segment.conn.family = value;
		event_decode(&e, sizeof(e.segment), &problem);
		assert_int_equal(!problem, good);
	}
}

static void frames_fit(void **state)
{
	const unsigned int bad[] = { EVENT_MAX_FRAMES + 1, 1u << 8, 1u << 31,
				     UINT32_MAX };
	union any_event e;

	(void)state;
	make(&e, EVENT_RESET_SENT);
	for (unsigned int i = 0; i <= EVENT_MAX_FRAMES; i++) {
		e.segment.frames = i;
		assert_null(decode(&e, sizeof(e.segment)));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.segment.frames = bad[i];
		assert_non_null(decode(&e, sizeof(e.segment)));
	}
}

static void names_are_terminated(void **state)
{
	union any_event e;

	(void)state;
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (!sizes[kind])
			continue;
		make(&e, kind);
		memset(e.h.comm, 'x', EVENT_COMM_LEN - 1);
		assert_null(decode(&e, sizes[kind]));
		e.h.comm[EVENT_COMM_LEN - 1] = 'x';
		assert_non_null(decode(&e, sizes[kind]));
	}
	make(&e, EVENT_FORK);
	memset(e.fork.child_comm, 'x', EVENT_COMM_LEN);
	assert_non_null(decode(&e, sizeof(e.fork)));
	make(&e, EVENT_EXEC);
	memset(e.exec.filename, 'x', EVENT_FILENAME_LEN);
	assert_non_null(decode(&e, sizeof(e.exec)));
}

/* xorshift64: the same bytes on every machine, to see a failure again. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void random_bytes_do_no_harm(void **state)
{
	uint64_t seed = 0x7463707768790001;
	union any_event e;
	int accepted = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t words[sizeof(e) / 8];
		size_t size;

		for (size_t j = 0; j < sizeof(e) / 8; j++)
			words[j] = next_random(&seed);
		memcpy(&e, words, sizeof(e));
		size = next_random(&seed) % (sizeof(e) + 1);
		/* Of pure noise nothing gets past the first checks. */
		if (i % 4) {
			unsigned int kind =
				1 + next_random(&seed) % (EVENT_KINDS - 1);

			size = sizes[kind];
			e.h.kind = kind;
			e.h.size = size;
		}
		if (i % 4 > 1)
			e.h.comm[EVENT_COMM_LEN - 1] = '\0';
		if (i % 4 > 2) {
			e.sock.conn.family = AF_INET;
			e.sock.old_state %= STATE_COUNT;
			e.sock.new_state %= STATE_COUNT;
		}
		accepted += !decode(&e, size);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_accepted),
		cmocka_unit_test(payload_follows_kind),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(sizes_must_be_exact),
		cmocka_unit_test(short_records_are_refused),
		cmocka_unit_test(every_other_kind_is_refused),
		cmocka_unit_test(misaligned_is_refused),
		cmocka_unit_test(states_are_in_range),
		cmocka_unit_test(families_are_known),
		cmocka_unit_test(frames_fit),
		cmocka_unit_test(names_are_terminated),
		cmocka_unit_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
