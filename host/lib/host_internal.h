/* SPDX-License-Identifier: Apache-2.0
 * What the handles of host.h hold. For the library's own files.
 */
#ifndef GSH_HOST_INTERNAL_H
#define GSH_HOST_INTERNAL_H

#include "conn.h"
#include "error.h"
#include "evidence.h"
#include "gapseal/host.h"
#include "gapseal/policy.h"
#include "ident.h"
#include "package.h"
#include "serial.h"
#include "trust.h"

#define GSH_REQUEST_MS 5000u
#define GSH_RECONNECT_MS 10000u
#define GSH_SIGN_MS_MAX 60000u
#define GSH_QUIET_MS_MAX 10000u

struct gsh {
  struct gsh_config config;
  char config_dir[GSH_PATH_MAX], trust_dir[GSH_PATH_MAX], state_dir[GSH_PATH_MAX];
  struct gsh_trace *trace;
  /* With config.examine: why a place above is "", or status 0. */
  struct gsh_error no_config, no_state;
};

/* A device, from the moment its link is open. */
struct gsh_device {
  struct gsh *h;
  char link[GSH_TEXT_MAX]; /* as given */
  struct gsh_place place;  /* where a serial link led when it was first opened */
  struct gsh_conn *conn;   /* NULL: broken off */
  struct gsh_trust *trust;
  gapseal_v1_HelloReply hello;
  uint8_t hello_sha256[GS_DIGEST_BYTES];
  bool greeted;                 /* it answered a hello once */
  struct gsh_identity identity; /* who it proved to be */
  bool known;                   /* identity and ident hold something */
  gapseal_v1_Ident ident;       /* newest */
  uint8_t statement[GSH_ENVELOPE_MAX];
  size_t statement_len;
  uint32_t hello_ms; /* between two hellos, for one in a hurry; 0: as between other requests */
  bool loaded;       /* the manifest of the package at hand is in the device's RAM */
  bool written; /* since the caller cleared it the device changed, or may have changed, something */
  bool stale;   /* asked for a change since it said under its signature how it is */
  bool let_go;  /* took a reboot, and answered no hello since */
  uint64_t quiet_until_ms; /* a hello before this could keep it in its stub; 0: none could */
  struct gsh_device_info info;
};

/* -- host.c: between the library's errors and the caller's ------------------------------------ */

/* Fill *why from err; who decided is told from the status and said_by_device. Returns status. */
unsigned gsh_why_fill(struct gsh_why *why, enum gs_status status, const struct gsh_error *err,
                      bool said_by_device);
void gsh_tell(const struct gsh *h, enum gsh_event_kind kind, const char *name, const char *text,
              ...) __attribute__((format(printf, 4, 5)));
bool gsh_stopped(const struct gsh *h);
/* What a person calls a package with this digest: "1.2.0", or "". */
void gsh_remember_version(const struct gsh *h, const uint8_t digest[GS_DIGEST_BYTES],
                          const char *version);
void gsh_recall_version(const struct gsh *h, const uint8_t digest[GS_DIGEST_BYTES], char *out,
                        size_t cap);

/* -- describe.c -----------------------------------------------------------------------------------
 */

/* Fill what state and facts say; link, genuine and ids are the caller's. */
void gsh_describe(const struct gsh *h, const gapseal_v1_DeviceFacts *facts,
                  const gapseal_v1_DeviceState *state, struct gsh_device_info *out);
/* "run: gapseal confirm DEV, or: gapseal reject DEV" as the next step, with the device's name. */
void gsh_say_decide(const struct gsh_device *d, struct gsh_error *err);
/* The same for a device that answers at its start alone: its receipt is waited for. */
void gsh_say_catch(const struct gsh_device *d, struct gsh_error *err);
const char *gsh_operation_name(int operation);
const char *gsh_receipt_kind_name(int kind);
const char *gsh_door_name(int door); /* enum gs_door */
/* The slot of the confirmed image, which need not be the one that runs; NULL: there is none that
 * starts. What it says of the package holds even where the slot's own head cannot be read. */
const gapseal_v1_SlotInfo *gsh_confirmed_slot(const gapseal_v1_DeviceState *state);
/* The slot that runs, or NULL while none does. */
const gapseal_v1_SlotInfo *gsh_running_slot(const gapseal_v1_DeviceState *state);
/* The same, or where the stub answers the slot that would run, were it started now. */
const gapseal_v1_SlotInfo *gsh_starting_slot(const gapseal_v1_DeviceState *state);
/* Does it run this package, confirmed? Where its stub answers: would it, were it started now? */
bool gsh_runs(const gapseal_v1_DeviceState *state, const uint8_t package[GS_DIGEST_BYTES]);

