// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The reader. A file is input from anybody: lengths are checked before they
 * are used, and what is delivered had a good checksum and came in order.
 */
#include "recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <libdeflate.h>

#include "decode.h"
#include "payload.h"
#include "pcapng.h"

/* Besides 0 and -errno: the file ends here, and may. */
#define END 1

struct reader {
	FILE *file;
	const struct source_handler *handler;
	struct recording_result *result;
	uint64_t offset; /* of the current block */
	uint32_t sequence;
	uint32_t seen; /* kinds of facts seen, 1 << kind */
	bool is_ours;  /* the Section Header or a block says tcpwhy */
	bool is_over;  /* another section began after the one with our blocks */
	/* The body of the current block. */
	unsigned char body[PCAPNG_BLOCK_MAX] __attribute__((aligned(8)));
	char buffer[256 << 10]; /* of file */
};

__attribute__((format(printf, 2, 3))) static int
damaged(struct reader *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->result->problem, sizeof(r->result->problem), format, args);
	va_end(args);
	r->result->offset = r->offset;
	return -EINVAL;
}

/* Read what has to be there: returns 0, END when it is not, or -errno. */
static int read_bytes(struct reader *r, void *to, size_t size)
{
	if (fread(to, 1, size, r->file) == size)
		return 0;
	r->result->offset = r->offset;
	if (ferror(r->file))
		return errno ? -errno : -EIO;
	strcpy(r->result->problem,
	       "the file ends inside a block: its writer was stopped");
	r->result->truncated = true;
	return END;
}

static int deliver_fact(struct reader *r, const struct record_header *header,
			const void *payload)
{
	const unsigned int kind = header->kind;
	const uint32_t comes_once = 1u << FACT_HOST | 1u << FACT_SCOPE;
	struct fact fact = { 0 };

	if (!kind || kind >= FACT_KINDS)
		return damaged(r, "written by a newer tcpwhy (record kind %u)",
			       kind);
	if (r->seen & comes_once & 1u << kind)
		return damaged(r, "damaged: a second fact %u", kind);
	r->seen |= 1u << kind;
	fact.kind = kind;
	if (!payload_fact(payload, header->length, header->layout, &fact))
		return damaged(r, "damaged: fact %u makes no sense", kind);
	return r->handler->fact(r->handler->arg, &fact);
}

static int deliver_event(struct reader *r, const void *payload, size_t size)
{
	const char *problem;
	const struct event_header *event =
		event_decode(payload, size, &problem);

	if (!event) {
		r->result->bad++;
		return 0;
	}
	r->result->events++;
	return r->handler->event(r->handler->arg, event);
}

/*
 * Whether the @size bytes of body are one of our records, whole and
 * undamaged. Returns NULL, or the text that says what is wrong.
 */
static const char *check_record(struct reader *r, size_t size,
				struct record_header *header)
{
	uint32_t no_crc = 0;
	uint32_t crc;
	size_t used;

	if (size < sizeof(*header))
		return "damaged: a block is too short for a record";
	memcpy(header, r->body, sizeof(*header));
	/* Without a sum that might overflow. */
	if (header->length > size - sizeof(*header) ||
	    pcapng_padding(header->length) !=
		    size - sizeof(*header) - header->length)
		return "damaged: a record does not fill its block";
	used = sizeof(*header) + header->length;
	memcpy(r->body + offsetof(struct record_header, crc), &no_crc,
	       sizeof(no_crc));
	crc = libdeflate_crc32(0, r->body, used);
	if (crc != header->crc)
		return "damaged: the checksum is not that of the content";
	for (; used < size; used++)
		if (r->body[used])
			return "damaged: the padding is not zero";
	return NULL;
}

static int read_record(struct reader *r, size_t size)
{
	const unsigned char *payload = r->body + sizeof(struct record_header);
	struct record_header header;
	const char *problem = check_record(r, size, &header);
	int err;

	r->is_ours = true;
	if (problem)
		return damaged(r, "%s", problem);
	if (header.layout > RECORD_LAYOUT)
		return damaged(r, "written by a newer tcpwhy (layout %u)",
			       header.layout);
	if (r->is_over)
		return damaged(r, "a second recording begins in this file");
	if (header.sequence != r->sequence)
		return damaged(r, "damaged: records are missing before this");
	if (!r->seen && header.kind != FACT_HOST)
		return damaged(r, "damaged: the host's facts are missing");
	if (header.kind == RECORD_EVENT)
		err = deliver_event(r, payload, header.length);
	else
		err = deliver_fact(r, &header, payload);
	r->sequence++;
	if (err)
		r->result->offset = r->offset;
	return err;
}

/*
 * A block of somebody else's is skipped, but one that would be the record
 * that comes next is ours with a damaged type.
 */
static int skip_small(struct reader *r, size_t size)
{
	struct record_header header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, r->body, sizeof(header));
	if (header.sequence == r->sequence && !check_record(r, size, &header))
		return damaged(r, "damaged: the type of this block");
	return 0;
}

static int read_trailer(struct reader *r, uint32_t length)
{
	uint32_t again;
	int err = read_bytes(r, &again, sizeof(again));

	if (err || again == length)
		return err;
	return damaged(r, "damaged: a block of %u bytes ends as one of %u",
		       length, again);
}

/* Of a body too big to hold, read_other() lets no one see what is left. */
static int read_body(struct reader *r, uint32_t length)
{
	size_t left = length - PCAPNG_BLOCK_MIN;
	int err = 0;

	while (left && !err) {
		size_t size = left < sizeof(r->body) ? left : sizeof(r->body);

		err = read_bytes(r, r->body, size);
		left -= size;
	}
	return err ? err : read_trailer(r, length);
}

