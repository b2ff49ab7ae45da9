/* SPDX-License-Identifier: Apache-2.0
 * Every sequence of requests, against a model of a page: engine, session and flash are the real
 * ones, and each request must get the answer that the model gives, leave the state that it
 * leaves, and touch no byte of the image that runs (F07, F22).
 *
 *   test_sequences [LENGTH]      4 unless given; GAPSEAL_LONG=1: 6, which is 531,441 sequences
 *
 * The device runs release 7. One package is offered, release 8. Sequences share their beginnings:
 * the device is copied before each step, so that a sequence costs one step.
 */
#include <pb_decode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "gapseal/crypto.h"
#include "vector_file.h"
#include "wire_client.h"

#define LENGTH_MAX 6
#define FRAME_DATA 480u
#define HOLDOFF_MS 11000u
#define SEED_OFFERED 8u

/* The alphabet. */
enum letter { HELLO, BEGIN, BLOCKS, FINISH, INSTALL, REBOOT, CONFIRM, REJECT, CANCEL, LETTERS };
static const char letters[LETTERS + 1] = "HBKFIRCJX";

/* What a device is, as far as answers depend on it. Nothing here is the product's code. */
struct model {
  gapseal_v1_State state;
  bool hello;     /* in this session */
  bool begun;     /* likewise */
  bool compared;  /* since the start: the device looked at what it holds */
  bool whole;     /* every block of the package is in flash */
  bool updated;   /* the package is confirmed */
  bool executing; /* the package's image is what executes */
};

/* ANY_REFUSAL: a refusal; which one is the device's own matter. */
#define ANY_REFUSAL GS_E_INTERNAL

static bool staged_state(gapseal_v1_State s) {
  return s == gapseal_v1_State_STATE_CANDIDATE || s == gapseal_v1_State_STATE_STAGED;
}

static enum gs_status model_begin(struct model *m) {
  enum gs_status status = GS_OK;
  if (m->state == gapseal_v1_State_STATE_TRIAL) {
    status = GS_E_IN_TRIAL;
  } else if (m->state == gapseal_v1_State_STATE_REJECTED && m->executing) {
    status = GS_E_STATE;
  } else if (m->state == gapseal_v1_State_STATE_READY && m->updated) {
    status = GS_E_ALREADY;
  }
  m->begun = status == GS_OK;
  m->compared = m->compared && m->state == gapseal_v1_State_STATE_WRITING;
  if (status == GS_OK && !staged_state(m->state)) {
    m->state = gapseal_v1_State_STATE_WRITING;
  }
  return status;
}

static enum gs_status model_finish(struct model *m) {
  if (staged_state(m->state)) {
    return GS_OK;
  }
  if (m->state != gapseal_v1_State_STATE_WRITING || !m->begun) {
    return GS_E_STATE;
  }
  if (!m->whole || !m->compared) {
    return GS_E_MORE_NEEDED;
  }
  m->state = gapseal_v1_State_STATE_CANDIDATE;
  return GS_OK;
}

static enum gs_status model_reboot(struct model *m) {
  if (m->state == gapseal_v1_State_STATE_STAGED || m->state == gapseal_v1_State_STATE_TRIAL) {
    m->state = gapseal_v1_State_STATE_TRIAL;
    m->executing = true;
  } else {
    m->executing = m->updated;
  }
  m->hello = m->begun = m->compared = false;
  return GS_OK;
}

