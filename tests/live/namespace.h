/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A network namespace for each test: nothing of the host's is touched, nothing
 * of an earlier test is left, and what happens elsewhere can be told apart.
 */
#ifndef TESTS_LIVE_NAMESPACE_H
#define TESTS_LIVE_NAMESPACE_H

#include <stdint.h>

/* Moves the calling process to a new one, with the loopback device up. */
void namespace_enter(void);

/* As the "netns" of an event: which one we are in. */
uint32_t namespace_id(void);

/* Sets net.ipv4.@name; a kernel that has no such setting needs it not. */
void namespace_set(const char *name, int value);

/* Loads @rules, in the language of nft, in this namespace only. */
void namespace_firewall(const char *rules);

/* The firewall drops the first data for @port that comes to @hook. */
void namespace_drop_data(const char *hook, int port);

#endif
