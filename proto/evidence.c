/* SPDX-License-Identifier: Apache-2.0
 * What a device says of itself: identity, ident and receipt. Rules: docs/spec/evidence.md.
 */
#include <string.h>

#include "objects.h"
#include "strict.h"

#define FACTS &gapseal_v1_DeviceFacts_msg
#define STATE &gapseal_v1_DeviceState_msg
#define RECEIPT &gapseal_v1_Receipt_msg

/* Only a receipt's operation and a state's door may be 0: where they are about none. */
static const struct gs_strict_field field_rules[] = {
    {FACTS, gapseal_v1_DeviceFacts_slot_model_tag, gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS,
     gapseal_v1_SlotModel_SLOT_MODEL_TWO_LINK},
    {FACTS, gapseal_v1_DeviceFacts_lifecycle_tag, gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT,
     gapseal_v1_Lifecycle_LIFECYCLE_PRODUCTION},
    {FACTS, gapseal_v1_DeviceFacts_key_protection_tag,
     gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH,
     gapseal_v1_KeyProtection_KEY_PROTECTION_ELEMENT},
    {STATE, gapseal_v1_DeviceState_state_tag, gapseal_v1_State_STATE_READY,
     gapseal_v1_State_STATE_FAILED},
    {STATE, gapseal_v1_DeviceState_running_tag, gapseal_v1_Running_RUNNING_STUB,
     gapseal_v1_Running_RUNNING_APPLICATION},
    {STATE, gapseal_v1_DeviceState_policy_tag, gapseal_v1_Policy_POLICY_OPEN,
     gapseal_v1_Policy_POLICY_DUAL},
    {STATE, gapseal_v1_DeviceState_door_tag, gapseal_v1_Door_DOOR_NONE, gapseal_v1_Door_DOOR_BOOT},
    {RECEIPT, gapseal_v1_Receipt_kind_tag, gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED,
     gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE},
    {RECEIPT, gapseal_v1_Receipt_operation_tag, gapseal_v1_Operation_OPERATION_UNSPECIFIED,
     gapseal_v1_Operation_OPERATION_REBOOT},
};

/* Decode and compare; what the object means is the caller's. */
static enum gs_status decode(const pb_msgdesc_t *message, const uint8_t *body, size_t len,
                             void *out, size_t out_size) {
  const struct gs_strict_scheme scheme = {
      .message = message,
      .fields = field_rules,
      .field_count = sizeof field_rules / sizeof field_rules[0],
      .text_ok = gs_text_ok,
  };
  memset(out, 0, out_size);
  enum gs_status st = gs_strict_decode(&scheme, body, len, out, NULL, 0);
  if (st != GS_OK) {
    return st;
  }
  const struct gs_strict_source again = {.message = message, .fields = out};
  return gs_strict_compare(&again, body, len);
}

/* What an ident and a receipt have in common. */
static enum gs_status check_device(const uint8_t device_id[GS_KEY_ID_BYTES],
                                   const gapseal_v1_DeviceFacts *f,
                                   const gapseal_v1_DeviceState *s) {
  bool blank = gs_strict_blank(device_id, GS_KEY_ID_BYTES) || f->serial[0] == '\0' ||
               gs_strict_blank(f->product, GS_ID_BYTES) ||
               gs_strict_blank(f->hardware, GS_ID_BYTES);
  if (blank) {
    return GS_E_INCOMPLETE;
  }
  return s->running_slot > 1 || s->staging_slot > 1 ? GS_E_BAD_VALUE : GS_OK;
}

enum gs_status gs_identity_decode(const uint8_t *body, size_t len, gapseal_v1_Identity *out) {
  enum gs_status st = decode(&gapseal_v1_Identity_msg, body, len, out, sizeof *out);
  if (st != GS_OK) {
    return st;
  }
  bool blank = out->serial[0] == '\0' || gs_strict_blank(out->device_key, GS_PUBLIC_KEY_BYTES) ||
               gs_strict_blank(out->product, GS_ID_BYTES) ||
               gs_strict_blank(out->hardware, GS_ID_BYTES);
  return blank ? GS_E_INCOMPLETE : GS_OK;
}

enum gs_status gs_ident_decode(const uint8_t *body, size_t len, gapseal_v1_Ident *out) {
  enum gs_status st = decode(&gapseal_v1_Ident_msg, body, len, out, sizeof *out);
  return st == GS_OK ? check_device(out->device_id, &out->facts, &out->state) : st;
}

enum gs_status gs_receipt_decode(const uint8_t *body, size_t len, gapseal_v1_Receipt *out) {
  enum gs_status st = decode(&gapseal_v1_Receipt_msg, body, len, out, sizeof *out);
  return st == GS_OK ? check_device(out->device_id, &out->facts, &out->state) : st;
}

size_t gs_identity_encode(const gapseal_v1_Identity *v, uint8_t *out, size_t cap) {
  return gs_strict_encode(&gapseal_v1_Identity_msg, v, out, cap);
}

size_t gs_ident_encode(const gapseal_v1_Ident *v, uint8_t *out, size_t cap) {
  return gs_strict_encode(&gapseal_v1_Ident_msg, v, out, cap);
}

size_t gs_receipt_encode(const gapseal_v1_Receipt *v, uint8_t *out, size_t cap) {
  return gs_strict_encode(&gapseal_v1_Receipt_msg, v, out, cap);
}
