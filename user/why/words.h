/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Words for people: templates of the rules, durations, names, places. */
#ifndef TCPWHY_WORDS_H
#define TCPWHY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule.h"

/* Expand @template's {keys} from the case and its finding. */
void words_expand(const char *template, const struct evidence_case *c,
		  const struct finding *f, char *text, size_t size);

/* The same without a case, for the catalogue: {peer} → "the peer". */
void words_generic(const char *template, char *text, size_t size);

/* "3.0 s", "1.1 ms", "85 us" */
void words_duration(uint64_t ns, char *text, size_t size);

/* "1 byte", "4 bytes" */
void words_count(uint64_t count, const char *noun, char *text, size_t size);

/* "nginx[812]", "a process" if unknown. Control characters are escaped. */
void words_party(const struct party *party, char *text, size_t size);

/* Its name alone: "nginx". */
void words_comm(const struct party *party, char *text, size_t size);

/* Copy @text, control characters and what is not UTF-8 as \xNN. */
void words_safe(const char *text, char *safe, size_t size);

/* "127.0.0.1:80", "[::1]:80" */
#define WORDS_ENDPOINT_LEN 64
void words_endpoint(const uint8_t addr[16], uint16_t port, char *text,
		    size_t size);
void words_address(const uint8_t addr[16], char *text, size_t size);

/* "ESTABLISHED" */
const char *words_state(uint8_t state);

/* "ETIMEDOUT"; "error 524" for one without a name. Static memory. */
const char *words_errno(int64_t number);

/*
 * Why a segment was not sent: a negative errno, or what a queue said, which is
 * positive: "NET_XMIT_DROP". Static memory.
 */
const char *words_send_error(int32_t err);

/* The netfilter hook that @stack has from frame @from on, the innermost:
 * "INPUT"; NULL: none. */
const char *words_chain(const struct stack *stack, unsigned int from);

/* Where on this host a segment was dropped: "netfilter, INPUT chain". */
void words_drop_place(const struct host *host, const struct segment_event *e,
		      char *text, size_t size);

/* Did that drop lose anything that the receiver did not have already? */
bool words_drop_is_loss(const struct host *host, const struct segment_event *e);

/* One of those that each refusal and each close make: of little worth. */
bool words_drop_is_common(const struct host *host,
			  const struct segment_event *e);

#endif /* TCPWHY_WORDS_H */