static enum gs_status model_step(struct model *m, enum letter letter) {
  if (letter == HELLO) {
    m->hello = true;
    m->begun = false;
    return GS_OK;
  }
  if (!m->hello) {
    return GS_E_NO_HELLO;
  }
  switch (letter) {
    case BEGIN:
      return model_begin(m);
    case BLOCKS:
      if (!m->begun || m->state != gapseal_v1_State_STATE_WRITING) {
        return GS_E_STATE;
      }
      m->whole = m->compared = true;
      return GS_OK;
    case FINISH:
      return model_finish(m);
    case INSTALL:
      if (!staged_state(m->state)) {
        return GS_E_STATE;
      }
      m->state = gapseal_v1_State_STATE_STAGED;
      return GS_OK;
    case REBOOT:
      return model_reboot(m);
    case CONFIRM:
      if (m->state == gapseal_v1_State_STATE_TRIAL) {
        m->state = gapseal_v1_State_STATE_READY;
        m->updated = true;
        return GS_OK;
      }
      return m->state == gapseal_v1_State_STATE_READY && m->updated ? GS_OK : ANY_REFUSAL;
    case REJECT:
      if (m->state == gapseal_v1_State_STATE_TRIAL || staged_state(m->state)) {
        m->state = gapseal_v1_State_STATE_REJECTED;
        return GS_OK;
      }
      return m->state == gapseal_v1_State_STATE_REJECTED ? GS_OK : ANY_REFUSAL; /* said again */
    case CANCEL:
      if (m->state == gapseal_v1_State_STATE_WRITING || staged_state(m->state)) {
        m->state = gapseal_v1_State_STATE_READY;
        m->begun = m->compared = false;
        return GS_OK;
      }
      return ANY_REFUSAL;
    case HELLO:
    case LETTERS:
      break;
  }
  return GS_E_INTERNAL;
}

/* -- the device ------------------------------------------------------------------------------- */

/* Everything that a step may change, and where to put it back. */
struct saved {
  struct vector_device device;
  struct wire_client client;
  struct model model;
  struct gs_flash_model *flash;
};

static struct vector offered;
static struct vector_device device;
static struct wire_client client;
static struct model model;
static struct saved saved[LENGTH_MAX];
static struct gs_flash_model *first_flash; /* as at the beginning */
static uint8_t image[FIXTURE_IMAGE_BYTES];
static uint8_t package[GS_DIGEST_BYTES];
static char path[LENGTH_MAX + 1];
static unsigned long steps, accepted;

static void fail(const char *what, enum gs_status want, enum gs_status got) {
  printf("not ok - %s: %s, expected %d, got %d\n", path, what, (int)want, (int)got);
  exit(1);
}

static void take(struct saved *s) {
  s->device = device;
  s->client = client;
  s->model = model;
  gs_flash_model_copy(s->flash, device.flash);
}

static void put_back(const struct saved *s) {
  device = s->device;
  client = s->client;
  model = s->model;
  gs_flash_model_copy(device.flash, s->flash);
}

static gapseal_v1_DeviceState state_now(void) {
  gapseal_v1_DeviceState s;
  gs_engine_state(&device.engine, &s);
  return s;
}

static enum gs_status ask_nonce(uint8_t out[GS_NONCE_BYTES]) {
  static const uint8_t mine[GS_HOST_NONCE_BYTES] = {0x4e};
  struct gs_signed envelope;
  gapseal_v1_Ident ident;
  enum gs_status status = wire_ident(&client, mine);
  if (status == GS_OK) {
    fixture_must(
        gs_signed_parse(client.tail, client.reply.body.ident.ident_len, &envelope) == GS_OK &&
            gs_ident_decode(envelope.body, envelope.body_len, &ident) == GS_OK,
        "ident");
    memcpy(out, ident.device_nonce, GS_NONCE_BYTES);
  }
  return status;
}

static enum gs_status begin(void) {
  enum gs_status status = wire_load(&client, gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST,
                                    offered.bytes, offered.len, 256);
  return status == GS_OK ? wire_begin(&client, false, false) : status;
}

static void send_item(bool pages, uint32_t index, const uint8_t *data, uint32_t len,
                      uint32_t *sequence) {
  uint8_t head[GS_BLOCK_HEADER_BYTES];
  uint8_t wire[GS_FRAME_ENCODED_MAX(GS_BLOCK_HEADER_BYTES + FRAME_DATA)];
  uint8_t out[64];
  for (uint32_t at = 0; at < len; at += FRAME_DATA) {
    uint32_t n = len - at < FRAME_DATA ? len - at : FRAME_DATA;
    struct gs_block_header h = {
        .sequence = (*sequence)++, .index = pages ? index | GS_ITEM_PAGE : index, .offset = at};
    gs_block_header_encode(&h, head);
    size_t used = gs_frame_encode2(head, sizeof head, data + at, n, wire, sizeof wire);
    fixture_must(gs_session_input(&device.session, wire, used) == used, "room for a frame");
    do {
      gs_session_step(&device.session, ++device.now_ms);
      while (gs_session_output(&device.session, out, sizeof out) > 0) {
      }
    } while (gs_session_idle_ms(&device.session, device.now_ms) == 0);
  }
}

