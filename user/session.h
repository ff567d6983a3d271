/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A pipeline with its output and its recording, from options to exit status. */
#ifndef TCPWHY_SESSION_H
#define TCPWHY_SESSION_H

#include "options.h"
#include "pipeline.h"
#include "source.h"

struct session;

/* Prints what is wrong and returns NULL if it cannot be set up. */
struct session *session_new(const struct options *options);
void session_free(struct session *session); /* accepts NULL */

/*
 * How a source feeds it. Its functions return an error once the output or the
 * recording cannot be written any more.
 */
const struct source_handler *session_handler(struct session *session);

/* Tell the recording what is watched; @root: the command of "run", or 0. */
int session_scope(struct session *session, uint32_t root);

/* Print the start. What waits for it reads it after session_ready(). */
void session_start(struct session *session);

/* What was there before is known: what happens from now on will be told. */
void session_ready(struct session *session);

/*
 * Print the summary and close the recording. @err is what the source
 * returned; prints what went wrong, if anything. Returns an exit status.
 */
int session_end(struct session *session, int err, bool truncated, uint64_t bad);

#endif /* TCPWHY_SESSION_H */
