/* SPDX-License-Identifier: Apache-2.0 */
#include "host_peer.h"

#include <pb_decode.h>
#include <pb_encode.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "gapseal/crypto.h"
#include "link_internal.h"
#include "tty.h"

#define ACTIONS_MAX 32u
#define QUEUE_MAX (512u * 1024u)
#define CONTENT_MAX 20000u
#define PASS_MS 50u
#define HEALTHY_MS 300u
/* No call of the host library may take longer than this, whatever the device does. */
#define PATIENCE_MS (60u * 60u * 1000u)
#define WAITS_MAX 2000000u

struct action {
  uint8_t skip, what, a, b;
  uint16_t c;
};

struct peer peer;
static struct fuzz_device *const d = &fuzz_device;
static struct gsh_link the_link;
static struct fuzz_script rest;
static struct action actions[ACTIONS_MAX];
static size_t action_count, action_at;
static unsigned flags, silent, skipped;
static bool open, lost, spoil;
static uint8_t spoil_at, spoil_with;
static uint8_t queue[QUEUE_MAX];
static size_t queue_from, queue_to;
static uint32_t restarts_seen;
static uint64_t healthy_at;
static uint8_t asked_nonce[GS_HOST_NONCE_BYTES]; /* of the newest receipt request */
static uint8_t ident_nonce[GS_HOST_NONCE_BYTES]; /* of the newest ident request */
static struct gs_deframer from_host;
static uint8_t from_host_frame[CONTENT_MAX];
static uint8_t old_tail[2][FUZZ_REPLY]; /* of the last ident, of the last receipt */
static size_t old_tail_len[2];

enum gs_status __wrap_gsh_link_open(const char *text, const struct gsh_link_options *options,
                                    struct gsh_link **out, struct gsh_error *err);
void __wrap_gsh_link_close(struct gsh_link *l);
enum gs_status __wrap_gsh_link_wait(struct gsh_link *l, bool want_write, uint32_t timeout_ms,
                                    bool *readable, bool *writable, struct gsh_error *err);
enum gs_status __wrap_gsh_link_read(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                                    struct gsh_error *err);
enum gs_status __wrap_gsh_link_write(struct gsh_link *l, const uint8_t *buf, size_t len,
                                     size_t *taken, struct gsh_error *err);
bool __wrap_gsh_link_discard(struct gsh_link *l);
bool __wrap_gsh_link_slow(const struct gsh_link *l);
uint64_t __wrap_gsh_clock_ms(void);
double __wrap_gsh_clock_s(void);
void __wrap_gsh_clock_sleep(uint32_t ms);

/* -- to the host ------------------------------------------------------------------------------ */

static void put_raw(const uint8_t *data, size_t len) {
  if (queue_from == queue_to) {
    queue_from = queue_to = 0;
  }
  len = len < QUEUE_MAX - queue_to ? len : QUEUE_MAX - queue_to;
  if (len > 0) {
    memcpy(queue + queue_to, data, len);
    queue_to += len;
  }
}

/* An object that this device signed. */
static bool open_signed(enum gs_object_type type, const uint8_t *envelope, size_t len,
                        struct gs_signed *s) {
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  fixture_public_key(TEST_KEY_DEVICE, key);
  return gs_signed_parse(envelope, len, s) == GS_OK && s->signature_count == 1 &&
         gs_signed_hash(type, s->body, s->body_len, hash) == GS_OK &&
         gs_ecdsa_verify(key, hash, s->signatures[0].sig, s->signatures[0].sig_len) == GS_OK;
}

static void note_ident(const uint8_t *tail, size_t len, size_t ident_len) {
  struct gs_signed s;
  gapseal_v1_Ident i;
  peer.proved =
      peer.proved || (ident_len <= len && open_signed(GS_OBJECT_IDENT, tail, ident_len, &s) &&
                      gs_ident_decode(s.body, s.body_len, &i) == GS_OK &&
                      memcmp(i.host_nonce, ident_nonce, sizeof ident_nonce) == 0);
}

