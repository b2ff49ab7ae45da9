/* SPDX-License-Identifier: Apache-2.0
 * A port that has no hardware. To make a real one, copy this file and fill in one function
 * after the other; what each owes to the engine stands in port.h, the order to go by in
 * docs/porting.md. Until a function works it must fail as it does here: the engine then
 * refuses what needs it and says so.
 */
#include "port_null.h"

#define UNIT 1024u

/* What this device is. The sizes of the slots decide how large an image may be; state, log
 * and keyring need two erase units each at least, so that one is always whole. */
static const struct gs_device_facts facts = {
    .device_key = {0}, /* X then Y of the key that sign() uses */
    .serial = "none",  /* as printed on the device */
    .product = {0},    /* 16 bytes: gs_id_from_name("com.example.product") */
    .hardware = {0},   /* 16 bytes: gs_id_from_name("com.example.product.board") */
    .revision = 0,
    .slot_address = {0}, /* where images of A and B are linked; zeros on a same-address device */
    .slot_model = GS_SLOTS_SAME_ADDRESS,
    .lifecycle = GS_PRODUCTION, /* GS_DEVELOPMENT takes published test keys */
    .key_protection = GS_KEY_IN_FLASH,
    .statement = NULL, /* the maker's signed word on device_key, put in at the factory */
    .statement_len = 0,
    .erase_ms_max = 100, /* from the data sheet, worst case over life and temperature */
    .program_ms_max = 10,
    .signature_ms_max = 1000, /* measured on this chip */
    .stub_window_ms = 500, /* the 300 ms in which a hello is listened for, and the reset itself */
    .erase_stops_reception = true, /* false only where bytes are taken while flash is erased */
};

/* ctx: here a driver would keep its handle. Copy bytes out; memory-mapped flash is a memcpy. */
static enum gs_status null_read(void *ctx, enum gs_area area, uint32_t off, void *dst,
                                uint32_t len) {
  (void)ctx, (void)area, (void)off, (void)dst, (void)len;
  return GS_E_FLASH_READ;
}

/* Return only when the bytes are stored. The engine reads them back and compares. */
static enum gs_status null_program(void *ctx, enum gs_area area, uint32_t off, const void *src,
                                   uint32_t len) {
  (void)ctx, (void)area, (void)off, (void)src, (void)len;
  return GS_E_FLASH_PROGRAM;
}

static enum gs_status null_erase(void *ctx, enum gs_area area, uint32_t off) {
  (void)ctx, (void)area, (void)off;
  return GS_E_FLASH_ERASE;
}

static uint32_t null_now_ms(void *ctx) {
  (void)ctx;
  return 0;
}

/* Whatever the chip has: a generator, or a factory seed hashed with a counter kept in flash.
 * Say GS_E_NO_RANDOM rather than hand out bytes that somebody else knows. */
static enum gs_status null_entropy(void *ctx, void *out, size_t len) {
  (void)ctx, (void)out, (void)len;
  return GS_E_NO_RANDOM;
}

/* With the key whose public half is facts.device_key; gs_ecdsa_sign, or a secure element. */
static enum gs_status null_sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                                uint8_t sig[GS_SIGNATURE_BYTES]) {
  (void)ctx, (void)hash, (void)sig;
  return GS_E_CRYPTO;
}

const struct gs_port gs_port_null = {
    .ctx = NULL,
    .geometry =
        {
            [GS_AREA_SLOT_A] = {.size = 256u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_SLOT_B] = {.size = 256u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_STATE] = {.size = 4u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_LOG] = {.size = 4u * UNIT, .erase_size = UNIT, .write_size = 4},
            [GS_AREA_KEYRING] = {.size = 2u * UNIT, .erase_size = UNIT, .write_size = 4},
        },
    .facts = &facts,
    .read = null_read,
    .program = null_program,
    .erase = null_erase,
    .counter_read = NULL, /* both or neither */
    .counter_raise = NULL,
    .counter_max = 0,
    .now_ms = null_now_ms,
    .entropy = null_entropy,
    .sign = null_sign,
};
