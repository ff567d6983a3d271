// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Recordings, written and read, cut and damaged at every byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "pcapng.h"
#include "recording.h"

#define MAX_ITEMS  32
#define MAX_SAMPLE 16384

/* A file without a name on a disk, at a path as the functions want one. */
struct file {
	int fd;
	char path[32];
};

/* What was delivered: a fact as a line, an event as it is. */
struct item {
	size_t size;
	unsigned char data[sizeof(struct segment_event)];
};

struct log {
	size_t count;
	struct item items[MAX_ITEMS];
	int stop_with;
};

/* The sample recording, and where in it each block ends. */
static struct {
	unsigned char data[MAX_SAMPLE];
	size_t size;
	size_t blocks;	       /* without the Section Header */
	size_t end[MAX_ITEMS]; /* [0] is that of the Section Header */
	struct log log;
} sample;

static struct file make_file(void)
{
	struct file file = { .fd = memfd_create("recording", MFD_CLOEXEC) };

	assert_true(file.fd >= 0);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

static void write_at(const struct file *file, off_t at, const void *data,
		     size_t size)
{
	assert_int_equal(pwrite(file->fd, data, size, at), size);
}

static void fill_file(const struct file *file, const void *data, size_t size)
{
	assert_return_code(ftruncate(file->fd, 0), errno);
	write_at(file, 0, data, size);
}

static void add_item(struct log *log, const void *data, size_t size)
{
	struct item *item = &log->items[log->count];

	assert_true(log->count < MAX_ITEMS);
	assert_true(size <= sizeof(item->data));
	item->size = size;
	memcpy(item->data, data, size);
	log->count++;
}

static int print_counts(char *line, size_t size, const struct fact *f)
{
	int n = snprintf(line, size, "counts %lu %lu",
			 (unsigned long)f->counts.decoded,
			 (unsigned long)f->counts.bad);

	for (int i = 0; i < EVENT_KINDS; i++)
		n += snprintf(line + n, size - n, " %lu/%lu",
			      (unsigned long)f->counts.kinds[i].produced,
			      (unsigned long)f->counts.kinds[i].lost);
	return n;
}

static const char *or_none(const char *string)
{
	return string ? string : "(none)";
}

static int log_fact(void *arg, const struct fact *f)
{
	char line[sizeof(struct segment_event)];
	struct log *log = arg;
	int n = 0;

	switch (f->kind) {
	case FACT_HOST:
		n = snprintf(line, sizeof(line), "host %s %s %s %lu %ld %u",
			     f->host.release, f->host.hostname, f->host.version,
			     (unsigned long)f->host.start,
			     (long)f->host.realtime_offset, f->host.hz);
		break;
	case FACT_NAME:
		n = snprintf(line, sizeof(line), "name %d %d %s", f->name.space,
			     f->name.value, f->name.name);
		break;
	case FACT_SYMBOL:
		n = snprintf(line, sizeof(line), "symbol %lx %s",
			     (unsigned long)f->symbol.address, f->symbol.name);
		break;
	case FACT_PROCESS:
		n = snprintf(line, sizeof(line),
			     "process %u %u %lu %s %s %s %s", f->process.pid,
			     f->process.uid,
			     (unsigned long)f->process.start_time,
			     f->process.comm, or_none(f->process.exe),
			     or_none(f->process.cgroup),
			     or_none(f->process.cmdline));
		break;
	case FACT_SCOPE:
		n = snprintf(line, sizeof(line), "scope %u %lu '%s'",
			     f->scope.root_pid,
			     (unsigned long)f->scope.root_start_time,
			     f->scope.filters);
		break;
	case FACT_COUNTS:
		n = print_counts(line, sizeof(line), f);
		break;
	case FACT_NETNS:
		n = snprintf(line, sizeof(line), "netns %u %s", f->netns.inode,
			     f->netns.name);
		break;
	case FACT_KINDS:
		fail();
	}
	assert_in_range(n, 1, sizeof(line) - 1);
	add_item(log, line, n);
	return log->stop_with;
}

static int log_event(void *arg, const struct event_header *e)
{
	struct log *log = arg;

	assert_int_equal((uintptr_t)e % 8, 0);
	add_item(log, e, e->size);
	return log->stop_with;
}

static int read_log(const char *path, struct log *log,
		    struct recording_result *result)
{
	const struct source_handler handler = { .fact = log_fact,
						.event = log_event,
						.arg = log };

