/* SPDX-License-Identifier: Apache-2.0
 * JSON from outside, read strictly with cJSON.
 */
#ifndef GSH_JSON_H
#define GSH_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define GSH_JSON_MEMBERS_MAX 256u /* of one object */
#define GSH_JSON_DEPTH_MAX 16u

/*
 * Parse one JSON object.
 *
 * text, len  UTF-8. Not zero terminated.
 * status     what to call a text that is refused.
 *
 * NULL with err filled: no memory (GS_E_NO_MEMORY), or not UTF-8, holds a zero character or a raw
 * control character other than tab and line ends, is not one object with nothing after it, names a
 * member twice, or exceeds the limits above. Otherwise to be released with cJSON_Delete.
 */
cJSON *gsh_json_parse(const char *text, size_t len, enum gs_status status, struct gsh_error *err);

/* The member's text, or NULL where it is absent or not a string. */
const char *gsh_json_string(const cJSON *object, const char *name);

/* A whole number from 0 to max. False otherwise. */
bool gsh_json_number(const cJSON *item, uint64_t max, uint64_t *out);

#endif
