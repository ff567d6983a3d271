// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The writer. Blocks are put together in one buffer and leave it whole, so
 * that a killed process leaves whole blocks but for the last write(2).
 */
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libdeflate.h>

#include "pcapng.h"

/* Written out when this full; one block may begin just below it. */
#define FLUSH_AT (64u << 10)

struct recorder {
	int fd;
	int error; /* the first one, negative */
	bool header_written;
	bool host_written;
	uint32_t sequence;
	size_t used;  /* whole blocks, and the one being made */
	size_t start; /* of the block being made */
	unsigned char buffer[FLUSH_AT + PCAPNG_BLOCK_MAX];
};

static int fail(struct recorder *r, int error)
{
	if (!r->error)
		r->error = error;
	return r->error;
}

static void put(struct recorder *r, const void *data, size_t size)
{
	/* Room for the padding and the second length is always kept. */
	if (size > PCAPNG_BLOCK_MAX - 8 - (r->used - r->start)) {
		fail(r, -EMSGSIZE);
		return;
	}
	memcpy(r->buffer + r->used, data, size);
	r->used += size;
}

static void put_u32(struct recorder *r, uint32_t value)
{
	put(r, &value, sizeof(value));
}

static void put_u64(struct recorder *r, uint64_t value)
{
	put(r, &value, sizeof(value));
}

static void put_optional(struct recorder *r, const char *string)
{
	size_t size = string ? strlen(string) + 1 : 0;

	if (size > PCAPNG_BLOCK_MAX) {
		fail(r, -EMSGSIZE);
		return;
	}
	put_u32(r, size);
	if (string)
		put(r, string, size);
}

static void put_string(struct recorder *r, const char *string)
{
	put_optional(r, string ? string : "");
}

static void put_padding(struct recorder *r)
{
	size_t padding = pcapng_padding(r->used - r->start);

	memset(r->buffer + r->used, 0, padding);
	r->used += padding;
}

static void begin_block(struct recorder *r, uint32_t type)
{
	const struct pcapng_block block = { .type = type };

	r->start = r->used;
	put(r, &block, sizeof(block));
}

static int end_block(struct recorder *r)
{
	uint32_t length;

	if (r->error) {
		r->used = r->start;
		return r->error;
	}
	put_padding(r);
	length = r->used - r->start + sizeof(length);
	memcpy(r->buffer + r->used, &length, sizeof(length));
	r->used += sizeof(length);
	memcpy(r->buffer + r->start + offsetof(struct pcapng_block, length),
	       &length, sizeof(length));
	r->start = r->used;
	return 0;
}

static void put_option(struct recorder *r, uint16_t code, const char *text)
{
	const struct pcapng_option option = { code, strlen(text) };

	put(r, &option, sizeof(option));
	put(r, text, option.length);
	put_padding(r);
}

/* @host is NULL when somebody wants a file before there was any fact. */
static int write_header(struct recorder *r, const struct fact *host)
{
	const struct pcapng_section section = {
		.magic = PCAPNG_MAGIC,
		.major = PCAPNG_MAJOR,
		.minor = PCAPNG_MINOR,
		.length = PCAPNG_NO_LENGTH,
	};
	const char *release = host ? host->host.release : NULL;
	const char *hostname = host ? host->host.hostname : NULL;
	const char *version = host ? host->host.version : NULL;
	char text[512];

	begin_block(r, PCAPNG_SECTION);
	put(r, &section, sizeof(section));
	if (hostname) {
		snprintf(text, sizeof(text), "recorded on %s", hostname);
		put_option(r, PCAPNG_OPT_COMMENT, text);
	}
	if (release) {
		snprintf(text, sizeof(text), "Linux %s", release);
		put_option(r, PCAPNG_OPT_OS, text);
	}
	snprintf(text, sizeof(text), PCAPNG_USERAPPL "%s%s", version ? " " : "",
		 version ? version : "");
	put_option(r, PCAPNG_OPT_USERAPPL, text);
	put_option(r, PCAPNG_OPT_END, "");
	r->header_written = true;
	return end_block(r);
}

static void begin_record(struct recorder *r, uint16_t kind)
{
	const struct record_header header = {
		.kind = kind,
		.layout = RECORD_LAYOUT,
		.sequence = r->sequence,
	};

	begin_block(r, PCAPNG_TCPWHY);
	put(r, &header, sizeof(header));
}

