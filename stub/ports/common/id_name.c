/* SPDX-License-Identifier: Apache-2.0 */
#include "id_name.h"

#include <string.h>

#include "gapseal/crypto.h"

static const char context[] = "gapseal:id:v1";

enum gs_status gs_id_from_name(const char *name, uint8_t out[GS_ID_BYTES]) {
  struct gs_sha256 h;
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_sha256_start(&h);
  if (status == GS_OK) {
    status = gs_sha256_add(&h, context, sizeof context);
  }
  if (status == GS_OK) {
    status = gs_sha256_add(&h, name, strlen(name));
  }
  if (status == GS_OK) {
    status = gs_sha256_finish(&h, digest);
  }
  if (status == GS_OK) {
    memcpy(out, digest, GS_ID_BYTES);
  }
  return status;
}
