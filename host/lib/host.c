/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <pb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "gapseal/crypto.h"
#include "host_internal.h"
#include "platform.h"
#include "serial.h"
#include "status.h"
#include "text.h"

#define REMEMBERED_MAX (1024u * 1024u)

_Static_assert((int)GSH_OK == (int)GS_OK && (int)GSH_E_INTERNAL == (int)GS_E_INTERNAL &&
                   (int)GSH_E_ALREADY == (int)GS_E_ALREADY && (int)GSH_E_USAGE == (int)GS_E_USAGE &&
                   (int)GSH_E_NO_DEVICE == (int)GS_E_NO_DEVICE &&
                   (int)GSH_E_SEVERAL == (int)GS_E_SEVERAL &&
                   (int)GSH_E_FILE_READ == (int)GS_E_FILE_READ &&
                   (int)GSH_E_WAITING == (int)GS_E_WAITING &&
                   (int)GSH_E_SOME_FAILED == (int)GS_E_SOME_FAILED &&
                   (int)GSH_E_INTERRUPTED == (int)GS_E_INTERRUPTED &&
                   (int)GSH_E_NO_MEMORY == (int)GS_E_NO_MEMORY &&
                   (int)GSH_E_SEVERAL_PACKAGES == (int)GS_E_SEVERAL_PACKAGES,
               "host.h repeats numbers of status.def");

const char *gsh_status_name(unsigned status) {
  return gs_status_info(status)->name;
}

const char *gsh_status_sentence(unsigned status) {
  return gs_status_info(status)->sentence;
}

const char *gsh_status_next_step(unsigned status) {
  return gs_status_info(status)->next_step;
}

int gsh_status_exit(unsigned status) {
  return gs_status_info(status)->exit_code;
}

const char *gsh_version(void) {
  return GAPSEAL_VERSION;
}

void gsh_libraries(char *out, size_t cap) {
  (void)snprintf(out, cap, "%s, %s, cJSON %s, libserialport %s", gs_crypto_library(),
                 NANOPB_VERSION, cJSON_Version(), gsh_serial_version());
}

char *gsh_escape(const char *text, char *out, size_t cap) {
  return gsh_text_escape(text, strlen(text), 0, out, cap);
}

static void copy(char *out, size_t cap, const char *text) {
  size_t n = strlen(text);
  n = n < cap ? n : cap - 1;
  memcpy(out, text, n);
  out[n] = '\0';
}

unsigned gsh_why_fill(struct gsh_why *why, enum gs_status status, const struct gsh_error *err,
                      bool said_by_device) {
  struct gsh_error crypto;
  memset(why, 0, sizeof *why);
  if (status == GS_E_CRYPTO && !said_by_device) {
    status = gsh_fail_crypto(&crypto); /* the device's own words for it would blame the device */
    err = &crypto;
  }
  const struct gs_status_info *info = gs_status_info(status);
  why->status = status;
  bool described = err != NULL && status != GS_OK && err->status == status && err->what[0] != '\0';
  copy(why->what, sizeof why->what, described ? err->what : info->sentence);
  copy(why->next_step, sizeof why->next_step,
       described && err->next_step[0] != '\0' ? err->next_step : info->next_step);
  if (described) {
    copy(why->expected, sizeof why->expected, err->expected);
    copy(why->got, sizeof why->got, err->got);
  }
  if (status == GS_OK) {
    why->decided_by = GSH_BY_NOBODY;
  } else if (said_by_device) {
    why->decided_by = GSH_BY_DEVICE;
  } else if (status == GS_E_INTERRUPTED || status == GS_E_WAITING) {
    why->decided_by = GSH_BY_PERSON;
  } else {
    why->decided_by = info->class_ == GS_CLASS_LINK ? GSH_BY_NOBODY : GSH_BY_COMPUTER;
  }
  return status;
}

void gsh_tell(const struct gsh *h, enum gsh_event_kind kind, const char *name, const char *text,
              ...) {
  if (h->config.event == NULL) {
    return;
  }
  char line[GSH_TEXT_MAX];
  va_list args;
  va_start(args, text);
  (void)vsnprintf(line, sizeof line, text, args);
  va_end(args);
  struct gsh_event event = {.kind = kind, .name = name, .text = line, .left_s = -1};
  h->config.event(h->config.event_ctx, &event);
}

bool gsh_stopped(const struct gsh *h) {
  return h->config.stop != NULL && *h->config.stop != 0;
}

static enum gs_status choose_dir(char *out, const char *given, const char *variable,
                                 const char *fallback, struct gsh_error *err) {
  if (given == NULL) {
    return gsh_path_xdg(out, GSH_PATH_MAX, variable, fallback, err);
  }
  if (given[0] == '\0' || strlen(given) >= GSH_PATH_MAX) {
    return gsh_fail(err, GS_E_USAGE, "a directory's name is empty or too long");
  }
  copy(out, GSH_PATH_MAX, given);
  return GS_OK;
}