/* Is the tail a receipt over the nonce that the host asked with, by this device? */
static void note_receipt(const uint8_t *tail, size_t len) {
  struct gs_signed s;
  gapseal_v1_Receipt r;
  if (peer.receipts == PEER_RECEIPTS || !open_signed(GS_OBJECT_RECEIPT, tail, len, &s) ||
      gs_receipt_decode(s.body, s.body_len, &r) != GS_OK ||
      memcmp(r.host_nonce, asked_nonce, sizeof asked_nonce) != 0) {
    return;
  }
  struct peer_receipt *p = &peer.receipt[peer.receipts++];
  const gapseal_v1_SlotInfo *slot = r.state.running_slot == 0 ? &r.state.slot_a : &r.state.slot_b;
  *p = (struct peer_receipt){
      .kind = (int)r.kind,
      .operation = (int)r.operation,
      .state = (int)r.state.state,
      .status = r.status,
      .runs = r.state.running == gapseal_v1_Running_RUNNING_APPLICATION && slot->present};
  p->twins = r.state.slot_a.present && r.state.slot_b.present &&
             memcmp(r.state.slot_a.package, r.state.slot_b.package, GS_DIGEST_BYTES) == 0;
  memcpy(p->package, r.package, sizeof p->package);
  memcpy(p->running, slot->package, sizeof p->running);
}

/* Message and tail of a reply. */
static bool split_reply(const uint8_t *content, size_t len, gapseal_v1_Reply *reply, size_t *at) {
  struct gs_reader r = gs_reader_init(content, len);
  if (gs_read_u8(&r) != GS_FRAME_REPLY || gs_read_u8(&r) != 0) {
    return false;
  }
  size_t n = gs_read_u16(&r);
  const uint8_t *message = gs_read_view(&r, n);
  pb_istream_t stream = pb_istream_from_buffer(message, message != NULL ? n : 0);
  memset(reply, 0, sizeof *reply);
  *at = GS_MESSAGE_HEADER_BYTES + n;
  return message != NULL && pb_decode(&stream, gapseal_v1_Reply_fields, reply);
}

static void put_frame(const uint8_t *content, size_t len) {
  static uint8_t wire[GS_FRAME_ENCODED_MAX(CONTENT_MAX)];
  gapseal_v1_Reply reply;
  size_t at;
  size_t n = gs_frame_encode(content, len, wire, sizeof wire);
  put_raw(wire, n);
  if (n == 0 || !split_reply(content, len, &reply, &at)) {
    return;
  }
  if (reply.which_body == gapseal_v1_Reply_receipt_tag) {
    note_receipt(content + at, len - at);
  } else if (reply.which_body == gapseal_v1_Reply_ident_tag) {
    note_ident(content + at, len - at, reply.body.ident.ident_len);
  }
}

/* A reply with another message in front of its tail. */
static size_t with_message(const gapseal_v1_Reply *reply, const uint8_t *tail, size_t tail_len,
                           uint8_t *out) {
  pb_ostream_t stream = pb_ostream_from_buffer(out + GS_MESSAGE_HEADER_BYTES, 4096);
  FUZZ_MUST(pb_encode(&stream, gapseal_v1_Reply_fields, reply));
  struct gs_writer w = gs_writer_init(out, GS_MESSAGE_HEADER_BYTES);
  gs_write_u8(&w, GS_FRAME_REPLY);
  gs_write_u8(&w, 0);
  gs_write_u16(&w, (uint16_t)stream.bytes_written);
  size_t at = GS_MESSAGE_HEADER_BYTES + stream.bytes_written;
  if (tail_len > 0) {
    memmove(out + at, tail, tail_len);
  }
  return at + tail_len;
}

/* -- what is done to a frame ------------------------------------------------------------------- */

