/* SPDX-License-Identifier: Apache-2.0
 * The port conformance suite as a firmware: "b" on the line runs the half before a reset or a power
 * cut, "a" the half after it. A line per check, then "done" and how many failed. It erases all
 * areas: never for a device that is used.
 */
#include <string.h>

#include "board.h"
#include "conformance.h"
#include "port_mcu.h"
#include "profile_mcu.h"
#include "uart.h"

static struct gs_engine engine;
static struct gs_mcu_memory memory;
static uint8_t envelope[GS_CONFORMANCE_ENVELOPE_MAX];
static uint8_t block[GS_CONFORMANCE_BLOCK_MAX];

static void print(const char *text) {
  const uint8_t *at = (const uint8_t *)text;
  size_t left = strlen(text);
  while (left > 0) {
    size_t n = gs_uart_room();
    n = n < left ? n : left;
    gs_uart_write(at, n);
    at += n;
    left -= n;
  }
}

static void report(void *ctx, enum gs_check result, const char *what, const char *why) {
  (void)ctx;
  print(result == GS_CHECK_FAILED ? "not ok - " : "ok - ");
  print(what);
  if (why != NULL) {
    print(result == GS_CHECK_NOT_DONE ? " # SKIP " : ": ");
    print(why);
  }
  print("\n");
}

static void run(uint8_t key) {
  struct gs_conformance c = {
      .port = gs_port_mcu_open(),
      .engine = &engine,
      .memory = gs_mcu_engine_memory(&memory),
      .envelope = envelope,
      .block = block,
      .report = report,
  };
  /* The suite signs with keys of its own, which takes random numbers of the library. */
  uint8_t first;
  if (c.port->entropy(c.port->ctx, &first, sizeof first) != GS_OK) {
    print("not ok - the port gives random bytes\n");
  }
  uint32_t failed = key == 'b' ? gs_conformance_before_reset(&c) : gs_conformance_after_reset(&c);
  print(failed == 0 ? "done: none failed\n" : "done: some failed\n");
}

int main(void) {
  uint8_t key;
  print(gs_crypto_init() == GS_OK ? "ready\n" : "not ok - the cryptographic library works\n");
  for (;;) {
    gs_uart_wait();
    while (gs_uart_read(&key, 1) == 1) {
      if (key == 'a' || key == 'b') {
        run(key);
      }
    }
  }
}
