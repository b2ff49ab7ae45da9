/* SPDX-License-Identifier: Apache-2.0 */
#include "session_script.h"

#include <string.h>

#include "bytes.h"
#include "gapseal/crypto.h"

#define FLAG_NO_NONCE 1u
#define FLAG_OTHER_PACKAGE 2u
#define FLAG_SAME_ID 4u
#define FLAG_OLDER 8u
#define FLAG_REINSTALL 16u
#define FLAG_SHORT 32u

#define LOAD_CHANGED 1u
#define LOAD_SIGNED_AGAIN 2u
#define LOAD_HALF 4u

#define BLOCKS_WRONG_DATA 1u
#define BLOCKS_GAP 2u
#define BLOCKS_TWICE 4u
#define BLOCKS_ROUND 8u
#define BLOCKS_SWAPPED 16u

#define STATE_KEEPS_NONE 0x10u /* frames that come before their turn; otherwise a few */
#define STATE_KEEPS_ALL 0x20u  /* as many as the linux profile */
#define STATE_SLOW_PORT 0x40u

static struct fuzz_device *const d = &fuzz_device;
static bool has_authority;

/* -- requests --------------------------------------------------------------------------------- */

/* What the device says is being written or staged, or else what runs. */
static void package_at_hand(uint8_t out[GS_DIGEST_BYTES]) {
  static const uint8_t zeros[GS_DIGEST_BYTES];
  gapseal_v1_DeviceState state;
  gs_engine_state(&d->engine, &state);
  const gapseal_v1_SlotInfo *slot = state.running_slot == 0 ? &state.slot_a : &state.slot_b;
  bool staged = memcmp(state.staged_package, zeros, sizeof zeros) != 0;
  memcpy(out, staged ? state.staged_package : slot->package, GS_DIGEST_BYTES);
}

/* Bytes that lie alike in all requests with a nonce, or with a package. */
static void fill_nonce(pb_size_t *size, uint8_t *bytes, uint8_t flags, uint8_t b) {
  *size = (flags & FLAG_SHORT) != 0 ? GS_NONCE_BYTES - 1u : GS_NONCE_BYTES;
  memset(bytes, b, GS_NONCE_BYTES);
  if (has_authority && (flags & FLAG_NO_NONCE) == 0) {
    memcpy(bytes, d->session.nonce, GS_NONCE_BYTES);
    d->nonce_used = true;
  }
}

static void fill_package(pb_size_t *size, uint8_t *bytes, uint8_t flags, uint8_t b) {
  *size = (flags & FLAG_SHORT) != 0 ? GS_DIGEST_BYTES - 1u : GS_DIGEST_BYTES;
  package_at_hand(bytes);
  if ((flags & FLAG_OTHER_PACKAGE) != 0) {
    memcpy(bytes, fuzz_packages[b % FUZZ_PACKAGES].digest, GS_DIGEST_BYTES);
  }
}

static void fill_info(gapseal_v1_Request *r, uint8_t flags, uint8_t a, uint8_t b) {
  switch (r->which_body) {
    case gapseal_v1_Request_hello_tag:
      r->body.hello.version_min = a == 0 ? GS_WIRE_VERSION : a;
      r->body.hello.version_max = GS_WIRE_VERSION + (flags & 1u);
      r->body.hello.frame_max = b == 0 ? 4096u : 64u + b * 8u;
      memcpy(r->body.hello.host_software, "fuzz", sizeof "fuzz");
      break;
    case gapseal_v1_Request_ident_tag:
      r->body.ident.host_nonce.size = (flags & FLAG_SHORT) != 0 ? 31 : GS_HOST_NONCE_BYTES;
      memset(r->body.ident.host_nonce.bytes, b, GS_HOST_NONCE_BYTES);
      break;
    case gapseal_v1_Request_receipt_tag:
      r->body.receipt.kind = (gapseal_v1_ReceiptKind)a;
      r->body.receipt.host_nonce.size = (flags & FLAG_SHORT) != 0 ? 31 : GS_HOST_NONCE_BYTES;
      memset(r->body.receipt.host_nonce.bytes, b, GS_HOST_NONCE_BYTES);
      break;
    case gapseal_v1_Request_log_tag:
      r->body.log.from_sequence = a;
      break;
    case gapseal_v1_Request_status_tag:
      r->body.status.acknowledge = (a & 1u) != 0;
      fill_nonce(&r->body.status.nonce.size, r->body.status.nonce.bytes, flags, b);
      break;
    default:
      break;
  }
}

