// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "words.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "digits.h"
#include "effect.h"
#include "line.h"
#include "unanswered.h"

#define NSEC_PER_USEC 1000ULL
#define NSEC_PER_MSEC 1000000ULL
#define NSEC_PER_SEC  1000000000ULL

const char *words_state(uint8_t state)
{
	static const char *const names[STATE_COUNT] = {
		[STATE_ESTABLISHED] = "ESTABLISHED",
		[STATE_SYN_SENT] = "SYN_SENT",
		[STATE_SYN_RECV] = "SYN_RECV",
		[STATE_FIN_WAIT1] = "FIN_WAIT1",
		[STATE_FIN_WAIT2] = "FIN_WAIT2",
		[STATE_TIME_WAIT] = "TIME_WAIT",
		[STATE_CLOSE] = "CLOSE",
		[STATE_CLOSE_WAIT] = "CLOSE_WAIT",
		[STATE_LAST_ACK] = "LAST_ACK",
		[STATE_LISTEN] = "LISTEN",
		[STATE_CLOSING] = "CLOSING",
		[STATE_NEW_SYN_RECV] = "NEW_SYN_RECV",
	};

	return state < STATE_COUNT && names[state] ? names[state] : "NONE";
}

const char *words_errno(int64_t number)
{
	static char text[32];
	const char *name = NULL;

	if (number > 0 && number < 4096)
		name = strerrorname_np((int)number);
	if (name)
		return name;
	snprintf(text, sizeof(text), "error %lld", (long long)number);
	return text;
}

const char *words_send_error(int32_t err)
{
	if (err == 1) /* include/linux/netdevice.h */
		return "NET_XMIT_DROP";
	return words_errno(-(int64_t)err);
}

/*
 * @ns in units of @unit, of which tenths are shown or not, as printf() rounds
 * it. False where it lies in the middle: ask printf().
 */
static bool put_rounded(char *text, uint64_t ns, uint64_t unit, bool tenths,
			const char *name)
{
	uint64_t step = tenths ? unit / 10 : unit;
	uint64_t steps = (ns + step / 2) / step;
	char *to;

	if (ns % step == step / 2)
		return false;
	to = digits_put(text, tenths ? steps / 10 : steps);
	if (tenths) {
		*to++ = '.';
		*to++ = (char)('0' + steps % 10);
	}
	strcpy(to, name);
	return true;
}

static bool put_duration(uint64_t ns, char *text)
{
	if (ns < NSEC_PER_MSEC - NSEC_PER_USEC / 2)
		return put_rounded(text, ns, NSEC_PER_USEC, false, " us");
	if (ns < NSEC_PER_SEC - 50 * NSEC_PER_USEC)
		return put_rounded(text, ns, NSEC_PER_MSEC, true, " ms");
	return ns < 1ULL << 50 &&
	       put_rounded(text, ns, NSEC_PER_SEC, true, " s");
}

/* The unit changes where rounding would give a thousand of the smaller. */
void words_duration(uint64_t ns, char *text, size_t size)
{
	if (size >= DIGITS_MAX + 6 && put_duration(ns, text))
		return;
	if (ns < NSEC_PER_MSEC - NSEC_PER_USEC / 2)
		snprintf(text, size, "%.0f us", (double)ns / NSEC_PER_USEC);
	else if (ns < NSEC_PER_SEC - 50 * NSEC_PER_USEC)
		snprintf(text, size, "%.1f ms", (double)ns / NSEC_PER_MSEC);
	else
		snprintf(text, size, "%.1f s", (double)ns / NSEC_PER_SEC);
}

void words_count(uint64_t count, const char *noun, char *text, size_t size)
{
	snprintf(text, size, "%llu %s%s", (unsigned long long)count, noun,
		 count == 1 ? "" : "s");
}

