/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the lines of JSON are made of: see docs/output.md. */
#ifndef TCPWHY_JSON_WORDS_H
#define TCPWHY_JSON_WORDS_H

#include <time.h>

#include "flow.h"
#include "host.h"
#include "json_line.h"

/*
 * A process is described in some hundred bytes, which are the same in each
 * line about it, and so is a connection. Longer ones (command lines) are not
 * remembered.
 */
struct json_text {
	uint64_t version; /* of what the host knows; see host_version() */
	uint32_t len;	  /* 0: nothing is remembered here */
	char text[500];
};

struct json_described {
	struct party party;
	struct json_text as;
};

struct json_connected {
	struct event_conn conn;
	struct json_text as;
};

#define JSON_DESCRIBED 64
#define JSON_CONNECTED 64

/* Zero-initialise but for @host; json_line_free() @line when done. */
struct json {
	struct json_line line;
	const struct host *host;
	time_t second; /* that @date is of */
	char date[32];
	struct json_described described[JSON_DESCRIBED];
	struct json_connected connected[JSON_CONNECTED];
};

static inline void json_open(struct json *json, char bracket)
{
	json_line_open(&json->line, bracket);
}

static inline void json_close(struct json *json, char bracket)
{
	json_line_close(&json->line, bracket);
}

static inline void json_key(struct json *json, const char *key)
{
	json_line_key(&json->line, key);
}

/* Elements of an array. */
static inline void json_put_string(struct json *json, const char *text)
{
	json_line_next(&json->line);
	json_line_string(&json->line, text, strlen(text));
}

static inline void json_put_number(struct json *json, int64_t number)
{
	json_line_next(&json->line);
	json_line_number(&json->line, number);
}

/* Members of an object. */
static inline void json_key_null(struct json *json, const char *key)
{
	json_key(json, key);
	json_line_raw(&json->line, "null", 4);
}

static inline void json_key_string(struct json *json, const char *key,
				   const char *text)
{
	if (!text) {
		json_key_null(json, key);
		return;
	}
	json_key(json, key);
	json_line_string(&json->line, text, strlen(text));
}

static inline void json_key_number(struct json *json, const char *key,
				   int64_t number)
{
	json_key(json, key);
	json_line_number(&json->line, number);
}

static inline void json_key_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	if (value)
		json_line_raw(&json->line, "true", 4);
	else
		json_line_raw(&json->line, "false", 5);
}

/* Names chosen by others may hold anything: make them UTF-8, visibly. */
void json_key_foreign(struct json *json, const char *key, const char *text);

/* @monotonic: CLOCK_MONOTONIC ns; shown as UTC. */
void json_key_instant(struct json *json, const char *key, uint64_t monotonic);

static inline void json_key_time(struct json *json, uint64_t monotonic)
{
	json_key_instant(json, "time", monotonic);
}

void json_key_endpoint(struct json *json, const char *key,
		       const uint8_t addr[16], uint16_t port);
void json_put_conn(struct json *json, const struct event_conn *conn);

/* null if it has no pid. */
void json_key_party(struct json *json, const char *key,
		    const struct party *party);

/* Only where there are several: one is the owner. */
void json_key_holders(struct json *json, const struct holders *holders);

#endif /* TCPWHY_JSON_WORDS_H */