static size_t lie(const struct action *x, uint8_t *content, size_t len) {
  static uint8_t envelope[FUZZ_REPLY];
  static uint8_t sealed[FUZZ_REPLY];
  static uint8_t out[CONTENT_MAX];
  uint8_t body[FUZZ_REPLY];
  gapseal_v1_Reply reply;
  struct gs_signed s;
  size_t at;
  if (!split_reply(content, len, &reply, &at)) {
    return len;
  }
  bool ident = reply.which_body == gapseal_v1_Reply_ident_tag;
  size_t n = ident ? reply.body.ident.ident_len : len - at;
  if ((!ident && reply.which_body != gapseal_v1_Reply_receipt_tag) || n > len - at ||
      n > sizeof envelope) {
    return len;
  }
  memcpy(envelope, content + at, n);
  if (gs_signed_parse(envelope, n, &s) != GS_OK) {
    return len;
  }
  memcpy(body, s.body, s.body_len);
  body[x->c % s.body_len] = x->b;
  size_t m = fuzz_sign_body(ident ? GS_OBJECT_IDENT : GS_OBJECT_RECEIPT, envelope, n, body,
                            s.body_len, sealed, sizeof sealed);
  if (m == 0) {
    return len;
  }
  uint8_t tail[2u * FUZZ_REPLY];
  memcpy(tail, sealed, m);
  memcpy(tail + m, content + at + n, len - at - n);
  size_t tail_len = m + len - at - n;
  if (ident) {
    reply.body.ident.ident_len = (uint32_t)m;
  } else {
    reply.body.receipt.receipt_len = (uint32_t)m;
  }
  len = with_message(&reply, tail, tail_len, out);
  memcpy(content, out, len);
  return len;
}

static size_t change_reply(const struct action *x, uint8_t *content, size_t len) {
  static uint8_t out[CONTENT_MAX];
  static uint8_t tail[CONTENT_MAX];
  gapseal_v1_Reply reply;
  size_t at;
  if (!split_reply(content, len, &reply, &at)) {
    return len;
  }
  size_t tail_len = len - at;
  memcpy(tail, content + at, tail_len);
  if (x->what == PEER_STATUS) {
    reply.status = x->c;
    reply.which_body = x->a % 2u == 0 ? 0 : reply.which_body;
  } else if (x->what == PEER_BODY) {
    reply.which_body = (pb_size_t)(gapseal_v1_Reply_hello_tag + x->a % 16u);
    memset(&reply.body, 0, sizeof reply.body);
  } else {
    size_t which = reply.which_body == gapseal_v1_Reply_receipt_tag;
    if ((which == 0 && reply.which_body != gapseal_v1_Reply_ident_tag) ||
        old_tail_len[which] == 0) {
      return len;
    }
    tail_len = old_tail_len[which];
    memcpy(tail, old_tail[which], tail_len); /* as long as it was: nothing of its form changes */
  }
  pb_ostream_t probe = PB_OSTREAM_SIZING;
  if (!pb_encode(&probe, gapseal_v1_Reply_fields, &reply)) {
    return len;
  }
  len = with_message(&reply, tail, tail_len, out);
  memcpy(content, out, len);
  return len;
}

static void keep_tail(const uint8_t *content, size_t len) {
  gapseal_v1_Reply reply;
  size_t at;
  if (!split_reply(content, len, &reply, &at) || len == at) {
    return;
  }
  size_t which = reply.which_body == gapseal_v1_Reply_receipt_tag;
  if (which == 1 || reply.which_body == gapseal_v1_Reply_ident_tag) {
    old_tail_len[which] = len - at;
    memcpy(old_tail[which], content + at, len - at);
  }
}

static void say_busy(const struct action *x) {
  uint8_t content[GS_BUSY_BYTES];
  const struct gs_busy busy = {.what = x->a,
                               .max_ms = x->b == 0xFF ? UINT32_MAX : x->b * 1000u,
                               .done = x->c,
                               .total = x->c < 0x8000u ? 0x10000u : 0};
  gs_busy_encode(&busy, content);
  put_frame(content, sizeof content);
}