static void fill_update(gapseal_v1_Request *r, uint8_t flags, uint8_t a, uint8_t b) {
  switch (r->which_body) {
    case gapseal_v1_Request_check_tag:
      r->body.check.older = (flags & FLAG_OLDER) != 0;
      r->body.check.reinstall = (flags & FLAG_REINSTALL) != 0;
      break;
    case gapseal_v1_Request_begin_tag:
      r->body.begin.older = (flags & FLAG_OLDER) != 0;
      r->body.begin.reinstall = (flags & FLAG_REINSTALL) != 0;
      fill_nonce(&r->body.begin.nonce.size, r->body.begin.nonce.bytes, flags, b);
      break;
    case gapseal_v1_Request_needs_tag:
      r->body.needs.first = a;
      r->body.needs.frame_data = b;
      break;
    case gapseal_v1_Request_finish_tag:
      fill_package(&r->body.finish.package.size, r->body.finish.package.bytes, flags, b);
      break;
    case gapseal_v1_Request_install_tag:
      fill_package(&r->body.install.package.size, r->body.install.package.bytes, flags, b);
      break;
    default:
      break;
  }
}

static void fill_decision(gapseal_v1_Request *r, uint8_t flags, uint8_t b) {
  switch (r->which_body) {
    case gapseal_v1_Request_confirm_tag:
    case gapseal_v1_Request_reject_tag:
    case gapseal_v1_Request_rollback_tag: /* one type, at one place of the union */
      fill_nonce(&r->body.confirm.nonce.size, r->body.confirm.nonce.bytes, flags, b);
      fill_package(&r->body.confirm.package.size, r->body.confirm.package.bytes, flags, b);
      break;
    case gapseal_v1_Request_cancel_tag:
    case gapseal_v1_Request_reboot_tag:
    case gapseal_v1_Request_keyring_tag:
      fill_nonce(&r->body.cancel.nonce.size, r->body.cancel.nonce.bytes, flags, b);
      break;
    default:
      break;
  }
}

static void request(struct fuzz_script *s) {
  gapseal_v1_Request r = gapseal_v1_Request_init_zero;
  r.which_body = fuzz_u8(s) % (gapseal_v1_Request_receipt_tag + 2u);
  uint8_t flags = fuzz_u8(s);
  uint8_t a = fuzz_u8(s);
  uint8_t b = fuzz_u8(s);
  fill_info(&r, flags, a, b);
  fill_update(&r, flags, a, b);
  fill_decision(&r, flags, b);
  if ((flags & FLAG_SAME_ID) != 0) {
    r.id = d->last_request;
  }
  fuzz_device_ask(&r, NULL, 0);
}

static void message(struct fuzz_script *s) {
  uint8_t head[GS_MESSAGE_HEADER_BYTES + 255u];
  uint8_t want = fuzz_u8(s);
  uint8_t tail_want = fuzz_u8(s);
  size_t n;
  size_t tail_len;
  const uint8_t *text = fuzz_bytes(s, want, &n);
  const uint8_t *tail = fuzz_bytes(s, tail_want, &tail_len);
  struct gs_writer w = gs_writer_init(head, sizeof head);
  gs_write_u8(&w, GS_FRAME_REQUEST);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, (uint16_t)n);
  gs_write_bytes(&w, text, n);
  fuzz_device_frame(head, w.used, tail, tail_len);
}

/* -- objects ---------------------------------------------------------------------------------- */

/* A package's manifest or a keyring, as it is or with bytes changed. Returns its length. */
static size_t pick_object(struct fuzz_script *s, uint8_t which, uint8_t flags, uint8_t *out) {
  size_t i = which % (FUZZ_PACKAGES + FUZZ_KEYRINGS);
  bool manifest = i < FUZZ_PACKAGES;
  const uint8_t *from =
      manifest ? fuzz_packages[i].envelope : fuzz_keyrings[i - FUZZ_PACKAGES].envelope;
  size_t len = manifest ? fuzz_packages[i].envelope_len : fuzz_keyrings[i - FUZZ_PACKAGES].len;
  memcpy(out, from, len);
  for (unsigned n = 0; (flags & LOAD_CHANGED) != 0 && n < 1u + (flags >> 6); n++) {
    uint16_t at = fuzz_u16(s);
    out[at % len] = fuzz_u8(s);
  }
  if ((flags & LOAD_SIGNED_AGAIN) != 0) {
    (void)fuzz_sign_again(manifest ? GS_OBJECT_MANIFEST : GS_OBJECT_KEYRING, out, len);
  }
  return len;
}

