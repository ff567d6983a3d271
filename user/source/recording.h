/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Recordings: pcapng files (draft-ietf-opsawg-pcapng) of a Section Header
 * Block and local-use blocks, one a fact or event, each with a CRC-32 of its
 * own. Other readers of pcapng skip what they do not know.
 */
#ifndef TCPWHY_RECORDING_H
#define TCPWHY_RECORDING_H

#include <stdbool.h>
#include <stdio.h>

#include "source.h"

struct recorder;

/*
 * Create (truncate) the file @path. Its Section Header, which names the host,
 * waits for the first fact; a recording closed before that has a plain one.
 * Returns 0 and a recorder to be closed with recorder_close(), else -errno.
 */
int recorder_open(struct recorder **out, const char *path);

/*
 * Append one fact or one event; FACT_HOST has to come first, and once (else
 * -EINVAL). Data may stay in a buffer until the next recorder_flush(). Blocks
 * are whole: a file cut at a flush is a valid file. Whoever may write to a
 * pipe ignores SIGPIPE.
 * Returns 0 or -errno; after an error the recorder writes nothing more and
 * returns the same error again.
 */
int recorder_fact(struct recorder *recorder, const struct fact *fact);
int recorder_event(struct recorder *recorder, const struct event_header *event);
int recorder_flush(struct recorder *recorder);

/* Flush and close; accepts NULL. Returns 0 or the first error as -errno. */
int recorder_close(struct recorder *recorder);

/* How reading a recording ended. */
struct recording_result {
	uint64_t events;   /* delivered */
	uint64_t bad;	   /* records that decode refused, skipped */
	bool truncated;	   /* the file ends inside a block: a killed writer */
	uint64_t offset;   /* of the block that could not be read, in bytes */
	char problem[160]; /* "" or what is wrong there, for a person */
};

/*
 * Read the recording @path ("-": standard input) and deliver its facts and
 * events to @handler. Everything before the first damaged block has been
 * delivered when this returns.
 * Returns 0 when the whole file was read, or all of it but an unfinished last
 * block (result->truncated); -EINVAL when it is not a tcpwhy recording, or
 * damaged at result->offset; else -errno of the file, or of the handler.
 */
int recording_read(const char *path, const struct source_handler *handler,
		   struct recording_result *result);

#endif /* TCPWHY_RECORDING_H */
