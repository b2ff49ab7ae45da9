/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_device.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "gapseal/crypto.h"

#define SLOT FUZZ_AREA_MAX
#define UNIT 1024u
#define WRITE 8u
/* Port calls of one step: measured (76 and 17), and rounded up. */
#define STEP_READS_MAX 160u
#define STEP_WRITES_MAX 40u
#define STEPS_AT_ONCE_MAX 20000u
#define HELLO_MS 2000u
#define WAIT_STEP_MS 100u

struct fuzz_device fuzz_device;
struct fuzz_package fuzz_packages[FUZZ_PACKAGES];
struct fuzz_keyring fuzz_keyrings[FUZZ_KEYRINGS];

static struct fuzz_device saved[FUZZ_STATES];
static struct gs_flash_model *saved_flash[FUZZ_STATES];
static struct fuzz_device *const d = &fuzz_device;
static bool talks; /* GAPSEAL_FUZZ_TALK is set: print each reply, for looking at one input */
static uint32_t reads_max, writes_max; /* of any step so far */

static const struct gs_geometry geometry[GS_AREA_COUNT] = {
    [GS_AREA_SLOT_A] = {SLOT, UNIT, WRITE},
    [GS_AREA_SLOT_B] = {SLOT, UNIT, WRITE},
    [GS_AREA_STATE] = {2u * UNIT, UNIT, WRITE},
    [GS_AREA_LOG] = {2u * UNIT, UNIT, WRITE},
    [GS_AREA_KEYRING] = {4u * UNIT, UNIT, WRITE}};

static void must(enum gs_status status) {
  if (status != GS_OK) {
    (void)fprintf(stderr, "fuzz device: %s\n", gs_status_info(status)->name);
    FUZZ_MUST(false);
  }
}

/* -- the port, and who may use it ------------------------------------------------------------- */

static bool executes(enum gs_area area) {
  return d->boot.action != GS_BOOT_STUB && area == (enum gs_area)d->boot.slot;
}

static void watch_write(enum gs_area area) {
  FUZZ_MUST(d->may_write);
  FUZZ_MUST(!executes(area));
  d->writes++;
}

static enum gs_status port_read(void *ctx, enum gs_area area, uint32_t off, void *dst,
                                uint32_t len) {
  (void)ctx;
  d->reads++;
  return gs_flash_model_read(d->flash, area, off, dst, len);
}

static enum gs_status port_program(void *ctx, enum gs_area area, uint32_t off, const void *src,
                                   uint32_t len) {
  (void)ctx;
  watch_write(area);
  return gs_flash_model_program(d->flash, area, off, src, len);
}

static enum gs_status port_erase(void *ctx, enum gs_area area, uint32_t off) {
  (void)ctx;
  watch_write(area);
  return gs_flash_model_erase(d->flash, area, off);
}

static enum gs_status port_counter_read(void *ctx, uint32_t *value) {
  (void)ctx;
  return gs_flash_model_counter_read(d->flash, value);
}

static enum gs_status port_counter_raise(void *ctx, uint32_t value) {
  (void)ctx;
  FUZZ_MUST(d->may_write);
  return gs_flash_model_counter_raise(d->flash, value);
}

static uint32_t port_now_ms(void *ctx) {
  (void)ctx;
  return d->now_ms;
}

static enum gs_status port_entropy(void *ctx, void *out, size_t len) {
  (void)ctx;
  memset(out, d->entropy++, len);
  return GS_OK;
}

static enum gs_status port_sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                                uint8_t sig[GS_SIGNATURE_BYTES]) {
  (void)ctx;
  return gs_ecdsa_sign(test_keys[TEST_KEY_DEVICE].scalar, hash, sig);
}

/* -- the engine's calls that may write, as the session makes them ------------------------------ */

enum need { NEED_MANIFEST, NEED_BEGUN, NEED_NONCE };

static void enter(enum need need) {
  FUZZ_MUST(!d->may_write);
  FUZZ_MUST(need != NEED_BEGUN || d->begun);
  FUZZ_MUST(need != NEED_NONCE || d->nonce_used);
  d->may_write = true;
}

