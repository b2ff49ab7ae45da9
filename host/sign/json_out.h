/* SPDX-License-Identifier: Apache-2.0
 * JSON that this program makes. cJSON leaves out what it had no memory for; here that is noticed.
 */
#ifndef GSS_JSON_OUT_H
#define GSS_JSON_OUT_H

#include <cjson/cJSON.h>

#include "error.h"

/* Before anything of cJSON's: from then on its memory is watched. */
void gss_json_start(void);

/* Hand an item over to an object or an array; where it cannot be taken it is deleted. */
void gss_json_put(cJSON *object, const char *name, cJSON *item);
void gss_json_push(cJSON *array, cJSON *item);

/* Write root without blanks; it is deleted. *text is to be given to cJSON_free. GS_E_NO_MEMORY: for
 * some of what was built since gss_json_start there was no memory, so that it may lack something.
 */
enum gs_status gss_json_text(cJSON *root, char **text, struct gsh_error *err);

/* The same as a line on standard output; nothing is printed of what may lack something. */
enum gs_status gss_json_print(cJSON *root, struct gsh_error *err);

#endif
