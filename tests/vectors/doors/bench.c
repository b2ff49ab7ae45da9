/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "strict.h"
#include "wire_client.h"

#define START_MS 100000u
#define LOG_READ_MAX 64u

static const char *const area_names[GS_AREA_COUNT] = {
    [GS_AREA_SLOT_A] = "slot A", [GS_AREA_SLOT_B] = "slot B",        [GS_AREA_STATE] = "state area",
    [GS_AREA_LOG] = "log",       [GS_AREA_KEYRING] = "keyring area",
};

static void must(enum gs_status status, const char *what) {
  fixture_must(status == GS_OK, what);
}

void bench_start(struct bench *b) {
  gs_flash_model_copy(b->d.flash, b->base);
  b->d.now_ms = START_MS;
  b->d.entropy = 0;
  (void)vector_device_power(&b->d, b->state->cause, b->state->stay, &b->boot);
  if (b->state->arrive != NULL) {
    b->state->arrive(b);
  }
  vector_device_mark(&b->d);
}

void bench_finish(struct bench *b, const uint8_t package[GS_DIGEST_BYTES]) {
  (void)vector_device_power(&b->d, GS_RESET_REQUESTED, false, &b->boot);
  if (b->boot.action == GS_BOOT_TRY) {
    must(gs_engine_healthy(&b->d.engine), "healthy");
    must(gs_engine_confirm(&b->d.engine, package), "confirm");
  }
}

/* -- the same? --------------------------------------------------------------------------------- */

static bool differ(char *why, size_t cap, const char *what, unsigned long a, unsigned long b) {
  (void)snprintf(why, cap, "%s: %lu by wire, %lu by OTA", what, a, b);
  return false;
}

static bool same_area(struct bench *wire, struct bench *ota, enum gs_area area, char *why,
                      size_t cap) {
  const uint8_t *a = gs_flash_model_bytes(wire->d.flash, area);
  const uint8_t *b = gs_flash_model_bytes(ota->d.before, area);
  for (uint32_t i = 0; i < wire->d.geometry[area].size; i++) {
    if (a[i] != b[i]) {
      (void)snprintf(why, cap, "byte %lu of the %s is %02x by wire and %02x by OTA",
                     (unsigned long)i, area_names[area], a[i], b[i]);
      return false;
    }
  }
  uint32_t worn_a = gs_flash_model_wear_max(wire->d.flash, area);
  uint32_t worn_b = gs_flash_model_wear_max(ota->d.flash, area);
  return worn_a == worn_b || differ(why, cap, "wear", worn_a, worn_b);
}

static bool same_counter(struct bench *wire, struct bench *ota, char *why, size_t cap) {
  uint32_t a = 0;
  uint32_t b = 0;
  if (wire->d.port.counter_read == NULL) {
    return true;
  }
  must(wire->d.port.counter_read(wire->d.port.ctx, &a), "counter");
  must(ota->d.port.counter_read(ota->d.port.ctx, &b), "counter");
  return a == b || differ(why, cap, "counter", a, b);
}

static uint8_t traded(uint8_t door) {
  return door == GS_DOOR_WIRE ? GS_DOOR_OTA : door == GS_DOOR_OTA ? GS_DOOR_WIRE : door;
}

static uint32_t read_log(struct bench *b, uint8_t out[LOG_READ_MAX * GS_LOG_ENTRY_BYTES]) {
  uint32_t count = 0;
  uint32_t oldest = 0;
  uint32_t newest = 0;
  enum gs_status status =
      gs_engine_log_read(&b->d.engine, 1, out, LOG_READ_MAX, &count, &oldest, &newest);
  fixture_must(status == GS_OK && newest <= LOG_READ_MAX, "log");
  return count;
}