static enum gs_status leave(enum gs_status status) {
  d->may_write = false;
  return status;
}

#define WATCHED(need, name, parameters, arguments)    \
  enum gs_status __real_gs_engine_##name parameters;  \
  enum gs_status __wrap_gs_engine_##name parameters;  \
  enum gs_status __wrap_gs_engine_##name parameters { \
    enter(need);                                      \
    return leave(__real_gs_engine_##name arguments);  \
  }
WATCHED(NEED_BEGUN, page, (struct gs_engine * e, uint32_t i, const uint8_t *data, size_t len),
        (e, i, data, len))
WATCHED(NEED_BEGUN, block, (struct gs_engine * e, uint32_t i, const uint8_t *data, size_t len),
        (e, i, data, len))
WATCHED(NEED_BEGUN, scan, (struct gs_engine * e, bool *done), (e, done))
WATCHED(NEED_NONCE, store_keyring, (struct gs_engine * e), (e))
WATCHED(NEED_NONCE, confirm, (struct gs_engine * e, const uint8_t *package), (e, package))
WATCHED(NEED_NONCE, reject, (struct gs_engine * e, const uint8_t *package), (e, package))
WATCHED(NEED_NONCE, rollback, (struct gs_engine * e, const uint8_t *package), (e, package))
WATCHED(NEED_NONCE, cancel, (struct gs_engine * e), (e))
WATCHED(NEED_NONCE, acknowledge, (struct gs_engine * e), (e))

enum gs_status __real_gs_engine_finish(struct gs_engine *e, bool *done);
enum gs_status __wrap_gs_engine_finish(struct gs_engine *e, bool *done);
/* A candidate is what its manifest says. */
enum gs_status __wrap_gs_engine_finish(struct gs_engine *e, bool *done) {
  enter(NEED_BEGUN);
  bool open = gs_engine_table(e) != NULL;
  enum gs_status status = leave(__real_gs_engine_finish(e, done));
  if (status == GS_OK && *done && open && !d->flash_spoilt) {
    const uint8_t *slot = gs_flash_model_bytes(d->flash, (enum gs_area)e->progress.staging_slot);
    uint8_t digest[GS_DIGEST_BYTES];
    must(gs_sha256(slot, e->progress.total_bytes, digest));
    FUZZ_MUST(memcmp(digest, e->image_sha256, sizeof digest) == 0);
  }
  return status;
}

enum gs_status __real_gs_engine_install(struct gs_engine *e, const uint8_t *package);
enum gs_status __wrap_gs_engine_install(struct gs_engine *e, const uint8_t *package);
/* A candidate needs no begin of this session: what it names was accepted before a reset. */
enum gs_status __wrap_gs_engine_install(struct gs_engine *e, const uint8_t *package) {
  uint32_t before = gs_flash_model_ops(d->flash);
  FUZZ_MUST(!d->may_write);
  d->may_write = true;
  enum gs_status status = leave(__real_gs_engine_install(e, package));
  d->install_ops += status == GS_OK ? gs_flash_model_ops(d->flash) - before : 0;
  return status;
}

enum gs_status __real_gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                      const struct gs_begin_options *options,
                                      struct gs_verdict *out);
enum gs_status __wrap_gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                      const struct gs_begin_options *options,
                                      struct gs_verdict *out);
enum gs_status __wrap_gs_engine_begin(struct gs_engine *e, const uint8_t *envelope, size_t len,
                                      const struct gs_begin_options *options,
                                      struct gs_verdict *out) {
  uint32_t held = fuzz_sign_held_manifests();
  uint32_t before = d->writes;
  enter(NEED_MANIFEST);
  enum gs_status status = leave(__real_gs_engine_begin(e, envelope, len, options, out));
  bool signed_well = fuzz_sign_held_manifests() > held;
  FUZZ_MUST(signed_well || (status != GS_OK && d->writes == before));
  d->begun = d->begun || status == GS_OK;
  return status;
}

/* -- a start ---------------------------------------------------------------------------------- */