static void load(struct fuzz_script *s) {
  uint8_t object[FUZZ_OBJECT_MAX];
  uint8_t which = fuzz_u8(s);
  size_t piece = 1u + fuzz_u8(s) % 128u;
  uint8_t flags = fuzz_u8(s);
  size_t len = pick_object(s, which, flags, object);
  bool manifest = which % (FUZZ_PACKAGES + FUZZ_KEYRINGS) < FUZZ_PACKAGES;
  piece = len / piece > 32u ? len / 32u : piece;
  size_t end = (flags & LOAD_HALF) != 0 ? len / 2u : len;
  for (size_t at = 0; at < end; at += piece) {
    gapseal_v1_Request r = gapseal_v1_Request_init_zero;
    size_t n = len - at < piece ? len - at : piece;
    r.which_body = gapseal_v1_Request_load_tag;
    r.body.load.kind = manifest ? gapseal_v1_ObjectKind_OBJECT_KIND_MANIFEST
                                : gapseal_v1_ObjectKind_OBJECT_KIND_KEYRING;
    r.body.load.total = (uint32_t)len;
    r.body.load.offset = (uint32_t)at;
    fuzz_device_ask(&r, object + at, n);
  }
}

/* -- blocks ----------------------------------------------------------------------------------- */

/* The package whose image the device wants. */
static const struct fuzz_package *wanted(void) {
  for (size_t i = 0; i < FUZZ_PACKAGES && gs_engine_table(&d->engine) != NULL; i++) {
    if (d->engine.progress.total_bytes == fuzz_packages[i].size) {
      return &fuzz_packages[i];
    }
  }
  return &fuzz_packages[FUZZ_NEWER];
}

/* A place in the flow: what the frame `ahead` of the expected one carries. */
struct place {
  uint32_t index, offset;
};

static uint32_t item_len(const struct fuzz_package *p, uint32_t i) {
  const struct gs_flow *f = &d->session.flow;
  if (f->pages) {
    return i < f->shape.pages ? (uint32_t)gs_table_page_len(&f->shape, i) : 0;
  }
  uint32_t at = i * FUZZ_BLOCK;
  return i >= f->shape.blocks || at >= p->size ? 0
         : p->size - at < FUZZ_BLOCK           ? p->size - at
                                               : FUZZ_BLOCK;
}

static bool is_needed(uint32_t i) {
  return d->session.flow.pages ? gs_engine_page_needed(&d->engine, i)
                               : gs_engine_block_needed(&d->engine, i);
}

/* The next place; index is past all items where there is none. */
static void advance(struct place *at, const struct fuzz_package *p) {
  const struct gs_flow *f = &d->session.flow;
  uint32_t count = f->pages ? f->shape.pages : f->shape.blocks;
  at->offset += f->frame_data;
  if (at->offset >= item_len(p, at->index)) {
    at->offset = 0;
    at->index++;
    while (at->index < count && !is_needed(at->index)) {
      at->index++;
    }
  }
}

/* Its data; returns the length, 0 where there is none. */
static size_t data_of(const struct place *at, const struct fuzz_package *p,
                      uint8_t out[FUZZ_BLOCK]) {
  const struct gs_flow *f = &d->session.flow;
  uint8_t item[FUZZ_BLOCK];
  uint32_t len = item_len(p, at->index);
  if (at->offset >= len) {
    return 0;
  }
  if (f->pages) {
    (void)fixture_page(p->image, &f->shape, FUZZ_BLOCK, at->index, item);
  } else {
    memcpy(item, p->image + at->index * FUZZ_BLOCK, len);
  }
  len -= at->offset;
  len = len < f->frame_data ? len : f->frame_data;
  memcpy(out, item + at->offset, len);
  return len;
}

static void say_block(const struct gs_block_header *h, const uint8_t *data, size_t len) {
  uint8_t head[GS_BLOCK_HEADER_BYTES];
  gs_block_header_encode(h, head);
  fuzz_device_frame(head, sizeof head, data, len);
}

