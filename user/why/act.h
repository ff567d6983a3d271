/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process did, as a trigger for JSON and as words for people. */
#ifndef TCPWHY_ACT_H
#define TCPWHY_ACT_H

#include "finding.h"
#include "rule.h"

/*
 * An event in process context: make its task the actor of @f and name the
 * trigger: "close", "shutdown", "connect-unspec", "exit" or "signal:9".
 */
void act_of_task(const struct evidence_case *c, struct finding *f);

/* The same from an act remembered in a flow; false if there was none. */
bool act_of_flow(const struct flow_act *act, struct party *who, char *trigger,
		 size_t size);

/* "called close()", "was killed by SIGKILL"; for a trigger. */
void act_words(const char *trigger, char *words, size_t size);

#endif /* TCPWHY_ACT_H */
