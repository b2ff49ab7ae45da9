/* SPDX-License-Identifier: Apache-2.0
 * A whole bootloader without hardware: start-up, boot decision, session. It is compiled and linked
 * to be measured, and shows what a real one's main does; it never runs.
 */
#include <string.h>

#include "gapseal/session_types.h"
#include "port_null.h"
#include "profile_mcu.h"

extern uint32_t __data_start, __data_end, __data_source, __bss_start, __bss_end;

void gs_start(void);

static struct gs_engine engine;
static struct gs_session session;
static struct gs_mcu_memory memory;
static volatile uint32_t uart_data, uart_ready;
static volatile uint32_t mailbox;
static uint32_t counter;
static struct gs_port port;
static const uint8_t identity_key[GS_PRIVATE_KEY_BYTES];

/* What a port without a generator does: a factory seed, hashed with a counter. */
static enum gs_status seed_entropy(void *ctx, void *out, size_t len) {
  struct seed {
    uint8_t secret[GS_DIGEST_BYTES];
    uint32_t count;
  } seed = {{0}, counter++};
  uint8_t digest[GS_DIGEST_BYTES];
  (void)ctx;
  enum gs_status status = gs_sha256(&seed, sizeof seed, digest);
  if (status == GS_OK && len > sizeof digest) {
    status = GS_E_NO_RANDOM;
  }
  if (status == GS_OK) {
    memcpy(out, digest, len);
  }
  return status;
}

static enum gs_status flash_key_sign(void *ctx, const uint8_t hash[GS_DIGEST_BYTES],
                                     uint8_t sig[GS_SIGNATURE_BYTES]) {
  (void)ctx;
  return gs_ecdsa_sign(identity_key, hash, sig);
}

/* Signing draws its secret number from here. */
enum gs_status gs_random(void *out, size_t len) {
  return seed_entropy(NULL, out, len);
}

static uint32_t now_ms(void) {
  return gs_port_null.now_ms(gs_port_null.ctx);
}

static void answer(void) {
  struct gs_session_memory buffers = gs_mcu_session_memory(&memory);
  if (gs_session_init(&session, &engine, &buffers, now_ms()) != GS_OK) {
    return;
  }
  while (!gs_session_wants_reset(&session)) {
    uint8_t byte;
    while (uart_ready != 0 && gs_session_room(&session) > 0) {
      byte = (uint8_t)uart_data;
      (void)gs_session_input(&session, &byte, 1);
    }
    gs_session_step(&session, now_ms());
    while (gs_session_output(&session, &byte, 1) == 1) {
      uart_data = byte;
    }
    if (gs_session_idle_ms(&session, now_ms()) > 0) {
      __asm volatile("wfi");
    }
  }
}

static void run(uint32_t address) {
  const uint32_t *vectors = (const uint32_t *)(uintptr_t)address;
  __asm volatile("msr msp, %0\n bx %1" : : "r"(vectors[0]), "r"(vectors[1]));
}

void gs_start(void) {
  struct gs_boot_output out;
  struct gs_engine_memory buffers = gs_mcu_engine_memory(&memory);
  memcpy(&__data_start, &__data_source,
         (size_t)((uint8_t *)&__data_end - (uint8_t *)&__data_start));
  memset(&__bss_start, 0, (size_t)((uint8_t *)&__bss_end - (uint8_t *)&__bss_start));
  port = gs_port_null;
  port.entropy = seed_entropy;
  port.sign = flash_key_sign;
  if (gs_engine_init(&engine, &port, &buffers) == GS_OK) {
    (void)!gs_engine_start(&engine);
    if (gs_engine_boot(&engine, GS_RESET_UNKNOWN, mailbox != 0, &out) == GS_OK &&
        out.action != GS_BOOT_STUB) {
      run(gs_port_null.facts->slot_address[out.slot]);
    }
    answer();
  }
}

static const uint32_t vectors[48] __attribute__((used, section(".vectors"))) = {0x20004000u, 0};