	log->count = 0;
	memset(result, 0xff, sizeof(*result));
	return recording_read(path, &handler, result);
}

static int read_data(const void *data, size_t size, struct log *log,
		     struct recording_result *result)
{
	struct file file = make_file();
	int err;

	fill_file(&file, data, size);
	err = read_log(file.path, log, result);
	close(file.fd);
	return err;
}

static const struct fact host = {
	.kind = FACT_HOST,
	.host = { "6.1.0-test", "here", "0.1", 1234567, -89, 250 },
};

static const struct fact facts[] = {
	{ .kind = FACT_SCOPE, .scope = { 42, 0, 43, "--port=80\n-4" } },
	{ .kind = FACT_NAME, .name = { NAME_RST_REASON, -1, "TCP_STATE" } },
	{ .kind = FACT_NAME, .name = { NAME_DROP_REASON, 2, "" } },
	{ .kind = FACT_SYMBOL, .symbol = { ~0ull - 5, "tcp_v4_rcv" } },
	{ .kind = FACT_PROCESS,
	  .process = { 1, -1, 7, "init", "/sbin/init", "/", "init splash" } },
	{ .kind = FACT_PROCESS,
	  .process = { 2, 0, 9, "x\xff\n", NULL, "", NULL } },
	{ .kind = FACT_PROCESS, .process = { 3, 0, 9, "", "", NULL, "" } },
	{ .kind = FACT_NETNS, .netns = { 4026531840, "blue" } },
};

static const struct fact counts = {
	.kind = FACT_COUNTS,
	.counts = { 10, 3, { [1] = { 1, 2 }, [EVENT_KINDS - 1] = { 8, 9 } } },
};

union any_event {
	struct event_header h;
	struct sock_event sock;
	struct segment_event segment;
	struct fork_event fork;
	struct exec_event exec;
	struct exit_event exit;
};

/* An event of @kind with something in every byte that may be anything. */
static void make_event(union any_event *e, unsigned int kind, uint64_t time)
{
	memset(e, 0x40 + kind, sizeof(*e));
	e->h.time = time;
	e->h.kind = kind;
	memset(e->h.comm, 0, sizeof(e->h.comm));
	strcpy(e->h.comm, "test");
	e->sock.conn.family = AF_INET;
	if (kind == EVENT_FORK) {
		e->h.size = sizeof(e->fork);
		memset(e->fork.child_comm, 0, sizeof(e->fork.child_comm));
	} else if (kind == EVENT_EXEC) {
		e->h.size = sizeof(e->exec);
		e->exec.filename[EVENT_FILENAME_LEN - 1] = '\0';
	} else if (kind == EVENT_EXIT) {
		e->h.size = sizeof(e->exit);
	} else if (kind >= EVENT_RESET_SENT && kind <= EVENT_DROP) {
		e->h.size = sizeof(e->segment);
		e->segment.tcp.state = STATE_ESTABLISHED;
		e->segment.substate = 0;
		e->segment.frames = 3;
	} else {
		e->h.size = sizeof(e->sock);
		e->sock.old_state = STATE_SYN_SENT;
		e->sock.new_state = STATE_ESTABLISHED;
	}
}

static struct recorder *open_recorder(const char *path)
{
	struct recorder *r;

	assert_int_equal(recorder_open(&r, path), 0);
	assert_non_null(r);
	return r;
}

static struct recorder *open_with_host(const char *path)
{
	struct recorder *r = open_recorder(path);

	assert_int_equal(recorder_fact(r, &host), 0);
	return r;
}

static void write_fact(struct recorder *r, const struct fact *fact)
{
	assert_int_equal(recorder_fact(r, fact), 0);
	log_fact(&sample.log, fact);
}

static size_t find_blocks(const unsigned char *data, size_t size, size_t *end)
{
	size_t at = 0;
	size_t n = 0;

	while (at < size) {
		struct pcapng_block block;

		memcpy(&block, data + at, sizeof(block));
		at += block.length;
		assert_true(n < MAX_ITEMS);
		end[n++] = at;
	}
	assert_int_equal(at, size);
	return n;
}

static int make_sample(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_recorder(file.path);
	union any_event e;

	(void)state;
	write_fact(r, &host);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		write_fact(r, &facts[i]);
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		make_event(&e, kind, kind);
		assert_int_equal(recorder_event(r, &e.h), 0);
		log_event(&sample.log, &e.h);
	}
	write_fact(r, &counts);
	assert_int_equal(recorder_close(r), 0);
	sample.size = pread(file.fd, sample.data, MAX_SAMPLE, 0);
	assert_in_range(sample.size, 1, MAX_SAMPLE - 1);
	sample.blocks = find_blocks(sample.data, sample.size, sample.end) - 1;
	assert_int_equal(sample.blocks, sample.log.count);
	close(file.fd);
	return 0;
}

