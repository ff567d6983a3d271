/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers in decimal, for lines of which there are many: printf() takes longer
 * than all else that is done for an event.
 */
#ifndef TCPWHY_DIGITS_H
#define TCPWHY_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 20 /* of a uint64_t */

/* Write @number at @to. Returns where it ends; no NUL is written. */
static inline char *digits_put(char *to, uint64_t number)
{
	char text[DIGITS_MAX];
	char *at = text + DIGITS_MAX;
	size_t len;

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	len = text + DIGITS_MAX - at;
	memcpy(to, at, len);
	return to + len;
}

/* ... in @width digits, with zeros before it. */
static inline char *digits_put_padded(char *to, uint64_t number,
				      unsigned int width)
{
	for (unsigned int i = width; i; i--) {
		to[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return to + width;
}

#endif /* TCPWHY_DIGITS_H */