static void hear_from_now(void) {
  gs_deframer_init(&d->heard.deframer, d->heard.frame, sizeof d->heard.frame);
}

/* What runs is an image of the tests, whole and unchanged. */
static void check_started(void) {
  if (d->boot.action == GS_BOOT_STUB) {
    return;
  }
  const uint8_t *slot = gs_flash_model_bytes(d->flash, (enum gs_area)d->boot.slot);
  bool known = false;
  for (size_t i = 0; i < FUZZ_PACKAGES; i++) {
    const struct fuzz_package *p = &fuzz_packages[i];
    known = known || (i != FUZZ_WRONG && memcmp(slot, p->image, p->size) == 0);
  }
  FUZZ_MUST(known);
}

static void check_floor(void) {
  gapseal_v1_DeviceState state;
  if (d->alive && !d->engine.lost) {
    gs_engine_state(&d->engine, &state);
    FUZZ_MUST(state.floor >= d->floor);
    d->floor = state.floor;
  }
}

void fuzz_device_restart(enum gs_reset_cause cause, bool stay) {
  gs_flash_model_power_on(d->flash);
  d->restarts++;
  memset(&d->engine, 0xA5, sizeof d->engine);
  memset(d->manifest, 0xA5, sizeof d->manifest);
  memset(d->keyring, 0xA5, sizeof d->keyring);
  d->begun = d->nonce_used = d->wires_cut = false;
  d->last_request = 0;
  memset(&d->boot, 0, sizeof d->boot);
  must(gs_engine_init(&d->engine, &d->port, &d->engine_memory));
  d->may_write = true;
  enum gs_status status = gs_engine_start(&d->engine);
  d->alive = status != GS_E_CRYPTO && status != GS_E_RANGE;
  if (d->alive) {
    struct gs_boot_output out;
    FUZZ_MUST(gs_engine_boot(&d->engine, cause, stay, &out) != GS_E_STATE);
    d->boot = out;
  }
  d->may_write = false;
  if (!gs_flash_model_is_cut(d->flash)) {
    check_started();
    check_floor();
  }
  must(gs_session_init(&d->session, &d->engine, &d->session_memory, d->now_ms));
  hear_from_now();
}

bool fuzz_device_mend_power(void) {
  if (!gs_flash_model_is_cut(d->flash)) {
    return false;
  }
  fuzz_device_restart(GS_RESET_POWER, false);
  return true;
}

void fuzz_device_healthy(void) {
  if (d->boot.action != GS_BOOT_STUB) {
    d->may_write = true;
    (void)!gs_engine_healthy(&d->engine);
    d->may_write = false;
  }
}

/* -- the line --------------------------------------------------------------------------------- */

static void take_frame(size_t len) {
  struct fuzz_heard *h = &d->heard;
  struct gs_busy busy;
  FUZZ_MUST(len >= 1);
  if (d->hook != NULL) {
    d->hook(h->frame, len);
  }
  if (h->frame[0] == GS_FRAME_ACK) {
    FUZZ_MUST(gs_ack_decode(h->frame, len, &h->ack) == GS_OK);
    h->acks++;
    return;
  }
  if (h->frame[0] == GS_FRAME_BUSY) {
    FUZZ_MUST(gs_busy_decode(h->frame, len, &busy) == GS_OK);
    h->busies++;
    return;
  }
  struct gs_reader r = gs_reader_init(h->frame, len);
  FUZZ_MUST(gs_read_u8(&r) == GS_FRAME_REPLY && gs_read_u8(&r) == 0);
  size_t n = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, n);
  FUZZ_MUST(message != NULL);
  pb_istream_t stream = pb_istream_from_buffer(message, n);
  memset(&h->reply, 0, sizeof h->reply);
  FUZZ_MUST(pb_decode(&stream, gapseal_v1_Reply_fields, &h->reply));
  h->replies++;
  if (talks) {
    (void)fprintf(stderr, "reply %u: body %u, %s\n", (unsigned)h->reply.id,
                  (unsigned)h->reply.which_body, gs_status_info(h->reply.status)->name);
  }
  h->reply_len = len;
  memcpy(h->reply_content, h->frame, len);
}