/* As a host reads it: all but door and chain. */
static bool same_log(struct bench *wire, struct bench *ota, char *why, size_t cap) {
  static uint8_t a[LOG_READ_MAX * GS_LOG_ENTRY_BYTES], b[LOG_READ_MAX * GS_LOG_ENTRY_BYTES];
  uint32_t count = read_log(wire, a);
  uint32_t other = read_log(ota, b);
  for (uint32_t i = 0; i < count && i < other; i++) {
    struct gs_log_entry x;
    struct gs_log_entry y;
    fixture_must(gs_log_entry_decode(a + i * GS_LOG_ENTRY_BYTES, &x) &&
                     gs_log_entry_decode(b + i * GS_LOG_ENTRY_BYTES, &y),
                 "log entry");
    y.door = traded(y.door);
    memcpy(y.chain, x.chain, sizeof y.chain);
    uint8_t p[GS_LOG_ENTRY_BYTES], q[GS_LOG_ENTRY_BYTES];
    gs_log_entry_encode(&x, p);
    gs_log_entry_encode(&y, q);
    if (memcmp(p, q, sizeof p) != 0) {
      (void)snprintf(why, cap, "log entry %lu is another one", (unsigned long)x.sequence);
      return false;
    }
  }
  return count == other || differ(why, cap, "log entries", count, other);
}

/* As ident and receipts have it. The head of the log is the one that trading doors gave. */
static bool same_state(struct bench *wire, struct bench *ota, char *why, size_t cap) {
  uint8_t p[gapseal_v1_DeviceState_size], q[gapseal_v1_DeviceState_size];
  gapseal_v1_DeviceState a = gapseal_v1_DeviceState_init_zero;
  gapseal_v1_DeviceState b = gapseal_v1_DeviceState_init_zero;
  gs_engine_state(&wire->d.engine, &a);
  gs_engine_state(&ota->d.engine, &b);
  b.door = (gapseal_v1_Door)traded((uint8_t)b.door);
  memcpy(b.log_head, a.log_head, sizeof b.log_head);
  size_t len = gs_strict_encode(&gapseal_v1_DeviceState_msg, &a, p, sizeof p);
  size_t other = gs_strict_encode(&gapseal_v1_DeviceState_msg, &b, q, sizeof q);
  if (len != other || memcmp(p, q, len) != 0) {
    (void)snprintf(why, cap, "the state that is told differs (%d and %d, refused %lu and %lu)",
                   (int)a.state, (int)b.state, (unsigned long)a.refused_unauthenticated,
                   (unsigned long)b.refused_unauthenticated);
    return false;
  }
  return true;
}

static bool same_boot(const struct gs_boot_output *a, const struct gs_boot_output *b, char *why,
                      size_t cap) {
  bool same = a->action == b->action && a->slot == b->slot && a->accept == b->accept &&
              a->give_up == b->give_up && a->recovery == b->recovery && a->reason == b->reason;
  return same ||
         differ(why, cap, "boot decision", (unsigned long)a->action, (unsigned long)b->action);
}

bool bench_same(struct bench *wire, struct bench *ota, char *why, size_t cap) {
  uint32_t ops_a = gs_flash_model_ops(wire->d.flash) - wire->d.before_ops;
  uint32_t ops_b = gs_flash_model_ops(ota->d.flash) - ota->d.before_ops;
  gs_flash_model_copy(ota->d.before, ota->d.flash);
  bench_trade_doors(ota->d.before, ota->d.geometry, ota->d.engine.device_id);
  for (int area = 0; area < GS_AREA_COUNT; area++) {
    if (!same_area(wire, ota, (enum gs_area)area, why, cap)) {
      return false;
    }
  }
  if (ops_a != ops_b) {
    return differ(why, cap, "flash operations", ops_a, ops_b);
  }
  if (gs_flash_model_violations(wire->d.flash) + gs_flash_model_violations(ota->d.flash) != 0) {
    (void)snprintf(why, cap, "a rule of flash was broken");
    return false;
  }
  return same_counter(wire, ota, why, cap) && same_log(wire, ota, why, cap) &&
         same_state(wire, ota, why, cap) && same_boot(&wire->boot, &ota->boot, why, cap);
}

/* -- making ------------------------------------------------------------------------------------ */