/* -- packages.c: files ----------------------------------------------------------------------------
 */

void gsh_describe_path(const char *path, struct gsh_package_info *out);
void gsh_describe_package(const struct gsh_package *p, struct gsh_package_info *out);
/* Judge the signatures by the trusted keyrings; fills what *out says of that. */
enum gs_status gsh_judge_package(const struct gsh_trust *trust, struct gsh_package *p,
                                 struct gsh_package_info *out, struct gsh_error *err);
/* Is that the beginning of a package digest? GS_E_USAGE. */
enum gs_status gsh_expect_ready(const char *expect, struct gsh_error *err);
/* expect: one that is ready. GS_E_EXPECT: the package has another digest. */
enum gs_status gsh_expect_judge(const char *expect, const struct gsh_package_info *info,
                                struct gsh_error *err);

/* -- connect.c ------------------------------------------------------------------------------------
 */

/* Not connected yet; NULL: *status and err say why. */
struct gsh_device *gsh_device_new(struct gsh *h, const char *link, enum gs_status *status,
                                  struct gsh_error *err);

/* -- device.c: one request each --------------------------------------------------------------- */

/* Open the link, say hello, have the device prove who made it. patience_ms for the hello. */
enum gs_status gsh_device_open(struct gsh_device *d, uint32_t patience_ms, struct gsh_error *err);
/* The first half of it: the link alone. */
enum gs_status gsh_device_link(struct gsh_device *d, uint32_t patience_ms, struct gsh_error *err);
/* And the second. */
enum gs_status gsh_device_introduce(struct gsh_device *d, struct gsh_error *err);
/* Break off; what was learnt stays. */
void gsh_device_drop(struct gsh_device *d);
/* reopen.c: open again until it answers; the same identity as before, or GS_E_NOT_GENUINE. A serial
 * adapter that has another name now is found by its ids, and d->link then says where.
 * GS_E_LINK_LOST when patience_ms passed. */
enum gs_status gsh_device_reopen(struct gsh_device *d, uint32_t patience_ms, struct gsh_error *err);
/* reopen.c: for how long a hello after a reboot would keep the device in its stub, by its own word;
 * GSH_QUIET_MS_MAX at most. */
uint32_t gsh_device_quiet_ms(const gapseal_v1_HelloReply *hello);
/* Say nothing for so long after a reboot, so that the image starts; Ctrl-C ends the wait. The link
 * is closed. */
void gsh_device_let_start(struct gsh_device *d);
/* Ask anew: facts, state and the nonce that decisions need. */
enum gs_status gsh_device_ident(struct gsh_device *d, struct gsh_error *err);
/* A receipt that was verified says how the device is, later than the ident. */
void gsh_device_believe(struct gsh_device *d, const gapseal_v1_DeviceState *state);
/* Did this computer fail, and neither device nor link nor a person? */
bool gsh_failed_here(enum gs_status status);
/*
 * A command ends with a status: ask once more what state the device is in, also after Ctrl-C, and
 * by a new connection where it was this computer that broke the old one off. Nothing is asked
 * before quiet_until_ms. Where it cannot be asked, and may have changed since, info says "unknown".
 */
void gsh_device_last_word(struct gsh_device *d, enum gs_status status);
/* Unsigned state; quick. */
enum gs_status gsh_device_status(struct gsh_device *d, gapseal_v1_StatusReply *out,
                                 struct gsh_error *err);
enum gs_status gsh_device_acknowledge(struct gsh_device *d, struct gsh_error *err);
/* A request that changes what outlives a reset. d->written is set before it is sent, for whether
 * the device took it is not known until it says so; a refusal alone takes it back. which: as for
 * gsh_conn_call. */
enum gs_status gsh_device_change(struct gsh_device *d, gapseal_v1_Request *request, pb_size_t which,
                                 struct gsh_error *err);
/* confirm, reject, rollback: with a fresh nonce. which: the Request body's tag. */
enum gs_status gsh_device_decide(struct gsh_device *d, pb_size_t which,
                                 const uint8_t package[GS_DIGEST_BYTES], struct gsh_error *err);
/* cancel, reboot: with a fresh nonce. */
enum gs_status gsh_device_nonce_request(struct gsh_device *d, pb_size_t which,
                                        struct gsh_error *err);
