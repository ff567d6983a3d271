// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "burst.h"

#include "headline.h"
#include "page.h"
#include "words.h"

static void add_party(struct line *line, const struct fold_party *who,
		      const char *unknown)
{
	char text[PAGE_PARTY_LEN];

	if (!who->several)
		page_party(&who->party, unknown, text);
	else if (who->party.pid)
		words_comm(&who->party, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "several");
	line_add(line, "%s%s", text, who->several ? " processes" : "");
}

static void add_addresses(struct line *line, const struct fold_addresses *list,
			  uint16_t port)
{
	char text[WORDS_ENDPOINT_LEN];

	if (list->count > 1) {
		line_add(line, "%s%u addresses", list->more ? "more than " : "",
			 list->count);
		if (port)
			line_add(line, ", port %u", port);
		return;
	}
	if (port)
		words_endpoint(list->addr[0], port, text, sizeof(text));
	else
		words_address(list->addr[0], text, sizeof(text));
	line_add(line, "%s", text);
}

/* Whose, where, and with whom: what they have in common comes first. */
static void add_ends(struct line *line, const struct fold_line *l)
{
	size_t from = line->used;

	add_party(line, &l->owner,
		  l->unsocketed ? "nobody" : "no process known");
	line_add(line, l->remote ? " to " : " on ");
	add_addresses(line, l->remote ? &l->far : &l->local, l->port);
	page_stick(line->text, from);
	if (l->remote)
		return;
	line_add(line, ", ");
	from = line->used;
	line_add(line, l->what == WHAT_RETRANSMIT ? "to " : "from ");
	if (l->peer.party.pid && !l->peer.several)
		add_party(line, &l->peer, "");
	else
		add_addresses(line, &l->far, 0);
	page_stick(line->text, from);
}

void burst_print(const struct sink_options *page, const struct fold_line *l)
{
	char text[512], part[32];
	struct line line = LINE(text);

	words_duration(l->time - l->since, part, sizeof(part));
	line_add(&line, "%s: %llu more in %s,", l->cause,
		 (unsigned long long)l->count, part);
	page_stick(text, 0);
	line_add(&line, " ");
	add_ends(&line, l);
	if (l->actor.party.pid && l->actor.party.pid != l->owner.party.pid) {
		line_add(&line, ", by ");
		add_party(&line, &l->actor, "");
	}
	if (l->after_loss)
		line_add(&line, "; events were lost meanwhile");
	headline_print(page, l->time, l->what, text);
}
