/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture_evidence.h"

#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"

const uint8_t fixture_host_nonce[GS_HOST_NONCE_BYTES] = {
    0x61, 0x73, 0x6b, 0x65, 0x64, 0x20, 0x6e, 0x6f, 0x77, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x6f, 0x6e,
    0x63, 0x65, 0x2c, 0x20, 0x62, 0x79, 0x20, 0x74, 0x68, 0x69, 0x73, 0x20, 0x68, 0x6f, 0x73, 0x74};

static void good_facts(gapseal_v1_DeviceFacts *f) {
  gs_fields_all_present(&gapseal_v1_DeviceFacts_msg, f);
  memcpy(f->serial, "0042-1187", sizeof "0042-1187");
  memcpy(f->product, fixture_product, GS_ID_BYTES);
  memcpy(f->hardware, fixture_hardware, GS_ID_BYTES);
  f->revision = 2;
  f->stub_version = 1;
  f->slot_model = gapseal_v1_SlotModel_SLOT_MODEL_TWO_LINK;
  f->lifecycle = gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT;
  f->key_protection = gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH;
  f->slot_size = 65536;
  f->erase_size = 4096;
  f->write_size = 8;
  f->slot_address_a = FIXTURE_ADDRESS_A;
  f->slot_address_b = FIXTURE_ADDRESS_B;
  f->security_step_max = 1000;
  f->floor_max = UINT32_MAX;
}

/* Release 7 runs in slot A. */
static void good_state(gapseal_v1_DeviceState *s) {
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  gs_fields_all_present(&gapseal_v1_DeviceState_msg, s);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_a);
  gs_fields_all_present(&gapseal_v1_SlotInfo_msg, &s->slot_b);
  fixture_running_manifest(&f);
  size_t len = fixture_manifest_body(&f, body);
  fixture_must(gs_sha256(body, len, s->slot_a.package) == GS_OK, "package");
  s->state = gapseal_v1_State_STATE_READY;
  s->running = gapseal_v1_Running_RUNNING_APPLICATION;
  s->slot_a.present = true;
  s->slot_a.release = 7;
  s->slot_a.security_version = 3;
  s->slot_a.size = FIXTURE_IMAGE_BYTES;
  s->floor = 3;
  s->policy = gapseal_v1_Policy_POLICY_OPEN;
  s->keyring_version = 1;
  memset(s->keyring_sha256, 0x6b, sizeof s->keyring_sha256);
  s->log_sequence = FIXTURE_LOG_ENTRIES;
  s->boot_count = 4;
  s->wear = 1;
  s->staging_slot = 1;
  s->confirmed = true;
}

gapseal_v1_Ident fixture_ident(void) {
  gapseal_v1_Ident v = gapseal_v1_Ident_init_zero;
  gs_fields_all_present(&gapseal_v1_Ident_msg, &v);
  v.format = 1;
  fixture_key_id(TEST_KEY_DEVICE, v.device_id);
  memset(v.hello_sha256, 0x68, sizeof v.hello_sha256);
  memcpy(v.host_nonce, fixture_host_nonce, sizeof v.host_nonce);
  memset(v.device_nonce, 0x64, sizeof v.device_nonce);
  good_facts(&v.facts);
  good_state(&v.state);
  return v;
}

gapseal_v1_Receipt fixture_receipt(void) {
  gapseal_v1_Receipt v = gapseal_v1_Receipt_init_zero;
  gs_fields_all_present(&gapseal_v1_Receipt_msg, &v);
  v.format = 1;
  v.kind = gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
  fixture_key_id(TEST_KEY_DEVICE, v.device_id);
  memcpy(v.host_nonce, fixture_host_nonce, sizeof v.host_nonce);
  v.operation = gapseal_v1_Operation_OPERATION_INSTALL;
  v.release = 7;
  v.security_version = 3;
  good_facts(&v.facts);
  good_state(&v.state);
  memcpy(v.package, v.state.slot_a.package, sizeof v.package);
  return v;
}
