/* SPDX-License-Identifier: Apache-2.0
 * The facts file: what a package says of its image (docs/spec/facts.md).
 */
#ifndef GSS_FACTS_H
#define GSS_FACTS_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "objects.h"

#define FACTS_BYTES_MAX (64u * 1024u)
#define FACTS_HARDWARE_MAX 4u
#define FACTS_TEXT_MAX 64u
#define FACTS_LIST_MAX 64u

struct facts_hardware {
  const char *name;
  uint8_t id[GS_ID_BYTES];
  uint32_t first_revision, last_revision;
};

/* Texts and lists live in tree. Absent optional texts are NULL, absent lists NULL. */
struct facts {
  cJSON *tree;
  const char *name, *version, *product, *severity, *support_until;
  uint8_t product_id[GS_ID_BYTES];
  struct facts_hardware hardware[FACTS_HARDWARE_MAX];
  size_t hardware_count;
  uint32_t release, security_version, raises_floor_to, requires_release, min_stub;
  gapseal_v1_Confirm confirm;
  const cJSON *fixes, *advisories;
};

/* Read and check. facts_close in any case. GS_E_FACTS names the member and what it takes. */
enum gs_status facts_open(const char *path, struct facts *out, struct gsh_error *err);
void facts_close(struct facts *f);

#endif
