// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "act.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

static void trigger_of_exit(uint32_t exit_code, char *trigger, size_t size)
{
	unsigned int number = exit_code & 0x7f; /* as wait() reports it */

	if (number)
		snprintf(trigger, size, "signal:%u", number);
	else
		snprintf(trigger, size, "exit");
}

void act_of_task(const struct evidence_case *c, struct finding *f)
{
	const struct event_header *e = c->event;

	if (e->flags & EVENT_F_TASK && e->pid) {
		f->actor.basis = PARTY_PROVEN;
		f->actor.pid = e->pid;
		f->actor.tid = e->tid;
		f->actor.start_time = e->start_time;
		memcpy(f->actor.comm, e->comm, sizeof(f->actor.comm));
	}
	if (e->flags & EVENT_F_EXITING)
		trigger_of_exit(e->exit_code, f->trigger, sizeof(f->trigger));
	else if (stack_has(c->stack, "__inet_stream_connect"))
		snprintf(f->trigger, sizeof(f->trigger), "connect-unspec");
	else if (stack_has(c->stack, "inet_shutdown"))
		snprintf(f->trigger, sizeof(f->trigger), "shutdown");
	else
		snprintf(f->trigger, sizeof(f->trigger), "close");
}

static const char *const kinds[] = {
	[ACT_CLOSE] = "close",
	[ACT_SHUTDOWN] = "shutdown",
	[ACT_DISCONNECT] = "connect-unspec",
	[ACT_GIVE_UP] = "disconnect",
};

bool act_of_flow(const struct flow_act *act, struct party *who, char *trigger,
		 size_t size)
{
	struct line line = { .text = trigger, .size = size };

	if (!act->mark.time)
		return false;
	*who = *act->who;
	if (act->exiting)
		trigger_of_exit(act->exit_code, trigger, size);
	else
		line_put(&line, kinds[act->kind]);
	return true;
}

void act_words(const char *trigger, char *words, size_t size)
{
	struct line line = { .text = words, .size = size };
	const char *name;

	if (!strncmp(trigger, "signal:", 7)) {
		name = sigabbrev_np(atoi(trigger + 7));
		if (name)
			snprintf(words, size, "was killed by SIG%s", name);
		else
			snprintf(words, size, "was killed by signal %s",
				 trigger + 7);
	} else if (!strcmp(trigger, "exit")) {
		snprintf(words, size, "exited");
	} else if (!strcmp(trigger, "disconnect")) {
		snprintf(words, size,
			 "called shutdown() or connect(AF_UNSPEC)");
	} else if (!strcmp(trigger, "connect-unspec")) {
		snprintf(words, size, "called connect(AF_UNSPEC)");
	} else {
		line_put(&line, "called ");
		line_put(&line, trigger);
		line_put(&line, "()");
	}
}
