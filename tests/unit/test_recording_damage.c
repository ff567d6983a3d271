// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings cut and damaged at every byte, and files of others. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libdeflate.h>

#include "recording_sample.h"

static void assert_refused(const void *data, size_t size, const char *why)
{
	struct recording_result result;
	struct log log = { 0 };

	assert_int_equal(read_data(data, size, &log, &result), -EINVAL);
	if (!strstr(result.problem, why))
		fail_msg("'%s' does not say '%s'", result.problem, why);
	assert_false(result.truncated);
	assert_prefix(&log);
}

static void cut_anywhere(void **state)
{
	struct recording_result result;
	struct log log = { 0 };
	size_t whole = 0; /* blocks before the cut */

	(void)state;
	for (size_t size = 0; size < sample.size; size++) {
		int err = read_data(sample.data, size, &log, &result);
		bool between;

		if (size < sample.end[0]) {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(log.count, 0);
			assert_non_null(
				strstr(result.problem, "not a recording"));
			continue;
		}
		while (whole < sample.blocks && sample.end[whole + 1] <= size)
			whole++;
		between = size == sample.end[whole];
		assert_int_equal(err, 0);
		assert_int_equal(log.count, whole);
		assert_prefix(&log);
		assert_int_equal(result.truncated, !between);
		if (!between)
			assert_int_equal(result.offset, sample.end[whole]);
	}
}

/*
 * Only in the Section Header may a change go unseen: its options, and the
 * minor version, of which two are good.
 */
static void check_flip(size_t at, unsigned char mask)
{
	const size_t minor = sizeof(struct pcapng_block) +
			     offsetof(struct pcapng_section, minor);
	const size_t options =
		sizeof(struct pcapng_block) + sizeof(struct pcapng_section);
	static struct log log;
	struct recording_result result;
	int err;

	sample.data[at] ^= mask;
	err = read_data(sample.data, sample.size, &log, &result);
	sample.data[at] ^= mask;
	assert_prefix(&log);
	assert_int_equal(result.bad, 0);
	if (err) {
		assert_int_equal(err, -EINVAL);
		assert_string_not_equal(result.problem, "");
	} else if (!result.truncated) {
		assert_int_equal(log.count, sample.log.count);
		if (at != minor && (at < options || at >= sample.end[0] - 4))
			fail_msg("byte %zu ^ %#x went unseen", at, mask);
	}
}

static void flip_anything(void **state)
{
	(void)state;
	for (size_t at = 0; at < sample.size; at++) {
		check_flip(at, 0xff);
		for (int bit = 0; bit < 8; bit++)
			check_flip(at, 1 << bit);
	}
}

static void foreign_files(void **state)
{
	static const struct {
		const char *start;
		size_t size;
		const char *why;
	} files[] = {
		{ "", 0, "not a recording" },
		{ "hello, world, this is text\n", 27, "no pcapng" },
		{ "\xd4\xc3\xb2\xa1\2\0\4\0", 8, "classic pcap" },
		{ "\xa1\xb2\xc3\xd4\0\2\0\4", 8, "classic pcap" },
		{ "\x4d\x3c\xb2\xa1\2\0\4\0", 8, "classic pcap" },
		{ "\xa1\xb2\x3c\x4d\0\2\0\4", 8, "made with -w" },
		{ "\x1f\x8b\x08\0\0\0\0\0", 8, "gzip" },
		{ "\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0", 16,
		  "other byte order" },
	};

	(void)state;
	/* The last one is of the other order only on a machine like this. */
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		skip();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_refused(files[i].start, files[i].size, files[i].why);
}

static size_t put_block(unsigned char *to, uint32_t type, uint32_t body)
{
	const struct pcapng_block block = { type, PCAPNG_BLOCK_MIN + body };

	memcpy(to, &block, sizeof(block));
	memset(to + sizeof(block), 0x5a, body);
	memcpy(to + sizeof(block) + body, &block.length, 4);
	return block.length;
}

static void pcapng_of_others(void **state)
{
	struct pcapng_section section = { PCAPNG_MAGIC, 1, 0, -1 };
	unsigned char data[256];
	size_t size;

	(void)state;
	size = put_block(data, PCAPNG_SECTION, sizeof(section));
	memcpy(data + sizeof(struct pcapng_block), &section, sizeof(section));
	assert_refused(data, size, "without tcpwhy's blocks");
	size += put_block(data + size, 1, 8);
	size += put_block(data + size, 6, 64);
	assert_refused(data, size, "without tcpwhy's blocks");
	assert_refused(data, size - 5, "without tcpwhy's blocks");
}