static void listen(void) {
  uint8_t out[61]; /* odd, so that frames are cut anywhere */
  if (d->wires_cut) {
    return;
  }
  for (size_t n; (n = gs_session_output(&d->session, out, sizeof out)) > 0;) {
    FUZZ_MUST(n <= sizeof out);
    for (size_t at = 0, taken = 0, len = 0; at < n; at += taken) {
      if (gs_deframer_push(&d->heard.deframer, out + at, n - at, &taken, &len)) {
        take_frame(len);
      }
    }
  }
  FUZZ_MUST(d->heard.deframer.dropped == 0);
}

static void step(void) {
  d->reads = d->writes = 0;
  gs_session_step(&d->session, d->now_ms);
  reads_max = d->reads > reads_max ? d->reads : reads_max;
  writes_max = d->writes > writes_max ? d->writes : writes_max;
  FUZZ_MUST(d->reads <= STEP_READS_MAX && d->writes <= STEP_WRITES_MAX);
  check_floor();
  listen();
  if (gs_session_wants_reset(&d->session)) {
    fuzz_device_restart(GS_RESET_REQUESTED, false);
  } else {
    (void)fuzz_device_mend_power();
  }
}

void fuzz_device_pass(uint32_t ms) {
  uint32_t steps = 0;
  for (;;) {
    step();
    uint32_t idle = gs_session_idle_ms(&d->session, d->now_ms);
    if (idle == 0) { /* work left */
      FUZZ_MUST(++steps <= STEPS_AT_ONCE_MAX);
      d->now_ms += steps % 16u == 0;
      if (!d->wires_cut || steps < 64u) {
        continue;
      }
      idle = WAIT_STEP_MS;
    }
    if (ms == 0) {
      return;
    }
    uint32_t pass = idle < ms ? idle : ms;
    pass = pass < WAIT_STEP_MS ? pass : WAIT_STEP_MS;
    d->now_ms += pass;
    ms -= pass;
  }
}

void fuzz_device_say(const uint8_t *data, size_t len) {
  for (unsigned idle = 0; len > 0 && idle < 4u;) {
    size_t taken = gs_session_input(&d->session, data, len);
    FUZZ_MUST(taken <= len);
    idle = taken > 0 ? 0 : idle + 1u;
    data += taken;
    len -= taken;
    fuzz_device_pass(0);
  }
}

void fuzz_device_frame(const uint8_t *head, size_t head_len, const uint8_t *tail, size_t tail_len) {
  uint8_t wire[GS_FRAME_ENCODED_MAX(2048u)];
  size_t n = gs_frame_encode2(head, head_len, tail, tail_len, wire, sizeof wire);
  fuzz_device_say(wire, n);
}

void fuzz_device_ask(gapseal_v1_Request *request, const uint8_t *tail, size_t tail_len) {
  uint8_t head[GS_MESSAGE_HEADER_BYTES + gapseal_v1_Request_size];
  pb_ostream_t stream =
      pb_ostream_from_buffer(head + GS_MESSAGE_HEADER_BYTES, sizeof head - GS_MESSAGE_HEADER_BYTES);
  if (request->id == 0) {
    request->id = ++d->last_request;
  }
  FUZZ_MUST(pb_encode(&stream, gapseal_v1_Request_fields, request));
  struct gs_writer w = gs_writer_init(head, GS_MESSAGE_HEADER_BYTES);
  gs_write_u8(&w, GS_FRAME_REQUEST);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, (uint16_t)stream.bytes_written);
  fuzz_device_frame(head, GS_MESSAGE_HEADER_BYTES + stream.bytes_written, tail, tail_len);
}

void fuzz_device_link_reset(void) {
  gs_session_link_reset(&d->session);
  hear_from_now();
}

