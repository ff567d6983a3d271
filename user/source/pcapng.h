/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The layout of a recording, for its writer and its reader only. Section
 * numbers are those of draft-ietf-opsawg-pcapng. A file is in the byte order
 * of the machine that wrote it, as the draft wants (3.6).
 *
 * Every block (3.1) is
 *
 *	u32 type, u32 total length, body padded to 4, u32 total length again
 *
 * and ours (3.1: a type with the highest bit set is for local use) has
 *
 *	struct record_header, payload, zeroes up to the next 4
 *
 * as its body. The payload of RECORD_EVENT is the event as bpf/event.h has
 * it; that of a fact is its members in order without padding, a string as a
 * u32 length that counts the final NUL (0: NULL) and the bytes with that NUL.
 */
#ifndef TCPWHY_PCAPNG_H
#define TCPWHY_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

/* 4.1, Section Header Block. */
#define PCAPNG_SECTION	     0x0A0D0D0Au
#define PCAPNG_MAGIC	     0x1A2B3C4Du
#define PCAPNG_MAGIC_SWAPPED 0x4D3C2B1Au
#define PCAPNG_MAJOR	     1
#define PCAPNG_MINOR	     0
/* Some writers put this; the draft has readers take it for 0. */
#define PCAPNG_MINOR_ODD 2
#define PCAPNG_NO_LENGTH (-1)

/* 3.5 and 4.1: the options we write. */
#define PCAPNG_OPT_END	    0
#define PCAPNG_OPT_COMMENT  1
#define PCAPNG_OPT_OS	    3
#define PCAPNG_OPT_USERAPPL 4
/* shb_userappl of a recording starts with this. */
#define PCAPNG_USERAPPL "tcpwhy"

/* Our own block: "tcw" below the local-use bit. */
#define PCAPNG_TCPWHY 0x80746377u

/* Type and the two lengths. */
#define PCAPNG_BLOCK_MIN 12u
/* Of blocks that are held in memory; others are only skipped over. */
#define PCAPNG_BLOCK_MAX (1u << 20)

struct pcapng_block {
	uint32_t type;
	uint32_t length;
};

/* The Section Header's body, options after it. */
struct pcapng_section {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	int64_t length; /* of the section; PCAPNG_NO_LENGTH: not known */
} __attribute__((packed));

struct pcapng_option {
	uint16_t code;
	uint16_t length; /* without the padding to 4 */
};

/* Kinds below are enum fact_kind. */
#define RECORD_EVENT 256

/*
 * Of the payloads. A new layout may change those and nothing else: this header
 * and what the checksum covers have to stay, so that an old reader can tell
 * a newer file from a damaged one.
 */
#define RECORD_LAYOUT 3

/* In layout 1, counts say neither when nor how many of a kind were received. */
#define RECORD_LAYOUT_GAPS 2

/* Up to layout 2, they do not say what was left out in the kernel. */
#define RECORD_LAYOUT_FILTERED 3

struct record_header {
	uint16_t kind;
	uint16_t layout;
	uint32_t crc;	 /* CRC-32 of this header with crc 0, and the payload */
	uint32_t length; /* of the payload, without its padding */
	/*
	 * Counts the records of a file from 0. A block whose type was damaged
	 * looks like a foreign one, to be skipped: only a gap shows the loss.
	 */
	uint32_t sequence;
};

_Static_assert(sizeof(struct pcapng_block) == 8, "block header");
_Static_assert(sizeof(struct pcapng_section) == 16, "section header");
_Static_assert(sizeof(struct pcapng_option) == 4, "option header");
/* A multiple of 8: the payload is aligned where the header is. */
_Static_assert(sizeof(struct record_header) == 16, "record header");

static inline size_t pcapng_padding(size_t size)
{
	return -size & 3;
}

#endif /* TCPWHY_PCAPNG_H */
