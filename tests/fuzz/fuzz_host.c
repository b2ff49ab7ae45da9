/* SPDX-License-Identifier: Apache-2.0
 * The host library, from connecting to the outcome of an install, against a device and a line that
 * do anything (host_peer.h). Every call ends; whatever it says may be shown; it calls nothing done
 * that no receipt for its own nonce says; and where nobody lied it does not call a device untouched
 * that was changed.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bytes.h"
#include "gapseal/host.h"
#include "host_peer.h"
#include "package_parts.h"
#include "pem.h"

#define COMMANDS_MAX 3u
#define TIMEOUT_S 4u

enum command {
  DO_INSTALL, /* u8 package, u8 options */
  DO_DECIDE,  /* u8 which */
  DO_LOG,
  DO_RECEIPT,
  DO_CHECK, /* u8 package, u8 options */
  DO_WAIT,
  DO_REFRESH,
  DO_FIND,
  DO_STOP, /* u8 n: Ctrl-C after so many events */
  DO_COUNT
};

static struct gsh *host;
static struct gsh_package *packages[FUZZ_PACKAGES];
static char state_dir[128], receipts_dir[160];
static volatile sig_atomic_t stop;
static unsigned stop_in;

/* -- what may be said -------------------------------------------------------------------------- */

static void check_event(void *ctx, const struct gsh_event *event) {
  (void)ctx;
  FUZZ_MUST(event->name != NULL && event->text != NULL);
  FUZZ_MUST(fuzz_text_safe(event->name) && fuzz_text_safe(event->text));
  FUZZ_MUST(event->kind != GSH_EVENT_PROGRESS || event->done <= event->total);
  if (stop_in > 0 && --stop_in == 0) {
    stop = 1;
  }
}

static unsigned check_why(unsigned status, const struct gsh_why *why) {
  FUZZ_MUST(why->status == status);
  FUZZ_MUST(fuzz_text_safe(why->what) && fuzz_text_safe(why->next_step));
  FUZZ_MUST(fuzz_text_safe(why->expected) && fuzz_text_safe(why->got));
  FUZZ_MUST(status == GSH_OK || why->what[0] != '\0');
  return status;
}

static void check_info(const struct gsh_device_info *i) {
  const char *const texts[] = {
      i->link,   i->name,    i->serial, i->device_id, i->slot[0].version, i->slot[1].version,
      i->staged, i->log_head};
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
    FUZZ_MUST(fuzz_text_safe(texts[k]));
  }
}

static void check_log_line(void *ctx, const struct gsh_log_line *line) {
  (void)ctx;
  FUZZ_MUST(fuzz_text_safe(line->event) && fuzz_text_safe(line->door) &&
            fuzz_text_safe(line->text) && fuzz_text_safe(line->package));
}

/* -- what may be done -------------------------------------------------------------------------- */

/* What of the device outlives a reset. */
static uint64_t device_mark(void) {
  gapseal_v1_DeviceState s;
  gs_engine_state(&fuzz_device.engine, &s);
  uint64_t mark = (uint64_t)s.state << 56 | (uint64_t)s.floor << 24 | s.keyring_version << 8;
  return mark ^ (uint64_t)s.running_slot << 55 ^ (uint64_t)s.staged_package[0] << 48;
}

static void install(struct gsh_device *dev, struct fuzz_script *s) {
  struct gsh_install out;
  struct gsh_why why;
  size_t which = fuzz_u8(s) % FUZZ_PACKAGES;
  uint8_t flags = fuzz_u8(s);
  const struct gsh_install_options options = {.older = (flags & 1u) != 0,
                                              .reinstall = (flags & 2u) != 0,
                                              .stop_before_confirm = (flags & 4u) != 0,
                                              .timeout_s = (flags & 8u) != 0 ? 0 : TIMEOUT_S};
  if (packages[which] == NULL) {
    return;
  }
  uint64_t before = device_mark();
  unsigned status = check_why(gsh_install(dev, packages[which], &options, &out, &why), &why);
  if (status == GSH_OK) {
    FUZZ_MUST(out.receipt[0] != '\0' && access(out.receipt, R_OK) == 0);
    FUZZ_MUST(peer_said_runs(fuzz_packages[which].digest));
  } else {
    FUZZ_MUST(gsh_status_exit(status) != 0);
    FUZZ_MUST(peer.altered || out.written || device_mark() == before);
  }
  check_info(gsh_device_info(dev));
}