static void say_hello(void) {
  static const uint8_t end = 0;
  gapseal_v1_Request r = {.id = 0xFFFFFFFEu, .which_body = gapseal_v1_Request_hello_tag};
  r.body.hello.version_min = r.body.hello.version_max = GS_WIRE_VERSION;
  r.body.hello.frame_max = 4096;
  fuzz_device_say(&end, 1);
  fuzz_device_ask(&r, NULL, 0);
}

static bool greeted(void) {
  const gapseal_v1_Reply *r = &d->heard.reply;
  return r->id == 0xFFFFFFFEu && r->status == GS_OK && r->which_body == gapseal_v1_Reply_hello_tag;
}

void fuzz_device_check(void) {
  d->wires_cut = false;
  memset(&d->heard.reply, 0, sizeof d->heard.reply);
  uint32_t start = d->now_ms;
  listen();
  say_hello();
  while (!greeted() && d->now_ms - start < HELLO_MS) {
    fuzz_device_pass(WAIT_STEP_MS);
    if (!greeted()) { /* as hosts do; half a frame before it may have swallowed the first */
      say_hello();
    }
  }
  FUZZ_MUST(greeted());
  /* Over bytes that nobody of ours wrote a program is refused, which the engine takes for wear. */
  FUZZ_MUST(d->flash_spoilt || gs_flash_model_violations(d->flash) == 0);
}

/* -- packages, keyrings, states ---------------------------------------------------------------- */

static void make_package(enum fuzz_package_name name, uint32_t release, uint32_t security_version,
                         uint32_t floor, enum test_key key) {
  struct fuzz_package *p = &fuzz_packages[name];
  struct fixture_manifest f;
  uint8_t body[FIXTURE_BODY_MAX];
  p->size = FUZZ_IMAGE_MAX - 100u * (uint32_t)name;
  p->release = release;
  fixture_image(100u + (uint32_t)name, p->image, p->size);
  fixture_release_manifest(&f, release, security_version, floor);
  f.m.table_len = 0;
  fixture_describe_image(&f, 0, 100u + (uint32_t)name, p->size, FUZZ_BLOCK);
  if (name == FUZZ_SELF) {
    f.m.fields.confirm = gapseal_v1_Confirm_CONFIRM_BY_DEVICE;
  }
  if (name == FUZZ_WRONG) {
    f.m.fields.variants[0].sha256[0] ^= 1;
  }
  if (name == FUZZ_OTHER) {
    memcpy(f.m.fields.product, fixture_other_product, GS_ID_BYTES);
    must(gs_sha256(fixture_other_about, strlen(fixture_other_about), f.m.fields.about));
  }
  size_t len = fixture_manifest_body(&f, body);
  must(gs_sha256(body, len, p->digest));
  p->envelope_len =
      fixture_sign(GS_OBJECT_MANIFEST, body, len, &key, 1, p->envelope, sizeof p->envelope);
}

static void make_packages(void) {
  make_package(FUZZ_RUNNING, 7, 3, 3, TEST_KEY_RELEASE_1);
  make_package(FUZZ_NEWER, 8, 4, 3, TEST_KEY_RELEASE_1);
  make_package(FUZZ_SELF, 9, 5, 5, TEST_KEY_RELEASE_1);
  make_package(FUZZ_OLDER, 6, 3, 3, TEST_KEY_RELEASE_1);
  make_package(FUZZ_LOW, 8, 2, 2, TEST_KEY_RELEASE_1);
  make_package(FUZZ_OTHER, 8, 4, 4, TEST_KEY_RELEASE_1);
  make_package(FUZZ_RECOVERY, 3, 3, 0, TEST_KEY_RECOVERY_1);
  make_package(FUZZ_WRONG, 10, 4, 4, TEST_KEY_RELEASE_1);
  make_package(FUZZ_STRANGER, 8, 4, 4, TEST_KEY_STRANGER);
}