/* Length of the UTF-8 sequence at @s (RFC 3629), 0 if it is none. */
static size_t utf8_length(const unsigned char *s)
{
	size_t len = s[0] < 0x80	     ? 1
		     : (s[0] & 0xe0) == 0xc0 ? 2
		     : (s[0] & 0xf0) == 0xe0 ? 3
		     : (s[0] & 0xf8) == 0xf0 ? 4
					     : 0;

	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (len == 2 && s[0] < 0xc2)
		return 0;
	if (len == 3 &&
	    ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0;
	if (len == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || s[0] > 0xf4 ||
			 (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return len;
}

void words_safe(const char *text, char *safe, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t used = 0;

	while (*s && used + 5 < size) {
		size_t len = utf8_length(s);
		/* C1 controls are two bytes in UTF-8: c2 80 to c2 9f. */
		bool control = *s < 0x20 || *s == 0x7f ||
			       (len == 2 && s[0] == 0xc2 && s[1] < 0xa0);

		if (!len || control) {
			used += snprintf(safe + used, size - used, "\\x%02x",
					 *s++);
			continue;
		}
		memcpy(safe + used, s, len);
		used += len;
		s += len;
	}
	safe[used] = '\0';
}

void words_party(const struct party *party, char *text, size_t size)
{
	char comm[EVENT_COMM_LEN * 4 + 1], number[DIGITS_MAX + 1];
	struct line line = { .text = text, .size = size };

	if (!party->pid) {
		snprintf(text, size, "a process");
		return;
	}
	words_safe(party->comm, comm, sizeof(comm));
	line_put(&line, comm);
	line_put(&line, "[");
	*digits_put(number, party->pid) = '\0';
	line_put(&line, number);
	line_put(&line, "]");
}

void words_comm(const struct party *party, char *text, size_t size)
{
	words_safe(party->comm, text, size);
}

static bool is_v4(const uint8_t addr[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, prefix, sizeof(prefix));
}

void words_address(const uint8_t addr[16], char *text, size_t size)
{
	char *to = text;

	if (!is_v4(addr)) {
		inet_ntop(AF_INET6, addr, text, size);
		return;
	}
	if (size < INET_ADDRSTRLEN)
		return;
	for (int i = 12; i < 16; i++) {
		to = digits_put(to, addr[i]);
		*to++ = '.';
	}
	to[-1] = '\0';
}

void words_endpoint(const uint8_t addr[16], uint16_t port, char *text,
		    size_t size)
{
	char whole[WORDS_ENDPOINT_LEN];
	char *to = size < sizeof(whole) ? whole : text;
	struct line cut = { .text = text, .size = size };
	bool v4 = is_v4(addr);

	if (!v4)
		*to++ = '[';
	words_address(addr, to, INET6_ADDRSTRLEN);
	to += strlen(to);
	if (!v4)
		*to++ = ']';
	*to++ = ':';
	if (port)
		to = digits_put(to, port);
	else
		*to++ = '*'; /* not chosen yet */
	*to = '\0';
	if (size < sizeof(whole))
		line_put(&cut, whole);
}

/* --- templates --- */

struct filler {
	const struct evidence_case *c;
	const struct finding *f;
	char *text;
	size_t size;
};

static void fill_owner(const struct filler *x)
{
	words_party(&x->f->owner, x->text, x->size);
}

static void fill_actor(const struct filler *x)
{
	words_party(&x->f->actor, x->text, x->size);
}

static void fill_peer(const struct filler *x)
{
	if (x->f->has_peer && x->f->peer.pid)
		words_party(&x->f->peer, x->text, x->size);
	else
		words_endpoint(x->f->conn.raddr, x->f->conn.rport, x->text,
			       x->size);
}

static void fill_local(const struct filler *x)
{
	words_endpoint(x->f->conn.laddr, x->f->conn.lport, x->text, x->size);
}

static void fill_remote(const struct filler *x)
{
	words_endpoint(x->f->conn.raddr, x->f->conn.rport, x->text, x->size);
}

static void fill_port(const struct filler *x)
{
	snprintf(x->text, x->size, "%u", x->f->conn.lport);
}

static void fill_act(const struct filler *x)
{
	act_words(x->f->trigger, x->text, x->size);
}

static void fill_state(const struct filler *x)
{
	snprintf(x->text, x->size, "%s", words_state(x->f->state));
}

static void fill_effect(const struct filler *x)
{
	effect_of_reset(x->c, x->text, x->size);
}

static void fill_owner_effect(const struct filler *x)
{
	const struct tcp_snapshot *tcp = &x->c->segment->tcp;
	uint32_t fin = tcp->flags & SOCK_F_FIN_SEEN ? 1 : 0;
	uint32_t unread = tcp->rcv_nxt - tcp->copied_seq;
	char who[96];

	words_party(&x->f->owner, who, sizeof(who));
	effect_in_state(who, tcp->state, unread >= fin ? unread - fin : 0,
			x->text, x->size);
}

/* A number or string of the evidence, by its key. */
static void fill_evidence(const struct filler *x, const char *key)
{
	for (unsigned int i = 0; i < x->f->evidence_count; i++) {
		const struct evidence *e = &x->f->evidence[i];

		if (!e->key || strcmp(e->key, key) != 0)
			continue;
		if (e->type == EVIDENCE_NUMBER)
			snprintf(x->text, x->size, "%lld",
				 (long long)e->number);
		else
			snprintf(x->text, x->size, "%s", e->string);
		return;
	}
}

static const struct {
	const char *key;
	void (*fill)(const struct filler *x);
	const char *generic;
} keys[] = {
	{ "owner", fill_owner, "the process" },
	{ "actor", fill_actor, "the process" },
	{ "peer", fill_peer, "the peer" },
	{ "local", fill_local, "the local address" },
	{ "remote", fill_remote, "the remote address" },
	{ "port", fill_port, "the port" },
	{ "act", fill_act, "closed (or exited, or was killed)" },
	{ "state", fill_state, "its state" },
	{ "owner_effect", fill_owner_effect,
	  "the next read fails with ECONNRESET, after what was waiting" },
	{ "reset_effect", fill_effect,
	  "the peer's next read fails with ECONNRESET (in SYN_SENT: "
	  "connect() fails with ECONNREFUSED)" },
};

/*
 * What stands for a piece of evidence while there is no case to take it from;
 * those that are not here are numbers.
 */
static const struct {
	const char *key;
	const char *words;
} generic[] = {
	{ "answer", "a segment that acknowledges something else" },
	{ "before", "LAST_ACK or CLOSING" },
	{ "bpf_program", "" },
	{ "closed", "a process closed it" },
	{ "closing", "the process closed the connection" },
	{ "code", "with a reason of RFC 8684, 3.6" },
	{ "dropped", "" },
	{ "dropped_by", "what is named" },
	{ "ended", "" },
	{ "error", "ETIMEDOUT" },
	{ "failed_with",
	  "EHOSTUNREACH, ENETUNREACH, ECONNREFUSED or the like" },
	{ "fast", "bytes were unread, or SO_LINGER was {1,0}" },
	{ "has_been", "has been" },
	{ "history", "" },
	{ "how", "an ICMP error came back, or there is no route" },
	{ "in_chain", "" },
	{ "limit", "T" },
	{ "instead", "" },
	{ "lingering", "" },
	{ "look", UNANSWERED_ADVICE },
	{ "listened_before", "" },
	{ "listens_elsewhere", "" },
	{ "lost", "the SYN-ACK (or the client's ACK)" },
	{ "moment", "at some moment" },
	{ "our_syn", "the SYN of the process" },
	{ "probes_sent", "N keepalive probes" },
	{ "reads", "does not read" },
	{ "refusal", "its connection is not here, or takes no more" },
	{ "refused_by", "" },
	{ "rejected", "a segment" },
	{ "sent", "some bytes" },
	{ "silence", "some time" },
	{ "so", "nobody could read them" },
	{ "socket", "raw" },
	{ "stalled", "some time" },
	{ "stopped", "closed its listener" },
	{ "syns_sent", "N SYNs" },
	{ "then", "the process can send nothing; nothing is lost, and the "
		  "connection is kept as long as the probes are answered" },
	{ "told", "the process gets the error from its next read or write" },
	{ "tries", "N retransmissions in some time" },
	{ "unread", "some bytes" },
	{ "unread_there", "" },
	{ "unsent", "bytes" },
	{ "victim_effect", "who holds the socket gets ECONNABORTED" },
	{ "waited", "some time" },
	{ "waiting", "waited for accept()" },
	{ "which_limit", "tcp_syn_retries, or TCP_USER_TIMEOUT, was reached" },
	{ "whose", "the connection of another" },
	{ "wrong", "what was never sent" },
};

static const char *generic_evidence(const char *key)
{
	for (size_t i = 0; i < sizeof(generic) / sizeof(generic[0]); i++)
		if (!strcmp(key, generic[i].key))
			return generic[i].words;
	return "N";
}

static void fill_key(const char *key, const struct filler *x)
{
	x->text[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(key, keys[i].key) != 0)
			continue;
		if (x->c)
			keys[i].fill(x);
		else
			snprintf(x->text, x->size, "%s", keys[i].generic);
		return;
	}
	if (x->c)
		fill_evidence(x, key);
	else
		snprintf(x->text, x->size, "%s", generic_evidence(key));
}

static void expand(const char *template, const struct evidence_case *c,
		   const struct finding *f, char *text, size_t size)
{
	size_t used = 0;

	while (*template && used + 1 < size) {
		const char *end = strchr(template, '}');
		char key[32];
		struct filler x = { c, f, text + used, size - used };

		/* "SO_LINGER {1,0}" is no key. */
		if (*template != '{' || !end ||
		    (size_t)(end - template) > sizeof(key) ||
		    strspn(template + 1, "abcdefghijklmnopqrstuvwxyz_") !=
			    (size_t)(end - template - 1)) {
			text[used++] = *template ++;
			continue;
		}
		snprintf(key, sizeof(key), "%.*s", (int)(end - template - 1),
			 template + 1);
		fill_key(key, &x);
		used += strlen(x.text);
		template = end + 1;
	}
	text[used] = '\0';
}

void words_expand(const char *template, const struct evidence_case *c,
		  const struct finding *f, char *text, size_t size)
{
	expand(template, c, f, text, size);
}

void words_generic(const char *template, char *text, size_t size)
{
	expand(template, NULL, NULL, text, size);
}
