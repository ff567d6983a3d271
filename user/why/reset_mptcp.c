// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* RSTs of MPTCP: of a whole connection, of one subflow, of one to be. */
#include <stdio.h>
#include <string.h>

#include "act.h"
#include "evidence.h"
#include "rule.h"
#include "words.h"

/* --- fast close --- */

/*
 * Of SO_LINGER the subflows have a copy; bytes unread are the MPTCP socket's
 * own, and it tests for nothing else.
 */
static const char *why_fast(const struct evidence_case *c)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (stack_has(c->stack, "mptcp_worker"))
		return "the peer did not close its side in time "
		       "(net.mptcp.close_timeout)";
	if (stack_has(c->stack, "__mptcp_unaccepted_force_close"))
		return "the listener was closed before it was accepted";
	if (stack_has(c->stack, "mptcp_disconnect"))
		return "it was told to disconnect";
	if (tcp->flags & SOCK_F_LINGER && !tcp->lingertime)
		return "SO_LINGER was on with a zero timeout";
	if (stack_has(c->stack, "__mptcp_close"))
		return "bytes from the peer were still unread";
	return "its data was not to be waited for";
}

static void add_who(const struct evidence_case *c, struct finding *f)
{
	char who[96], act[64], text[192];

	words_party(&f->actor, who, sizeof(who));
	act_words(f->trigger, act, sizeof(act));
	if (stack_has(c->stack, "mptcp_worker"))
		snprintf(text, sizeof(text), "%s had closed it", who);
	else
		snprintf(text, sizeof(text), "%s %s", who, act);
	finding_add_fragment(f, "closed", text);
}

static bool match_fastclose(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_snapshot *tcp = &c->segment->tcp;

	if (!evidence_is_act(c) || !(tcp->flags & SOCK_F_MPTCP))
		return false;
	if (c->stack->context == STACK_UNKNOWN) {
		if (!evidence_reason_is(c, "TCP_ABORT_ON_CLOSE") ||
		    tcp->state == STATE_CLOSE)
			return false;
		f->confidence = CONFIDENCE_LIKELY;
	} else if (!stack_has(c->stack, "mptcp_do_fastclose")) {
		return false;
	}
	if (stack_has(c->stack, "mptcp_worker")) {
		evidence_add_ended(c, f);
		evidence_trigger(f, "timer:mptcp-close");
	} else {
		act_of_task(c, f);
		if (stack_has(c->stack, "mptcp_disconnect"))
			evidence_trigger(f, "connect-unspec");
	}
	add_who(c, f);
	finding_add_string(f, "fast", why_fast(c), NULL);
	return true;
}

/* --- a subflow --- */

/* RFC 8684, 3.6; and what the kernel calls them, after "MPTCP_RST_". */
static const struct {
	const char *name;
	const char *words;
} codes[] = {
	{ "EUNSPEC", "no reason given" },
	{ "EMPTCP", "MPTCP's options were missing or wrong" },
	{ "ERESOURCE", "not enough resources for it" },
	{ "EPROHIBIT", "not allowed here: by a limit, or by what was proven" },
	{ "EWQ2BIG", "too much data is under way" },
	{ "EBADPERF", "it performs too badly" },
	{ "EMIDDLEBOX", "something on the way has changed its data" },
};

/* "EMPTCP", and its words; false: the kernel does not say. */
static bool code_of(const struct evidence_case *c, const char **name,
		    const char **words)
{
	if (strncmp(c->reason, "MPTCP_RST_", 10) != 0)
		return false;
	*name = c->reason + 10;
	*words = "a reason that tcpwhy does not know";
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (!strcmp(*name, codes[i].name))
			*words = codes[i].words;
	return true;
}

static void add_code(const struct evidence_case *c, struct finding *f)
{
	const char *name = "", *words = "the kernel does not say why";

	code_of(c, &name, &words);
	finding_add_fragment(f, "code", words);
	finding_add_string(f, "mptcp_reason", name, NULL);
}

static const char *when_reset(const struct stack *stack)
{
	if (stack_has(stack, "subflow_finish_connect"))
		return "when its SYN was answered";
	if (stack_has(stack, "subflow_syn_recv_sock"))
		return "when it was to be accepted";
	if (stack_has(stack, "mptcp_check_fastclose"))
		return "since the peer had dropped the whole connection";
	if (stack_has(stack, "mptcp_subflow_data_available") ||
	    stack_has(stack, "subflow_data_ready"))
		return "when data came over it";
	if (stack_has(stack, "__mptcp_close_ssk"))
		return "when it was no longer needed, with data unread";
	return "of its own accord";
}

