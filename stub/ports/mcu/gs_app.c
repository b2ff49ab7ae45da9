/* SPDX-License-Identifier: Apache-2.0 */
#include "gs_app.h"

#include "board.h"
#include "mailbox.h"
#include "uart.h"

static bool on_trial(void) {
  return gs_mailbox_holds() && gs_mailbox.trial != 0;
}

static _Noreturn void reset_with(uint32_t asks) {
  gs_uart_flush();
  gs_mailbox.asks |= asks;
  gs_mailbox_end(GS_END_ASKED);
  gs_board_reset();
}

bool gs_app_status(struct gs_app_status *out) {
  *out = (struct gs_app_status){.slot = 0};
  if (!gs_mailbox_holds() || gs_mailbox.running == 0) {
    return false;
  }
  out->slot = gs_mailbox.slot;
  out->trial = gs_mailbox.trial != 0;
  out->attempts_left = gs_mailbox.attempts;
  return true;
}

void gs_app_alive(void) {
  if (!on_trial()) {
    gs_board_watchdog_feed();
  }
}

void gs_app_healthy(void) {
  if (on_trial()) {
    reset_with(GS_ASKS_HEALTHY | GS_ASKS_CONFIRM);
  }
  gs_mailbox.asks |= GS_ASKS_HEALTHY;
  gs_mailbox_seal();
}

_Noreturn void gs_app_reject(void) {
  reset_with(on_trial() ? GS_ASKS_REJECT : 0);
}

_Noreturn void gs_app_restart(void) {
  reset_with(0);
}

_Noreturn void gs_app_enter_stub(void) {
  reset_with(GS_ASKS_STAY);
}

/* A request frame of less than 256 bytes begins with type, 0, length, 0, which COBS makes 2, type,
 * 2, length: docs/spec/wire.md. */
bool gs_app_hears(struct gs_app_ear *ear, uint8_t byte) {
  static const uint8_t begin[] = {0x02, 0x01, 0x02};
  if (byte == 0) {
    bool whole = ear->at > sizeof begin && ear->at != UINT32_MAX;
    ear->at = 0;
    return whole;
  }
  if (ear->at < sizeof begin && begin[ear->at] != byte) {
    ear->at = UINT32_MAX;
  } else if (ear->at < UINT32_MAX - 1u) {
    ear->at++;
  }
  return false;
}