/* What came is the beginning of the sample, all of it in order. */
static void assert_prefix(const struct log *log)
{
	assert_true(log->count <= sample.log.count);
	for (size_t i = 0; i < log->count; i++) {
		const struct item *want = &sample.log.items[i];
		const struct item *got = &log->items[i];

		assert_int_equal(got->size, want->size);
		assert_memory_equal(got->data, want->data, want->size);
	}
}

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

static void round_trip(void **state)
{
	struct recording_result result;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(read_data(sample.data, sample.size, &log, &result), 0);
	assert_int_equal(log.count, sample.log.count);
	assert_prefix(&log);
	assert_int_equal(result.events, EVENT_KINDS - 1);
	assert_int_equal(result.bad, 0);
	assert_false(result.truncated);
	assert_string_equal(result.problem, "");
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
	header.crc = crc32(0, body, sizeof(header) + header.length);
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

static void empty_recordings(void **state)
{
	struct file file = make_file();
	struct recording_result result;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(recorder_close(open_recorder(file.path)), 0);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 0);
	assert_int_equal(recorder_close(open_with_host(file.path)), 0);
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 1);
	assert_int_equal(recorder_close(NULL), 0);
	close(file.fd);
}

static void host_comes_first_and_once(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_recorder(file.path);
	union any_event e;

	(void)state;
	make_event(&e, EVENT_STATE, 1);
	assert_int_equal(recorder_event(r, &e.h), -EINVAL);
	assert_int_equal(recorder_fact(r, &host), -EINVAL);
	assert_int_equal(recorder_close(r), -EINVAL);
	r = open_with_host(file.path);
	assert_int_equal(recorder_fact(r, &host), -EINVAL);
	assert_int_equal(recorder_close(r), -EINVAL);
	close(file.fd);
}

struct order {
	uint64_t next;
	size_t long_paths;
};

static int order_fact(void *arg, const struct fact *fact)
{
	struct order *order = arg;

	if (fact->kind == FACT_PROCESS)
		order->long_paths += strlen(fact->process.cgroup) == 4999;
	return 0;
}

static int order_event(void *arg, const struct event_header *event)
{
	struct order *order = arg;

	assert_int_equal(event->time, order->next++);
	return 0;
}

/* More than the writer's buffer, and strings as long as they come. */
static void long_recording(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_with_host(file.path);
	static char path[5000];
	static char huge[PCAPNG_BLOCK_MAX + 2];
	struct fact process = facts[4];
	struct order order = { 0 };
	const struct source_handler handler = { .fact = order_fact,
						.event = order_event,
						.arg = &order };
	struct recording_result result;
	union any_event e;
	size_t size;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	memset(huge, 'h', sizeof(huge) - 1);
	for (unsigned int i = 0; i < 2000; i++) {
		make_event(&e, 1 + i % (EVENT_KINDS - 1), i);
		assert_int_equal(recorder_event(r, &e.h), 0);
	}
	process.process.cgroup = path;
	assert_int_equal(recorder_fact(r, &process), 0);
	assert_int_equal(recorder_flush(r), 0);
	size = lseek(file.fd, 0, SEEK_END);
	assert_true(size > 500000);
	process.process.exe = huge;
	assert_int_equal(recorder_fact(r, &process), -EMSGSIZE);
	assert_int_equal(recorder_close(r), -EMSGSIZE);
	assert_int_equal(lseek(file.fd, 0, SEEK_END), size);
	assert_int_equal(recording_read(file.path, &handler, &result), 0);
	assert_int_equal(order.next, 2000);
	assert_int_equal(order.long_paths, 1);
	close(file.fd);
}

