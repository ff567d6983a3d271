/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What actors do with sockets, and await of them. As in stage.h, none fails. */
#ifndef SAMPLES_SOCKET_H
#define SAMPLES_SOCKET_H

#include "stage.h"

/* At the address and port of the stage. */
int listen_on(struct stage *s);
/* The same with a socket that is already there. */
void listen_with(struct stage *s, int fd);
int accept_one(int listener);
int connect_to(struct stage *s);
/* The same in two steps, for a connect that may fail: 0, or an errno. */
int new_socket(struct stage *s);
int try_connect(struct stage *s, int fd);
void connect_with(struct stage *s, int fd);

void send_exactly(int fd, const void *buf, size_t len);
void read_exactly(int fd, const char *expected);
void expect_end(int fd);
void expect_error(const char *call, int err, int expected);
void expect_read_error(int fd, int err);
void expect_send_error(int fd, int err);

/* Until the other end has received and acknowledged all that was sent. */
void await_acknowledged(int fd);
/* Until @len bytes wait in the socket to be read; they stay there. */
void await_unread(int fd, size_t len);

/* Until a connection waits for accept(). */
void await_pending(int listener);
/* Until the socket is in @state (TCP_FIN_WAIT2, ... of netinet/tcp.h). */
void await_state(int fd, int state);
/* Until the connection was reset; what waits to be read stays there. */
void await_reset(int fd);
/* What still can be read, and then the error @err. */
void expect_rest_and_error(int fd, int err);

/* Sends as much as goes without waiting for the other end to read. */
void send_until_full(int fd);
/* A buffer of @bytes, as the kernel counts it; @option SO_RCVBUF, ... */
void set_buffer(int fd, int option, int bytes);
void set_linger_zero(int fd);
/* connect(AF_UNSPEC): the end of the connection, not of the socket. */
void dissolve(int fd);
/* Until no socket of this namespace has the stage's port at that end. */
enum which_port { LOCAL_PORT, REMOTE_PORT };
void await_no_socket(const struct stage *s, enum which_port which);

#endif
