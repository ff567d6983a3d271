/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sample recording, and what writes and reads one. For test_recording.c and
 * test_recording_damage.c; include after <cmocka.h>.
 */
#ifndef TCPWHY_TEST_RECORDING_SAMPLE_H
#define TCPWHY_TEST_RECORDING_SAMPLE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "decode.h"
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
	size_t events;
	struct log log;
} sample;

static inline struct file make_file(void)
{
	struct file file = { .fd = memfd_create("recording", MFD_CLOEXEC) };

	assert_true(file.fd >= 0);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

static inline void write_at(const struct file *file, off_t at, const void *data,
			    size_t size)
{
	assert_int_equal(pwrite(file->fd, data, size, at), size);
}

static inline void fill_file(const struct file *file, const void *data,
			     size_t size)
{
	assert_return_code(ftruncate(file->fd, 0), errno);
	write_at(file, 0, data, size);
}

static inline void add_item(struct log *log, const void *data, size_t size)
{
	struct item *item = &log->items[log->count];

	assert_true(log->count < MAX_ITEMS);
	assert_true(size <= sizeof(item->data));
	item->size = size;
	memcpy(item->data, data, size);
	log->count++;
}

static inline int print_counts(char *line, size_t size, const struct fact *f)
{
	int n = snprintf(line, size, "counts %lu %lu, %lu to %lu",
			 (unsigned long)f->counts.decoded,
			 (unsigned long)f->counts.bad,
			 (unsigned long)f->counts.gap_from,
			 (unsigned long)f->counts.gap_to);

	for (int i = 0; i < EVENT_KINDS; i++)
		n += snprintf(line + n, size - n, " %lu/%lu/%lu/%lu",
			      (unsigned long)f->counts.kinds[i].produced,
			      (unsigned long)f->counts.kinds[i].received,
			      (unsigned long)f->counts.kinds[i].lost,
			      (unsigned long)f->counts.kinds[i].filtered);
	return n;
}

static inline const char *or_none(const char *string)
{
	return string ? string : "(none)";
}

static inline int log_fact(void *arg, const struct fact *f)
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

static inline int log_event(void *arg, const struct event_header *e)
{
	struct log *log = arg;

	assert_int_equal((uintptr_t)e % 8, 0);
	add_item(log, e, e->size);
	return log->stop_with;
}

static inline int read_log(const char *path, struct log *log,
			   struct recording_result *result)
{
	const struct source_handler handler = { .fact = log_fact,
						.event = log_event,
						.arg = log };

	log->count = 0;
	memset(result, 0xff, sizeof(*result));
	return recording_read(path, &handler, result);
}

static inline int read_data(const void *data, size_t size, struct log *log,
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
	.counts = { 10,
		    3,
		    { [1] = { 1, 2, 3, 4 },
		      [EVENT_KINDS - 1] = { 8, 9, 10, 11 } },
		    11,
		    12 },
};

union any_event {
	struct event_header h;
	struct sock_event sock;
	struct segment_event segment;
	struct fork_event fork;
	struct exec_event exec;
	struct exit_event exit;
	struct subflow_event subflow;
};

/* An event of @kind with something in every byte that may be anything. */
static inline void make_event(union any_event *e, unsigned int kind,
			      uint64_t time)
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
	} else if (kind == EVENT_SUBFLOW) {
		e->h.size = sizeof(e->subflow);
		e->subflow.old_state = STATE_ESTABLISHED;
		e->subflow.new_state = STATE_FIN_WAIT1;
	} else if (event_segment(&e->h)) {
		e->h.size = sizeof(e->segment);
		e->segment.tcp.state = STATE_ESTABLISHED;
		e->segment.substate = 0;
		e->segment.role = 0;
		e->segment.frames = 3;
	} else {
		e->h.size = sizeof(e->sock);
		e->sock.old_state = STATE_SYN_SENT;
		e->sock.new_state = STATE_ESTABLISHED;
	}
}

static inline struct recorder *open_recorder(const char *path)
{
	struct recorder *r;

	assert_int_equal(recorder_open(&r, path), 0);
	assert_non_null(r);
	return r;
}

static inline struct recorder *open_with_host(const char *path)
{
	struct recorder *r = open_recorder(path);

	assert_int_equal(recorder_fact(r, &host), 0);
	return r;
}

static inline void write_fact(struct recorder *r, const struct fact *fact)
{
	assert_int_equal(recorder_fact(r, fact), 0);
	log_fact(&sample.log, fact);
}

static inline size_t find_blocks(const unsigned char *data, size_t size,
				 size_t *end)
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

static inline int make_sample(void **state)
{
	struct file file = make_file();
	struct recorder *r = open_recorder(file.path);
	union any_event e;

	(void)state;
	write_fact(r, &host);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		write_fact(r, &facts[i]);
	for (unsigned int kind = 1; kind < EVENT_KINDS; kind++) {
		if (!strcmp(event_kind_name(kind), "unknown"))
			continue; /* of a number that nobody uses */
		sample.events++;
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
static inline void assert_prefix(const struct log *log)
{
	assert_true(log->count <= sample.log.count);
	for (size_t i = 0; i < log->count; i++) {
		const struct item *want = &sample.log.items[i];
		const struct item *got = &log->items[i];

		assert_int_equal(got->size, want->size);
		assert_memory_equal(got->data, want->data, want->size);
	}
}

#endif /* TCPWHY_TEST_RECORDING_SAMPLE_H */
