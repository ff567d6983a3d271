// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Segments sent again because of what the peer, or the path, said. */
#include <stdio.h>

#include "evidence.h"
#include "loss.h"
#include "rule.h"
#include "words.h"

static void add_sacked(const struct evidence_case *c, struct finding *f)
{
	uint32_t sacked = c->segment->tcp.sacked_out;

	finding_add_number(f, "sacked_segments", sacked,
			   "%u segment%s behind it had arrived", sacked,
			   sacked == 1 ? "" : "s");
}

static bool match_fast(const struct evidence_case *c, struct finding *f)
{
	if (!loss_match(c, RESENT_FAST, f))
		return false;
	add_sacked(c, f);
	return true;
}

static bool match_reorder_timer(const struct evidence_case *c,
				struct finding *f)
{
	if (!loss_match(c, RESENT_REORDER, f))
		return false;
	add_sacked(c, f);
	return true;
}

static bool match_after_timeout(const struct evidence_case *c,
				struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!loss_match(c, RESENT_AFTER_TIMEOUT, f))
		return false;
	finding_add_number(f, "cwnd", tcp->snd_cwnd,
			   "congestion window of %u segment%s", tcp->snd_cwnd,
			   tcp->snd_cwnd == 1 ? "" : "s");
	return true;
}

static bool match_pmtu(const struct evidence_case *c, struct finding *f)
{
	const struct resent *resent =
		c->flow ? c->flow->symptoms->resent : NULL;
	uint32_t mtu = c->segment->tcp.pmtu;
	char text[64] = "";

	if (!loss_match(c, RESENT_PMTU, f))
		return false;
	finding_add_number(f, "mtu", mtu, "path MTU %u", mtu);
	if (resent && resent->old_pmtu > mtu && resent->pmtu == mtu) {
		finding_add_number(f, "old_mtu", resent->old_pmtu, "before %u",
				   resent->old_pmtu);
		snprintf(text, sizeof(text), " instead of %u",
			 resent->old_pmtu);
	}
	finding_add_fragment(f, "instead", text);
	finding_add_number(f, "mss", c->segment->tcp.mss,
			   "segments of %u bytes now", c->segment->tcp.mss);
	return true;
}

static bool match_mtu_probe(const struct evidence_case *c, struct finding *f)
{
	if (!loss_match(c, RESENT_MTU_PROBE, f))
		return false;
	finding_add_number(f, "mss", c->segment->tcp.mss,
			   "segments of %u bytes do arrive",
			   c->segment->tcp.mss);
	return true;
}

static bool match_fastopen(const struct evidence_case *c, struct finding *f)
{
	if (!loss_match(c, RESENT_FASTOPEN, f))
		return false;
	finding_add_number(f, "syn_data", c->segment->seg.len,
			   "%u bytes had been in the SYN", c->segment->seg.len);
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rtx.pmtu",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_pmtu,
		.meaning = "the path takes smaller packets than before: what "
			   "was too large is sent again in smaller ones",
		.why = "a router said (ICMP) that the path to {remote} takes "
		       "packets of {mtu} bytes{instead}: {owner}'s larger "
		       "segment was thrown away there",
		.effect = "about one round trip is lost, once; the segments "
			  "are smaller from now on",
		.advice = "a tunnel or another link with a smaller MTU is on "
			  "the way: clamp the MSS, or set the route's MTU",
		.reference = "RFC 1191; RFC 8201; tcp_v4_mtu_reduced(), "
			     "tcp_v6_mtu_reduced(), tcp_simple_retransmit()",
	},
	{
		.id = "rtx.mtu-probe",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_mtu_probe,
		.meaning = "a probe for a larger path MTU was lost",
		.why = "the kernel tried a larger segment to {remote} to learn "
		       "what the path takes (tcp_mtu_probing), and only this "
		       "one did not arrive: {owner}'s data is sent again in "
		       "segments of {mss} bytes",
		.effect = "none: a lost probe is no reason to slow down",
		.advice = "harmless; tcp_probe_interval says how soon it is "
			  "tried again",
		.reference = "RFC 4821; tcp_mtu_probe(), tcp_mtup_probe_failed"
			     "(), tcp_simple_retransmit()",
	},
	{
		.id = "rtx.fastopen",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_fastopen,
		.meaning = "the data in the SYN was not taken (TCP Fast Open)",
		.why = "{peer} acknowledged the SYN of {owner} but not the "
		       "data in it: it is sent again, as after any handshake",
		.effect = "the round trip that TCP Fast Open saves is not "
			  "saved",
		.advice = "the server has TCP Fast Open off or its queue full, "
			  "the cookie is old, or a middlebox removed the data",
		.reference = "RFC 7413, 4.1.3; tcp_rcv_fastopen_synack()",
	},
	{
		.id = "rtx.reorder-timer",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_reorder_timer,
		.meaning = "later segments arrived, this one did not within "
			   "the time that reordering may take (RACK)",
		.why = "{peer} reported later segments of {owner} but not this "
		       "one; the kernel waited a fraction of a round trip, in "
		       "case it was only overtaken, and took it for lost then",
		.effect = "repaired within about one round trip; the sending "
			  "rate is reduced",
		.advice = "single losses are how TCP finds its rate; if many "
			  "prove needless, the path reorders",
		.reference = "RFC 8985, 6.3; tcp_rack_reo_timeout()",
	},
	{
		.id = "rtx.fast",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_fast,
		.meaning = "fast retransmit: later segments arrived, this one "
			   "did not",
		.why = "{peer} reported later segments of {owner} but not this "
		       "one: it was lost on the way",
		.effect = "repaired within about one round trip; the sending "
			  "rate is reduced",
		.advice = "single losses are how TCP finds its rate; look at "
			  "the path if they are many",
		.reference = "RFC 5681, 3.2; RFC 6675; "
			     "tcp_xmit_retransmit_queue()",
	},
	{
		.id = "rtx.after-timeout",
		.what = WHAT_RETRANSMIT,
		.triggers = 1 << EVENT_RETRANSMIT,
		.match = match_after_timeout,
		.meaning = "after a retransmission timeout: what else was in "
			   "flight is sent again as acknowledgments come",
		.why = "the retransmission timer of {owner} had expired, and "
		       "all that was in flight counts as lost since: {peer} "
		       "acknowledges again, so the rest of it follows",
		.effect = "the connection recovers, from one segment a round "
			  "trip upwards",
		.advice = "look at the timeout before it (rtx.timeout)",
		.reference = "RFC 5681, 3.1; RFC 5682; tcp_process_loss(), "
			     "tcp_xmit_retransmit_queue()",
	},
};

RULE_FAMILY(recovery_rules, "Retransmissions by what the peer or a router said",
	    rules);