/* The frame `ahead` of the expected one. False: there is none. */
static bool say_ahead(uint32_t ahead, uint8_t flags) {
  const struct gs_flow *f = &d->session.flow;
  const struct fuzz_package *p = wanted();
  struct place at = {f->index, f->offset};
  uint8_t data[FUZZ_BLOCK];
  if (f->state != GS_FLOW_OPEN || f->frame_data == 0) {
    return false;
  }
  for (uint32_t i = 0; i < ahead; i++) {
    advance(&at, p);
  }
  size_t len = data_of(&at, p, data);
  if (len == 0) {
    return false;
  }
  const struct gs_block_header h = {.round = (uint8_t)(f->round + ((flags & BLOCKS_ROUND) != 0)),
                                    .sequence = f->next_sequence + ahead,
                                    .index = f->pages ? at.index | GS_ITEM_PAGE : at.index,
                                    .offset = at.offset};
  data[0] ^= (flags & BLOCKS_WRONG_DATA) != 0;
  say_block(&h, data, len);
  if ((flags & BLOCKS_TWICE) != 0) {
    say_block(&h, data, len);
  }
  return true;
}

static void blocks(struct fuzz_script *s) {
  uint8_t n = fuzz_u8(s) % 64u;
  uint8_t flags = fuzz_u8(s);
  for (; n > 0; n--) {
    uint8_t now =
        n == 1 ? flags : (uint8_t)(flags & (BLOCKS_TWICE | BLOCKS_ROUND | BLOCKS_SWAPPED));
    uint32_t ahead = (now & BLOCKS_GAP) != 0 ? 1u : 0;
    if ((now & BLOCKS_SWAPPED) != 0) {
      ahead = n % 3u; /* third, second, first, and so on */
    }
    if (!say_ahead(ahead, now)) {
      return;
    }
  }
}

static void block(struct fuzz_script *s) {
  const struct gs_flow *f = &d->session.flow;
  struct gs_block_header h;
  size_t len;
  h.round = (uint8_t)(f->round + fuzz_u8(s));
  h.sequence = f->next_sequence + (uint32_t)(int8_t)fuzz_u8(s);
  h.index = (f->index + (uint32_t)(int8_t)fuzz_u8(s)) ^ (f->pages ? GS_ITEM_PAGE : 0);
  h.offset = f->offset + (uint32_t)(int8_t)fuzz_u8(s);
  uint8_t want = fuzz_u8(s);
  const uint8_t *data = fuzz_bytes(s, want, &len);
  say_block(&h, data, len);
}

/* -- the script ------------------------------------------------------------------------------- */

static void flood(struct fuzz_script *s) {
  uint8_t byte = fuzz_u8(s);
  uint8_t n = fuzz_u8(s);
  uint8_t bytes[16];
  memset(bytes, byte, sizeof bytes);
  for (; n > 0; n--) {
    fuzz_device_say(bytes, sizeof bytes);
  }
}

static void line_op(enum session_op op, struct fuzz_script *s) {
  uint8_t want = fuzz_u8(s);
  size_t n;
  const uint8_t *bytes = fuzz_bytes(s, want, &n);
  if (op == OP_RAW) {
    fuzz_device_say(bytes, n);
  } else {
    fuzz_device_frame(bytes, n, NULL, 0);
  }
}

/* What only the device's own side can do. */
static void device_op(enum session_op op, struct fuzz_script *s) {
  uint8_t a = fuzz_u8(s);
  if (!has_authority) {
    return;
  }
  if (op == OP_RESTART) {
    fuzz_device_restart((enum gs_reset_cause)(a % 5u), (a & 0x80u) != 0);
  } else if (op == OP_HEALTHY) {
    fuzz_device_healthy();
    (void)fuzz_device_mend_power();
  } else {
    uint8_t mode = fuzz_u8(s);
    gs_flash_model_cut_at(d->flash, a, (enum gs_cut_mode)(mode % GS_CUT_MODES), fuzz_u8(s));
  }
}

static void one_op(enum session_op op, struct fuzz_script *s) {
  switch (op) {
    case OP_RAW:
    case OP_FRAME:
      line_op(op, s);
      break;
    case OP_MESSAGE:
      message(s);
      break;
    case OP_REQUEST:
      request(s);
      break;
    case OP_LOAD:
      load(s);
      break;
    case OP_BLOCK:
      block(s);
      break;
    case OP_BLOCKS:
      blocks(s);
      break;
    case OP_TIME:
      d->wires_cut = false;
      fuzz_device_pass(fuzz_u16(s));
      break;
    case OP_FLOOD:
      flood(s);
      break;
    case OP_LINK:
      fuzz_device_link_reset();
      break;
    case OP_HOLD:
      d->wires_cut = true;
      break;
    case OP_RESTART:
    case OP_HEALTHY:
    case OP_CUT:
      device_op(op, s);
      break;
    case OP_COUNT:
      break;
  }
}

