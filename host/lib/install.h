/* SPDX-License-Identifier: Apache-2.0
 * The install as one state machine. The device's own state says where it goes on, so that the
 * same command works from anywhere: after a cable was pulled, a host died, a power cut.
 *
 * GSH_STEPS(X): X(NAME, "what a person reads", "name")
 * GSH_INSTALL_TABLE(X): X(step, event, next step); an event that has no row here is a bug of ours
 * and ends the install with GS_E_INTERNAL. A handler does the work of its step and returns an
 * event; the dispatcher alone changes the step.
 */
#ifndef GSH_INSTALL_H
#define GSH_INSTALL_H

#include "host_internal.h"

#define GSH_STEPS(X)                                                   \
  X(LOOK, "look", "looking at the device")                             \
  X(ACKNOWLEDGE, "acknowledge", "clearing how the last install ended") \
  X(CHECK, "check", "asking the device")                               \
  X(BEGIN, "begin", "announcing the package")                          \
  X(SEND, "send", "sending what the device needs")                     \
  X(FINISH, "finish", "the device reads the image back")               \
  X(DELIVERED, "delivered", "fetching the receipt of delivery")        \
  X(STAGE, "stage", "staging the image for the next start")            \
  X(REBOOT, "reboot", "rebooting the device")                          \
  X(RETURN, "return", "waiting for the device")                        \
  X(HEALTHY, "healthy", "waiting for the new image to report healthy") \
  X(CONFIRM, "confirm", "confirming the new image")                    \
  X(REJECT, "reject", "rejecting the new image")                       \
  X(BACK, "back", "waiting for the last good image")                   \
  X(OUTCOME, "outcome", "fetching the receipt of the outcome")         \
  X(ENDED, "ended", "fetching the receipt of the failure")             \
  X(REFUSED, "refused", "fetching the receipt of the refusal")         \
  X(LEAVE, "leave", "rebooting the device out of the rejected image")  \
  X(RECONNECT, "reconnect", "the link is lost; trying to get it back") \
  X(DONE, "done", "done")                                              \
  X(FAILED, "failed", "failed")

enum gsh_step {
#define GSH_STEP_ENUM(NAME, name, text) GSH_STEP_##NAME,
  GSH_STEPS(GSH_STEP_ENUM)
#undef GSH_STEP_ENUM
      GSH_STEP_COUNT
};

/* What a handler found. */
#define GSH_INSTALL_EVENTS(X)                                                \
  X(OK)        /* done as planned */                                         \
  X(READY)     /* nothing of this package is under way */                    \
  X(CANDIDATE) /* the device holds the whole image */                        \
  X(STAGED)    /* and will start it */                                       \
  X(TRIAL)     /* and runs it on trial */                                    \
  X(RUNS)      /* and runs it, confirmed */                                  \
  X(OVER)      /* REJECTED or FAILED, or the old image runs after a trial */ \
  X(GIVEN_UP)  /* REJECTED, and what was rejected executes until a reset */  \
  X(MORE)      /* parts of the image are missing after all */                \
  X(LATE)      /* the time limit passed */                                   \
  X(LOST)      /* the link broke */                                          \
  X(NO)        /* the device refused */                                      \
  X(FAIL)      /* anything else; err says what */

enum gsh_install_event {
#define GSH_EVENT_ENUM(NAME) GSH_IS_##NAME,
  GSH_INSTALL_EVENTS(GSH_EVENT_ENUM)
#undef GSH_EVENT_ENUM
};

/* FAIL leads to FAILED from everywhere and is not in the table. */
#define GSH_INSTALL_TABLE(X)      \
  X(LOOK, READY, CHECK)           \
  X(LOOK, CANDIDATE, DELIVERED)   \
  X(LOOK, STAGED, REBOOT)         \
  X(LOOK, TRIAL, HEALTHY)         \
  X(LOOK, RUNS, OUTCOME)          \
  X(LOOK, OVER, ACKNOWLEDGE)      \
  X(LOOK, GIVEN_UP, LEAVE)        \
  X(LOOK, LOST, RECONNECT)        \
  X(LEAVE, OK, LOOK)              \
  X(LEAVE, LOST, RECONNECT)       \
  X(LEAVE, NO, REFUSED)           \
  X(ACKNOWLEDGE, OK, CHECK)       \
  X(ACKNOWLEDGE, LOST, RECONNECT) \
  X(ACKNOWLEDGE, NO, REFUSED)     \
  X(CHECK, OK, BEGIN)             \
  X(CHECK, RUNS, OUTCOME)         \
  X(CHECK, LOST, RECONNECT)       \
  X(CHECK, NO, REFUSED)           \
  X(BEGIN, OK, SEND)              \
  X(BEGIN, LOST, RECONNECT)       \
  X(BEGIN, NO, REFUSED)           \
  X(SEND, OK, FINISH)             \
  X(SEND, LOST, RECONNECT)        \
  X(SEND, NO, REFUSED)            \
  X(FINISH, OK, DELIVERED)        \
  X(FINISH, MORE, SEND)           \
  X(FINISH, LOST, RECONNECT)      \
  X(FINISH, NO, REFUSED)          \
  X(DELIVERED, OK, STAGE)         \
  X(DELIVERED, LOST, RECONNECT)   \
  X(STAGE, OK, REBOOT)            \
  X(STAGE, LOST, RECONNECT)       \
  X(STAGE, NO, REFUSED)           \
  X(REBOOT, OK, RETURN)           \
  X(REBOOT, LOST, RETURN)         \
  X(REBOOT, NO, REFUSED)          \
  X(RETURN, STAGED, REBOOT)       \
  X(RETURN, TRIAL, HEALTHY)       \
  X(RETURN, RUNS, OUTCOME)        \
  X(RETURN, OVER, ENDED)          \
  X(HEALTHY, OK, CONFIRM)         \
  X(HEALTHY, RUNS, OUTCOME)       \
  X(HEALTHY, OVER, ENDED)         \
  X(HEALTHY, LATE, REJECT)        \
  X(HEALTHY, LOST, RETURN)        \
  X(CONFIRM, OK, OUTCOME)         \
  X(CONFIRM, LOST, RETURN)        \
  X(CONFIRM, NO, REFUSED)         \
  X(REJECT, OK, BACK)             \
  X(REJECT, LOST, BACK)           \
  X(REJECT, NO, REFUSED)          \
  X(BACK, OVER, ENDED)            \
  X(BACK, RUNS, OUTCOME)          \
  X(OUTCOME, OK, DONE)            \
  X(ENDED, OK, FAILED)            \
  X(REFUSED, OK, FAILED)          \
  X(RECONNECT, OK, LOOK)

