/* SPDX-License-Identifier: Apache-2.0
 * An application with a door of its own: "u" on its line, then a package, which it installs through
 * the engine. In a product the bytes come over the air. Nothing is judged here.
 */
#include "app.h"
#include "board.h"
#include "gs_app.h"
#include "ota_client.h"
#include "port_mcu.h"
#include "profile_mcu.h"
#include "uart.h"

static struct gs_engine engine;
static struct gs_mcu_memory memory;
static struct ota_client client;
static uint8_t block[GS_MCU_BLOCK_MAX];

_Static_assert(sizeof memory.reply >= GS_MCU_KEYRING_MAX, "a keyring is read into reply");

/* A line has no end: after so long without a byte the package is over. */
#define SILENCE_MS 3000u

static size_t hear(uint8_t *buf, size_t cap) {
  gs_app_alive();
  gs_uart_wait();
  return gs_uart_read(buf, cap);
}

static enum gs_status read_line(void *ctx, uint8_t *buf, size_t cap, size_t *got) {
  uint32_t from = gs_board_now_ms();
  (void)ctx;
  do {
    *got = hear(buf, cap);
  } while (*got == 0 && gs_board_now_ms() - from < SILENCE_MS);
  return GS_OK;
}

static const struct ota_source line = {.ctx = NULL, .read = read_line};

/* The engine of an application mounts what the stub's left in flash. */
static enum gs_status open_engine(void) {
  struct gs_engine_memory own = gs_mcu_engine_memory(&memory);
  struct gs_boot_output boot;
  enum gs_status status = gs_engine_init(&engine, gs_port_mcu_open(), &own);
  if (status == GS_OK) {
    status = gs_engine_start(&engine);
  }
  gs_app_alive();
  return status == GS_OK ? gs_engine_boot(&engine, GS_RESET_REQUESTED, false, &boot) : status;
}

static enum gs_status update(void) {
  client = (struct ota_client){
      .engine = &engine,
      .source = &line,
      .memory = {.manifest = memory.object,
                 .manifest_cap = sizeof memory.object,
                 .keyring = memory.reply,
                 .keyring_cap = GS_MCU_KEYRING_MAX,
                 .block = block,
                 .block_max = GS_MCU_BLOCK_MAX},
  };
  enum gs_status status = open_engine();
  return status == GS_OK ? ota_update(&client, false, false) : status;
}

static void say_status(enum gs_status status) {
  char digits[] = "update: status 000\r\n";
  unsigned n = (unsigned)status;
  for (size_t i = sizeof "update: status 000" - 2u; n > 0; i--, n /= 10u) {
    digits[i] = (char)('0' + n % 10u);
  }
  app_print(digits);
}

_Noreturn void app_run(void) {
  struct gs_app_ear ear = {.at = 0};
  uint8_t byte;
  gs_app_healthy();
  for (;;) {
    if (hear(&byte, 1) == 0) {
      continue;
    }
    if (gs_app_hears(&ear, byte)) {
      gs_app_enter_stub();
    }
    if (byte == 'u' && ear.at == UINT32_MAX) {
      say_status(update());
      gs_app_restart();
    }
  }
}