/* docs/spec/evidence.md, "What counts as done". */
static bool said_decided(enum gsh_decision what) {
  for (size_t i = 0; i < peer.receipts; i++) {
    const struct peer_receipt *r = &peer.receipt[i];
    bool outcome = r->kind == gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME;
    bool ready = r->state == gapseal_v1_State_STATE_READY;
    bool fits = false;
    switch (what) {
      case GSH_CONFIRM:
        fits = outcome && r->operation == gapseal_v1_Operation_OPERATION_INSTALL &&
               r->status == GS_OK && ready && r->runs &&
               memcmp(r->running, r->package, GS_DIGEST_BYTES) == 0;
        break;
      case GSH_REJECT:
        fits = outcome && r->operation == gapseal_v1_Operation_OPERATION_REJECT &&
               r->status == GS_OK && r->state == gapseal_v1_State_STATE_REJECTED;
        break;
      case GSH_ROLLBACK:
        fits = outcome && r->operation == gapseal_v1_Operation_OPERATION_ROLLBACK &&
               r->status == GS_E_ROLLED_BACK && ready && r->runs &&
               (r->twins || memcmp(r->running, r->package, GS_DIGEST_BYTES) != 0);
        break;
      case GSH_CANCEL:
        fits = r->kind == gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE && ready;
        break;
      case GSH_REBOOT:
        fits = true;
        break;
    }
    if (fits) {
      return true;
    }
  }
  return what == GSH_REBOOT;
}

static void decide(struct gsh_device *dev, struct fuzz_script *s) {
  struct gsh_decided out;
  struct gsh_why why;
  enum gsh_decision what = (enum gsh_decision)(fuzz_u8(s) % 5u);
  uint64_t before = device_mark();
  unsigned status = check_why(gsh_decide(dev, what, TIMEOUT_S, &out, &why), &why);
  if (status == GSH_OK) {
    FUZZ_MUST(said_decided(what));
  } else {
    FUZZ_MUST(peer.altered || out.written || what == GSH_REBOOT || device_mark() == before);
  }
}

static void check(struct gsh_device *dev, struct fuzz_script *s) {
  struct gsh_check out;
  struct gsh_why why;
  size_t which = fuzz_u8(s) % FUZZ_PACKAGES;
  uint8_t flags = fuzz_u8(s);
  uint64_t before = device_mark();
  if (packages[which] != NULL) {
    (void)check_why(
        gsh_check(dev, packages[which], (flags & 1u) != 0, (flags & 2u) != 0, &out, &why), &why);
    FUZZ_MUST(device_mark() == before);
  }
}

static void one_command(enum command what, struct gsh_device *dev, struct fuzz_script *s) {
  struct gsh_why why;
  uint32_t count = 0;
  char path[GSH_PATH_MAX];
  switch (what) {
    case DO_INSTALL:
      install(dev, s);
      break;
    case DO_DECIDE:
      decide(dev, s);
      break;
    case DO_LOG:
      (void)check_why(gsh_log(dev, check_log_line, NULL, NULL, &count, &why), &why);
      break;
    case DO_RECEIPT:
      if (check_why(gsh_receipt_fetch(dev, path, &why), &why) == GSH_OK) {
        FUZZ_MUST(peer.receipts > 0);
      }
      break;
    case DO_CHECK:
      check(dev, s);
      break;
    case DO_REFRESH:
      (void)check_why(gsh_refresh(dev, &why), &why);
      check_info(gsh_device_info(dev));
      break;
    case DO_WAIT:
    case DO_FIND:
    case DO_STOP:
    case DO_COUNT:
      break;
  }
}

/* Commands that open the link themselves. */
static bool alone(enum command what, struct fuzz_script *s) {
  static const char *const links[] = {"unix:fuzz"};
  static struct gsh_found found[2];
  struct gsh_device *dev = NULL;
  struct gsh_why why;
  size_t count = 0;
  if (what == DO_STOP) {
    stop_in = fuzz_u8(s);
  } else if (what == DO_WAIT) {
    (void)check_why(gsh_wait(host, links[0], TIMEOUT_S, &dev, &why), &why);
    gsh_disconnect(dev);
  } else if (what == DO_FIND) {
    (void)check_why(gsh_find(host, links, 1, found, 2, &count, &why), &why);
    for (size_t i = 0; i < count; i++) {
      check_info(&found[i].device);
      (void)check_why(found[i].why.status, &found[i].why);
    }
  } else {
    return false;
  }
  return true;
}

static void forget_files(void) {
  char path[512];
  DIR *dir = opendir(receipts_dir);
  for (struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL; e = readdir(dir)) {
    (void)snprintf(path, sizeof path, "%s/%s", receipts_dir, e->d_name);
    (void)unlink(path);
  }
  if (dir != NULL) {
    (void)closedir(dir);
  }
  (void)snprintf(path, sizeof path, "%s/journal.jsonl", state_dir);
  (void)unlink(path);
  (void)snprintf(path, sizeof path, "%s/versions.txt", state_dir);
  (void)unlink(path);
}

