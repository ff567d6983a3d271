// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "json_words.h"

#include <string.h>
#include <sys/socket.h>

#include "container.h"
#include "digits.h"
#include "words.h"

#define NSEC_PER_SEC 1000000000ULL

void json_key_foreign(struct json *json, const char *key, const char *text)
{
	char safe[4 * 512 + 1];

	if (text)
		words_safe(text, safe, sizeof(safe));
	json_key_string(json, key, text ? safe : NULL);
}

/* The date changes once a second. */
static void set_second(struct json *json, time_t second)
{
	struct tm tm;

	if (json->second == second && *json->date)
		return;
	gmtime_r(&second, &tm);
	strftime(json->date, sizeof(json->date), "%Y-%m-%dT%H:%M:%S", &tm);
	json->second = second;
}

void json_key_instant(struct json *json, const char *key, uint64_t monotonic)
{
	uint64_t real = host_realtime(json->host, monotonic);
	char text[64], *to;

	set_second(json, real / NSEC_PER_SEC);
	to = stpcpy(text, json->date);
	*to++ = '.';
	to = digits_put_padded(to, real % NSEC_PER_SEC, 9);
	*to++ = 'Z';
	json_key(json, key);
	json_line_string(&json->line, text, to - text);
}

void json_key_endpoint(struct json *json, const char *key,
		       const uint8_t addr[16], uint16_t port)
{
	char text[WORDS_ENDPOINT_LEN];

	words_address(addr, text, sizeof(text));
	json_key(json, key);
	json_open(json, '{');
	json_key_string(json, "addr", text);
	json_key_number(json, "port", port);
	json_close(json, '}');
}

/* --- what is said again and again --- */

/* Puts what is remembered, if it is of @version. */
static bool repeat(struct json *json, const struct json_text *known,
		   uint64_t version)
{
	if (!known->len || known->version != version)
		return false;
	json_line_raw(&json->line, known->text, known->len);
	return true;
}

/* Remembers all from @begin on; false: it is too long, or none. */
static bool remember(const struct json *json, struct json_text *known,
		     size_t begin, uint64_t version)
{
	known->len = 0;
	if (json->line.failed || json->line.used - begin > sizeof(known->text))
		return false;
	known->version = version;
	known->len = json->line.used - begin;
	memcpy(known->text, json->line.text + begin, known->len);
	return true;
}

static void connect_ends(struct json *json, const struct event_conn *conn)
{
	json_key_endpoint(json, "local", conn->laddr, conn->lport);
	json_key_endpoint(json, "remote", conn->raddr, conn->rport);
	json_key_string(json, "family",
			conn->family == AF_INET6 ? "inet6" : "inet");
	json_key_number(json, "netns", conn->netns);
	json_key_foreign(json, "netns_name",
			 host_netns(json->host, conn->netns));
}

/* It follows other members: so it begins with the same comma each time. */
void json_put_conn(struct json *json, const struct event_conn *conn)
{
	uint32_t ports = (uint32_t)conn->lport << 16 | conn->rport;
	struct json_connected *known =
		&json->connected[(ports * 2654435761U >> 16) % JSON_CONNECTED];
	uint64_t version = host_netns_version(json->host);
	size_t begin = json->line.used;

	if (!memcmp(&known->conn, conn, sizeof(*conn)) &&
	    repeat(json, &known->as, version))
		return;
	connect_ends(json, conn);
	if (remember(json, &known->as, begin, version))
		known->conn = *conn;
}

static void describe(struct json *json, const struct party *party)
{
	const struct process *process =
		host_process(json->host, party->pid, party->start_time);
	char container[CONTAINER_ID_LEN + 1];

	json_open(json, '{');
	json_key_number(json, "pid", party->pid);
	json_key_number(json, "tid", party->tid);
	json_key_foreign(json, "comm", party->comm);
	json_key_foreign(json, "exe", process ? process->exe : NULL);
	if (process && process->uid != (uint32_t)-1)
		json_key_number(json, "uid", process->uid);
	else
		json_key_null(json, "uid");
	json_key_foreign(json, "cgroup", process ? process->cgroup : NULL);
	if (process && process->cgroup &&
	    container_of_cgroup(process->cgroup, container))
		json_key_string(json, "container", container);
	else
		json_key_null(json, "container");
	if (process && process->cmdline)
		json_key_foreign(json, "cmdline", process->cmdline);
	json_key_bool(json, "inherited", party->basis == PARTY_INHERITED);
	json_close(json, '}');
}

static struct json_described *place_of(struct json *json,
				       const struct party *party)
{
	uint32_t hash = party->pid * 2654435761U + party->tid + party->basis;

	return &json->described[(hash ^ hash >> 16) % JSON_DESCRIBED];
}

void json_key_party(struct json *json, const char *key,
		    const struct party *party)
{
	struct json_described *known = place_of(json, party);
	uint64_t version = host_version(json->host);
	size_t begin;

	json_key(json, key);
	if (!party->pid) {
		json_line_raw(&json->line, "null", 4);
		return;
	}
	if (party_is_same(&known->party, party) &&
	    repeat(json, &known->as, version))
		return;
	begin = json->line.used;
	describe(json, party);
	if (remember(json, &known->as, begin, version))
		known->party = *party;
}

void json_key_holders(struct json *json, const struct holders *holders)
{
	if (!holders || holders->count < 2)
		return;
	json_key(json, "holders");
	json_open(json, '[');
	for (unsigned int i = 0; i < holders->count; i++) {
		json_open(json, '{');
		json_key_number(json, "pid", holders->who[i]->pid);
		json_key_foreign(json, "comm", holders->who[i]->comm);
		json_close(json, '}');
	}
	json_close(json, ']');
}