/* Reboot; waits out the time after a start in which the device refuses it. */
enum gs_status gsh_device_reboot(struct gsh_device *d, struct gsh_error *err);

/* -- present.c -------------------------------------------------------------------------------- */

enum gs_status gsh_device_load(struct gsh_device *d, int kind, const uint8_t *data, size_t len,
                               struct gsh_error *err);
/* Load and link the newer keyrings of the package's chain, then load its manifest; once a
 * session. */
enum gs_status gsh_device_present(struct gsh_device *d, struct gsh_package *p,
                                  struct gsh_error *err);
/* Tell a person where an install of this package also renews the device's keyring. */
void gsh_tell_keyring(const struct gsh_device *d, const struct gsh_package *p);

/* -- receipts.c
 * ------------------------------------------------------------------------------------ */

struct gsh_receipt {
  uint8_t envelope[GSH_ENVELOPE_MAX];
  size_t len;
  gapseal_v1_Receipt fields;
};
/* Fetch a receipt of a kind and verify it against this moment's nonce. */
enum gs_status gsh_device_receipt(struct gsh_device *d, int kind, struct gsh_receipt *out,
                                  struct gsh_error *err);
/* The same, saved; *path is the file. sha256: of the file; may be NULL. */
enum gs_status gsh_device_receipt_saved(struct gsh_device *d, int kind, struct gsh_receipt *out,
                                        char path[GSH_PATH_MAX], uint8_t *sha256,
                                        struct gsh_error *err);
/* What a device refused with: said in a reply, which nobody signed, or in its receipt of kind
 * REFUSED where that is about the same package. Where they differ, the receipt is right, and err
 * says both. */
enum gs_status gsh_refusal_signed(const struct gsh_receipt *r,
                                  const uint8_t package[GS_DIGEST_BYTES], enum gs_status said,
                                  struct gsh_error *err);
/* A journal line about this device. receipt: digest of its file, or NULL. */
enum gs_status gsh_device_journal(struct gsh_device *d, const char *event,
                                  const uint8_t package[GS_DIGEST_BYTES], enum gs_status status,
                                  const uint8_t *receipt, struct gsh_error *err);

/* -- preflight.c
 * ------------------------------------------------------------------------------------ */

/* What pre-flight looks at. */
struct gsh_preflight {
  const struct gsh_device *device; /* hello, ident, and trust (may be NULL) of it */
  const uint8_t *envelope;         /* of the manifest */
  size_t len;
  struct gsh_keyring_chain chain; /* of the package */
  bool older, reinstall;
  bool whatever_state; /* as if the device did nothing else */
};
/* The status that the device's check would give; *out holds what is behind it. The device's keyring
 * is looked for in the package and in the trust store: where it is in neither, signatures, scope
 * and revocations are taken to hold. */
enum gs_status gsh_preflight_judge(const struct gsh_preflight *q, struct gs_policy_result *out);
/* What a device wanted, and what the package says, into err->expected and err->got. */
void gsh_say_behind(struct gsh_error *err, const struct gsh_device *d, const struct gsh_package *p,
                    enum gs_status status, const struct gs_policy_result *r);
/* The device's own rules on this computer, on what the device said of itself. */
enum gs_status gsh_preflight(const struct gsh_device *d, struct gsh_package *p, bool older,
                             bool reinstall, struct gsh_error *err);
/* The same for choosing among packages: what is for the device, and new enough, whatever the device
 * is doing. Rule 10 is left out. */
enum gs_status gsh_preflight_fits(const struct gsh_device *d, struct gsh_package *p, bool older,
                                  bool reinstall, struct gsh_error *err);
/* -- device_check.c ---------------------------------------------------------------------------- */

/* *asked: the device gave the verdict. */
enum gs_status gsh_device_check(struct gsh_device *d, struct gsh_package *p, bool older,
                                bool reinstall, gapseal_v1_CheckReply *out, bool *asked,
                                struct gsh_error *err);

/* -- send.c
 * ---------------------------------------------------------------------------------------- */

struct gsh_send_counts {
  uint64_t sent, resent, found, wire;
  uint64_t image; /* of the image, acknowledged */
  uint32_t lost;
  uint64_t given[2];         /* of pages and of blocks: how far they were given out */
  double started_s, ended_s; /* 0: no block was sent yet */
};
/* After an accepted begin: send all pages and blocks that the device needs. variant: as begin
 * told it. counts are added to. */
enum gs_status gsh_send(struct gsh_device *d, struct gsh_package *p, uint32_t variant,
                        struct gsh_send_counts *counts, struct gsh_error *err);

#endif