void session_script_go_on(struct fuzz_script *s, bool authorised) {
  has_authority = authorised;
  uint32_t before = gs_flash_model_ops(d->flash) - d->install_ops;
  while (s->left > 0) {
    one_op((enum session_op)(fuzz_u8(s) % OP_COUNT), s);
  }
  fuzz_device_check();
  /* Staging a candidate whose begin was accepted asks for no more than its digest. */
  FUZZ_MUST(authorised || gs_flash_model_ops(d->flash) == before + d->install_ops);
}

void session_script(const uint8_t *data, size_t len, bool authorised) {
  struct fuzz_script s = {data, len};
  uint8_t state = fuzz_u8(&s);
  fuzz_device_be((enum fuzz_state)(state % 16u % FUZZ_STATES));
  if ((state & STATE_SLOW_PORT) != 0) { /* long work is announced first */
    d->facts.erase_ms_max = 120;
    d->facts.signature_ms_max = 150;
    d->facts.erase_stops_reception = true;
  }
  static const size_t reorder[] = {FUZZ_REORDER_FEW, FUZZ_REORDER};
  fuzz_device_keep((state & STATE_KEEPS_NONE) != 0 ? 0 : reorder[(state & STATE_KEEPS_ALL) != 0]);
  session_script_go_on(&s, authorised);
}

/* -- seeds ------------------------------------------------------------------------------------ */

/* clang-format would give each byte a line. */
/* clang-format off */
#define REQ(name, flags, a, b) OP_REQUEST, gapseal_v1_Request_##name##_tag, (flags), (a), (b)
#define LOAD(object) OP_LOAD, (object), 99, 0
#define HELLO REQ(hello, 0, 0, 0)
#define DELIVER                                                                             \
  REQ(begin, 0, 0, 0), REQ(needs, 0, 0, 100), OP_BLOCKS, 40, 0, REQ(needs, 0, 0, 100),      \
      OP_BLOCKS, 60, 0, REQ(finish, 0, 0, 0)

