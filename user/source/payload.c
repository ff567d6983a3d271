// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "payload.h"

#include <string.h>

#include "pcapng.h"

const void *payload_take(struct payload_cursor *c, size_t size)
{
	const unsigned char *at = c->at;

	if (c->bad || size > c->left) {
		c->bad = true;
		return NULL;
	}
	c->at += size;
	c->left -= size;
	return at;
}

static void take_value(struct payload_cursor *c, void *to, size_t size)
{
	const void *at = payload_take(c, size);

	if (at)
		memcpy(to, at, size);
}

static uint32_t take_u32(struct payload_cursor *c)
{
	uint32_t value = 0;

	take_value(c, &value, sizeof(value));
	return value;
}

static uint64_t take_u64(struct payload_cursor *c)
{
	uint64_t value = 0;

	take_value(c, &value, sizeof(value));
	return value;
}

static const char *take_optional(struct payload_cursor *c)
{
	uint32_t size = take_u32(c);
	const char *string = size ? payload_take(c, size) : NULL;

	/* The first NUL and the last byte have to be the same. */
	if (string && memchr(string, '\0', size) != string + size - 1)
		c->bad = true;
	return string;
}

static const char *take_string(struct payload_cursor *c)
{
	const char *string = take_optional(c);

	if (!string)
		c->bad = true;
	return string;
}

static void take_host(struct payload_cursor *c, struct fact *fact)
{
	fact->host.release = take_string(c);
	fact->host.hostname = take_string(c);
	fact->host.version = take_string(c);
	fact->host.start = take_u64(c);
	fact->host.realtime_offset = take_u64(c);
	fact->host.hz = take_u32(c);
	if (!fact->host.hz)
		c->bad = true;
}

static void take_process(struct payload_cursor *c, struct fact *fact)
{
	fact->process.pid = take_u32(c);
	fact->process.uid = take_u32(c);
	fact->process.start_time = take_u64(c);
	fact->process.comm = take_string(c);
	fact->process.exe = take_optional(c);
	fact->process.cgroup = take_optional(c);
	fact->process.cmdline = take_optional(c);
}

static void take_counts(struct payload_cursor *c, struct fact *fact,
			unsigned int layout)
{
	const bool gaps = layout >= RECORD_LAYOUT_GAPS;
	uint32_t kinds;

	fact->counts.decoded = take_u64(c);
	fact->counts.bad = take_u64(c);
	kinds = take_u32(c);
	if (kinds > EVENT_KINDS)
		c->bad = true;
	for (uint32_t i = 0; i < kinds && !c->bad; i++) {
		struct kind_count *kind = &fact->counts.kinds[i];

		kind->produced = take_u64(c);
		kind->lost = take_u64(c);
		kind->received =
			gaps ? take_u64(c) : kind->produced - kind->lost;
		if (layout >= RECORD_LAYOUT_FILTERED)
			kind->filtered = take_u64(c);
	}
	if (!gaps)
		return;
	fact->counts.gap_from = take_u64(c);
	fact->counts.gap_to = take_u64(c);
	if (fact->counts.gap_from > fact->counts.gap_to)
		c->bad = true;
}

static void take_fact(struct payload_cursor *c, struct fact *fact,
		      unsigned int layout)
{
	switch (fact->kind) {
	case FACT_HOST:
		take_host(c, fact);
		break;
	case FACT_NAME:
		fact->name.space = take_u32(c);
		fact->name.value = take_u32(c);
		fact->name.name = take_string(c);
		if (fact->name.space != NAME_RST_REASON &&
		    fact->name.space != NAME_DROP_REASON)
			c->bad = true;
		break;
	case FACT_SYMBOL:
		fact->symbol.address = take_u64(c);
		fact->symbol.name = take_string(c);
		break;
	case FACT_PROCESS:
		take_process(c, fact);
		break;
	case FACT_SCOPE:
		fact->scope.root_pid = take_u32(c);
		fact->scope.root_start_time = take_u64(c);
		fact->scope.filters = take_string(c);
		break;
	case FACT_COUNTS:
		take_counts(c, fact, layout);
		break;
	case FACT_NETNS:
		fact->netns.inode = take_u32(c);
		fact->netns.name = take_string(c);
		break;
	case FACT_KINDS:
		c->bad = true;
		break;
	}
	if (c->left)
		c->bad = true;
}

bool payload_fact(const void *payload, size_t size, unsigned int layout,
		  struct fact *fact)
{
	struct payload_cursor cursor = { payload, size, false };

	take_fact(&cursor, fact, layout);
	return !cursor.bad;
}