/* Every item that the device says it needs; it says so twice, for pages and for blocks. */
static enum gs_status send_blocks(void) {
  struct fixture_manifest f;
  uint8_t page[FIXTURE_BLOCK_BYTES];
  fixture_manifest(&f, 1);
  struct gs_table_shape shape = gs_manifest_table(&f.m, 0);
  for (int round = 0; round < 2; round++) {
    gapseal_v1_Request r = {.which_body = gapseal_v1_Request_needs_tag};
    r.body.needs.frame_data = FRAME_DATA;
    enum gs_status status = wire_ask(&client, &r, NULL, 0);
    if (status != GS_OK) {
      return status;
    }
    const gapseal_v1_NeedsReply needs = client.reply.body.needs;
    uint32_t sequence = 0;
    for (uint32_t i = 0; i < needs.total; i++) {
      if ((needs.bitmap.bytes[i / 8u] >> (i % 8u) & 1u) == 0) {
        continue;
      }
      if (needs.pages) {
        size_t len = fixture_page(image, &shape, FIXTURE_BLOCK_BYTES, i, page);
        send_item(true, i, page, (uint32_t)len, &sequence);
      } else {
        send_item(false, i, image + (size_t)i * FIXTURE_BLOCK_BYTES, gs_table_block_len(&shape, i),
                  &sequence);
      }
    }
    if (!needs.pages) {
      return GS_OK;
    }
  }
  return GS_E_INTERNAL;
}

static enum gs_status finish_or_install(enum letter letter) {
  gapseal_v1_Request r = {.which_body = letter == FINISH ? gapseal_v1_Request_finish_tag
                                                         : gapseal_v1_Request_install_tag};
  if (letter == FINISH) {
    r.body.finish.package.size = GS_DIGEST_BYTES;
    memcpy(r.body.finish.package.bytes, package, GS_DIGEST_BYTES);
  } else {
    r.body.install.package.size = GS_DIGEST_BYTES;
    memcpy(r.body.install.package.bytes, package, GS_DIGEST_BYTES);
  }
  return wire_ask(&client, &r, NULL, 0);
}

static enum gs_status decide(enum letter letter) {
  gapseal_v1_Request r = {.which_body = letter == CONFIRM ? gapseal_v1_Request_confirm_tag
                                                          : gapseal_v1_Request_reject_tag};
  gapseal_v1_DecideRequest *d = letter == CONFIRM ? &r.body.confirm : &r.body.reject;
  d->nonce.size = GS_NONCE_BYTES;
  d->package.size = GS_DIGEST_BYTES;
  memcpy(d->package.bytes, package, GS_DIGEST_BYTES);
  enum gs_status status = ask_nonce(d->nonce.bytes);
  return status == GS_OK ? wire_ask(&client, &r, NULL, 0) : status;
}

/* A start; what executes reports that it works. */
static void start(void) {
  struct gs_boot_output out;
  fixture_must(gs_engine_init(&device.engine, &device.port, &device.engine_memory) == GS_OK &&
                   gs_engine_start(&device.engine) == GS_OK &&
                   gs_engine_boot(&device.engine, GS_RESET_REQUESTED, false, &out) == GS_OK &&
                   gs_session_init(&device.session, &device.engine, &device.session_memory,
                                   device.now_ms) == GS_OK,
               "start");
  if (out.action == GS_BOOT_TRY) {
    fixture_must(gs_engine_healthy(&device.engine) == GS_OK, "healthy");
  }
}

static enum gs_status reboot_or_cancel(enum letter letter) {
  gapseal_v1_Request r = {.which_body = letter == REBOOT ? gapseal_v1_Request_reboot_tag
                                                         : gapseal_v1_Request_cancel_tag};
  gapseal_v1_NonceRequest *n = letter == REBOOT ? &r.body.reboot : &r.body.cancel;
  n->nonce.size = GS_NONCE_BYTES;
  device.now_ms += HOLDOFF_MS; /* a reboot that nobody owes waits after a start */
  enum gs_status status = ask_nonce(n->nonce.bytes);
  status = status == GS_OK ? wire_ask(&client, &r, NULL, 0) : status;
  if (letter == REBOOT && status == GS_OK) {
    fixture_must(gs_session_wants_reset(&device.session), "a reset is wanted");
    start();
    wire_open(&client, &device);
  }
  return status;
}

