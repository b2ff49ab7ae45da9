/* SPDX-License-Identifier: Apache-2.0
 * For a device without memory.reorder, in the place of flow_kept.c: no frame is kept before its
 * turn.
 */
#include "session_internal.h"

uint32_t gs_kept_places(const struct gs_session *s) {
  (void)s;
  return 0;
}

bool gs_kept_put(struct gs_session *s, const struct gs_block_header *h, uint32_t data_len) {
  (void)s, (void)h, (void)data_len;
  return false;
}

enum gs_status gs_kept_get(const struct gs_session *s, struct gs_block_header *h,
                           const uint8_t **data, uint32_t *data_len) {
  (void)s, (void)h, (void)data, (void)data_len;
  return GS_E_INTERNAL;
}
