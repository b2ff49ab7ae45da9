/* SPDX-License-Identifier: Apache-2.0
 * What devices say of themselves: identity, ident, receipt and log entry, by the first byte of the
 * input. One encoding for each meaning, and texts that may be shown.
 */
#include <string.h>

#include "fuzz.h"
#include "log_entry.h"
#include "objects.h"
#include "strict.h"

static uint8_t out[65536];

void fuzz_start(void) {
}

static void check_facts(const gapseal_v1_DeviceFacts *f) {
  FUZZ_MUST(f->serial[0] != '\0' && fuzz_text_safe(f->serial));
  FUZZ_MUST(!gs_strict_blank(f->product, GS_ID_BYTES));
  FUZZ_MUST(!gs_strict_blank(f->hardware, GS_ID_BYTES));
}

static void identity(const uint8_t *data, size_t len) {
  gapseal_v1_Identity v;
  gapseal_v1_Identity again;
  enum gs_status status = gs_identity_decode(data, len, &v);
  FUZZ_MUST(gs_identity_decode(data, len, &again) == status);
  if (status == GS_OK) {
    FUZZ_MUST(v.serial[0] != '\0' && fuzz_text_safe(v.serial));
    FUZZ_MUST(gs_identity_encode(&v, out, sizeof out) == len && memcmp(out, data, len) == 0);
    FUZZ_MUST(gs_identity_encode(&v, out, len - 1) == 0);
  }
}

static void ident(const uint8_t *data, size_t len) {
  gapseal_v1_Ident v;
  gapseal_v1_Ident again;
  enum gs_status status = gs_ident_decode(data, len, &v);
  FUZZ_MUST(gs_ident_decode(data, len, &again) == status);
  if (status == GS_OK) {
    check_facts(&v.facts);
    FUZZ_MUST(v.state.running_slot <= 1);
    FUZZ_MUST(gs_ident_encode(&v, out, sizeof out) == len && memcmp(out, data, len) == 0);
  }
}

static void receipt(const uint8_t *data, size_t len) {
  gapseal_v1_Receipt v;
  gapseal_v1_Receipt again;
  enum gs_status status = gs_receipt_decode(data, len, &v);
  FUZZ_MUST(gs_receipt_decode(data, len, &again) == status);
  if (status == GS_OK) {
    check_facts(&v.facts);
    FUZZ_MUST(v.kind >= 1 && v.kind <= 4);
    FUZZ_MUST(gs_receipt_encode(&v, out, sizeof out) == len && memcmp(out, data, len) == 0);
  }
}

static void log_entry(const uint8_t *data, size_t len) {
  struct gs_log_entry e;
  if (len == GS_LOG_ENTRY_BYTES && gs_log_entry_decode(data, &e)) {
    gs_log_entry_encode(&e, out);
    FUZZ_MUST(memcmp(out, data, len) == 0);
  }
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  switch (fuzz_u8(&s) % 4u) {
    case 0:
      identity(s.at, s.left);
      break;
    case 1:
      ident(s.at, s.left);
      break;
    case 2:
      receipt(s.at, s.left);
      break;
    default:
      log_entry(s.at, s.left);
      break;
  }
}

static void fill_facts(gapseal_v1_DeviceFacts *f) {
  gs_fields_all_present(&gapseal_v1_DeviceFacts_msg, f);
  memcpy(f->serial, "0042-1187", sizeof "0042-1187");
  memset(f->product, 0x50, GS_ID_BYTES);
  memset(f->hardware, 0x48, GS_ID_BYTES);
  f->slot_model = gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS;
  f->lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_PRODUCTION;
  f->key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
}

static void fill_state(gapseal_v1_DeviceState *s) {
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, s);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_a);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_b);
  s->state = gapseal_v1_State_STATE_READY;
  s->running = gapseal_v1_Running_RUNNING_APPLICATION;
  s->policy = gapseal_v1_Policy_POLICY_OPEN;
}

void fuzz_seeds(void) {
  gapseal_v1_Identity i = gapseal_v1_Identity_init_zero;
  gapseal_v1_Ident d = gapseal_v1_Ident_init_zero;
  gapseal_v1_Receipt r = gapseal_v1_Receipt_init_zero;
  gs_fields_all_present(&gapseal_v1_Identity_msg, &i);
  i.format = 1;
  memset(i.device_key, 1, sizeof i.device_key);
  memcpy(i.serial, "0042-1187", sizeof "0042-1187");
  memset(i.product, 0x50, GS_ID_BYTES);
  memset(i.hardware, 0x48, GS_ID_BYTES);
  out[0] = 0;
  fuzz_seed("identity", out, 1 + gs_identity_encode(&i, out + 1, sizeof out - 1));
  gs_fields_all_present(&gapseal_v1_Ident_msg, &d);
  d.format = 1;
  memset(d.device_id, 2, sizeof d.device_id);
  fill_facts(&d.facts);
  fill_state(&d.state);
  out[0] = 1;
  fuzz_seed("ident", out, 1 + gs_ident_encode(&d, out + 1, sizeof out - 1));
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &r);
  r.format = 1;
  r.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  memset(r.device_id, 2, sizeof r.device_id);
  fill_facts(&r.facts);
  fill_state(&r.state);
  out[0] = 2;
  fuzz_seed("receipt", out, 1 + gs_receipt_encode(&r, out + 1, sizeof out - 1));
  memset(out, 0, 1 + GS_LOG_ENTRY_BYTES);
  out[0] = 3;
  fuzz_seed("log-entry", out, 1 + GS_LOG_ENTRY_BYTES);
}
