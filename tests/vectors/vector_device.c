/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_device.h"

#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"

#define KEYRING_ERASE 4096u

static void must(enum gs_status status, const char *what) {
  fixture_must(status == GS_OK, what);
}

static uint32_t now_ms(void *ctx) {
  const struct vector_device *d = ctx;
  return d->now_ms;
}

static enum gs_status entropy(void *ctx, void *out, size_t len) {
  struct vector_device *d = ctx;
  memset(out, d->entropy++, len);
  return GS_OK;
}

static enum gs_status sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                           uint8_t sig[GS_SIGNATURE_BYTES]) {
  (void)ctx;
  return gs_ecdsa_sign(test_keys[TEST_KEY_DEVICE].scalar, hash, sig);
}

/* The maker's word on this device. */
static void make_statement(struct vector_device *d) {
  static const enum test_key maker = TEST_KEY_MAKER;
  gapseal_v1_Identity identity = gapseal_v1_Identity_init_zero;
  uint8_t body[gapseal_v1_Identity_size];
  gs_fields_all_present(&gapseal_v1_Identity_msg, &identity);
  identity.format = 1;
  memcpy(identity.device_key, d->facts.device_key, sizeof identity.device_key);
  memcpy(identity.serial, d->facts.serial, sizeof d->facts.serial);
  memcpy(identity.product, d->facts.product, GS_ID_BYTES);
  memcpy(identity.hardware, d->facts.hardware, GS_ID_BYTES);
  identity.revision = d->facts.revision;
  size_t len = gs_identity_encode(&identity, body, sizeof body);
  d->facts.statement_len =
      fixture_sign(GS_OBJECT_IDENTITY, body, len, &maker, 1, d->statement, sizeof d->statement);
  d->facts.statement = d->statement;
}

static void make_facts(struct vector_device *d, const struct gs_policy_device *p) {
  struct gs_device_facts *f = &d->facts;
  fixture_public_key(TEST_KEY_DEVICE, f->device_key);
  memcpy(f->serial, "0042-1187", sizeof "0042-1187");
  memcpy(f->product, p->product, sizeof f->product);
  memcpy(f->hardware, p->hardware, sizeof f->hardware);
  f->revision = p->revision;
  f->slot_address[0] = p->slot_address[0];
  f->slot_address[1] = p->slot_address[1];
  f->slot_model = GS_SLOTS_TWO_LINK;
  f->lifecycle = GS_DEVELOPMENT;
  f->key_protection = GS_KEY_IN_FLASH;
  f->erase_ms_max = f->program_ms_max = f->signature_ms_max = 1;
  make_statement(d);
}

static void make_port(struct vector_device *d, const struct gs_policy_device *p) {
  const struct gs_geometry slot = {p->slot_size, p->erase_size, p->write_size};
  const struct gs_geometry pair = {2u * KEYRING_ERASE, KEYRING_ERASE, p->write_size};
  for (size_t area = 0; area < GS_AREA_COUNT; area++) {
    d->geometry[area] = pair;
  }
  d->geometry[GS_AREA_SLOT_A] = d->geometry[GS_AREA_SLOT_B] = slot;
  d->flash = gs_flash_model_new(d->geometry);
  d->before = gs_flash_model_new(d->geometry);
  fixture_must(d->flash != NULL && d->before != NULL, "flash");
  gs_flash_model_port_ops(d->flash, &d->port, p->floor_max != UINT32_MAX);
  d->port.counter_max = p->floor_max;
  d->port.ctx = d;
  d->port.facts = &d->facts;
  d->port.now_ms = now_ms;
  d->port.entropy = entropy;
  d->port.sign = sign;
}

