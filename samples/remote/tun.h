/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A network of two hosts, of which only this one is real: what the kernel
 * sends to the other one can be read from a TUN device, and what is written
 * there seems to come from it.
 */
#ifndef SAMPLES_REMOTE_TUN_H
#define SAMPLES_REMOTE_TUN_H

#include <stdbool.h>

#define TUN_DEVICE  "tw0"
#define TUN_LOCAL4  "10.9.0.1"
#define TUN_REMOTE4 "10.9.0.2"
#define TUN_LOCAL6  "fd09::1"
#define TUN_REMOTE6 "fd09::2"

/*
 * Dies unless the caller is in a network namespace of its own: interfaces and
 * settings are changed, and nobody else's may be.
 */
void require_own_namespace(void);

/* Creates the device, with its addresses, up. Gone when the fd is closed. */
int tun_open(void);

/*
 * Sets net.ipv4.@name in this network namespace; false if this kernel has no
 * such setting.
 */
bool set_ipv4_setting(const char *name, int value);

/* Loads @rules, in the language of nft, in this network namespace. */
void set_firewall(const char *rules);

/* Runs @command of a shell; dies if it fails. */
void run_command(const char *command);

#endif