static void make_copy(struct bench *b, const struct bench_state *state, enum gs_door own) {
  struct gs_policy_device facts;
  uint8_t keyring[DEVICE_OBJECT_MAX];
  b->state = state;
  b->own = own;
  b->other = own == GS_DOOR_WIRE ? GS_DOOR_OTA : GS_DOOR_WIRE;
  fixture_device(&facts);
  if (state->facts != NULL) {
    state->facts(&facts);
  }
  size_t len = fixture_keyring_envelope(state->keyring, keyring, sizeof keyring);
  vector_device_blank(&b->d, &facts);
  must(gs_engine_provision(&b->d.engine, keyring, len, facts.floor), "provision");
  vector_device_restart(&b->d);
  if (state->prepare != NULL) {
    state->prepare(b);
  }
}

static void keep_base(struct bench *b) {
  b->base = gs_flash_model_new(b->d.geometry);
  fixture_must(b->base != NULL, "flash");
  gs_flash_model_copy(b->base, b->d.flash);
}

/* A maker's keyrings as a trust store has them: one chain. */
static struct gsh_trust *make_trust(const uint8_t *first, size_t first_len) {
  static uint8_t envelopes[2][DEVICE_OBJECT_MAX];
  struct gsh_trust *trust = calloc(1, sizeof *trust);
  fixture_must(trust != NULL, "trust");
  struct gsh_keyring_chain *chain = &trust->keyrings[0].file.chain;
  for (uint32_t i = 0; i < 2; i++) {
    chain->items[i] = envelopes[i];
    chain->lens[i] = fixture_keyring_envelope(i + 1u, envelopes[i], sizeof envelopes[i]);
  }
  chain->count = 2;
  trust->keyring_count = 1;
  if (first != NULL) { /* the one that a vector's device holds */
    trust->keyrings[1].file.chain.items[0] = first;
    trust->keyrings[1].file.chain.lens[0] = first_len;
    trust->keyrings[1].file.chain.count = 1;
    trust->keyring_count = 2;
  }
  return trust;
}

static void ask(struct bench_pair *p) {
  static struct wire_client c;
  bench_start(&p->wire);
  wire_open(&c, &p->wire.d);
  told_ask(&c, &p->told);
}

static void prove_twins(struct bench_pair *p, const char *name) {
  char why[160];
  char what[256];
  bench_start(&p->wire);
  bench_start(&p->ota);
  bool same = bench_same(&p->wire, &p->ota, why, sizeof why);
  (void)snprintf(what, sizeof what, "the copies of \"%s\" differ before anything was done: %s",
                 name, same ? "" : why);
  fixture_must(same, what);
}

void bench_make(struct bench_pair *p, const struct bench_state *state) {
  memset(p, 0, sizeof *p);
  make_copy(&p->wire, state, GS_DOOR_WIRE);
  make_copy(&p->ota, state, GS_DOOR_OTA);
  keep_base(&p->wire);
  keep_base(&p->ota);
  prove_twins(p, state->name);
  p->told.trust = make_trust(NULL, 0);
  ask(p);
}

void bench_make_for(struct bench_pair *p, const struct vector *v) {
  static const struct bench_state as_it_is = {.name = "vector", .cause = GS_RESET_REQUESTED};
  memset(p, 0, sizeof *p);
  vector_device_make(&p->wire.d, v, GS_DOOR_WIRE);
  vector_device_make(&p->ota.d, v, GS_DOOR_OTA);
  p->wire.state = p->ota.state = &as_it_is;
  p->wire.own = p->ota.other = GS_DOOR_WIRE;
  p->wire.other = p->ota.own = GS_DOOR_OTA;
  keep_base(&p->wire);
  keep_base(&p->ota);
  prove_twins(p, v->name);
  p->told.trust = make_trust(v->keyring_len > 0 ? v->keyring : NULL, v->keyring_len);
  ask(p);
}

static void free_copy(struct bench *b) {
  gs_flash_model_free(b->base);
  vector_device_free(&b->d);
}

void bench_free(struct bench_pair *p) {
  free_copy(&p->wire);
  free_copy(&p->ota);
  free(p->told.trust);
  memset(p, 0, sizeof *p);
}
