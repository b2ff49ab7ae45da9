/* SPDX-License-Identifier: Apache-2.0
 * What cmocka wants included before itself.
 */
#ifndef GAPSEAL_UNIT_H
#define GAPSEAL_UNIT_H

/* The order matters to cmocka.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