static void foreign_blocks_are_skipped(void **state)
{
	const size_t sizes[] = { 0,
				 4,
				 64,
				 PCAPNG_BLOCK_MAX - PCAPNG_BLOCK_MIN,
				 PCAPNG_BLOCK_MAX,
				 3 * PCAPNG_BLOCK_MAX };
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	unsigned char *data = malloc(8 * PCAPNG_BLOCK_MAX);
	struct recording_result result;
	struct log log = { 0 };
	size_t size = sample.end[0];

	(void)state;
	assert_non_null(data);
	memcpy(data, sample.data, size);
	for (size_t i = 0; i < sample.blocks; i++) {
		size_t length = sample.end[i + 1] - sample.end[i];

		/* Packets, and local-use blocks that are not ours. */
		if (i < n)
			size += put_block(data + size, i % 2 ? 6 : 0x80000bad,
					  sizes[i]);
		memcpy(data + size, sample.data + sample.end[i], length);
		size += length;
	}
	assert_int_equal(read_data(data, size, &log, &result), 0);
	assert_int_equal(log.count, sample.log.count);
	assert_prefix(&log);
	size += put_block(data + size, 6, 2 * PCAPNG_BLOCK_MAX);
	assert_int_equal(read_data(data, size - 1, &log, &result), 0);
	assert_true(result.truncated);
	assert_int_equal(log.count, sample.log.count);
	free(data);
}

/*
 * Too big to hold, and what is read of it last looks like the record to come:
 * a reader that checked that would go far beyond its buffer, and crash.
 */
static void big_block_is_not_looked_at(void **state)
{
	const uint32_t body = 64 * PCAPNG_BLOCK_MAX + 64;
	const struct pcapng_block block = { 6, PCAPNG_BLOCK_MIN + body };
	const struct record_header header = {
		.kind = RECORD_EVENT,
		.layout = RECORD_LAYOUT,
		.length = body - sizeof(header),
		.sequence = sample.blocks,
	};
	const size_t end = sample.size + block.length;
	struct file file = make_file();
	struct recording_result result;
	struct log log = { 0 };

	(void)state;
	/* The rest is a hole. */
	fill_file(&file, sample.data, sample.size);
	write_at(&file, sample.size, &block, sizeof(block));
	write_at(&file, end - 4 - 64, &header, sizeof(header));
	write_at(&file, end - 4, &block.length, 4);
	assert_int_equal(lseek(file.fd, 0, SEEK_END), end);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, sample.log.count);
	assert_false(result.truncated);
	close(file.fd);
}

/* Change the @n-th record, and make its checksum right again. */
static void reseal(unsigned char *data, size_t n,
		   const struct record_header *changed)
{
	unsigned char *body =
		data + sample.end[n] + sizeof(struct pcapng_block);
	struct record_header header = *changed;

	header.crc = 0;
	memcpy(body, &header, sizeof(header));
	header.crc = libdeflate_crc32(0, body, sizeof(header) + header.length);
	memcpy(body, &header, sizeof(header));
}

static void newer_versions(void **state)
{
	static unsigned char data[MAX_SAMPLE];
	const size_t last = sample.blocks - 1;
	struct record_header header;

	(void)state;
	memcpy(data, sample.data, sample.size);
	memcpy(&header, data + sample.end[last] + sizeof(struct pcapng_block),
	       sizeof(header));
	header.layout++;
	reseal(data, last, &header);
	assert_refused(data, sample.size, "newer tcpwhy");
	header.layout--;
	header.kind = FACT_KINDS;
	reseal(data, last, &header);
	assert_refused(data, sample.size, "newer tcpwhy");
	/* Counts do not read as a name, and a host came before. */
	header.kind = FACT_NAME;
	reseal(data, last, &header);
	assert_refused(data, sample.size, "makes no sense");
	header.kind = FACT_HOST;
	reseal(data, last, &header);
	assert_refused(data, sample.size, "second fact");
}

static void lost_and_joined(void **state)
{
	static unsigned char data[2 * MAX_SAMPLE];
	size_t from = sample.end[4];
	size_t to = sample.end[5];

	(void)state;
	memcpy(data, sample.data, from);
	memcpy(data + from, sample.data + to, sample.size - to);
	assert_refused(data, sample.size - (to - from), "missing");
	memcpy(data, sample.data, sample.size);
	memcpy(data + sample.size, sample.data, sample.size);
	assert_refused(data, 2 * sample.size, "second recording");
}

static void bad_events_are_counted(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_with_host(file.path);
	struct recording_result result;
	struct log log = { 0 };
	union any_event e;

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		make_event(&e, i % 2 ? EVENT_STATE : EVENT_DROP, i);
		if (i == 2)
			e.segment.frames = EVENT_MAX_FRAMES + 1;
		if (i == 3)
			e.h.kind = EVENT_KINDS;
		assert_int_equal(recorder_event(r, &e.h), 0);
	}
	assert_int_equal(recorder_close(r), 0);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(result.bad, 2);
	assert_int_equal(result.events, 4);
	assert_int_equal(log.count, 1 + 4);
	close(file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(flip_anything),
		cmocka_unit_test(foreign_files),
		cmocka_unit_test(pcapng_of_others),
		cmocka_unit_test(foreign_blocks_are_skipped),
		cmocka_unit_test(big_block_is_not_looked_at),
		cmocka_unit_test(newer_versions),
		cmocka_unit_test(lost_and_joined),
		cmocka_unit_test(bad_events_are_counted),
	};

	return cmocka_run_group_tests_name("recording_damage", tests,
					   make_sample, NULL);
}
