/* SPDX-License-Identifier: Apache-2.0
 * The device's log: read whole, its chain verified up to the head that the device signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "host_internal.h"
#include "kind.h"
#include "log_entry.h"
#include "text.h"

#define ENTRIES_MAX 65536u /* more than any device keeps */

static const struct {
  const char *name, *text;
} events[] = {
#define GSH_LOG_ROW(number, NAME, name_, text_) [number] = {name_, text_},
    GS_LOG_EVENTS(GSH_LOG_ROW)
#undef GSH_LOG_ROW
};

struct entries {
  uint8_t *data;
  uint32_t count;
};

static enum gs_status read_some(struct gsh_device *d, uint32_t from, struct entries *e, bool *end,
                                struct gsh_error *err) {
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_log_tag;
  request.body.log.from_sequence = from;
  enum gs_status status = gsh_conn_call(d->conn, &request, NULL, 0, gapseal_v1_Reply_log_tag, err);
  if (status != GS_OK) {
    return status;
  }
  const struct gsh_client *client = &d->conn->client;
  uint32_t count = client->reply.body.log.count;
  if (client->tail_len != (uint64_t)count * GS_LOG_ENTRY_BYTES) {
    return gsh_fail(err, GS_E_PROTOCOL, "the lengths in the device's answer do not add up");
  }
  *end = count == 0;
  if (count == 0) {
    return GS_OK;
  }
  if (count > ENTRIES_MAX - e->count) {
    return gsh_log_broken(err, "it has no end");
  }
  uint8_t *more = realloc(e->data, ((size_t)e->count + count) * GS_LOG_ENTRY_BYTES);
  if (more == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the log");
  }
  e->data = more;
  memcpy(more + (size_t)e->count * GS_LOG_ENTRY_BYTES, client->tail, client->tail_len);
  e->count += count;
  return GS_OK;
}

static enum gs_status read_all(struct gsh_device *d, struct entries *e, struct gsh_error *err) {
  bool end = false;
  uint32_t from = 0;
  enum gs_status status = GS_OK;
  while (status == GS_OK && !end) {
    status = read_some(d, from, e, &end, err);
    if (status == GS_OK && !end) {
      struct gs_log_entry last;
      if (!gs_log_entry_decode(e->data + (size_t)(e->count - 1) * GS_LOG_ENTRY_BYTES, &last) ||
          last.sequence < from) {
        return gsh_log_broken(err, "an entry cannot be read");
      }
      from = last.sequence + 1;
    }
  }
  return status;
}

/* What an entry's extra number means stands in its words. */
static void describe(const struct gs_log_entry *e, char *out, size_t cap) {
  unsigned long n = e->extra;
  const char *s = n == 1 ? "" : "s";
  switch (e->event) {
    case GS_LOG_CONFIRM:
      (void)snprintf(out, cap, "confirmed by the %s", n == 1 ? "device itself" : "host");
      return;
    case GS_LOG_REFUSALS:
      (void)snprintf(out, cap, "%lu request%s refused", n, n == 1 ? " was" : "s were");
      return;
    case GS_LOG_KEYRING:
      (void)snprintf(out, cap, "keyring version %lu was stored", n);
      return;
    case GS_LOG_WRAPPED:
      (void)snprintf(out, cap, "%lu older entr%s dropped before this one", n,
                     n == 1 ? "y was" : "ies were");
      return;
    case GS_LOG_REPAIRED:
      (void)snprintf(out, cap, "%lu torn or damaged record%s found and repaired", n, s);
      return;
    default:
      break;
  }
  bool known = e->event < sizeof events / sizeof events[0] && events[e->event].text != NULL;
  (void)snprintf(out, cap, "%s",
                 known ? events[e->event].text : "an event that this tool does not know");
  out[strcspn(out, ";")] = '\0'; /* behind it stands what the number of the status means */
}

static void give(const struct entries *e, gsh_log_fn fn, void *ctx) {
  static const uint8_t zeros[GS_DIGEST_BYTES];
  for (uint32_t i = 0; fn != NULL && i < e->count; i++) {
    struct gs_log_entry entry;
    if (!gs_log_entry_decode(e->data + (size_t)i * GS_LOG_ENTRY_BYTES, &entry)) {
      continue;
    }
    bool known = entry.event < sizeof events / sizeof events[0] && events[entry.event].name != NULL;
    struct gsh_log_line line = {.sequence = entry.sequence,
                                .boot_count = entry.boot_count,
                                .status = entry.status,
                                .release = entry.release,
                                .security_version = entry.security_version,
                                .floor = entry.floor,
                                .extra = entry.extra,
                                .event = known ? events[entry.event].name : "unknown",
                                .door = gsh_door_name(entry.door),
                                .slot = entry.slot <= 1 ? entry.slot : -1};
    describe(&entry, line.text, sizeof line.text);
    if (memcmp(entry.package, zeros, sizeof zeros) != 0) {
      gsh_hex(entry.package, GS_DIGEST_BYTES, line.package);
    }
    fn(ctx, &line);
  }
}

unsigned gsh_log(struct gsh_device *d, gsh_log_fn fn, void *ctx, const char *save, uint32_t *count,
                 struct gsh_why *why) {
  struct gsh_error err = {0};
  struct entries e = {0};
  struct gsh_receipt receipt;
  *count = 0;
  enum gs_status status = save != NULL ? gsh_kind_replaces(GSH_KIND_LOG, save, &err) : GS_OK;
  bool asked = status == GS_OK;
  if (asked) {
    status = read_all(d, &e, &err);
  }
  if (status == GS_OK) {
    /* Asked for after the entries: its head must be the last of them. */
    status = gsh_device_receipt(d, gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE, &receipt, &err);
  }
  bool said = asked && d->conn->device_said && status != GS_OK;
  if (status == GS_OK) {
    give(&e, fn, ctx);
    *count = e.count;
    status = gsh_log_verify(d->identity.device_id, e.data, e.count, &receipt.fields.state, &err);
    said = false;
  }
  if (status == GS_OK && save != NULL) {
    status = gsh_log_save(save, (struct gsh_bytes){d->statement, d->statement_len},
                          (struct gsh_bytes){receipt.envelope, receipt.len}, e.data, e.count, &err);
  }
  free(e.data);
  return gsh_why_fill(why, status, &err, said);
}