static void full_disk(void **state)
{
	struct recorder *r;

	(void)state;
	if (access("/dev/full", W_OK))
		skip();
	r = open_with_host("/dev/full");
	assert_int_equal(recorder_flush(r), -ENOSPC);
	assert_int_equal(recorder_fact(r, &facts[0]), -ENOSPC);
	assert_int_equal(recorder_flush(r), -ENOSPC);
	assert_int_equal(recorder_close(r), -ENOSPC);
	/* Nobody flushed: the last chance to say so. */
	assert_int_equal(recorder_close(open_with_host("/dev/full")), -ENOSPC);
}

static void closed_pipe(void **state)
{
	struct recorder *r;
	char path[32];
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_return_code(pipe(fds), errno);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[1]);
	r = open_with_host(path);
	close(fds[0]);
	assert_int_equal(recorder_flush(r), -EPIPE);
	assert_int_equal(recorder_close(r), -EPIPE);
	close(fds[1]);
}

static void no_such_file(void **state)
{
	struct recording_result result;
	struct recorder *r;
	struct log log = { 0 };

	(void)state;
	assert_int_equal(recorder_open(&r, "/nonexistent/x"), -ENOENT);
	assert_null(r);
	assert_int_equal(read_log("/nonexistent/x", &log, &result), -ENOENT);
	assert_int_equal(read_log("/", &log, &result), -EISDIR);
}

static void handler_stops_reading(void **state)
{
	struct recording_result result;
	struct log log = { .stop_with = -ENOMEM };

	(void)state;
	assert_int_equal(read_data(sample.data, sample.size, &log, &result),
			 -ENOMEM);
	assert_int_equal(log.count, 1);
}

static void read_while_written(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_with_host(file.path);
	struct recording_result result;
	struct log log = { 0 };
	union any_event e;

	(void)state;
	for (unsigned int i = 1; i < 10; i++) {
		make_event(&e, EVENT_STATE, i);
		assert_int_equal(recorder_event(r, &e.h), 0);
		assert_int_equal(recorder_flush(r), 0);
		assert_int_equal(read_log(file.path, &log, &result), 0);
		assert_false(result.truncated);
		assert_int_equal(log.count, 1 + i);
	}
	assert_int_equal(recorder_close(r), 0);
	close(file.fd);
}

static void killed_writer(void **state)
{
	struct file file = make_file();
	struct recording_result result;
	struct log log = { 0 };
	union any_event e;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_return_code(pid, errno);
	if (!pid) {
		struct recorder *r = open_with_host(file.path);

		make_event(&e, EVENT_STATE, 1);
		recorder_event(r, &e.h);
		recorder_flush(r);
		recorder_event(r, &e.h);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(read_log(file.path, &log, &result), 0);
	assert_int_equal(log.count, 2);
	assert_int_equal(result.events, 1);
	close(file.fd);
}

/* In a child of its own: standard input has one buffer for all tests. */
static void standard_input(void **state)
{
	struct recording_result result;
	struct log log = { 0 };
	int status;
	int fds[2];
	pid_t pid;

	(void)state;
	assert_return_code(pipe(fds), errno);
	pid = fork();
	assert_return_code(pid, errno);
	if (!pid) {
		close(fds[1]);
		dup2(fds[0], STDIN_FILENO);
		_exit(read_log("-", &log, &result) ||
		      log.count != sample.log.count);
	}
	close(fds[0]);
	assert_int_equal(write(fds[1], sample.data, sample.size), sample.size);
	close(fds[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(flip_anything),
		cmocka_unit_test(foreign_files),
		cmocka_unit_test(pcapng_of_others),
		cmocka_unit_test(foreign_blocks_are_skipped),
		cmocka_unit_test(big_block_is_not_looked_at),
		cmocka_unit_test(newer_versions),
		cmocka_unit_test(lost_and_joined),
		cmocka_unit_test(bad_events_are_counted),
		cmocka_unit_test(empty_recordings),
		cmocka_unit_test(host_comes_first_and_once),
		cmocka_unit_test(long_recording),
		cmocka_unit_test(full_disk),
		cmocka_unit_test(closed_pipe),
		cmocka_unit_test(no_such_file),
		cmocka_unit_test(handler_stops_reading),
		cmocka_unit_test(read_while_written),
		cmocka_unit_test(killed_writer),
		cmocka_unit_test(standard_input),
	};

	return cmocka_run_group_tests_name("recording", tests, make_sample,
					   NULL);
}
