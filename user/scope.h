/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is watched: filters, and with "run" a command and its descendants.
 * Filters of different kinds must all match, of one kind any. A filter that
 * names a process also keeps the other end when it is on this host.
 */
#ifndef TCPWHY_SCOPE_H
#define TCPWHY_SCOPE_H

#include <stdbool.h>

#include "event.h"
#include "filters.h"
#include "finding.h"
#include "moment.h"

struct scope;

/* Everything is kept. Returns NULL when out of memory. */
struct scope *scope_new(void);
void scope_free(struct scope *scope); /* accepts NULL */

/* As filters_add(). */
int scope_add(struct scope *scope, const char *name, const char *value,
	      const char **problem);

const struct filters *scope_filters(const struct scope *scope);

/* Where processes' cgroups are known; NULL: nowhere. */
void scope_set_host(struct scope *scope, const struct host *host);

/*
 * All filters, one "name=value" a line, as scope_parse() reads them; a
 * newline or backslash in a value is written \n, \\.
 */
const char *scope_text(const struct scope *scope);
int scope_parse(struct scope *scope, const char *text);

/* Keep @pid and what it forks; its first fork event names it. */
void scope_set_root(struct scope *scope, uint32_t pid);

/* Learn of a birth. Returns 0 or -ENOMEM. */
int scope_fork(struct scope *scope, const struct fork_event *e);

/* Can @m be kept at all, whatever is found? */
bool scope_may_keep(const struct scope *scope, const struct moment *m);

/* Is @m, or the finding made of it (may be NULL), to be shown? */
bool scope_keeps(const struct scope *scope, const struct moment *m,
		 const struct finding *finding);

/* Is this connection to be shown? @b, its other end, may be NULL. */
bool scope_keeps_flow(const struct scope *scope, const struct flow *a,
		      const struct flow *b);

#endif /* TCPWHY_SCOPE_H */
