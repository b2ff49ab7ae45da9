/* SPDX-License-Identifier: Apache-2.0
 * Products and boards are named by text among people and by 16 bytes among devices.
 */
#ifndef GAPSEAL_ID_NAME_H
#define GAPSEAL_ID_NAME_H

#include <stdint.h>

#include "objects.h"
#include "status.h"

/*
 * The id of a name: the first 16 bytes of SHA-256("gapseal:id:v1\0" || name).
 *
 * name  zero terminated UTF-8; not NULL.
 *
 * GS_E_CRYPTO: the hash failed, and out is unchanged.
 */
GS_MUST_USE enum gs_status gs_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]);

#endif
