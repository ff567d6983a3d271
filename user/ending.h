/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a connection went, put together once both its ends here are given up. */
#ifndef TCPWHY_ENDING_H
#define TCPWHY_ENDING_H

#include "moment.h"
#include "sink.h"

/*
 * By the event of @m its flow was given up. False: it is not over yet, was
 * none, or has been told. What @e points to is the flows' own.
 */
bool ending_of(const struct moment *m, struct ending *e);

/* By connect(AF_UNSPEC): the socket stays, perhaps for another connection. */
bool ending_is_dissolved(const struct flow *flow);

#endif /* TCPWHY_ENDING_H */
