/* SPDX-License-Identifier: Apache-2.0 */
#include "log_entry.h"

#include "layout.h"

#define FIELD(off, name) GS_LAYOUT_FIELD(off, struct gs_log_entry, name)

static const struct gs_layout_field fields[] = {
    FIELD(0, sequence), FIELD(4, boot_count), FIELD(8, event),
    FIELD(10, status),  FIELD(12, release),   FIELD(16, security_version),
    FIELD(20, floor),   FIELD(24, extra),     FIELD(28, door),
    FIELD(29, slot),    FIELD(32, package),   FIELD(64, chain),
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])
#define ZEROS_OFF 30u

void gs_log_entry_encode(const struct gs_log_entry *e, uint8_t out[GS_LOG_ENTRY_BYTES]) {
  out[ZEROS_OFF] = 0;
  out[ZEROS_OFF + 1u] = 0;
  gs_layout_write(fields, FIELD_COUNT, e, out);
}

bool gs_log_entry_decode(const uint8_t in[GS_LOG_ENTRY_BYTES], struct gs_log_entry *e) {
  gs_layout_read(fields, FIELD_COUNT, in, e);
  return (in[ZEROS_OFF] | in[ZEROS_OFF + 1u]) == 0;
}