static void say_ack(const struct action *x) {
  uint8_t content[GS_ACK_BYTES];
  const struct gs_ack ack = {.round = (uint8_t)(x->a >> 4),
                             .flags = x->a & 7u,
                             .next_sequence = x->b,
                             .limit_sequence = x->b + (x->c & 0xFFu),
                             .index = x->c >> 12,
                             .offset = x->c >> 8 & 0xFu,
                             .status = x->c};
  gs_ack_encode(&ack, content);
  put_frame(content, sizeof content);
}

static void inject(const struct action *x) {
  size_t n;
  const uint8_t *bytes = fuzz_bytes(&rest, x->what == PEER_FLOOD ? x->b : x->a, &n);
  for (unsigned i = 0; n > 0 && i < (x->what == PEER_FLOOD ? 1u + x->a * 16u : 1u); i++) {
    put_frame(bytes, n);
  }
}

/* Before the frame, or with it. Returns how often the frame itself goes out. */
static unsigned act(const struct action *x, uint8_t *content, size_t *len) {
  size_t n;
  const uint8_t *bytes;
  /* A frame that is lost, late or doubled changes nothing of what the device says. */
  peer.altered =
      peer.altered || !(x->what == PEER_DROP || x->what == PEER_TWICE || x->what == PEER_CLOSE ||
                        x->what == PEER_SILENT || x->what == PEER_WAIT || x->what == PEER_RESTART);
  switch ((enum peer_action)x->what) {
    case PEER_DROP:
      return 0;
    case PEER_TWICE:
      return 2;
    case PEER_CUT:
      *len = x->a < *len ? x->a : *len;
      return *len > 0;
    case PEER_FLIP:
      content[(x->a + 256u * x->c) % *len] ^= x->b;
      return 1;
    case PEER_NOISE:
      bytes = fuzz_bytes(&rest, x->a, &n);
      put_raw(bytes, n);
      return 1;
    case PEER_STATUS:
    case PEER_BODY:
    case PEER_REPLAY:
      *len = change_reply(x, content, *len);
      return 1;
    case PEER_LIE:
      *len = lie(x, content, *len);
      return 1;
    case PEER_CLOSE:
      lost = true;
      return 0;
    case PEER_SILENT:
      silent = x->a;
      return 0;
    case PEER_FLOOD:
    case PEER_INJECT:
      inject(x);
      return 1;
    case PEER_BUSY:
      say_busy(x);
      return 1;
    case PEER_ACK:
      say_ack(x);
      return 1;
    case PEER_WAIT:
      peer.now_ms += x->c;
      return 1;
    case PEER_SPOIL:
      spoil = true;
      spoil_at = x->a;
      spoil_with = x->b;
      return 1;
    case PEER_RESTART: /* done where no engine call is under way */
    case PEER_ACTIONS:
      break;
  }
  return 1;
}

static unsigned restart_due; /* cause and 1; 0: none */

static void hear(const uint8_t *content, size_t len) {
  static uint8_t copy[CONTENT_MAX];
  unsigned times = 1;
  size_t original = len;
  FUZZ_MUST(len <= FUZZ_REPLY);
  memcpy(copy, content, len);
  if (silent > 0) {
    silent--;
    return;
  }
  if (action_at < action_count && skipped++ >= actions[action_at].skip) {
    const struct action *x = &actions[action_at++];
    skipped = 0;
    if (x->what == PEER_RESTART) {
      restart_due = 1u + x->a % 5u;
    }
    times = act(x, copy, &len);
  }
  keep_tail(content, original);
  for (; times > 0; times--) {
    put_frame(copy, len);
  }
}

/* -- time and the device ----------------------------------------------------------------------- */

static void after_restart(void) {
  if (d->restarts == restarts_seen) {
    return;
  }
  restarts_seen = d->restarts;
  lost = lost || (flags & PEER_LINK_DROPS) != 0;
  gs_deframer_init(&from_host, from_host_frame, sizeof from_host_frame);
  healthy_at = d->boot.action == GS_BOOT_TRY ? peer.now_ms + HEALTHY_MS : 0;
}