static void make_keyrings(void) {
  static const enum test_key roots[] = {TEST_KEY_ROOT_2, TEST_KEY_ROOT_3};
  static const enum test_key stranger = TEST_KEY_STRANGER;
  struct fixture_keyring f;
  uint8_t body[FIXTURE_BODY_MAX];
  for (uint32_t version = 1; version <= 2; version++) {
    struct fuzz_keyring *k = &fuzz_keyrings[version];
    k->len = fixture_keyring_envelope(version, k->envelope, sizeof k->envelope);
  }
  fixture_keyring(&f, 2);
  f.k.fields.version = 3;
  size_t len = fixture_keyring_body(&f, body);
  fuzz_keyrings[3].len = fixture_sign(GS_OBJECT_KEYRING, body, len, roots, 2,
                                      fuzz_keyrings[3].envelope, FUZZ_KEYRING_MAX);
  fixture_keyring(&f, 1);
  len = fixture_keyring_body(&f, body);
  fuzz_keyrings[0].len = fixture_sign(GS_OBJECT_KEYRING, body, len, &stranger, 1,
                                      fuzz_keyrings[0].envelope, FUZZ_KEYRING_MAX);
}

static void make_facts(void) {
  static const enum test_key maker = TEST_KEY_MAKER;
  struct gs_device_facts *f = &d->facts;
  gapseal_v1_Identity identity = gapseal_v1_Identity_init_zero;
  uint8_t body[gapseal_v1_Identity_size];
  fixture_public_key(TEST_KEY_DEVICE, f->device_key);
  memcpy(f->serial, "0042-1187", sizeof "0042-1187");
  memcpy(f->product, fixture_product, GS_ID_BYTES);
  memcpy(f->hardware, fixture_hardware, GS_ID_BYTES);
  f->revision = 2;
  f->slot_model = GS_SLOTS_SAME_ADDRESS;
  f->lifecycle = GS_DEVELOPMENT;
  f->key_protection = GS_KEY_IN_FLASH;
  f->erase_ms_max = f->program_ms_max = f->signature_ms_max = 1;
  gs_fields_all_present(&gapseal_v1_Identity_msg, &identity);
  identity.format = 1;
  memcpy(identity.device_key, f->device_key, sizeof identity.device_key);
  memcpy(identity.serial, f->serial, sizeof "0042-1187");
  memcpy(identity.product, f->product, GS_ID_BYTES);
  memcpy(identity.hardware, f->hardware, GS_ID_BYTES);
  identity.revision = f->revision;
  size_t len = gs_identity_encode(&identity, body, sizeof body);
  f->statement = d->statement;
  f->statement_len =
      fixture_sign(GS_OBJECT_IDENTITY, body, len, &maker, 1, d->statement, sizeof d->statement);
}

static void make_device(void) {
  memset(d, 0, sizeof *d);
  d->flash = gs_flash_model_new(geometry);
  FUZZ_MUST(d->flash != NULL);
  gs_flash_model_port_ops(d->flash, &d->port, true);
  d->port.ctx = d;
  d->port.facts = &d->facts;
  d->port.read = port_read;
  d->port.program = port_program;
  d->port.erase = port_erase;
  d->port.counter_read = port_counter_read;
  d->port.counter_raise = port_counter_raise;
  d->port.now_ms = port_now_ms;
  d->port.entropy = port_entropy;
  d->port.sign = port_sign;
  make_facts();
  d->engine_memory = (struct gs_engine_memory){.manifest = d->manifest,
                                               .manifest_cap = sizeof d->manifest,
                                               .keyring = d->keyring,
                                               .keyring_cap = sizeof d->keyring,
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
                                                 .assembly_cap = sizeof d->assembly,
                                                 .reorder = d->reorder,
                                                 .reorder_cap = FUZZ_REORDER_FEW};
}

static void save(enum fuzz_state state) {
  saved[state] = *d;
  saved_flash[state] = gs_flash_model_new(geometry);
  FUZZ_MUST(saved_flash[state] != NULL);
  gs_flash_model_copy(saved_flash[state], d->flash);
}

void fuzz_device_be(enum fuzz_state state) {
  gs_flash_model_power_on(d->flash);
  gs_flash_model_copy(d->flash, saved_flash[state]);
  struct gs_flash_model *flash = d->flash;
  *d = saved[state];
  d->flash = flash;
}

