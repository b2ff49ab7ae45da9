/* SPDX-License-Identifier: Apache-2.0
 * Inputs of the session's fuzzers: first the state of the device (enum fuzz_state, and
 * 0x40 for a port whose work lasts), then operations, each a byte and
 * its arguments. A request with a wrong argument, a frame of any content and bytes without a frame
 * are operations as well.
 */
#ifndef GAPSEAL_FUZZ_SESSION_SCRIPT_H
#define GAPSEAL_FUZZ_SESSION_SCRIPT_H

#include "fuzz_device.h"

enum session_op {
  OP_RAW,     /* u8 n, n bytes on the line */
  OP_FRAME,   /* u8 n, n bytes of content */
  OP_MESSAGE, /* u8 n, u8 m, n bytes of a request's message, m of its tail */
  OP_REQUEST, /* u8 which body, u8 flags, u8 a, u8 b: a request as hosts make it */
  OP_LOAD,    /* u8 object, u8 piece, u8 flags; change: u16 where, u8 what */
  OP_BLOCK,   /* u8 round, u8 sequence, u8 index, u8 offset, u8 n: a block frame, relative */
  OP_BLOCKS,  /* u8 n, u8 flags: the next n frames of the flow, or nearly */
  OP_TIME,    /* u16 ms */
  OP_FLOOD,   /* u8 byte, u8 n: 16 n times */
  OP_LINK,    /* the link went away and came back */
  OP_HOLD,    /* output is not read until the next OP_TIME */
  OP_RESTART, /* u8 cause and stay */
  OP_HEALTHY, /* the application says so */
  OP_CUT,     /* u8 n, u8 mode, u8 seed: the power goes at the n-th write */
  OP_COUNT
};

/* authorised: requests carry the device's nonce, and the device may be restarted and its power
 * cut; otherwise nothing of the script may have any effect in flash. */
void session_script(const uint8_t *data, size_t len, bool authorised);

/* Operations until the script ends, on the device as it is, and the check at their end. */
void session_script_go_on(struct fuzz_script *s, bool authorised);

/* Seeds for either: a whole install and what else hosts do. */
void session_seeds(void);

#endif