static void application(void) {
  if (healthy_at == 0 || peer.now_ms < healthy_at) {
    return;
  }
  healthy_at = 0;
  if ((flags & PEER_APP_CRASHES) != 0) {
    fuzz_device_restart(GS_RESET_CRASH, false);
  } else if ((flags & PEER_APP_HEALTHY) != 0) {
    fuzz_device_healthy();
  }
}

static void pass(uint32_t ms) {
  fuzz_device_pass(ms);
  peer.now_ms += ms;
  if (restart_due > 0) {
    enum gs_reset_cause cause = (enum gs_reset_cause)(restart_due - 1u);
    restart_due = 0;
    fuzz_device_restart(cause, false);
  }
  after_restart();
  application();
  after_restart();
  FUZZ_MUST(peer.now_ms < PATIENCE_MS && ++peer.waits < WAITS_MAX);
}

uint64_t __wrap_gsh_clock_ms(void) {
  return peer.now_ms + 1000u;
}

double __wrap_gsh_clock_s(void) {
  return (double)(peer.now_ms + 1000u) / 1000.0;
}

void __wrap_gsh_clock_sleep(uint32_t ms) {
  pass(ms);
}

/* -- the link ---------------------------------------------------------------------------------- */

enum gs_status __wrap_gsh_link_open(const char *text, const struct gsh_link_options *options,
                                    struct gsh_link **out, struct gsh_error *err) {
  (void)text;
  (void)options;
  FUZZ_MUST(!open);
  pass(1);
  *out = NULL;
  uint8_t word = fuzz_u8(&rest);
  if (word > 0xF0) {
    return gsh_fail(err, word % 2u == 0 ? GS_E_NO_DEVICE : GS_E_PORT_BUSY, "nobody is there");
  }
  open = true;
  lost = false;
  silent = 0;
  queue_from = queue_to = 0;
  fuzz_device_link_reset();
  gs_deframer_init(&from_host, from_host_frame, sizeof from_host_frame);
  *out = &the_link;
  return GS_OK;
}

void __wrap_gsh_link_close(struct gsh_link *l) {
  FUZZ_MUST(l == NULL || (l == &the_link && open));
  open = open && l == NULL;
}

static enum gs_status closed(struct gsh_error *err) {
  return gsh_fail(err, GS_E_LINK_LOST, "the link was closed");
}

enum gs_status __wrap_gsh_link_wait(struct gsh_link *l, bool want_write, uint32_t timeout_ms,
                                    bool *readable, bool *writable, struct gsh_error *err) {
  FUZZ_MUST(l == &the_link && open);
  (void)err;
  *writable = want_write;
  for (uint32_t waited = 0;;) {
    *readable = lost || queue_from < queue_to;
    if (*readable || want_write || waited >= timeout_ms) {
      pass(1);
      return GS_OK;
    }
    uint32_t ms = timeout_ms - waited < PASS_MS ? timeout_ms - waited : PASS_MS;
    pass(ms);
    waited += ms;
  }
}

enum gs_status __wrap_gsh_link_read(struct gsh_link *l, uint8_t *buf, size_t cap, size_t *got,
                                    struct gsh_error *err) {
  FUZZ_MUST(l == &the_link && open && cap > 0);
  *got = 0;
  if (lost && queue_from == queue_to) {
    return closed(err);
  }
  size_t n = queue_to - queue_from;
  n = n < cap ? n : cap;
  memcpy(buf, queue + queue_from, n);
  queue_from += n;
  *got = n;
  return GS_OK;
}