/* Its lock released, a worker handles the segments that waited for that. */
static bool by_worker(const struct stack *stack)
{
	return stack_has(stack, "mptcp_worker") &&
	       !stack_has(stack, "tcp_v4_do_rcv") &&
	       !stack_has(stack, "tcp_v6_do_rcv");
}

static bool match_subflow(const struct evidence_case *c, struct finding *f)
{
	const char *name, *words;

	if (!evidence_is_act(c) || stack_has(c->stack, "tcp_abort"))
		return false;
	if (!code_of(c, &name, &words) &&
	    !stack_has(c->stack, "mptcp_subflow_reset") &&
	    !stack_has(c->stack, "mptcp_check_fastclose") &&
	    !(c->segment->tcp.flags & SOCK_F_MPTCP &&
	      stack_has(c->stack, "__mptcp_close_ssk") &&
	      !stack_has(c->stack, "mptcp_do_fastclose")))
		return false;
	evidence_trigger(f, by_worker(c->stack) ? "mptcp-worker" : "segment");
	add_code(c, f);
	finding_add_fragment(f, "moment", when_reset(c->stack));
	return true;
}

/* --- a subflow to be --- */

static const char *why_refused(const struct evidence_case *c)
{
	if (!(c->segment->seg.flags & TCP_SYN))
		return "its last ACK did not prove that it belongs to that "
		       "connection, or that takes no more";
	if (evidence_reason_is(c, "MPTCP_RST_EMPTCP"))
		return "its SYN names a connection that is not here, or no "
		       "longer";
	if (evidence_reason_is(c, "MPTCP_RST_EPROHIBIT"))
		return "that connection may take no more, or not there";
	return "its SYN names a connection that is not here, or that takes "
	       "no more";
}

static bool match_join_refused(const struct evidence_case *c, struct finding *f)
{
	const struct tcp_segment *seg = &c->segment->seg;
	const char *name, *words;

	if (!seg->present || seg->flags & TCP_RST)
		return false;
	if (!code_of(c, &name, &words) &&
	    !stack_has(c->stack, "subflow_v4_route_req") &&
	    !stack_has(c->stack, "subflow_v6_route_req") &&
	    !stack_has(c->stack, "subflow_syn_recv_sock"))
		return false;
	evidence_trigger(f, "segment");
	add_code(c, f);
	finding_add_fragment(f, "refusal", why_refused(c));
	return true;
}

static const struct rule rules[] = {
	{
		.id = "rst.mptcp-fastclose",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_fastclose,
		.meaning = "an MPTCP connection was dropped, not closed: a RST "
			   "with MP_FASTCLOSE on each subflow",
		.why = "{closed}, and {fast}: MPTCP drops "
		       "the whole connection with a RST on each of its "
		       "subflows (MP_FASTCLOSE)",
		.effect = "{reset_effect}",
		.advice = "read until end of file before closing, and do not "
			  "set SO_LINGER {1,0}",
		.reference = "RFC 8684, 3.5; __mptcp_close(), "
			     "mptcp_do_fastclose()",
	},
	{
		.id = "rst.mptcp-subflow",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_subflow,
		.meaning = "one subflow of an MPTCP connection was reset, with "
			   "a reason",
		.why = "the kernel reset one subflow of {owner}'s MPTCP "
		       "connection {moment}: {code}",
		.effect = "this path to {remote} is gone; the connection goes "
			  "on over its other subflows, if it has one",
		.advice = "look for what on that path removes or changes TCP "
			  "options or data (firewall, NAT, proxy); \"ip mptcp "
			  "monitor\" and \"nstat -a 'MPTcp*'\" show more",
		.reference = "RFC 8684, 3.6 (MP_TCPRST) and 3.7 (fallback); "
			     "mptcp_subflow_reset()",
	},
	{
		.id = "rst.mptcp-join-refused",
		.what = WHAT_RST_SENT,
		.triggers = 1 << EVENT_RESET_SENT,
		.match = match_join_refused,
		.meaning = "another host wanted to add a subflow to an MPTCP "
			   "connection, and was refused",
		.why = "{remote} wanted to add a path to an MPTCP connection "
		       "on {local} (MP_JOIN), and was refused: {refusal}",
		.effect = "no application notices: the connection, if it is "
			  "still there, goes on without that path",
		.advice = "a load balancer may have sent it to the wrong host; "
			  "else look at \"ip mptcp limits\", and \"nstat -a "
			  "'MPTcpExtMPJoin*'\"",
		.reference = "RFC 8684, 3.2; subflow_check_req(), "
			     "subflow_syn_recv_sock()",
	},
};

RULE_FAMILY(reset_mptcp_rules, "RST sent, by MPTCP", rules);
