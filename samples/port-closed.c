// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A connection is refused because nothing listens on the port.
 *
 * With --listened somebody did, until 100 ms before: what one wants to know
 * then is who that was.
 */
#include <errno.h>
#include <unistd.h>

#include "stage.h"

static void serve(struct stage *s)
{
	int listener = listen_on(s);

	close(listener);
	say("stopped listening on port %d", s->port);
	note_send(s);
}

static void request(struct stage *s)
{
	int fd = new_socket(s);

	if (stage_variant(s, "listened")) {
		note_wait(s);
		sleep_ms(100);
	}
	expect_error("connect", try_connect(s, fd), ECONNREFUSED);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "listened", NULL };
	static const struct program program = {
		.about = "Nothing listens on the port: a RST answers the SYN.",
		.port = 8087,
		.variants = variants,
	};
	static const struct role server = { "refused-server", serve };
	static const struct role client = { "refused-client", request };
	struct stage s;

	stage_options(&s, argc, argv, &program);
	return stage_play(&s, stage_variant(&s, "listened") ? &server : NULL,
			  &client);
}
