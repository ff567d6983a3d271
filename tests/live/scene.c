// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCENES 24

struct performance {
	const struct scene *scene;
	bool six;
	char name[128];
};

static struct watcher *watch(const struct performance *p)
{
	const struct scene *scene = p->scene;
	struct watcher *watcher;

	if (scene->prepare)
		scene->prepare();
	setenv("six", p->six ? "-6" : "", 1);
	setenv("loop", p->six ? "::1" : "127.0.0.1", 1);
	watcher = watcher_run(scene->options
				      ? scene->options
				      : ARGS("--json", "--ring-size", "32768"),
			      scene->script);
	watcher_finish(watcher);
	watcher->six = p->six;
	return watcher;
}

static void play(void **state)
{
	const struct performance *p = *state;
	const struct scene *scene = p->scene;
	struct watcher *watcher = watch(p);

	expect_sound(watcher, scene->status);
	expect_findings(watcher, scene->findings);
	if (scene->also)
		scene->also(watcher);
}

int scenes_main(const char *group, const struct scene *scenes, size_t count,
		int argc, char **argv)
{
	struct performance performances[2 * MAX_SCENES];
	struct CMUnitTest tests[2 * MAX_SCENES];

	if (count > MAX_SCENES) {
		fprintf(stderr, "%s: too many scenes\n", group);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < 2 * count; i++) {
		struct performance *p = &performances[i];

		p->scene = &scenes[i / 2];
		p->six = i % 2;
		snprintf(p->name, sizeof(p->name), "%s, IPv%c", p->scene->name,
			 p->six ? '6' : '4');
		tests[i] = (struct CMUnitTest){ p->name, play, test_setup,
						test_teardown, p };
	}
	return harness_main(group, tests, 2 * count, argc, argv);
}