void fuzz_one(const uint8_t *data, size_t len) {
  struct fuzz_script s = {data, len};
  struct gsh_device *dev = NULL;
  struct gsh_why why;
  uint64_t lines = 0;
  bool there = false;
  char path[GSH_PATH_MAX];
  stop = 0;
  stop_in = 0;
  uint8_t state = fuzz_u8(&s);
  unsigned flags = fuzz_u8(&s);
  uint8_t commands[COMMANDS_MAX][3];
  for (size_t i = 0; i < COMMANDS_MAX; i++) {
    for (size_t k = 0; k < 3; k++) {
      commands[i][k] = fuzz_u8(&s);
    }
  }
  peer_be((enum fuzz_state)(state % FUZZ_STATES), flags, &s);
  peer_bytes(&s);
  for (size_t i = 0; i < COMMANDS_MAX; i++) {
    struct fuzz_script arguments = {commands[i] + 1, 2};
    enum command what = (enum command)(commands[i][0] % DO_COUNT);
    if (alone(what, &arguments)) {
      continue;
    }
    peer_forget();
    if (check_why(gsh_connect(host, "unix:fuzz", &dev, &why), &why) == GSH_OK) {
      FUZZ_MUST(peer.proved);
      check_info(gsh_device_info(dev));
      one_command(what, dev, &arguments);
      gsh_disconnect(dev);
    }
  }
  FUZZ_MUST(check_why(gsh_journal(host, NULL, NULL, &there, &lines, path, &why), &why) == GSH_OK);
  forget_files();
}

/* -- packages and trust ------------------------------------------------------------------------ */

static size_t keyring_file(uint8_t *out, size_t cap) {
  struct gs_writer w = gs_writer_init(out, cap);
  gs_write_bytes(&w, "gapkeys\x01", 8);
  gs_write_u32(&w, (uint32_t)fuzz_keyrings[1].len);
  gs_write_bytes(&w, fuzz_keyrings[1].envelope, fuzz_keyrings[1].len);
  FUZZ_MUST(!w.failed);
  return w.used;
}

/* The device's package as a file; its second keyring goes along with some. */
static void load_package(size_t which) {
  static uint8_t file[PARTS_PACKAGE_MAX];
  static uint8_t keys[4096];
  const struct fuzz_package *p = &fuzz_packages[which];
  struct package_parts parts;
  struct gsh_package_info info;
  struct gsh_why why;
  char path[160];
  if (which == FUZZ_WRONG) { /* mended it would be another package */
    return;
  }
  memset(&parts, 0, sizeof parts);
  struct gs_writer w = gs_writer_init(keys, sizeof keys);
  for (size_t i = 1; i <= (which == FUZZ_SELF ? 2u : 1u); i++) {
    gs_write_u32(&w, (uint32_t)fuzz_keyrings[i].len);
    gs_write_bytes(&w, fuzz_keyrings[i].envelope, fuzz_keyrings[i].len);
  }
  const char *about = which == FUZZ_OTHER ? fixture_other_about : fixture_about;
  parts.data[GS_PACKAGE_MANIFEST] = p->envelope;
  parts.len[GS_PACKAGE_MANIFEST] = p->envelope_len;
  parts.data[GS_PACKAGE_KEYRINGS] = keys;
  parts.len[GS_PACKAGE_KEYRINGS] = w.used;
  parts.data[GS_PACKAGE_ABOUT] = (const uint8_t *)about;
  parts.len[GS_PACKAGE_ABOUT] = strlen(about);
  parts.data[GS_PACKAGE_DATA] = p->image;
  parts.len[GS_PACKAGE_DATA] = p->size;
  size_t len = package_mend(&parts, file, sizeof file);
  (void)snprintf(path, sizeof path, "%s/%zu.gsp", fuzz_dir(), which);
  FILE *f = fopen(path, "wb");
  FUZZ_MUST(f != NULL && fwrite(file, 1, len, f) == len && fclose(f) == 0);
  unsigned status = gsh_package_load(host, path, true, NULL, &packages[which], &info, &why);
  bool foreign = which == FUZZ_OTHER || which == FUZZ_STRANGER;
  if (status != GSH_OK && !foreign) {
    (void)fprintf(stderr, "package %zu: %s\n", which, why.what);
  }
  FUZZ_MUST(status == GSH_OK || foreign);
}

