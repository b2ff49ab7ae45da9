/* SPDX-License-Identifier: Apache-2.0
 * What a frame of a trace is, for people: read as loosely as the wire allows, and never believed.
 */
#include <pb_decode.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"
#include "gapseal/v1/wire.pb.h"
#include "trace.h"

static const char *const requests[] = {
    [gapseal_v1_Request_hello_tag] = "hello",       [gapseal_v1_Request_ident_tag] = "ident",
    [gapseal_v1_Request_status_tag] = "status",     [gapseal_v1_Request_load_tag] = "load",
    [gapseal_v1_Request_link_tag] = "link",         [gapseal_v1_Request_check_tag] = "check",
    [gapseal_v1_Request_begin_tag] = "begin",       [gapseal_v1_Request_needs_tag] = "needs",
    [gapseal_v1_Request_finish_tag] = "finish",     [gapseal_v1_Request_install_tag] = "install",
    [gapseal_v1_Request_confirm_tag] = "confirm",   [gapseal_v1_Request_reject_tag] = "reject",
    [gapseal_v1_Request_rollback_tag] = "rollback", [gapseal_v1_Request_cancel_tag] = "cancel",
    [gapseal_v1_Request_reboot_tag] = "reboot",     [gapseal_v1_Request_keyring_tag] = "keyring",
    [gapseal_v1_Request_log_tag] = "log",           [gapseal_v1_Request_receipt_tag] = "receipt",
};
static const char *const replies[] = {
    [gapseal_v1_Reply_hello_tag] = "hello",     [gapseal_v1_Reply_ident_tag] = "ident",
    [gapseal_v1_Reply_device_tag] = "status",   [gapseal_v1_Reply_load_tag] = "load",
    [gapseal_v1_Reply_link_tag] = "link",       [gapseal_v1_Reply_check_tag] = "check",
    [gapseal_v1_Reply_begin_tag] = "begin",     [gapseal_v1_Reply_needs_tag] = "needs",
    [gapseal_v1_Reply_finish_tag] = "finish",   [gapseal_v1_Reply_log_tag] = "log",
    [gapseal_v1_Reply_receipt_tag] = "receipt",
};

static const char *name_of(const char *const *names, size_t count, size_t tag) {
  return tag < count && names[tag] != NULL ? names[tag] : "";
}

static bool message_of(const uint8_t *content, size_t len, pb_istream_t *out) {
  struct gs_reader r = gs_reader_init(content, len);
  (void)gs_read_u16(&r);
  uint16_t n = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, n);
  *out = pb_istream_from_buffer(message, r.failed ? 0 : n);
  return !r.failed;
}

static void describe_request(const uint8_t *content, size_t len, char *out, size_t cap) {
  gapseal_v1_Request m = gapseal_v1_Request_init_zero;
  pb_istream_t stream;
  bool read =
      message_of(content, len, &stream) && pb_decode(&stream, gapseal_v1_Request_fields, &m);
  (void)snprintf(out, cap, ", \"type\": \"request\", \"name\": \"%s\", \"id\": %lu",
                 read ? name_of(requests, sizeof requests / sizeof requests[0], m.which_body) : "",
                 (unsigned long)m.id);
}

static void describe_reply(const uint8_t *content, size_t len, char *out, size_t cap) {
  gapseal_v1_Reply m = gapseal_v1_Reply_init_zero;
  pb_istream_t stream;
  bool read = message_of(content, len, &stream) && pb_decode(&stream, gapseal_v1_Reply_fields, &m);
  (void)snprintf(out, cap,
                 ", \"type\": \"reply\", \"name\": \"%s\", \"id\": %lu, \"status\": \"%s\"",
                 read ? name_of(replies, sizeof replies / sizeof replies[0], m.which_body) : "",
                 (unsigned long)m.id, read ? gs_status_info(m.status)->name : "");
}

static void describe_rest(const uint8_t *content, size_t len, char *out, size_t cap) {
  struct gs_block_header block;
  struct gs_ack ack;
  struct gs_busy busy;
  if (gs_block_header_decode(content, len, &block) == GS_OK) {
    (void)snprintf(out, cap,
                   ", \"type\": \"block\", \"name\": \"%s\", \"sequence\": %lu, \"index\": %lu, "
                   "\"offset\": %lu",
                   (block.index & GS_ITEM_PAGE) != 0 ? "page" : "block",
                   (unsigned long)block.sequence, (unsigned long)(block.index & ~GS_ITEM_PAGE),
                   (unsigned long)block.offset);
  } else if (gs_ack_decode(content, len, &ack) == GS_OK) {
    (void)snprintf(out, cap, ", \"type\": \"ack\", \"name\": \"%s\", \"next\": %lu, \"limit\": %lu",
                   (ack.flags & GS_ACK_FAILED) != 0 ? "failed"
                   : (ack.flags & GS_ACK_ALL) != 0  ? "all"
                   : (ack.flags & GS_ACK_GAP) != 0  ? "gap"
                                                    : "",
                   (unsigned long)ack.next_sequence, (unsigned long)ack.limit_sequence);
  } else if (gs_busy_decode(content, len, &busy) == GS_OK) {
    (void)snprintf(out, cap, ", \"type\": \"busy\", \"name\": \"\", \"max_ms\": %lu",
                   (unsigned long)busy.max_ms);
  } else {
    (void)snprintf(out, cap, ", \"type\": \"unknown\", \"name\": \"\"");
  }
}

void gsh_trace_describe(const uint8_t *content, size_t len, char *out, size_t cap) {
  if (content[0] == GS_FRAME_REQUEST) {
    describe_request(content, len, out, cap);
  } else if (content[0] == GS_FRAME_REPLY) {
    describe_reply(content, len, out, cap);
  } else {
    describe_rest(content, len, out, cap);
  }
}
