/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two ends of the workloads' connections. */
#ifndef BENCH_COST_CLIENT_H
#define BENCH_COST_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

/* The one on @cpu; loopback addresses in turn, so that ports do not run out. */
int server_listen(int cpu);
/* Answers a byte with a byte, reads all else, closes after the client. */
_Noreturn void server_run(int listener);

/* The @number-th connection to the server on @cpu. */
int client_connect(int cpu, unsigned int number);
/* A byte there and back. */
void client_exchange(int fd);
/* By a RST, or by a FIN. */
void client_close(int fd, bool reset);

#endif