static void lay_out(struct vector_device *d, const struct gs_policy_device *p) {
  fixture_must(p->manifest_max <= sizeof d->manifest && p->block_max == sizeof d->block,
               "the device's buffers are too small for this vector");
  d->engine_memory = (struct gs_engine_memory){.manifest = d->manifest,
                                               .manifest_cap = p->manifest_max,
                                               .keyring = d->keyring,
                                               .keyring_cap = sizeof d->keyring / 2u,
                                               .candidate = d->candidate,
                                               .block = d->block,
                                               .page = d->page,
                                               .ring = &d->ring[0],
                                               .successor = &d->ring[1],
                                               .block_max = sizeof d->block,
                                               .bitmap = d->bitmap};
  d->session_memory = (struct gs_session_memory){.rx = d->rx,
                                                 .rx_cap = sizeof d->rx,
                                                 .frame = d->frame,
                                                 .frame_cap = sizeof d->frame,
                                                 .reply = d->reply,
                                                 .reply_cap = sizeof d->reply,
                                                 .tx = d->tx,
                                                 .tx_cap = sizeof d->tx,
                                                 .object = d->object,
                                                 .object_cap = sizeof d->object,
                                                 .assembly = d->assembly,
                                                 .assembly_cap = sizeof d->assembly};
}

static enum gs_status start(struct vector_device *d) {
  memset(&d->engine, 0xA5, sizeof d->engine);
  memset(d->manifest, 0xA5, sizeof d->manifest);
  memset(d->keyring, 0xA5, sizeof d->keyring);
  must(gs_engine_init(&d->engine, &d->port, &d->engine_memory), "engine");
  return gs_engine_start(&d->engine);
}

enum gs_status vector_device_power(struct vector_device *d, enum gs_reset_cause cause, bool stay,
                                   struct gs_boot_output *boot) {
  enum gs_status status = start(d);
  must(gs_engine_boot(&d->engine, cause, stay, boot), "boot");
  must(gs_session_init(&d->session, &d->engine, &d->session_memory, d->now_ms), "session");
  return status;
}

void vector_device_restart(struct vector_device *d) {
  struct gs_boot_output boot;
  must(vector_device_power(d, GS_RESET_REQUESTED, false, &boot), "start");
}

/* Pages, and blocks from the first on. */
static void transfer(struct vector_device *d, const struct fixture_manifest *f, uint32_t seed,
                     bool half) {
  static uint8_t image[DEVICE_IMAGE_MAX];
  uint8_t page[FIXTURE_BLOCK_BYTES];
  const gapseal_v1_Variant *v = &f->m.fields.variants[0];
  struct gs_table_shape shape = gs_manifest_table(&f->m, 0);
  bool done = false;
  fixture_must(v->size <= sizeof image, "the image is too large for a test");
  fixture_image(seed, image, v->size);
  for (uint32_t i = 0; i < shape.pages; i++) {
    size_t len = fixture_page(image, &shape, v->block_size, i, page);
    must(gs_engine_page(&d->engine, i, page, len), "page");
  }
  while (!done) {
    must(gs_engine_scan(&d->engine, &done), "scan");
  }
  for (uint32_t i = 0; i < (half ? shape.blocks / 2u : shape.blocks); i++) {
    must(gs_engine_block(&d->engine, i, image + (size_t)i * v->block_size,
                         gs_table_block_len(&shape, i)),
         "block");
  }
}

static void finish(struct vector_device *d) {
  for (bool done = false; !done;) {
    must(gs_engine_finish(&d->engine, &done), "finish");
  }
}

void vector_device_install(struct vector_device *d, const struct fixture_manifest *f, uint32_t seed,
                           enum gs_door door, enum vector_device_until until) {
  static const enum test_key release = TEST_KEY_RELEASE_1;
  const struct gs_begin_options options = {.door = door};
  struct gs_verdict verdict;
  uint8_t body[FIXTURE_BODY_MAX];
  uint8_t envelope[FIXTURE_BODY_MAX];
  size_t len = fixture_manifest_body(f, body);
  len = fixture_sign(GS_OBJECT_MANIFEST, body, len, &release, 1, envelope, sizeof envelope);
  must(gs_engine_begin(&d->engine, envelope, len, &options, &verdict), "begin");
  if (until >= DEVICE_HALF) {
    transfer(d, f, seed, until == DEVICE_HALF);
  }
  if (until >= DEVICE_CANDIDATE) {
    finish(d);
  }
  if (until >= DEVICE_STAGED) {
    must(gs_engine_install(&d->engine, verdict.package), "install");
  }
  if (until >= DEVICE_CONFIRMED) {
    vector_device_restart(d);
    must(gs_engine_healthy(&d->engine), "healthy");
    must(gs_engine_confirm(&d->engine, verdict.package), "confirm");
  }
}

