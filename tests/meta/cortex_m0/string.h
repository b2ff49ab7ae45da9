/* SPDX-License-Identifier: Apache-2.0
 * All of the C library that the freestanding rooms use: what a microcontroller build must give.
 */
#ifndef GAPSEAL_TEST_STRING_H
#define GAPSEAL_TEST_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

#endif
