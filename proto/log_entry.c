/* SPDX-License-Identifier: Apache-2.0 */
#include "log_entry.h"

#include <string.h>

#include "bytes.h"

void gs_log_entry_encode(const struct gs_log_entry *e, uint8_t out[GS_LOG_ENTRY_BYTES]) {
  struct gs_writer w = gs_writer_init(out, GS_LOG_ENTRY_BYTES);
  gs_write_u32(&w, e->sequence);
  gs_write_u32(&w, e->boot_count);
  gs_write_u16(&w, e->event);
  gs_write_u16(&w, e->status);
  gs_write_u32(&w, e->release);
  gs_write_u32(&w, e->security_version);
  gs_write_u32(&w, e->floor);
  gs_write_u32(&w, e->extra);
  gs_write_u8(&w, e->door);
  gs_write_u8(&w, e->slot);
  gs_write_u16(&w, 0);
  gs_write_bytes(&w, e->package, sizeof e->package);
  gs_write_bytes(&w, e->chain, sizeof e->chain);
}

bool gs_log_entry_decode(const uint8_t in[GS_LOG_ENTRY_BYTES], struct gs_log_entry *e) {
  struct gs_reader r = gs_reader_init(in, GS_LOG_ENTRY_BYTES);
  e->sequence = gs_read_u32(&r);
  e->boot_count = gs_read_u32(&r);
  e->event = gs_read_u16(&r);
  e->status = gs_read_u16(&r);
  e->release = gs_read_u32(&r);
  e->security_version = gs_read_u32(&r);
  e->floor = gs_read_u32(&r);
  e->extra = gs_read_u32(&r);
  e->door = gs_read_u8(&r);
  e->slot = gs_read_u8(&r);
  uint16_t zero = gs_read_u16(&r);
  memcpy(e->package, gs_read_view(&r, sizeof e->package), sizeof e->package);
  memcpy(e->chain, gs_read_view(&r, sizeof e->chain), sizeof e->chain);
  return zero == 0;
}