/* Install what the vector says is running. */
static void install_running(struct vector_device *d, const struct gs_policy_device *p,
                            enum gs_door door) {
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  uint8_t digest[GS_DIGEST_BYTES];
  fixture_release_manifest(&f, p->running_release, p->running_security_version, p->floor);
  size_t len = fixture_manifest_body(&f, body);
  must(gs_sha256(body, len, digest), "digest");
  fixture_must(memcmp(digest, p->running_package, GS_DIGEST_BYTES) == 0,
               "the vector names another running package than the fixture makes");
  vector_device_install(d, &f, FIXTURE_RUNNING_SEED, door, DEVICE_CONFIRMED);
}

/* The device is what the vector says. */
static void check_state(struct vector_device *d, const struct gs_policy_device *p) {
  gapseal_v1_DeviceFacts facts;
  gapseal_v1_DeviceState state;
  gs_engine_facts(&d->engine, &facts);
  gs_engine_state(&d->engine, &state);
  fixture_must(facts.stub_version == p->stub_version &&
                   facts.security_step_max == p->security_step_max &&
                   facts.slot_size == p->slot_size && facts.erase_size == p->erase_size,
               "the vector states other facts than this build has");
  fixture_must(state.state == gapseal_v1_State_STATE_READY && state.floor == p->floor,
               "the vector's floor cannot be reached");
  if (p->has_running) {
    const gapseal_v1_SlotInfo *slot = state.running_slot == 0 ? &state.slot_a : &state.slot_b;
    fixture_must(state.running == gapseal_v1_Running_RUNNING_APPLICATION && slot->present &&
                     state.running_slot == 1u - p->staging_slot &&
                     slot->release == p->running_release &&
                     slot->security_version == p->running_security_version,
                 "the vector's running image cannot be reached");
  }
}

void vector_device_blank(struct vector_device *d, const struct gs_policy_device *facts) {
  memset(d, 0, sizeof *d);
  make_facts(d, facts);
  make_port(d, facts);
  lay_out(d, facts);
  fixture_must(start(d) == GS_E_STORE_LOST, "a blank device holds records");
}

void vector_device_make(struct vector_device *d, const struct vector *v, enum gs_door door) {
  struct gs_policy_device facts;
  uint8_t first[DEVICE_OBJECT_MAX];
  const uint8_t *keyring = v->keyring;
  size_t len = v->keyring_len;
  if (v->has_device) {
    facts = v->device;
  } else {
    fixture_device(&facts);
  }
  if (len == 0) {
    keyring = first;
    len = fixture_keyring_envelope(1, first, sizeof first);
  }
  vector_device_blank(d, &facts);
  must(gs_engine_provision(&d->engine, keyring, len, facts.floor), "provision");
  vector_device_restart(d);
  if (facts.has_running) {
    install_running(d, &facts, door);
  }
  /* Made in development, used in production: a test key may have signed what runs. */
  d->facts.lifecycle = facts.production ? GS_PRODUCTION : GS_DEVELOPMENT;
  vector_device_restart(d);
  check_state(d, &facts);
}

void vector_device_free(struct vector_device *d) {
  gs_flash_model_free(d->flash);
  gs_flash_model_free(d->before);
  memset(d, 0, sizeof *d);
}

void vector_device_mark(struct vector_device *d) {
  gs_flash_model_copy(d->before, d->flash);
  d->before_ops = gs_flash_model_ops(d->flash);
}

bool vector_device_unchanged(const struct vector_device *d) {
  for (int area = 0; area < GS_AREA_COUNT; area++) {
    if (memcmp(gs_flash_model_bytes(d->flash, (enum gs_area)area),
               gs_flash_model_bytes(d->before, (enum gs_area)area), d->geometry[area].size) != 0) {
      return false;
    }
  }
  return gs_flash_model_ops(d->flash) == d->before_ops;
}
