/* SPDX-License-Identifier: Apache-2.0
 * The boot decision: a pure function from what is recorded and what the slots hold to what
 * runs next. Bootloader, simulator and tests share it; docs/spec/boot.md prints its table.
 */
#ifndef GAPSEAL_BOOT_H
#define GAPSEAL_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "gapseal/port.h"
#include "status.h"

/* What a slot holds, as the engine verified it for this start. */
enum gs_slot_verdict {
  GS_SLOT_EMPTY = 0,    /* no whole envelope */
  GS_SLOT_BAD = 1,      /* envelope, image digest, product, hardware or floor do not hold */
  GS_SLOT_VERIFIED = 2, /* all hold, and it was never accepted here */
  GS_SLOT_ACCEPTED = 3, /* all hold, and its acceptance record too */
};

/* What the records say. state is a gapseal_v1_State. */
struct gs_boot_input {
  int state;
  bool store_lost;      /* floor or records lost: fail closed */
  bool has_running;     /* a slot has been confirmed */
  uint8_t running_slot; /* the confirmed one */
  uint8_t staging_slot; /* the one that STAGED and TRIAL are about */
  bool rollback;        /* STAGED is the way back to last-good */
  bool promised;        /* the slot not running holds last-good, and it may be returned to */
  bool healthy;         /* the trial reported healthy */
  bool started;         /* the trial was started before, and that start has ended now */
  uint8_t attempts_left;
  uint8_t power_losses; /* in a row, of this trial */
  uint8_t crashes;      /* in a row, of the confirmed image */
  enum gs_slot_verdict slot[2];
  enum gs_reset_cause cause;
  bool stay_requested; /* a mailbox or a pin asks for the stub */
};

enum gs_boot_action {
  GS_BOOT_STUB = 0, /* nothing runs; the stub answers */
  GS_BOOT_RUN = 1,  /* start the confirmed image in slot */
  GS_BOOT_TRY = 2,  /* start the image on trial in slot */
};

/* What to do, and which records to write before doing it. */
struct gs_boot_output {
  enum gs_boot_action action;
  uint8_t slot;
  bool accept;           /* write the acceptance record of slot, then state TRIAL */
  bool give_up;          /* update or rollback ends here: state REJECTED with reason */
  bool attempt_lost;     /* the start of the trial that ended now used an attempt */
  bool switch_running;   /* slot becomes the running one, and nothing is promised any more */
  bool recovery;         /* nothing can be started: recovery rules hold */
  bool started;          /* to record: an image on trial is about to start */
  enum gs_status reason; /* with give_up or switch_running, or why the stub answers */
  uint8_t attempts_left; /* to record */
  uint8_t power_losses;
  uint8_t crashes;
};

/*
 * Decide. Never fails: where nothing may run the action is GS_BOOT_STUB. Reads in only.
 *
 * Source: docs/spec/boot.md.
 */
void gs_boot_decide(const struct gs_boot_input *in, struct gs_boot_output *out);

#endif
