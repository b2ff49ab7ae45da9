/* SPDX-License-Identifier: Apache-2.0
 * What a device says of itself, and the services around its flash.
 */
#include <string.h>

#include "conformance_internal.h"
#include "gapseal/crypto.h"

#define CLOCK_TURNS 100000u /* erases and reads while the clock is watched */

static bool zeros(const uint8_t *p, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (p[i] != 0) {
      return false;
    }
  }
  return true;
}

static bool serial_ok(const struct gs_device_facts *f) {
  size_t len = 0;
  while (len < sizeof f->serial && f->serial[len] != '\0') {
    len++;
  }
  return len > 0 && len < sizeof f->serial && gs_text_ok(f->serial, len);
}

static bool addresses_ok(const struct gs_device_facts *f) {
  if (f->slot_model == GS_SLOTS_SAME_ADDRESS) {
    return f->slot_address[0] == f->slot_address[1];
  }
  return f->slot_model == GS_SLOTS_TWO_LINK && f->slot_address[0] != f->slot_address[1];
}

static bool words_ok(const struct gs_device_facts *f) {
  return (f->lifecycle == GS_DEVELOPMENT || f->lifecycle == GS_PRODUCTION) &&
         (f->key_protection == GS_KEY_IN_FLASH || f->key_protection == GS_KEY_ISOLATED ||
          f->key_protection == GS_KEY_IN_ELEMENT);
}

/* The statement tells of this very device; who made it is the host's to judge. */
static bool statement_ok(const struct gs_device_facts *f) {
  struct gs_signed envelope;
  gapseal_v1_Identity said;
  return gs_signed_parse(f->statement, f->statement_len, &envelope) == GS_OK &&
         envelope.signature_count > 0 &&
         gs_identity_decode(envelope.body, envelope.body_len, &said) == GS_OK &&
         memcmp(said.device_key, f->device_key, GS_PUBLIC_KEY_BYTES) == 0 &&
         memcmp(said.serial, f->serial, strlen(f->serial) + 1u) == 0 &&
         memcmp(said.product, f->product, GS_ID_BYTES) == 0 &&
         memcmp(said.hardware, f->hardware, GS_ID_BYTES) == 0;
}

bool gs_check_facts(struct gs_conformance *c) {
  const struct gs_device_facts *f = c->port->facts;
  (void)gs_check_that(c, f != NULL, "the port has facts", "facts is NULL");
  if (f == NULL) {
    return false;
  }
  (void)gs_check_that(c, serial_ok(f), "the serial number is text, and ends with a zero",
                      "it is empty, too long, or holds control characters");
  (void)gs_check_that(c, !zeros(f->product, GS_ID_BYTES) && !zeros(f->hardware, GS_ID_BYTES),
                      "product and hardware have ids",
                      "one is all zeros: fill it in with gs_id_from_name");
  (void)gs_check_that(c, addresses_ok(f), "the slots' addresses fit the slot model",
                      "same-address slots share one address, two-link slots have two");
  (void)gs_check_that(c, words_ok(f), "lifecycle and key protection are told",
                      "one is none of the values of port.h");
  (void)gs_check_that(c, gs_ecdsa_check_public(f->device_key) == GS_OK,
                      "the device's public key is a point of the curve",
                      "device_key is not a P-256 key, X then Y");
  (void)gs_check_that(c, f->stub_window_ms <= GS_STUB_WINDOW_MS_MAX,
                      "a host waits out the time in which a hello keeps the stub",
                      "stub_window_ms is above GS_STUB_WINDOW_MS_MAX");
  if (f->statement_len == 0) {
    gs_check_not_done(c, "the maker's statement tells of this device",
                      "there is none; a host refuses a device without one");
  } else {
    (void)gs_check_that(c, statement_ok(f), "the maker's statement tells of this device",
                        "it cannot be read, or names another key, serial number, product or board");
  }
  return true;
}

/* A port that is a process may be kept waiting by others: of some signatures the quickest counts.
 */
#define SIGN_TRIES 5

