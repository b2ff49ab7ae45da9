/* SPDX-License-Identifier: Apache-2.0 */
#include "port_mcu.h"

#include <stddef.h>
#include <string.h>

#include "board.h"
#include "crc32.h"
#include "factory.h"
#include "random.h"

static struct gs_device_facts facts;
static struct gs_port port;

/* Flash is mapped: an address is all that is needed to read it. */
static const void *mapped(uint32_t address) {
  return (const void *)(uintptr_t)address;
}

static const struct gs_factory *factory(void) {
  return mapped(gs_board.factory);
}

static bool factory_holds(void) {
  const struct gs_factory *f = factory();
  const uint8_t *after = (const uint8_t *)&f->crc + sizeof f->crc;
  size_t len = sizeof *f - offsetof(struct gs_factory, revision);
  return f->magic == GS_FACTORY_MAGIC && gs_crc32(0, after, len) == f->crc &&
         f->statement_len <= sizeof f->statement;
}

static enum gs_status flash_read(void *ctx, enum gs_area area, uint32_t off, void *dst,
                                 uint32_t len) {
  (void)ctx;
  memcpy(dst, mapped(gs_board.address[area] + off), len);
  return GS_OK;
}

static enum gs_status flash_program(void *ctx, enum gs_area area, uint32_t off, const void *src,
                                    uint32_t len) {
  (void)ctx;
  return gs_board_program(gs_board.address[area] + off, src, len);
}

static enum gs_status flash_erase(void *ctx, enum gs_area area, uint32_t off) {
  (void)ctx;
  return gs_board_erase(gs_board.address[area] + off, gs_board.geometry[area].erase_size);
}

static uint32_t now_ms(void *ctx) {
  (void)ctx;
  return gs_board_now_ms();
}

/* The session adds the number of the start, so that starts that look alike give other nonces. */
static enum gs_status entropy(void *ctx, void *out, size_t len) {
  static uint32_t calls;
  (void)ctx;
  if (facts.statement_len == 0) {
    return GS_E_NO_RANDOM;
  }
  uint32_t differs[2] = {++calls, gs_board_ticks()};
  enum gs_status status = gs_random_begin(factory()->seed, differs, sizeof differs);
  return status == GS_OK ? gs_random(out, len) : status;
}

static enum gs_status sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                           uint8_t sig[GS_SIGNATURE_BYTES]) {
  (void)ctx;
  if (facts.statement_len == 0) {
    return GS_E_CRYPTO;
  }
  enum gs_status status = gs_random_begin(factory()->seed, hash, GS_DIGEST_BYTES);
  return status == GS_OK ? gs_ecdsa_sign(factory()->private_key, hash, sig) : status;
}

static void fill_facts(void) {
  const struct gs_factory *f = factory();
  facts = (struct gs_device_facts){
      .slot_address = {gs_board.address[GS_AREA_SLOT_A], gs_board.address[GS_AREA_SLOT_B]},
      .slot_model = GS_SLOTS_TWO_LINK,
      .lifecycle = GS_PRODUCTION,
      .key_protection = GS_KEY_IN_FLASH,
      .erase_ms_max = gs_board.erase_ms_max,
      .program_ms_max = gs_board.program_ms_max,
      .signature_ms_max = gs_board.signature_ms_max,
      .erase_stops_reception = gs_board.erase_stops_reception,
      .stub_window_ms = gs_board.reset_ms_max + GS_WINDOW_MS,
  };
  if (factory_holds()) {
    facts.revision = f->revision;
    facts.lifecycle = f->lifecycle == GS_DEVELOPMENT ? GS_DEVELOPMENT : GS_PRODUCTION;
    memcpy(facts.device_key, f->device_key, sizeof facts.device_key);
    memcpy(facts.serial, f->serial, sizeof facts.serial - 1u);
    memcpy(facts.product, f->product, sizeof facts.product);
    memcpy(facts.hardware, f->hardware, sizeof facts.hardware);
    facts.statement = f->statement;
    facts.statement_len = f->statement_len;
  }
}

const struct gs_port *gs_port_mcu_open(void) {
  fill_facts();
  port = (struct gs_port){
      .facts = &facts,
      .read = flash_read,
      .program = flash_program,
      .erase = flash_erase,
      .now_ms = now_ms,
      .entropy = entropy,
      .sign = sign,
  };
  memcpy(port.geometry, gs_board.geometry, sizeof port.geometry);
  return &port;
}