/* Whether shb_userappl among the options says that tcpwhy wrote this. */
static bool is_written_by_us(const unsigned char *options, size_t size)
{
	static const char us[] = PCAPNG_USERAPPL;
	struct payload_cursor c = { options, size, false };
	struct pcapng_option option;
	const void *at;

	while ((at = payload_take(&c, sizeof(option)))) {
		memcpy(&option, at, sizeof(option));
		at = payload_take(&c, option.length +
					      pcapng_padding(option.length));
		if (!at || option.code == PCAPNG_OPT_END)
			return false;
		if (option.code == PCAPNG_OPT_USERAPPL)
			return option.length >= sizeof(us) - 1 &&
			       !memcmp(at, us, sizeof(us) - 1);
	}
	return false;
}

static int read_section(struct reader *r, uint32_t length)
{
	struct pcapng_section section;
	size_t size;
	int err;

	/* The length is in the order that only the magic tells. */
	err = read_bytes(r, r->body, sizeof(section.magic));
	if (err)
		return err;
	memcpy(&section.magic, r->body, sizeof(section.magic));
	if (section.magic == PCAPNG_MAGIC_SWAPPED)
		return damaged(r, "made on a machine of the other byte order");
	if (section.magic != PCAPNG_MAGIC)
		return damaged(r, "not a recording: no byte-order magic");
	if (length % 4 || length > PCAPNG_BLOCK_MAX ||
	    length < PCAPNG_BLOCK_MIN + sizeof(section))
		return damaged(r, "damaged: a Section Header of %u bytes",
			       length);
	size = length - PCAPNG_BLOCK_MIN;
	err = read_bytes(r, r->body + sizeof(section.magic),
			 size - sizeof(section.magic));
	if (!err)
		err = read_trailer(r, length);
	if (err)
		return err;
	memcpy(&section, r->body, sizeof(section));
	if (section.major != PCAPNG_MAJOR ||
	    (section.minor != PCAPNG_MINOR &&
	     section.minor != PCAPNG_MINOR_ODD))
		return damaged(r, "pcapng version %u.%u is not known",
			       section.major, section.minor);
	if (section.length != PCAPNG_NO_LENGTH &&
	    (section.length < 0 || section.length % 4))
		return damaged(r, "damaged: a section of %" PRId64 " bytes",
			       section.length);
	r->is_over = r->seen != 0;
	if (is_written_by_us(r->body + sizeof(section), size - sizeof(section)))
		r->is_ours = true;
	return 0;
}

/* What people take for a recording, by its first bytes. */
static const struct {
	char magic[5];
	const char *what;
} foreign[] = {
	{ "\xd4\xc3\xb2\xa1", "a classic pcap" },
	{ "\xa1\xb2\xc3\xd4", "a classic pcap" },
	{ "\x4d\x3c\xb2\xa1", "a classic pcap" },
	{ "\xa1\xb2\x3c\x4d", "a classic pcap" },
	{ "\x28\xb5\x2f\xfd", "a zstd" },
	{ "\x1f\x8b\x08", "a gzip" },
};

static int not_a_recording(struct reader *r, const void *start)
{
	const char *what = "no pcapng";

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!memcmp(start, foreign[i].magic, strlen(foreign[i].magic)))
			what = foreign[i].what;
	return damaged(r,
		       "not a recording: this is %s file, tcpwhy reads its "
		       "own recordings (made with -w)",
		       what);
}

static int read_other(struct reader *r, const struct pcapng_block *block)
{
	bool is_big = block->length > PCAPNG_BLOCK_MAX;
	bool is_ours = block->type == PCAPNG_TCPWHY;
	size_t size = block->length - PCAPNG_BLOCK_MIN;
	int err;

	if (block->length % 4 || block->length < PCAPNG_BLOCK_MIN ||
	    (is_big && is_ours))
		return damaged(r, "damaged: a block of %u bytes",
			       block->length);
	err = read_body(r, block->length);
	if (err || is_big)
		return err;
	return is_ours ? read_record(r, size) : skip_small(r, size);
}

/* Returns 0, END at the end of the file, whole or not, or -errno. */
static int read_block(struct reader *r)
{
	struct pcapng_block block;
	int err;
	int c = getc(r->file);

	/* A file may end between two blocks, nowhere else. */
	if (c == EOF && !ferror(r->file))
		return END;
	ungetc(c, r->file);
	err = read_bytes(r, &block, sizeof(block));
	if (err)
		return err;
	if (block.type == PCAPNG_SECTION)
		err = read_section(r, block.length);
	else if (r->offset == 0)
		err = not_a_recording(r, &block);
	else
		err = read_other(r, &block);
	if (!err)
		r->offset += block.length;
	return err;
}

static int read_file(struct reader *r)
{
	int err;

	do {
		err = read_block(r);
	} while (!err);
	if (err != END)
		return err;
	if (r->is_ours && r->offset)
		return 0;
	r->result->truncated = false;
	return damaged(r, "not a recording: %s",
		       r->offset ? "a pcapng file without tcpwhy's blocks"
				 : "it has not even a whole Section Header");
}

int recording_read(const char *path, const struct source_handler *handler,
		   struct recording_result *result)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err;

	memset(result, 0, sizeof(*result));
	if (!r)
		return -ENOMEM;
	r->handler = handler;
	r->result = result;
	r->file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	err = r->file ? 0 : -errno;
	if (r->file && r->file != stdin)
		setvbuf(r->file, r->buffer, _IOFBF, sizeof(r->buffer));
	if (!err)
		err = read_file(r);
	if (r->file && r->file != stdin)
		fclose(r->file);
	free(r);
	return err;
}
