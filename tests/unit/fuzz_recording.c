// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A libFuzzer target for the reader of recordings:
 *
 *	clang -fsanitize=fuzzer,address,undefined ... fuzz_recording.c
 *
 * No fuzzer guesses a CRC-32, so every input is read twice: as it is, and
 * with lengths, checksums and sequence numbers made right, for what is behind
 * them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <libdeflate.h>

#include "decode.h"
#include "pcapng.h"
#include "recording.h"

static volatile size_t touched;

static void touch(const char *string)
{
	if (string)
		touched += strlen(string);
}

/* A sanitizer sees what is wrong with a fact when its strings are read. */
static int on_fact(void *arg, const struct fact *fact)
{
	(void)arg;
	switch (fact->kind) {
	case FACT_HOST:
		touch(fact->host.release);
		touch(fact->host.hostname);
		touch(fact->host.version);
		break;
	case FACT_NAME:
		touch(fact->name.name);
		break;
	case FACT_SYMBOL:
		touch(fact->symbol.name);
		break;
	case FACT_PROCESS:
		touch(fact->process.comm);
		touch(fact->process.exe);
		touch(fact->process.cgroup);
		break;
	case FACT_SCOPE:
		touch(fact->scope.filters);
		break;
	case FACT_COUNTS:
		touched += fact->counts.kinds[EVENT_KINDS - 1].lost;
		break;
	}
	return 0;
}

static int on_event(void *arg, const struct event_header *event)
{
	const char *problem;

	(void)arg;
	if (!event_decode(event, event->size, &problem))
		abort();
	touch(event->comm);
	return 0;
}

static void read_bytes(const uint8_t *data, size_t size)
{
	const struct source_handler handler = { .fact = on_fact,
						.event = on_event };
	struct recording_result result;
	char path[32];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (recording_read(path, &handler, &result) > 0)
		abort();
	if (!memchr(result.problem, '\0', sizeof(result.problem)))
		abort();
	close(fd);
}

/* Make one block right; returns its size, 0 when there is no more room. */
static size_t mend_block(uint8_t *data, size_t size, uint32_t *sequence)
{
	struct record_header header;
	struct pcapng_block block;
	size_t body;

	if (size < PCAPNG_BLOCK_MIN + sizeof(header))
		return 0;
	memcpy(&block, data, sizeof(block));
	block.length &= 0xfffc;
	if (block.length < PCAPNG_BLOCK_MIN + sizeof(header))
		block.length = PCAPNG_BLOCK_MIN + sizeof(header);
	if (block.length > size)
		block.length = size & ~(size_t)3;
	memcpy(data, &block, sizeof(block));
	memcpy(data + block.length - 4, &block.length, 4);
	if (block.type != PCAPNG_TCPWHY)
		return block.length;
	data += sizeof(block);
	body = block.length - PCAPNG_BLOCK_MIN;
	memcpy(&header, data, sizeof(header));
	header.layout = RECORD_LAYOUT;
	header.crc = 0;
	header.length = body - sizeof(header);
	header.sequence = (*sequence)++;
	memcpy(data, &header, sizeof(header));
	header.crc = libdeflate_crc32(0, data, body);
	memcpy(data, &header, sizeof(header));
	return block.length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	uint32_t sequence = 0;
	size_t block;
	size_t at = 0;

	read_bytes(data, size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	do {
		block = mend_block(copy + at, size - at, &sequence);
		at += block;
	} while (block);
	read_bytes(copy, size);
	free(copy);
	return 0;
}