void session_seeds(void) {
  static const uint8_t install[] = {
      FUZZ_IN_READY, HELLO, REQ(ident, 0, 0, 7), LOAD(FUZZ_NEWER), REQ(check, 0, 0, 0), DELIVER,
      REQ(receipt, 0, 1, 3), REQ(install, 0, 0, 0), REQ(reboot, 0, 0, 0), OP_HEALTHY, 0, HELLO,
      REQ(confirm, 0, 0, 0), REQ(receipt, 0, 2, 3), REQ(log, 0, 0, 0)};
  static const uint8_t first[] = {
      FUZZ_IN_FIRST, HELLO, LOAD(FUZZ_RECOVERY), DELIVER, REQ(install, 0, 0, 0),
      REQ(reboot, 0, 0, 0), OP_HEALTHY, 0, HELLO, REQ(confirm, 0, 0, 0), LOAD(FUZZ_SELF), DELIVER,
      REQ(install, 0, 0, 0), REQ(reboot, 0, 0, 0), OP_HEALTHY, 0, HELLO, REQ(rollback, 0, 0, 0)};
  static const uint8_t broken[] = {
      FUZZ_IN_WRITING, HELLO, LOAD(FUZZ_NEWER), REQ(begin, 0, 0, 0), REQ(needs, 0, 0, 64),
      OP_BLOCKS, 3, BLOCKS_GAP, OP_BLOCKS, 3, BLOCKS_ROUND, OP_BLOCKS, 4, BLOCKS_TWICE, OP_CUT, 2,
      GS_CUT_PREFIX, 5, OP_BLOCKS, 8, 0, HELLO, LOAD(FUZZ_NEWER), REQ(begin, 0, 0, 0),
      REQ(needs, 0, 0, 64), OP_BLOCKS, 60, BLOCKS_WRONG_DATA, OP_TIME, 0, 2};
  static const uint8_t swapped[] = {
      FUZZ_IN_READY | STATE_SLOW_PORT, HELLO, LOAD(FUZZ_SELF), REQ(begin, 0, 0, 0),
      REQ(needs, 0, 0, 64), OP_BLOCKS, 30, BLOCKS_SWAPPED, REQ(needs, 0, 0, 64), OP_BLOCKS, 63,
      BLOCKS_SWAPPED, OP_TIME, 0, 4, OP_BLOCKS, 63, BLOCKS_SWAPPED, REQ(finish, 0, 0, 0),
      REQ(install, 0, 0, 0), REQ(reboot, 0, 0, 0), OP_HEALTHY, 0};
  static const uint8_t kept[] = {
      FUZZ_IN_READY | STATE_KEEPS_ALL, HELLO, LOAD(FUZZ_SELF), REQ(begin, 0, 0, 0),
      REQ(needs, 0, 0, 16), OP_BLOCKS, 63, BLOCKS_SWAPPED, OP_BLOCKS, 63, BLOCKS_GAP, OP_BLOCKS, 63,
      BLOCKS_ROUND, REQ(needs, 0, 0, 64), OP_BLOCKS, 63, BLOCKS_SWAPPED, REQ(finish, 0, 0, 0)};
  static const uint8_t dropped[] = {
      FUZZ_IN_READY | STATE_KEEPS_NONE, HELLO, LOAD(FUZZ_SELF), REQ(begin, 0, 0, 0),
      REQ(needs, 0, 0, 64), OP_BLOCKS, 30, BLOCKS_SWAPPED, OP_BLOCKS, 30, BLOCKS_GAP, OP_BLOCKS, 30,
      BLOCKS_ROUND, REQ(needs, 0, 0, 64), OP_BLOCKS, 63, 0, REQ(finish, 0, 0, 0)};
  static const uint8_t wrong[] = {
      FUZZ_IN_READY, HELLO, LOAD(FUZZ_WRONG), DELIVER, REQ(status, 0, 1, 0), LOAD(FUZZ_NEWER),
      REQ(begin, 0, 0, 0), REQ(cancel, 0, 0, 0)};
  static const uint8_t back[] = {
      FUZZ_IN_CONFIRMED, HELLO, REQ(rollback, 0, 0, 0), REQ(reboot, 0, 0, 0), HELLO,
      REQ(receipt, 0, 2, 1), REQ(status, 0, 0, 0), LOAD(FUZZ_OLDER), REQ(check, FLAG_OLDER, 0, 0)};
  static const uint8_t keyring[] = {
      FUZZ_IN_CONFIRMED, HELLO, LOAD(FUZZ_PACKAGES + 2), REQ(link, 0, 0, 0),
      LOAD(FUZZ_PACKAGES + 3), REQ(link, 0, 0, 0), REQ(keyring, 0, 0, 0), OP_RESTART, 3, HELLO,
      REQ(status, 0, 1, 0), LOAD(FUZZ_SELF), REQ(begin, 0, 0, 0)};
  static const uint8_t trial[] = {
      FUZZ_IN_TRIAL, OP_RESTART, 3, OP_RESTART, 4, OP_RESTART, 1, OP_RESTART, 3, OP_RESTART, 3,
      HELLO, REQ(status, 0, 1, 0), REQ(reject, 0, 0, 0), REQ(cancel, 0, 0, 0)};
  static const uint8_t noise[] = {
      FUZZ_IN_STAGED, OP_FLOOD, 0x55, 40, OP_RAW, 4, 9, 1, 2, 0, OP_FRAME, 3, 1, 2, 3, OP_MESSAGE,
      4, 2, 8, 1, 18, 0, 9, 9, OP_HOLD, HELLO, HELLO, OP_BLOCK, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5,
      OP_LINK, REQ(log, 0, 0, 0), OP_TIME, 0, 8};
  static const uint8_t changed[] = {
      FUZZ_IN_FIRST, HELLO, OP_LOAD, FUZZ_RECOVERY, 99, LOAD_CHANGED | LOAD_SIGNED_AGAIN, 44, 0, 5,
      REQ(check, FLAG_OLDER, 0, 0), REQ(begin, FLAG_OLDER, 0, 0), REQ(needs, 0, 0, 100), OP_BLOCKS,
      9, 0};
  fuzz_seed("install", install, sizeof install);
  fuzz_seed("first", first, sizeof first);
  fuzz_seed("broken", broken, sizeof broken);
  fuzz_seed("swapped", swapped, sizeof swapped);
  fuzz_seed("kept", kept, sizeof kept);
  fuzz_seed("dropped", dropped, sizeof dropped);
  fuzz_seed("wrong", wrong, sizeof wrong);
  fuzz_seed("back", back, sizeof back);
  fuzz_seed("keyring", keyring, sizeof keyring);
  fuzz_seed("trial", trial, sizeof trial);
  fuzz_seed("noise", noise, sizeof noise);
  fuzz_seed("changed", changed, sizeof changed);
}