static void check_signature(struct gs_conformance *c) {
  const struct gs_port *p = c->port;
  uint8_t hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES];
  memset(hash, 0x5A, sizeof hash);
  enum gs_status status = GS_OK;
  uint32_t took = UINT32_MAX;
  for (int i = 0; i < SIGN_TRIES && status == GS_OK && took > p->facts->signature_ms_max; i++) {
    uint32_t began = p->now_ms(p->ctx);
    status = p->sign(p->ctx, hash, sig);
    took = p->now_ms(p->ctx) - began;
  }
  bool fits =
      status == GS_OK && gs_ecdsa_verify(p->facts->device_key, hash, sig, sizeof sig) == GS_OK;
  (void)gs_check_that(c, fits, "what the device signs fits its public key",
                      status == GS_OK ? "the signature does not verify" : "sign failed");
  if (fits) {
    (void)gs_check_that(c, took <= p->facts->signature_ms_max,
                        "a signature takes no longer than signature_ms_max", "it took longer");
  }
}

static void check_entropy(struct gs_conformance *c) {
  static const char what[] = "entropy gives other bytes each time, for any length";
  const struct gs_port *p = c->port;
  uint8_t a[33];
  uint8_t b[33];
  memset(a, 0, sizeof a);
  memset(b, 0, sizeof b);
  enum gs_status status = p->entropy(p->ctx, a, sizeof a);
  if (status == GS_OK) {
    status = p->entropy(p->ctx, b, sizeof b);
  }
  if (status != GS_OK) {
    (void)gs_check_that(c, false, what, "it has none; such a device gives no ident");
    return;
  }
  bool differ = memcmp(a, b, sizeof a) != 0 && !zeros(a, sizeof a) && !zeros(b, sizeof b);
  uint8_t one[3] = {0xA5, 0, 0xA5};
  bool bounded = p->entropy(p->ctx, one + 1, 1) == GS_OK && one[0] == 0xA5 && one[2] == 0xA5;
  (void)gs_check_that(c, differ && bounded, what,
                      differ ? "it wrote outside the one byte it was asked for"
                             : "the same bytes came twice, or zeros");
}

static void check_clock(struct gs_conformance *c) {
  const struct gs_port *p = c->port;
  uint32_t first = p->now_ms(p->ctx);
  uint32_t last = first;
  bool back = false;
  for (uint32_t i = 0; i < CLOCK_TURNS && last - first < 20u && !back; i++) {
    uint8_t hash[GS_DIGEST_BYTES];
    if (gs_sha256(&i, sizeof i, hash) != GS_OK) {
      break;
    }
    uint32_t now = p->now_ms(p->ctx);
    back = now - last > UINT32_MAX / 2u;
    last = now;
  }
  (void)gs_check_that(c, !back && last != first, "the clock goes on, and never back",
                      back ? "it went back" : "it stands still");
}

void gs_check_services(struct gs_conformance *c) {
  const struct gs_port *p = c->port;
  if (!gs_check_that(c, p->now_ms != NULL && p->entropy != NULL && p->sign != NULL,
                     "time, entropy and signature are there", "a function is NULL")) {
    return;
  }
  check_clock(c);
  check_entropy(c);
  check_signature(c);
}

void gs_check_counter(struct gs_conformance *c) {
  static const char what[] = "the counter rises when it is raised, and is read the same again";
  const struct gs_port *p = c->port;
  if (p->counter_read == NULL) {
    gs_check_not_done(c, what, "the port has none");
    return;
  }
  uint32_t a = 0;
  uint32_t b = 0;
  bool ok = p->counter_read(p->ctx, &a) == GS_OK && p->counter_read(p->ctx, &b) == GS_OK && a == b;
  if (!ok || !c->may_raise_counter || a >= p->counter_max) {
    (void)gs_check_that(c, ok, "the counter is read the same twice", "it is not");
    gs_check_not_done(c, what, a >= p->counter_max ? "it is used up" : "raising it is not allowed");
    return;
  }
  ok = p->counter_raise(p->ctx, a + 1u) == GS_OK && p->counter_read(p->ctx, &b) == GS_OK;
  (void)gs_check_that(c, ok && b == a + 1u, what, "it holds another value than it was raised to");
}
