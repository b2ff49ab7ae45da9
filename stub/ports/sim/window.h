/* SPDX-License-Identifier: Apache-2.0
 * A device on a chip runs its stub or its application, and the application does not answer on the
 * link (--app-silent): after a reset the stub listens for a short while, and a hello in that time
 * makes it stay.
 */
#ifndef GAPSEAL_SIM_WINDOW_H
#define GAPSEAL_SIM_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define SIM_WINDOW_MS 300u
#define SIM_WINDOW_BYTES 4096u

struct sim_window {
  bool open;
  bool hello;        /* one was heard */
  uint32_t until_ms; /* sim_now_ms() at which it closes */
  struct gs_deframer deframer;
  uint8_t frame[1024];             /* a hello is short; longer frames are dropped */
  uint8_t heard[SIM_WINDOW_BYTES]; /* what came, for the session to answer */
  size_t heard_len;
};

/* A reset: listen from now on. */
void sim_window_open(struct sim_window *w);
/* Bytes that the window takes now. */
size_t sim_window_room(const struct sim_window *w);
void sim_window_input(struct sim_window *w, const uint8_t *data, size_t len);
/* The other end went away: what came from it is forgotten, but not that it said hello. */
void sim_window_forget(struct sim_window *w);
/* Milliseconds until it closes; 0 once it is to be closed. */
uint32_t sim_window_left_ms(const struct sim_window *w);

#endif
