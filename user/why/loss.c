// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcp_simple_retransmit() and others end with a call, which the compiler makes
 * a jump: they may be missing in the stack, and their callers with them. Where
 * one name is looked for, its neighbours must do too.
 */
#include "loss.h"

#include <stdio.h>

#include "evidence.h"
#include "line.h"
#include "words.h"

/* icsk_pending: include/net/inet_connection_sock.h */
#define PENDING_PROBE	5
#define PENDING_REORDER 6

enum ca_state {
	CA_OPEN = 0,
	CA_DISORDER = 1,
	CA_CWR = 2,
	CA_RECOVERY = 3,
	CA_LOSS = 4
};

static bool has_any(const struct evidence_case *c, const char *const *names)
{
	for (; *names; names++)
		if (stack_has(c->stack, *names))
			return true;
	return false;
}

static bool by_queue(const struct evidence_case *c)
{
	static const char *const names[] = { "tcp_xmit_retransmit_queue",
					     "tcp_simple_retransmit",
					     "tcp_non_congestion_loss_"
					     "retransmit",
					     NULL };

	return has_any(c, names);
}

static bool by_ack(const struct evidence_case *c)
{
	static const char *const names[] = { "tcp_ack", "tcp_fastretrans_alert",
					     "tcp_xmit_recovery", NULL };

	return has_any(c, names);
}

/*
 * Segments may leave later than decided: when pacing or the queue below lets
 * them, or when the task that has the socket is done with it.
 */
static bool deferred(const struct evidence_case *c)
{
	static const char *const names[] = { "tcp_tsq_write", "tcp_tsq_handler",
					     "tcp_release_cb", NULL };

	return has_any(c, names);
}

/* All is marked as lost, and that is not the network's fault. */
static bool is_blameless(const struct tcp_snapshot *tcp)
{
	return tcp->ca_state == CA_LOSS && !tcp->undo_marker;
}

/* By the kernel's count, which this one is in: also of what we did not see. */
static bool is_first(const struct segment_event *e)
{
	return e->tcp.total_retrans <= (e->seg.gso_segs ? e->seg.gso_segs : 1);
}

static bool by_pmtu(const struct evidence_case *c)
{
	static const char *const names[] = { "tcp_v4_mtu_reduced",
					     "tcp_v6_mtu_reduced", "tcp_v4_err",
					     "tcp_v6_err", NULL };
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	const struct resent *resent =
		c->flow ? c->flow->symptoms->resent : NULL;

	if (!is_blameless(tcp) || !by_queue(c))
		return false;
	if (has_any(c, names))
		return true;
	/*
	 * Put off until the socket was free. Then a smaller MTU must show; or
	 * nothing was sent again before, so that none of it is known, and it is
	 * no other of the reasons for tcp_simple_retransmit().
	 */
	if (!stack_has(c->stack, "tcp_release_cb") || !tcp->pmtu)
		return false;
	if (resent && resent->old_pmtu > tcp->pmtu)
		return true;
	return is_first(c->segment) && !c->segment->at_mtu_probe &&
	       !(tcp->flags & SOCK_F_SYN_DATA);
}

static bool by_mtu_probe(const struct evidence_case *c)
{
	return is_blameless(&c->segment->tcp) && c->segment->at_mtu_probe;
}

/* The answer to the SYN is still being taken in. */
static bool by_fastopen(const struct evidence_case *c)
{
	static const char *const names[] = { "tcp_rcv_fastopen_synack",
					     "tcp_rcv_synsent_state_process",
					     "tcp_rcv_state_process", NULL };
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!(tcp->flags & SOCK_F_SYN_DATA) || !has_any(c, names) || by_ack(c))
		return false;
	/* 5.10 does not call it a loss, and sends all of it at once. */
	if (!by_queue(c))
		return tcp->ca_state == CA_OPEN && !deferred(c);
	return is_blameless(tcp) && c->segment->seg.seq == tcp->snd_una;
}

static bool was_timeout(const struct evidence_case *c)
{
	return c->segment->tcp.undo_marker ||
	       (c->flow && c->flow->symptoms->resent &&
		(c->flow->symptoms->resent->counts[RESENT_TIMEOUT] ||
		 c->flow->symptoms->resent->counts[RESENT_FAILED]));
}

static enum resent_kind of_timer(const struct tcp_snapshot *tcp)
{
	if (tcp->state == STATE_SYN_SENT)
		return RESENT_SYN;
	/* An orphan has no right to wait: it times out as ever. */
	if (!tcp->snd_wnd && !(tcp->flags & SOCK_F_DEAD) &&
	    tcp->state != STATE_SYN_RECV)
		return RESENT_ZERO_WINDOW;
	return RESENT_TIMEOUT;
}

