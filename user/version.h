/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TCPWHY_VERSION_H
#define TCPWHY_VERSION_H

#define TCPWHY_VERSION "0.1.0"

#endif /* TCPWHY_VERSION_H */
