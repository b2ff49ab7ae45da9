/* SPDX-License-Identifier: Apache-2.0 */
#include "json_out.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* cJSON's hooks are given no context (docs/deviations.md). */
static bool out_of_memory;

static void *allocate(size_t bytes) {
  void *p = malloc(bytes);
  out_of_memory = out_of_memory || p == NULL;
  return p;
}

void gss_json_start(void) {
  cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = free});
}

void gss_json_put(cJSON *object, const char *name, cJSON *item) {
  if (!cJSON_AddItemToObject(object, name, item)) {
    cJSON_Delete(item);
  }
}

void gss_json_push(cJSON *array, cJSON *item) {
  if (!cJSON_AddItemToArray(array, item)) {
    cJSON_Delete(item);
  }
}

enum gs_status gss_json_text(cJSON *root, char **text, struct gsh_error *err) {
  *text = cJSON_PrintUnformatted(root);
  cJSON_Delete(root);
  if (*text != NULL && !out_of_memory) {
    return GS_OK;
  }
  cJSON_free(*text);
  *text = NULL;
  return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a JSON document");
}

enum gs_status gss_json_print(cJSON *root, struct gsh_error *err) {
  char *text = NULL;
  enum gs_status status = gss_json_text(root, &text, err);
  if (status == GS_OK) {
    (void)printf("%s\n", text);
    cJSON_free(text);
  }
  return status;
}
