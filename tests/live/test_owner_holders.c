// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Several processes hold one connection: all of them are listed, with the pids
 * that they wrote down themselves. What none of them did names all, what one of
 * them did names that one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expect.h"
#include "harness.h"
#include "namespace.h"
#include "owner_scene.h"

#define PORT	  7001
#define MAX_TRUTH 8

/* The first segment of that size is lost: who sends it again is the kernel. */
#define LOSE_ONE                                                        \
	"table inet t { chain in { type filter hook input priority 0; " \
	"tcp sport 7001 meta length > 700 quota until 1000 bytes drop; }; }"

struct truth {
	int holders[MAX_TRUTH]; /* of the server's end */
	int count;
	int actor; /* who dropped it */
};

static struct truth read_truth(const char *path)
{
	struct truth truth = { 0 };
	FILE *f = fopen(path, "r");
	int port, remote, pid;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %d %*s %d %d", &port, &remote,
			   &pid) != 3 ||
		    port != PORT || !remote)
			continue;
		if (!strncmp(line, "hold", 4)) {
			assert_true(truth.count < MAX_TRUTH);
			truth.holders[truth.count++] = pid;
		} else if (strstr(line, "connect-unspec")) {
			truth.actor = pid;
		}
	}
	fclose(f);
	return truth;
}

/* Each of them, once, and nobody else. */
static void expect_all(const struct watcher *w, const struct line *line,
		       const struct truth *truth)
{
	yajl_val holders = json_at(line->json, "holders");
	int found = 0;

	EXPECT(w, holders && YAJL_IS_ARRAY(holders), "no holders: %s",
	       line->text);
	EXPECT(w, (int)YAJL_GET_ARRAY(holders)->len == truth->count,
	       "not %d holders: %s", truth->count, line->text);
	for (int i = 0; i < truth->count; i++)
		for (size_t j = 0; j < YAJL_GET_ARRAY(holders)->len; j++)
			found += json_number(YAJL_GET_ARRAY(holders)->values[j],
					     "pid") == truth->holders[i];
	EXPECT(w, found == truth->count, "not the right holders: %s",
	       line->text);
}

/* An act is one process's; @actor 0: not an act. */
static void expect_finding(const struct watcher *w, const struct line *line,
			   const struct truth *truth, int actor)
{
	if (actor) {
		EXPECT(w, json_number(line->json, "actor/pid") == actor, "%s",
		       line->text);
		EXPECT(w,
		       !strcmp(json_string(line->json, "trigger"),
			       "connect-unspec"),
		       "%s", line->text);
	} else {
		EXPECT(w, !json_string(line->json, "actor/comm"), "%s",
		       line->text);
	}
	expect_all(w, line, truth);
}

/* On a busy host the kernel may send the segment more than once again. */
static void expect_findings_of(const struct watcher *w, const char *what,
			       const struct truth *truth, int actor)
{
	int found = 0;

	for (size_t i = 0; i < w->line_count; i++) {
		const struct line *line = &w->lines[i];

		if (strcmp(line->type, "finding") != 0 ||
		    strcmp(json_string(line->json, "what"), what) != 0 ||
		    json_number(line->json, "local/port") != PORT ||
		    json_number(line->json, "netns") != namespace_id())
			continue;
		expect_finding(w, line, truth, actor);
		found++;
	}
	EXPECT(w, found, "no finding of %s", what);
}

static void play(const char *scene, const char *address, int holders)
{
	struct owner_counts counts;
	struct truth truth;

	namespace_firewall(LOSE_ONE);
	counts = owner_play_on(scene, address);
	owner_expect_right(&counts);
	truth = read_truth(counts.truth);
	assert_int_equal(truth.count, holders);
	expect_findings_of(counts.watcher, "retransmit", &truth, 0);
	expect_findings_of(counts.watcher, "rst-sent", &truth, truth.actor);
}

static void by_fork(void **state)
{
	(void)state;
	play("shared-by-fork", "127.0.0.1", 3);
}

static void by_fork_ipv6(void **state)
{
	(void)state;
	play("shared-by-fork", "::1", 3);
}

static void by_scm_rights(void **state)
{
	(void)state;
	play("shared-by-scm-rights", "127.0.0.1", 2);
}

static void by_scm_rights_ipv6(void **state)
{
	(void)state;
	play("shared-by-scm-rights", "::1", 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(by_fork),
		LIVE_TEST(by_fork_ipv6),
		LIVE_TEST(by_scm_rights),
		LIVE_TEST(by_scm_rights_ipv6),
	};

	return harness_main("owner_holders", tests, COUNT(tests), argc, argv);
}
