/* SPDX-License-Identifier: Apache-2.0
 * The stub as a bootloader: listen for a moment, decide what runs, run it; or stay and answer.
 */
#include "board.h"
#include "cpu.h"
#include "frame.h"
#include "mailbox.h"
#include "port_mcu.h"
#include "profile_mcu.h"
#include "uart.h"

#define CHUNK 64u

static struct gs_engine engine;
static struct gs_session session;
static struct gs_mcu_memory memory;

/* What is there to read of how the last start ended, and what an application left. */
struct start {
  enum gs_reset_cause cause;
  uint32_t asks;
};

static struct start read_mailbox(void) {
  struct start s = {.asks = 0};
  bool holds = gs_mailbox_holds();
  uint32_t end = holds ? gs_mailbox.end : (uint32_t)GS_END_POWER;
  if (holds && end == GS_END_ASKED) {
    s.asks = gs_mailbox.asks;
  } else if (holds) {
    s.asks = gs_mailbox.asks & GS_ASKS_HEALTHY; /* it worked, and ended otherwise later */
  }
  if (end == GS_END_NONE && gs_mailbox.running == 0) {
    end = GS_END_ASKED; /* the reset button, while the stub answered: nobody crashed */
  }
  s.cause = gs_board_reset_cause(end);
  gs_mailbox.end = GS_END_NONE;
  gs_mailbox.asks = 0;
  gs_mailbox.running = 0;
  gs_mailbox_seal();
  return s;
}

static _Noreturn void reset(void) {
  gs_uart_flush();
  gs_mailbox_end(GS_END_ASKED);
  gs_board_reset();
}

/* Did a host ask for anything within the window? It repeats what nobody answered. */
static bool heard_host(void) {
  struct gs_deframer deframer;
  uint8_t chunk[CHUNK];
  gs_deframer_init(&deframer, memory.frame, sizeof memory.frame);
  while (gs_board_now_ms() < GS_WINDOW_MS) {
    size_t n = gs_uart_read(chunk, sizeof chunk);
    const uint8_t *at = chunk;
    while (n > 0) {
      size_t taken = 0;
      size_t len = 0;
      if (gs_deframer_push(&deframer, at, n, &taken, &len) && memory.frame[0] == GS_FRAME_REQUEST) {
        return true;
      }
      at += taken;
      n -= taken;
    }
    gs_uart_wait();
  }
  return false;
}

/* What an application may ask of the engine without having one: it left a word before the reset.
 * What does not fit the state changes nothing. Returns whether the stub is to stay. */
static bool hear_application(uint32_t asks) {
  gapseal_v1_DeviceState state;
  enum gs_status status = GS_OK;
  if ((asks & GS_ASKS_HEALTHY) != 0) {
    status = gs_engine_healthy(&engine);
  }
  gs_engine_state(&engine, &state);
  if ((asks & GS_ASKS_REJECT) != 0) {
    status = gs_engine_reject(&engine, state.staged_package);
  }
  (void)status;
  return (asks & GS_ASKS_STAY) != 0 ||
         ((asks & GS_ASKS_CONFIRM) != 0 && state.state == gapseal_v1_State_STATE_TRIAL);
}

static _Noreturn void run_application(const struct gs_boot_output *boot) {
  enum gs_area area = boot->slot == 0 ? GS_AREA_SLOT_A : GS_AREA_SLOT_B;
  gs_mailbox.running = 1;
  gs_mailbox.slot = boot->slot;
  gs_mailbox.trial = boot->action == GS_BOOT_TRY ? 1 : 0;
  gs_mailbox.attempts = boot->attempts_left;
  gs_mailbox_seal();
  gs_irq_off();
  GS_SYSTICK_CONTROL = 0;
  GS_NVIC_DISABLE = UINT32_MAX;
  GS_NVIC_UNPEND = UINT32_MAX;
  GS_SCB_ICSR = GS_ICSR_SYSTICK_CLEAR;
  gs_board_watchdog_start(GS_WATCHDOG_MS);
  gs_board_jump(gs_board.address[area]);
}

static void move_out(void) {
  uint8_t chunk[CHUNK];
  size_t room = gs_uart_room();
  while (room > 0) {
    size_t n = gs_session_output(&session, chunk, room < sizeof chunk ? room : sizeof chunk);
    if (n == 0) {
      return;
    }
    gs_uart_write(chunk, n);
    room = gs_uart_room();
  }
}

static void move_in(void) {
  uint8_t chunk[CHUNK];
  size_t room = gs_session_room(&session);
  size_t n = gs_uart_read(chunk, room < sizeof chunk ? room : sizeof chunk);
  (void)gs_session_input(&session, chunk, n);
}

static _Noreturn void answer(void) {
  struct gs_session_memory session_memory = gs_mcu_session_memory(&memory);
  if (gs_session_init(&session, &engine, &session_memory, gs_board_now_ms()) != GS_OK) {
    reset();
  }
  while (!gs_session_wants_reset(&session)) {
    move_in();
    gs_session_step(&session, gs_board_now_ms());
    move_out();
    if (gs_session_idle_ms(&session, gs_board_now_ms()) > 0) {
      gs_uart_wait();
    }
  }
  reset();
}

int main(void) {
  struct gs_boot_output boot = {.action = GS_BOOT_STUB};
  struct gs_engine_memory engine_memory = gs_mcu_engine_memory(&memory);
  struct start start = read_mailbox();
  bool stay = (start.asks & (GS_ASKS_STAY | GS_ASKS_CONFIRM)) == 0 && heard_host();
  if (gs_engine_init(&engine, gs_port_mcu_open(), &engine_memory) == GS_OK) {
    enum gs_status started = gs_engine_start(&engine);
    stay = hear_application(started == GS_OK ? start.asks : start.asks & GS_ASKS_STAY) || stay;
    if (gs_engine_boot(&engine, start.cause, stay, &boot) == GS_OK && boot.action != GS_BOOT_STUB) {
      run_application(&boot);
    }
  }
  answer();
}
