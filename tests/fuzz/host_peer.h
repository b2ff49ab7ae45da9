/* SPDX-License-Identifier: Apache-2.0
 * The other end of the host library's link, for fuzzers: a real device (fuzz_device.h) behind a
 * line that does what a script says to its frames, in a time of its own. The linker puts this in
 * the place of gsh_link_* and gsh_clock_*.
 *
 * What a device may do that is hostile and genuine is among it: it signs what is not so.
 */
#ifndef GAPSEAL_FUZZ_HOST_PEER_H
#define GAPSEAL_FUZZ_HOST_PEER_H

#include "fuzz_device.h"

enum peer_action {
  PEER_DROP,
  PEER_TWICE,
  PEER_CUT,    /* a: bytes left of the content */
  PEER_FLIP,   /* a: where, b: what */
  PEER_NOISE,  /* a bytes of the script on the line before it */
  PEER_STATUS, /* c: the reply's status */
  PEER_BODY,   /* a: the reply's body is told to be of another kind */
  PEER_LIE,    /* c: where in a signed body, b: what; signed again */
  PEER_REPLAY, /* the signed tail of the last such reply again */
  PEER_CLOSE,
  PEER_SILENT,  /* this frame and a more are lost */
  PEER_INJECT,  /* a bytes of the script as a frame's content before it */
  PEER_BUSY,    /* a, b, c: an announcement before it */
  PEER_ACK,     /* a, b, c: an acknowledgement before it */
  PEER_RESTART, /* a: cause */
  PEER_WAIT,    /* c: ms that it takes longer */
  PEER_SPOIL,   /* a: where, b: what in the next bytes to the device */
  PEER_FLOOD,   /* a: so many times the content of b bytes of the script */
  PEER_ACTIONS
};

#define PEER_APP_HEALTHY 1u /* an image on trial says so */
#define PEER_LINK_DROPS 2u  /* the link breaks when the device restarts */
#define PEER_APP_CRASHES 4u /* it crashes instead, again and again */
#define PEER_SLOW_LINK 8u
#define PEER_SLOW_WRITES 16u /* the line takes 7 bytes at once */

/* Signed by this device over this host's nonce, as it reached the host. */
struct peer_receipt {
  int kind, operation, state;
  uint32_t status;
  uint8_t package[GS_DIGEST_BYTES];
  bool runs; /* an application; running: which */
  uint8_t running[GS_DIGEST_BYTES];
  bool twins; /* both slots hold the same package: its digest does not tell which runs */
};
#define PEER_RECEIPTS 32u

struct peer {
  uint64_t now_ms, waits;
  bool altered; /* the host was told what the device did not say */
  bool proved;  /* an ident over this host's nonce reached it, signed by the device */
  size_t receipts;
  struct peer_receipt receipt[PEER_RECEIPTS];
};
extern struct peer peer;

void peer_start(void);
/* A device in a state and a line that follows the script: u8 n, n actions of u8 skip, u8 action,
 * u8 a, u8 b, u16 c. */
void peer_be(enum fuzz_state state, unsigned flags, struct fuzz_script *script);
/* Where actions take bytes from. */
void peer_bytes(const struct fuzz_script *script);
/* Forget what reached the host so far. */
void peer_forget(void);
/* Does any receipt since then say that the package runs? */
bool peer_said_runs(const uint8_t digest[GS_DIGEST_BYTES]);

#endif