/* What the host asks for, for what its receipts must answer. */
static void overhear(const uint8_t *data, size_t len) {
  for (size_t at = 0, taken = 0, n = 0; at < len; at += taken) {
    if (!gs_deframer_push(&from_host, data + at, len - at, &taken, &n)) {
      continue;
    }
    struct gs_reader r = gs_reader_init(from_host_frame, n);
    gapseal_v1_Request request = gapseal_v1_Request_init_zero;
    if (gs_read_u8(&r) != GS_FRAME_REQUEST) {
      continue;
    }
    (void)gs_read_u8(&r);
    size_t message_len = gs_read_u16(&r);
    const uint8_t *message = gs_read_view(&r, message_len);
    FUZZ_MUST(message != NULL);
    pb_istream_t stream = pb_istream_from_buffer(message, message_len);
    FUZZ_MUST(pb_decode(&stream, gapseal_v1_Request_fields, &request));
    if (request.which_body == gapseal_v1_Request_receipt_tag) {
      memcpy(asked_nonce, request.body.receipt.host_nonce.bytes, sizeof asked_nonce);
    } else if (request.which_body == gapseal_v1_Request_ident_tag) {
      memcpy(ident_nonce, request.body.ident.host_nonce.bytes, sizeof ident_nonce);
    }
  }
}

enum gs_status __wrap_gsh_link_write(struct gsh_link *l, const uint8_t *buf, size_t len,
                                     size_t *taken, struct gsh_error *err) {
  static uint8_t bytes[65536];
  FUZZ_MUST(l == &the_link && open);
  *taken = 0;
  if (lost) {
    return closed(err);
  }
  len = len < sizeof bytes ? len : sizeof bytes;
  len = (flags & PEER_SLOW_WRITES) != 0 && len > 7u ? 7u : len;
  memcpy(bytes, buf, len);
  overhear(bytes, len);
  if (spoil && len > 0) {
    spoil = false;
    bytes[spoil_at % len] ^= spoil_with;
  }
  d->nonce_used = true; /* the host knows it from the ident */
  fuzz_device_say(bytes, len);
  after_restart();
  *taken = len;
  return GS_OK;
}

bool __wrap_gsh_link_discard(struct gsh_link *l) {
  (void)l;
  return false;
}

bool __wrap_gsh_link_slow(const struct gsh_link *l) {
  (void)l;
  return (flags & PEER_SLOW_LINK) != 0;
}

/* This computer's own ports are none of a fuzzer's. */
enum gs_status __wrap_gsh_tty_names(char names[][GSH_TTY_NAME_MAX], size_t max, size_t *count,
                                    struct gsh_error *err);
enum gs_status __wrap_gsh_tty_names(char names[][GSH_TTY_NAME_MAX], size_t max, size_t *count,
                                    struct gsh_error *err) {
  (void)names;
  (void)max;
  (void)err;
  *count = 0;
  return GS_OK;
}

/* -- the fuzzer's side ------------------------------------------------------------------------- */

void peer_start(void) {
  fuzz_device_start();
}

void peer_be(enum fuzz_state state, unsigned with_flags, struct fuzz_script *script) {
  memset(&peer, 0, sizeof peer);
  fuzz_device_be(state);
  d->hook = hear;
  flags = with_flags;
  open = lost = spoil = false;
  silent = skipped = restart_due = 0;
  queue_from = queue_to = 0;
  memset(old_tail_len, 0, sizeof old_tail_len);
  restarts_seen = d->restarts;
  healthy_at = d->boot.action == GS_BOOT_TRY ? HEALTHY_MS : 0;
  action_at = 0;
  action_count = fuzz_u8(script) % ACTIONS_MAX;
  for (size_t i = 0; i < action_count; i++) {
    struct action *x = &actions[i];
    x->skip = fuzz_u8(script);
    x->what = fuzz_u8(script) % PEER_ACTIONS;
    x->a = fuzz_u8(script);
    x->b = fuzz_u8(script);
    x->c = fuzz_u16(script);
  }
}

void peer_bytes(const struct fuzz_script *script) {
  rest = *script;
}

void peer_forget(void) {
  peer.receipts = 0;
  peer.proved = false;
}

bool peer_said_runs(const uint8_t digest[GS_DIGEST_BYTES]) {
  for (size_t i = 0; i < peer.receipts; i++) {
    const struct peer_receipt *r = &peer.receipt[i];
    if (r->runs && memcmp(r->running, digest, GS_DIGEST_BYTES) == 0) {
      return true;
    }
  }
  return false;
}