void fuzz_start(void) {
  static char config_dir[128];
  static struct gsh_config config;
  static uint8_t file[4096];
  uint8_t key[GS_PUBLIC_KEY_BYTES];
  char path[160];
  char why_text[128];
  struct gsh_why why;
  struct gsh_trust_item item;
  bool fresh;
  fuzz_sign_start();
  peer_start();
  (void)snprintf(config_dir, sizeof config_dir, "%s/config", fuzz_dir());
  (void)snprintf(state_dir, sizeof state_dir, "%s/state", fuzz_dir());
  (void)snprintf(receipts_dir, sizeof receipts_dir, "%s/receipts", state_dir);
  config.config_dir = config_dir;
  config.state_dir = state_dir;
  config.event = check_event;
  config.stop = &stop;
  FUZZ_MUST(gsh_open(&config, &host, &why) == GSH_OK);
  fixture_public_key(TEST_KEY_MAKER, key);
  (void)snprintf(path, sizeof path, "%s/maker.pem", fuzz_dir());
  FUZZ_MUST(gsh_pem_write_public(path, key, why_text, sizeof why_text) == GS_OK);
  FUZZ_MUST(gsh_trust_add(host, path, &item, &fresh, &why) == GSH_OK);
  size_t len = keyring_file(file, sizeof file);
  (void)snprintf(path, sizeof path, "%s/acme.gsk", fuzz_dir());
  FILE *f = fopen(path, "wb");
  FUZZ_MUST(f != NULL && fwrite(file, 1, len, f) == len && fclose(f) == 0);
  FUZZ_MUST(gsh_trust_add(host, path, &item, &fresh, &why) == GSH_OK);
  for (size_t i = 0; i < FUZZ_PACKAGES; i++) {
    load_package(i);
  }
}

/* Inputs as fuzz_one reads them. clang-format would give each byte a line. */
/* clang-format off */
#define ACT(skip, what, a, b, c) (skip), PEER_##what, (a), (b), (c) & 0xFF, (c) >> 8

void fuzz_seeds(void) {
  static const uint8_t plain[] = {
      FUZZ_IN_READY, PEER_APP_HEALTHY,
      DO_INSTALL, FUZZ_NEWER, 0, DO_LOG, 0, 0, DO_INSTALL, FUZZ_NEWER, 0, 0};
  static const uint8_t lossy[] = {
      FUZZ_IN_READY, PEER_APP_HEALTHY | PEER_LINK_DROPS,
      DO_INSTALL, FUZZ_SELF, 0, DO_WAIT, 0, 0, DO_FIND, 0, 0, 4,
      ACT(3, DROP, 0, 0, 0), ACT(5, TWICE, 0, 0, 0), ACT(2, CLOSE, 0, 0, 0), ACT(9, SILENT, 3, 0, 0)};
  static const uint8_t liar[] = {
      FUZZ_IN_TRIAL, PEER_APP_HEALTHY,
      DO_DECIDE, GSH_CONFIRM, 0, DO_DECIDE, GSH_ROLLBACK, 0, DO_DECIDE, GSH_REJECT, 0, 5,
      ACT(2, LIE, 0, 1, 90), ACT(3, STATUS, 0, 0, 0), ACT(3, REPLAY, 0, 0, 0),
      ACT(1, BUSY, 1, 255, 9), ACT(1, ACK, 4, 9, 0x909)};
  static const uint8_t noise[] = {
      FUZZ_IN_WRITING, PEER_SLOW_LINK | PEER_SLOW_WRITES,
      DO_INSTALL, FUZZ_NEWER, 8, DO_DECIDE, GSH_CANCEL, 0, DO_INSTALL, FUZZ_RUNNING, 2, 5,
      ACT(1, NOISE, 4, 0, 0), ACT(2, INJECT, 3, 0, 0), ACT(4, FLIP, 6, 1, 0), ACT(4, SPOIL, 9, 4, 0),
      ACT(3, FLOOD, 8, 2, 0), 1, 2, 3, 4, 5, 6, 7, 8, 9};
  static const uint8_t crash[] = {
      FUZZ_IN_CANDIDATE, PEER_APP_CRASHES,
      DO_INSTALL, FUZZ_NEWER, 0, DO_INSTALL, FUZZ_OLDER, 1, DO_DECIDE, GSH_REBOOT, 0, 2,
      ACT(6, RESTART, 3, 0, 0), ACT(4, WAIT, 0, 0, 2304)};
  static const uint8_t asked[] = {
      FUZZ_IN_CONFIRMED, 0,
      DO_CHECK, FUZZ_OLDER, 0, DO_RECEIPT, 0, 0, DO_STOP, 3, 0, 1, ACT(7, BODY, 5, 0, 0)};
  static const uint8_t replayed[] = {
      FUZZ_IN_CONFIRMED, 0,
      DO_RECEIPT, 0, 0, DO_RECEIPT, 0, 0, DO_LOG, 0, 0, 2,
      ACT(5, REPLAY, 0, 0, 0), ACT(1, REPLAY, 0, 0, 0)};
  fuzz_seed("replayed", replayed, sizeof replayed);
  fuzz_seed("plain", plain, sizeof plain);
  fuzz_seed("lossy", lossy, sizeof lossy);
  fuzz_seed("liar", liar, sizeof liar);
  fuzz_seed("noise", noise, sizeof noise);
  fuzz_seed("crash", crash, sizeof crash);
  fuzz_seed("asked", asked, sizeof asked);
}