static enum gs_status device_step(enum letter letter) {
  switch (letter) {
    case HELLO:
      return wire_hello(&client);
    case BEGIN:
      return begin();
    case BLOCKS:
      return send_blocks();
    case FINISH:
    case INSTALL:
      return finish_or_install(letter);
    case REBOOT:
    case CANCEL:
      return reboot_or_cancel(letter);
    case CONFIRM:
    case REJECT:
      return decide(letter);
    case LETTERS:
      break;
  }
  return GS_E_INTERNAL;
}

/* The image that runs is byte for byte what it was; the floor never falls. */
static void check_invariants(uint32_t ops_before, enum gs_status status) {
  size_t size = device.geometry[GS_AREA_SLOT_A].size;
  if (memcmp(gs_flash_model_bytes(device.flash, GS_AREA_SLOT_A),
             gs_flash_model_bytes(first_flash, GS_AREA_SLOT_A), size) != 0) {
    fail("the slot of release 7 was changed", GS_OK, status);
  }
  if (gs_flash_model_violations(device.flash) != 0) {
    fail("a flash rule was broken", GS_OK, status);
  }
  if (status != GS_OK && gs_flash_model_ops(device.flash) != ops_before) {
    fail("a refused request wrote to flash", GS_OK, status);
  }
}

static void walk(int depth, int length) {
  if (depth == length) {
    return;
  }
  take(&saved[depth]);
  for (int letter = 0; letter < LETTERS; letter++) {
    path[depth] = letters[letter];
    path[depth + 1] = '\0';
    uint32_t ops = gs_flash_model_ops(device.flash);
    enum gs_status want = model_step(&model, (enum letter)letter);
    enum gs_status got = device_step((enum letter)letter);
    bool agree = want == ANY_REFUSAL ? got != GS_OK : got == want;
    if (!agree) {
      fail("the answer", want, got);
    }
    gapseal_v1_DeviceState s = state_now();
    if (s.state != model.state) {
      fail("the state", (enum gs_status)model.state, (enum gs_status)s.state);
    }
    if (s.floor < (model.updated ? 4u : 3u)) {
      fail("the floor fell", GS_OK, got);
    }
    check_invariants(ops, got);
    steps++;
    accepted += got == GS_OK;
    walk(depth + 1, length);
    put_back(&saved[depth]);
  }
}

int main(int argc, char **argv) {
  char why[128];
  const char *asked = getenv("GAPSEAL_LONG");
  int length = argc > 1 ? atoi(argv[1]) : asked != NULL && *asked != '\0' ? LENGTH_MAX : 4;
  if (length < 1 || length > LENGTH_MAX || gs_crypto_init() != GS_OK ||
      !vector_read("proto/vectors", "golden-manifest-1.vec", &offered, why, sizeof why)) {
    fprintf(stderr, "usage: test_sequences [1..%d], from the top of the tree\n", LENGTH_MAX);
    return 2;
  }
  struct gs_signed envelope;
  fixture_must(gs_signed_parse(offered.bytes, offered.len, &envelope) == GS_OK &&
                   gs_sha256(envelope.body, envelope.body_len, package) == GS_OK,
               "the package's digest");
  fixture_image(SEED_OFFERED, image, sizeof image);
  vector_device_make(&device, &offered, GS_DOOR_WIRE);
  wire_open(&client, &device);
  model = (struct model){.state = gapseal_v1_State_STATE_READY};
  first_flash = gs_flash_model_new(device.geometry);
  fixture_must(first_flash != NULL, "memory");
  gs_flash_model_copy(first_flash, device.flash);
  for (int i = 0; i < LENGTH_MAX; i++) {
    saved[i].flash = gs_flash_model_new(device.geometry);
    fixture_must(saved[i].flash != NULL, "memory");
  }
  walk(0, length);
  printf("# %lu steps, %lu of them accepted\n", steps, accepted);
  printf("ok - every sequence of up to %d requests is answered as the model answers it\n", length);
  for (int i = 0; i < LENGTH_MAX; i++) {
    gs_flash_model_free(saved[i].flash);
  }
  gs_flash_model_free(first_flash);
  vector_device_free(&device);
  return 0;
}
