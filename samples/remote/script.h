/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the remote host and the local process do in each script. Both sides
 * stand together, since one makes sense only with the other.
 */
#ifndef SAMPLES_REMOTE_SCRIPT_H
#define SAMPLES_REMOTE_SCRIPT_H

#include "../socket.h"
#include "peer.h"

struct script {
	const char *name;
	const char *about;
	void (*host)(struct stage *s, struct peer *p);
	void (*app)(struct stage *s);
	int protocol;	   /* of the app's sockets; 0: TCP */
	bool app_listens;  /* the app is the server: it must be there first */
	bool has_variants; /* --exit and --kill */
};

/* In script_client.c: the local process connects. Ends with a NULL name. */
extern const struct script client_scripts[];
/* In script_loss.c: the same, and segments are sent again. */
extern const struct script loss_scripts[];
/* In script_failure.c: the same, and it fails, or stands still. */
extern const struct script failure_scripts[];
/* In script_server.c: the local process listens. */
extern const struct script server_scripts[];
/* In script_synack.c: the same, and it gets more than one SYN+ACK. */
extern const struct script synack_scripts[];
/* In script_timer.c: it connects, and a timer of its kernel ends it. */
extern const struct script timer_scripts[];
/* In script_handshake.c: what should not come during a handshake, or after. */
extern const struct script handshake_scripts[];

/* For an app that listens until it is told that all is over: nobody came. */
void app_meets_nobody(struct stage *s);

#endif