static int end_record(struct recorder *r)
{
	unsigned char *body =
		r->buffer + r->start + sizeof(struct pcapng_block);
	struct record_header header;
	size_t size = r->buffer + r->used - body;
	int err;

	if (!r->error) {
		memcpy(&header, body, sizeof(header));
		header.length = size - sizeof(header);
		memcpy(body, &header, sizeof(header));
		header.crc = libdeflate_crc32(0, body, size);
		memcpy(body, &header, sizeof(header));
		r->sequence++;
	}
	err = end_block(r);
	if (err || r->used < FLUSH_AT)
		return err;
	return recorder_flush(r);
}

static void put_host(struct recorder *r, const struct fact *fact)
{
	put_string(r, fact->host.release);
	put_string(r, fact->host.hostname);
	put_string(r, fact->host.version);
	put_u64(r, fact->host.start);
	put_u64(r, fact->host.realtime_offset);
	put_u32(r, fact->host.hz);
}

static void put_process(struct recorder *r, const struct fact *fact)
{
	put_u32(r, fact->process.pid);
	put_u32(r, fact->process.uid);
	put_u64(r, fact->process.start_time);
	put_string(r, fact->process.comm);
	put_optional(r, fact->process.exe);
	put_optional(r, fact->process.cgroup);
	put_optional(r, fact->process.cmdline);
}

static void put_counts(struct recorder *r, const struct fact *fact)
{
	put_u64(r, fact->counts.decoded);
	put_u64(r, fact->counts.bad);
	/* Kinds are going to be more one day; old files then say fewer. */
	put_u32(r, EVENT_KINDS);
	for (size_t i = 0; i < EVENT_KINDS; i++) {
		put_u64(r, fact->counts.kinds[i].produced);
		put_u64(r, fact->counts.kinds[i].lost);
		put_u64(r, fact->counts.kinds[i].received);
		put_u64(r, fact->counts.kinds[i].filtered);
	}
	put_u64(r, fact->counts.gap_from);
	put_u64(r, fact->counts.gap_to);
}

static void put_fact(struct recorder *r, const struct fact *fact)
{
	switch (fact->kind) {
	case FACT_HOST:
		put_host(r, fact);
		break;
	case FACT_NAME:
		put_u32(r, fact->name.space);
		put_u32(r, fact->name.value);
		put_string(r, fact->name.name);
		break;
	case FACT_SYMBOL:
		put_u64(r, fact->symbol.address);
		put_string(r, fact->symbol.name);
		break;
	case FACT_PROCESS:
		put_process(r, fact);
		break;
	case FACT_SCOPE:
		put_u32(r, fact->scope.root_pid);
		put_u64(r, fact->scope.root_start_time);
		put_string(r, fact->scope.filters);
		break;
	case FACT_COUNTS:
		put_counts(r, fact);
		break;
	case FACT_NETNS:
		put_u32(r, fact->netns.inode);
		put_string(r, fact->netns.name);
		break;
	default:
		fail(r, -EINVAL);
	}
}

int recorder_fact(struct recorder *r, const struct fact *fact)
{
	if (r->error)
		return r->error;
	/* What the reader would refuse is not written in the first place. */
	if (r->host_written == (fact->kind == FACT_HOST))
		return fail(r, -EINVAL);
	if (!r->header_written && write_header(r, fact))
		return r->error;
	begin_record(r, fact->kind);
	put_fact(r, fact);
	r->host_written = true;
	return end_record(r);
}

int recorder_event(struct recorder *r, const struct event_header *event)
{
	if (r->error)
		return r->error;
	if (!r->host_written)
		return fail(r, -EINVAL);
	begin_record(r, RECORD_EVENT);
	put(r, event, event->size);
	return end_record(r);
}

int recorder_flush(struct recorder *r)
{
	size_t done = 0;

	if (!r->error && !r->header_written)
		write_header(r, NULL);
	while (!r->error && done < r->used) {
		ssize_t n = write(r->fd, r->buffer + done, r->used - done);

		if (n > 0)
			done += n;
		else if (n == 0)
			fail(r, -EIO);
		else if (errno != EINTR)
			fail(r, -errno);
	}
	r->used = 0;
	r->start = 0;
	return r->error;
}

int recorder_open(struct recorder **out, const char *path)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int err;

	*out = NULL;
	if (!r)
		return -ENOMEM;
	r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (r->fd < 0) {
		err = -errno;
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

int recorder_close(struct recorder *r)
{
	int err;

	if (!r)
		return 0;
	recorder_flush(r);
	/* Some file systems tell only now that the disk was full. */
	if (close(r->fd))
		fail(r, -errno);
	err = r->error;
	free(r);
	return err;
}
