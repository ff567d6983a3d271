// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A local process and a remote host that behaves as a script says.
 *
 * What a remote host does to a connection cannot be shown on loopback, where
 * both ends are here. So this program is the remote host: it owns a TUN device
 * and answers with segments made by hand, while a process named remote-client
 * or remote-server uses ordinary sockets and checks what comes of it.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "stage.h"
#include "remote/script.h"
#include "remote/tun.h"

/* The remote host's port when it is the client. */
#define REMOTE_CLIENT_PORT 50000

#define CANNOT		   77 /* what the lab knows as: not on this kernel */

struct props {
	const struct script *script;
	int tun;
};

static void play_host(struct stage *s)
{
	const struct props *props = s->props;
	struct sched_param first = { .sched_priority = 1 };
	struct peer peer;

	/*
	 * A remote host has a CPU of its own. Here it must answer before our
	 * tail loss probe, in 8 ms, also when this machine is busy.
	 */
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("sched_setscheduler");
	if (props->script->app_listens)
		peer_init(&peer, props->tun, s->family, REMOTE_CLIENT_PORT,
			  s->port);
	else
		peer_init(&peer, props->tun, s->family, s->port, 0);
	props->script->host(s, &peer);
}

static void play_app(struct stage *s)
{
	const struct props *props = s->props;

	/* What the app does not listen for, it need not wait for either. */
	if (!props->script->app_listens)
		stage_ready(s);
	props->script->app(s);
}

static const struct script *const scripts[] = {
	client_scripts, loss_scripts,  failure_scripts,	  server_scripts,
	synack_scripts, timer_scripts, handshake_scripts,
};

#define SCRIPT_LISTS (sizeof(scripts) / sizeof(scripts[0]))

static void print_scripts(FILE *to)
{
	for (size_t i = 0; i < SCRIPT_LISTS; i++)
		for (const struct script *s = scripts[i]; s->name; s++)
			fprintf(to, "  %-20s %s%s\n", s->name, s->about,
				s->has_variants ? " (--exit, --kill)" : "");
}

static const struct script *find_script(const char *name)
{
	for (size_t i = 0; i < SCRIPT_LISTS; i++)
		for (const struct script *s = scripts[i]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	return NULL;
}

static const char *address_of(const struct stage *s, bool remote)
{
	if (s->family == AF_INET6)
		return remote ? TUN_REMOTE6 : TUN_LOCAL6;
	return remote ? TUN_REMOTE4 : TUN_LOCAL4;
}

static bool has_protocol(const struct stage *s)
{
	int fd = socket(s->family, SOCK_STREAM, s->protocol);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	static const char *const variants[] = { "exit", "kill", NULL };
	static const struct program program = {
		.about = "Plays a remote host that behaves as SCRIPT says; "
			 "\"remote list\" shows the scripts.",
		.port = 8088,
		.variants = variants,
		.scripts = "SCRIPT",
	};
	static const struct role host = { "remote-host", play_host };
	static const struct role client = { "remote-client", play_app };
	static const struct role server = { "remote-server", play_app };
	struct props props;
	struct stage s;

	stage_options(&s, argc, argv, &program);
	if (!strcmp(s.script, "list")) {
		print_scripts(stdout);
		return 0;
	}
	props.script = find_script(s.script);
	if (!props.script || (s.variant && !props.script->has_variants)) {
		fprintf(stderr, "remote: %s; see \"remote list\"\n",
			props.script ? "it has no variants" : "no such script");
		return 2;
	}

	s.protocol = props.script->protocol;
	if (!has_protocol(&s)) {
		printf("this kernel does not know what %s needs\n", s.script);
		return CANNOT;
	}
	require_own_namespace();
	props.tun = tun_open();
	s.props = &props;
	s.address = address_of(&s, !props.script->app_listens);
	/* What an early client sends waits in the device for the host. */
	return stage_play(&s, props.script->app_listens ? &server : &client,
			  &host);
}
