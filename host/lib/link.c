/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <stdlib.h>
#include <string.h>

#include "link_internal.h"
#include "text.h"

struct link_kind {
  const char *scheme; /* with its colon */
  gsh_link_open_fn open;
};

/* NULL: part of the grammar, and not in this build. */
static const struct link_kind kinds[] = {
    {"unix:", gsh_link_open_unix}, {"tcp:", gsh_link_open_tcp},       {"pty:", gsh_link_open_pty},
    {"exec:", gsh_link_open_exec}, {"serial:", gsh_link_open_serial}, {"usb:", NULL},
};

static const struct link_kind *find_kind(const char *text) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strncmp(text, kinds[i].scheme, strlen(kinds[i].scheme)) == 0) {
      return &kinds[i];
    }
  }
  return NULL;
}

bool gsh_link_known(const char *text) {
  return find_kind(text) != NULL;
}

enum gs_status gsh_link_open(const char *text, const struct gsh_link_options *options,
                             struct gsh_link **out, struct gsh_error *err) {
  char shown[256];
  gsh_text_escape(text, strlen(text), 0, shown, sizeof shown);
  *out = NULL;
  const struct link_kind *kind = find_kind(text);
  if (kind == NULL) {
    gsh_fail(err, GS_E_USAGE, "\"%s\" is not a link", shown);
    gsh_next_step(
        err, "write serial:PATH[@BAUD], unix:PATH, tcp:HOST:PORT, pty:PATH[@BAUD] or exec:COMMAND");
    return GS_E_USAGE;
  }
  if (kind->open == NULL) {
    gsh_fail(err, GS_E_USAGE, "\"%s\": links of this kind are not in this build yet", shown);
    gsh_next_step(err,
                  "use serial:PATH for a serial line; unix:, tcp:, pty: and exec: work as well");
    return GS_E_USAGE;
  }
  const char *rest = text + strlen(kind->scheme);
  if (*rest == '\0') {
    gsh_fail(err, GS_E_USAGE, "\"%s\" says nothing after the colon", shown);
    gsh_next_step(err, "write the place behind the colon, for example unix:dev1.sock");
    return GS_E_USAGE;
  }
  struct gsh_link *l = calloc(1, sizeof *l);
  if (l == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory to open %s", shown);
  }
  l->read_fd = -1;
  l->write_fd = -1;
  enum gs_status status = kind->open(rest, options, l, err);
  if (status != GS_OK) {
    gsh_link_close(l);
    return gsh_context(err, "%s", shown);
  }
  *out = l;
  return GS_OK;
}

bool gsh_link_slow(const struct gsh_link *l) {
  return l->slow;
}

bool gsh_link_discard(struct gsh_link *l) {
  return l->discard != NULL && l->discard(l);
}

enum gs_status gsh_link_split_rate(const char *rest, char path[GSH_LINK_PATH_MAX],
                                   unsigned long *baud, struct gsh_error *err) {
  const char *at = strrchr(rest, '@');
  if (at != NULL && (at[1] < '0' || at[1] > '9')) {
    at = NULL;
  }
  size_t len = at != NULL ? (size_t)(at - rest) : strlen(rest);
  if (len == 0 || len >= GSH_LINK_PATH_MAX) {
    return gsh_fail(err, GS_E_USAGE, "no path can be read from it");
  }
  memcpy(path, rest, len);
  path[len] = '\0';
  *baud = 0;
  if (at != NULL) {
    char *end = NULL;
    *baud = strtoul(at + 1, &end, 10);
    if (*end != '\0' || *baud == 0 || *baud > GSH_LINK_BAUD_MAX) {
      gsh_fail(err, GS_E_USAGE, "the rate behind @ is none");
      gsh_next_step(err, "use a usual rate, for example @115200 or @921600");
      return GS_E_USAGE;
    }
  }
  return GS_OK;
}