static enum resent_kind of_queue(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (by_pmtu(c))
		return RESENT_PMTU;
	if (by_fastopen(c))
		return RESENT_FASTOPEN;
	if (!by_queue(c))
		return RESENT_UNKNOWN;
	if (by_mtu_probe(c) && (by_ack(c) || deferred(c)))
		return RESENT_MTU_PROBE;
	if (tcp->ca_state == CA_RECOVERY &&
	    stack_has(c->stack, "tcp_xmit_retransmit_queue") &&
	    (stack_has(c->stack, "tcp_ack") || tcp->sacked_out))
		return RESENT_FAST;
	if (tcp->ca_state != CA_LOSS || !was_timeout(c))
		return RESENT_UNKNOWN;
	/* What the timer could not send at once leaves now. */
	if (!by_ack(c) && deferred(c) && tcp->retransmits &&
	    c->segment->seg.seq == tcp->snd_una)
		return RESENT_TIMEOUT;
	return by_ack(c) || deferred(c) ? RESENT_AFTER_TIMEOUT : RESENT_UNKNOWN;
}

/* Without names for the stack all of the marks must be there. */
static enum resent_kind of_fields(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (tcp->state == STATE_SYN_SENT)
		return RESENT_SYN;
	if (tcp->pending == PENDING_PROBE &&
	    (tcp->ca_state == CA_OPEN || tcp->ca_state == CA_CWR))
		return RESENT_PROBE;
	if (tcp->pending == PENDING_REORDER && tcp->ca_state == CA_RECOVERY)
		return RESENT_REORDER;
	if (tcp->ca_state != CA_LOSS || tcp->pending)
		return by_mtu_probe(c) ? RESENT_MTU_PROBE : RESENT_UNKNOWN;
	if (tcp->retransmits && tcp->snd_wnd)
		return RESENT_TIMEOUT;
	if (!tcp->retransmits && !tcp->snd_wnd && tcp->packets_out)
		return RESENT_ZERO_WINDOW;
	return by_mtu_probe(c) ? RESENT_MTU_PROBE : RESENT_UNKNOWN;
}

enum resent_kind loss_mechanism(const struct evidence_case *c, bool *sure)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	*sure = c->stack->context != STACK_UNKNOWN;
	if (!*sure)
		return of_fields(c);
	if (stack_has(c->stack, "tcp_retransmit_timer"))
		return of_timer(tcp);
	if (tcp->state == STATE_SYN_SENT)
		return RESENT_UNKNOWN;
	if (stack_has(c->stack, "tcp_send_loss_probe"))
		return RESENT_PROBE;
	if (stack_has(c->stack, "tcp_rack_reo_timeout"))
		return RESENT_REORDER;
	return of_queue(c);
}

static const struct {
	const char *trigger;
	const char *words;
} kinds[RESENT_KINDS] = {
	[RESENT_UNKNOWN] = { "segment", "unexplained" },
	[RESENT_SYN] = { "timer:rto", "SYN" },
	[RESENT_TIMEOUT] = { "timer:rto", "timeout" },
	[RESENT_PROBE] = { "timer:tlp", "tail loss probe" },
	[RESENT_ZERO_WINDOW] = { "timer:rto", "into a zero window" },
	[RESENT_FAST] = { "segment", "fast" },
	[RESENT_REORDER] = { "timer:rack", "reorder timer" },
	[RESENT_AFTER_TIMEOUT] = { "segment", "after a timeout" },
	[RESENT_PMTU] = { "segment", "smaller MTU" },
	[RESENT_MTU_PROBE] = { "segment", "MTU probe" },
	[RESENT_FASTOPEN] = { "segment", "fast open" },
	[RESENT_FAILED] = { "timer:rto", "not sent" },
};

const char *loss_trigger(enum resent_kind kind)
{
	return kinds[kind].trigger;
}

const char *loss_words(enum resent_kind kind)
{
	return kinds[kind].words;
}

bool loss_match(const struct evidence_case *c, enum resent_kind kind,
		struct finding *f)
{
	bool sure;

	if (c->segment->err || loss_mechanism(c, &sure) != kind)
		return false;
	if (!sure)
		f->confidence = CONFIDENCE_LIKELY;
	evidence_trigger(f, loss_trigger(kind));
	return true;
}

static void add_earlier(const struct resent *r, struct finding *f)
{
	char text[160] = "";
	struct line line = LINE(text);
	uint32_t all = 0;

	for (unsigned int i = 0; r && i < RESENT_KINDS; i++) {
		if (!r->counts[i])
			continue;
		all += r->counts[i];
		line_add(&line, "%s%u %s", *text ? ", " : "", r->counts[i],
			 kinds[i].words);
	}
	finding_add_number(f, "earlier", all, NULL);
	if (all)
		finding_add_string(f, "history", text, "before it: %s", text);
}

static void add_silence(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;
	uint32_t last = tcp->last_received, acked = tcp->last_acked;
	uint64_t silent;
	char text[32];

	/* Nothing was received yet, or the recording does not tell. */
	if (tcp->state == STATE_SYN_SENT || !acked)
		return;
	if ((int32_t)(acked - last) > 0)
		last = acked;
	silent = host_jiffies_us(c->host, tcp->jiffies - last);
	words_duration(silent * 1000, text, sizeof(text));
	finding_add_number(f, "silent_us", silent,
			   silent < 1000 ? NULL : "nothing received for %s",
			   text);
}

void loss_add_history(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	add_earlier(c->flow ? c->flow->symptoms->resent : NULL, f);
	finding_add_number(f, "backoff", tcp->backoff,
			   tcp->backoff ? "timer doubled %u time%s" : NULL,
			   tcp->backoff, tcp->backoff == 1 ? "" : "s");
	add_silence(c, f);
}