void fuzz_device_keep(size_t reorder_cap) {
  FUZZ_MUST(reorder_cap <= sizeof d->reorder);
  d->session_memory.reorder_cap = reorder_cap;
  must(gs_session_init(&d->session, &d->engine, &d->session_memory, d->now_ms));
}

static void begin(const struct fuzz_package *p) {
  const struct gs_begin_options options = {.door = GS_DOOR_WIRE};
  struct gs_verdict verdict;
  must(gs_engine_begin(&d->engine, p->envelope, p->envelope_len, &options, &verdict));
}

/* The first items of a package; all of them and the final check where whole. */
static void transfer(const struct fuzz_package *p, bool whole) {
  uint8_t page[FUZZ_BLOCK];
  struct gs_table_shape shape = *gs_engine_table(&d->engine);
  bool done = false;
  for (uint32_t i = 0; i < shape.pages; i++) {
    size_t len = fixture_page(p->image, &shape, FUZZ_BLOCK, i, page);
    must(gs_engine_page(&d->engine, i, page, len));
  }
  while (!done) {
    must(gs_engine_scan(&d->engine, &done));
  }
  for (uint32_t i = 0; i < (whole ? shape.blocks : shape.blocks / 2u); i++) {
    size_t len = i + 1u == shape.blocks ? shape.last_block_len : FUZZ_BLOCK;
    must(gs_engine_block(&d->engine, i, p->image + (size_t)i * FUZZ_BLOCK, len));
  }
  for (done = !whole; !done;) {
    must(gs_engine_finish(&d->engine, &done));
  }
}

static void confirm(const struct fuzz_package *p) {
  fuzz_device_healthy();
  d->nonce_used = true;
  must(gs_engine_confirm(&d->engine, p->digest));
  fuzz_device_restart(GS_RESET_REQUESTED, false);
}

static void make_states(void) {
  const struct fuzz_package *running = &fuzz_packages[FUZZ_RUNNING];
  const struct fuzz_package *newer = &fuzz_packages[FUZZ_NEWER];
  must(gs_engine_init(&d->engine, &d->port, &d->engine_memory));
  fuzz_device_restart(GS_RESET_POWER, false);
  save(FUZZ_IN_BLANK);
  d->may_write = true;
  must(gs_engine_provision(&d->engine, fuzz_keyrings[1].envelope, fuzz_keyrings[1].len, 3));
  fuzz_device_restart(GS_RESET_POWER, false);
  save(FUZZ_IN_FIRST);
  begin(running);
  transfer(running, true);
  must(gs_engine_install(&d->engine, running->digest));
  fuzz_device_restart(GS_RESET_REQUESTED, false);
  confirm(running);
  save(FUZZ_IN_READY);
  begin(newer);
  transfer(newer, false);
  fuzz_device_restart(GS_RESET_POWER, false);
  save(FUZZ_IN_WRITING);
  begin(newer);
  transfer(newer, true);
  fuzz_device_restart(GS_RESET_POWER, false);
  save(FUZZ_IN_CANDIDATE);
  must(gs_engine_install(&d->engine, newer->digest));
  save(FUZZ_IN_STAGED);
  fuzz_device_restart(GS_RESET_REQUESTED, false);
  save(FUZZ_IN_TRIAL);
  fuzz_device_healthy();
  save(FUZZ_IN_HEALTHY);
  confirm(newer);
  save(FUZZ_IN_CONFIRMED);
  fuzz_device_be(FUZZ_IN_HEALTHY);
  d->nonce_used = true;
  must(gs_engine_reject(&d->engine, newer->digest));
  fuzz_device_restart(GS_RESET_REQUESTED, false);
  save(FUZZ_IN_REJECTED);
}

static void report(void) {
  (void)fprintf(stderr, "most port calls in one step: %u reads, %u writes\n", (unsigned)reads_max,
                (unsigned)writes_max);
}

void fuzz_device_start(void) {
  (void)atexit(report);
  talks = getenv("GAPSEAL_FUZZ_TALK") != NULL;
  make_packages();
  make_keyrings();
  make_device();
  make_states();
}