static void tell_trace_ended(void *ctx, const char *text) {
  gsh_tell(ctx, GSH_EVENT_NOTE, "trace", "%s", text);
}

/* For the doctor: keep why a place cannot be named, and go on. */
static enum gs_status bear(const struct gsh *h, enum gs_status status, const struct gsh_error *err,
                           struct gsh_error *kept) {
  if (status != GS_E_DISK || !h->config.examine) {
    return status;
  }
  *kept = *err;
  return GS_OK;
}

static enum gs_status open_places(struct gsh *h, struct gsh_error *err) {
  const struct gsh_config *c = &h->config;
  enum gs_status status =
      choose_dir(h->config_dir, c->config_dir, "XDG_CONFIG_HOME", ".config", err);
  status = bear(h, status, err, &h->no_config);
  if (status == GS_OK) {
    status = choose_dir(h->state_dir, c->state_dir, "XDG_STATE_HOME", ".local/state", err);
    status = bear(h, status, err, &h->no_state);
  }
  if (status == GS_OK && h->no_config.status == GS_OK) {
    status = gsh_path_join(h->trust_dir, sizeof h->trust_dir, h->config_dir, "trust", err);
  }
  if (status == GS_OK && c->trace_path != NULL) {
    status = gsh_trace_open(c->trace_path, tell_trace_ended, h, &h->trace, err);
  }
  return status;
}

unsigned gsh_open(const struct gsh_config *config, struct gsh **out, struct gsh_why *why) {
  struct gsh_error err = {0};
  *out = NULL;
  struct gsh *h = calloc(1, sizeof *h);
  if (h == NULL) {
    return gsh_why_fill(why, GS_E_NO_MEMORY, NULL, false);
  }
  h->config = *config;
  enum gs_status status = gs_crypto_init();
  if (status != GS_OK) {
    status = gsh_fail(&err, GS_E_INTERNAL, "the cryptographic library failed its self-test");
  } else {
    status = open_places(h, &err);
  }
  if (status != GS_OK) {
    gsh_close(h);
    return gsh_why_fill(why, status, &err, false);
  }
  *out = h;
  return gsh_why_fill(why, GS_OK, NULL, false);
}

void gsh_close(struct gsh *h) {
  if (h != NULL) {
    gsh_trace_close(h->trace);
    free(h);
  }
}

const char *gsh_state_dir(const struct gsh *h) {
  return h->state_dir;
}

/* versions.txt: "<digest> <version>" a line, the newest word last. Losing it costs a nicety. */
static bool find_version(const char *data, size_t len, const char *digest, char *out, size_t cap) {
  bool found = false;
  for (const char *at = data; at < data + len;) {
    const char *end = memchr(at, '\n', len - (size_t)(at - data));
    if (end == NULL) {
      break;
    }
    if (end - at > 65 && memcmp(at, digest, 64) == 0 && at[64] == ' ') {
      gsh_text_escape(at + 65, (size_t)(end - at) - 65, 0, out, cap);
      found = true;
    }
    at = end + 1;
  }
  return found;
}

void gsh_recall_version(const struct gsh *h, const uint8_t digest[GS_DIGEST_BYTES], char *out,
                        size_t cap) {
  char path[GSH_PATH_MAX];
  char hex[2 * GS_DIGEST_BYTES + 1];
  struct gsh_error ignored;
  uint8_t *data = NULL;
  size_t len = 0;
  out[0] = '\0';
  if (gsh_path_join(path, sizeof path, h->state_dir, "versions.txt", &ignored) != GS_OK ||
      !gsh_file_exists(path) ||
      gsh_file_read_all(path, REMEMBERED_MAX, &data, &len, &ignored) != GS_OK) {
    return;
  }
  (void)find_version((const char *)data, len, gsh_hex(digest, GS_DIGEST_BYTES, hex), out, cap);
  free(data);
}

void gsh_remember_version(const struct gsh *h, const uint8_t digest[GS_DIGEST_BYTES],
                          const char *version) {
  char known[64];
  char safe[64];
  char hex[2 * GS_DIGEST_BYTES + 1];
  char path[GSH_PATH_MAX];
  char line[160];
  struct gsh_error ignored;
  int fd = -1;
  gsh_text_escape(version, strlen(version), 0, safe, sizeof safe);
  gsh_recall_version(h, digest, known, sizeof known);
  if (safe[0] == '\0' || strcmp(known, safe) == 0 ||
      gsh_path_join(path, sizeof path, h->state_dir, "versions.txt", &ignored) != GS_OK ||
      gsh_grow_open(path, &fd, &ignored) != GS_OK) {
    return;
  }
  int n = snprintf(line, sizeof line, "%s %s\n", gsh_hex(digest, GS_DIGEST_BYTES, hex), safe);
  (void)gsh_grow_append(fd, line, (size_t)n, &ignored);
  gsh_grow_close(fd);
}