#define GSH_FINISH_TRIES 3u
#define GSH_REBOOT_TRIES 3u
#define GSH_CONFIRM_TRIES 3u
#define GSH_INSTALL_TIMEOUT_S 120u

/* One install under way. */
struct gsh_installing {
  struct gsh_device *d;
  struct gsh_package *p;
  const struct gsh_install_options *options;
  struct gsh_install *out;
  struct gsh_send_counts counts;
  enum gsh_step step;
  uint32_t variant;
  bool begun;     /* this run has begun, or found the package under way: what ends now is ours */
  bool installed; /* the device said that it runs the package, confirmed */
  bool no_way_back;
  bool device_said;        /* err came from the device */
  uint64_t trial_until_ms; /* 0: no limit set yet */
  uint32_t finish_tries, reboot_tries, confirm_tries, acknowledge_tries;
  uint32_t idle_reconnects; /* since a byte of the image was acknowledged last */
  uint64_t acked_bytes;     /* at the last reconnect */
  bool left;                /* a rejected image was rebooted out of; what runs now is another one */
  bool looked;              /* the journal was asked how the last run ended */
  uint32_t old_boot_count;
  struct gsh_error *err;
};

/* The handlers: install_begin.c up to the receipt of delivery, install_end.c from there on. */
enum gsh_install_event gsh_step_look(struct gsh_installing *in);
enum gsh_install_event gsh_step_acknowledge(struct gsh_installing *in);
enum gsh_install_event gsh_step_check(struct gsh_installing *in);
enum gsh_install_event gsh_step_begin(struct gsh_installing *in);
enum gsh_install_event gsh_step_send(struct gsh_installing *in);
enum gsh_install_event gsh_step_finish(struct gsh_installing *in);
enum gsh_install_event gsh_step_delivered(struct gsh_installing *in);
enum gsh_install_event gsh_step_stage(struct gsh_installing *in);
enum gsh_install_event gsh_step_reboot(struct gsh_installing *in);
enum gsh_install_event gsh_step_return(struct gsh_installing *in);
enum gsh_install_event gsh_step_healthy(struct gsh_installing *in);
enum gsh_install_event gsh_step_confirm(struct gsh_installing *in);
enum gsh_install_event gsh_step_reject(struct gsh_installing *in);
enum gsh_install_event gsh_step_back(struct gsh_installing *in);
enum gsh_install_event gsh_step_outcome(struct gsh_installing *in);
enum gsh_install_event gsh_step_ended(struct gsh_installing *in);
enum gsh_install_event gsh_step_refused(struct gsh_installing *in);
enum gsh_install_event gsh_step_leave(struct gsh_installing *in);
enum gsh_install_event gsh_step_reconnect(struct gsh_installing *in);

/* Where the device is with this package, from its newest ident. */
enum gsh_install_event gsh_install_place(const struct gsh_installing *in);
/* OK, LOST, NO or FAIL for a status of a request; keeps who said it. */
enum gsh_install_event gsh_install_judge(struct gsh_installing *in, enum gs_status status);
/* Write a line; false: it could not be written, err says why. */
bool gsh_install_journal(struct gsh_installing *in, const char *event, enum gs_status status,
                         const uint8_t *receipt);
uint32_t gsh_install_timeout_ms(const struct gsh_installing *in);
/* Fetch, save and journal a receipt; path into out->receipt. */
enum gs_status gsh_install_receipt(struct gsh_installing *in, int kind, const char *event,
                                   struct gsh_receipt *receipt, struct gsh_error *err);
/* The next step of a table row, or GSH_STEP_COUNT. Tests walk the table with it. */
enum gsh_step gsh_install_next(enum gsh_step step, enum gsh_install_event event);
const char *gsh_step_name(enum gsh_step step);

#endif
