/* SPDX-License-Identifier: Apache-2.0 */
#include "kind.h"

#include <errno.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "package_layout.h"
#include "platform.h"
#include "text.h"

#define HEAD_MAX 1024u /* where a PEM file with words before the key still says what it is */
#define SHOWN_PATH_MAX 200u

struct kind {
  uint8_t magic[GSH_KIND_BYTES];
  const char *name;
};

_Static_assert(sizeof GS_PACKAGE_MAGIC == GSH_KIND_BYTES + 1u, "a package begins as the others do");

static const struct kind kinds[] = {
    [GSH_KIND_PACKAGE] = {{'g', 'a', 'p', 's', 'e', 'a', 'l', 1}, "a package"},
    [GSH_KIND_KEYRING] = {{'g', 'a', 'p', 'k', 'e', 'y', 's', 1}, "a keyring"},
    [GSH_KIND_RECEIPT] = {{'g', 'a', 'p', 'r', 'c', 'p', 't', 1}, "a receipt"},
    [GSH_KIND_LOG] = {{'g', 'a', 'p', 'l', 'o', 'g', 's', 1}, "a device's log"},
};

const uint8_t *gsh_kind_magic(enum gsh_kind kind) {
  return kinds[kind].magic;
}

static const char *name_of(const char *head, size_t len) {
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (len >= GSH_KIND_BYTES && memcmp(head, kinds[i].magic, GSH_KIND_BYTES) == 0) {
      return kinds[i].name;
    }
  }
  if (strstr(head, "PRIVATE KEY-----") != NULL) {
    return "a private key";
  }
  if (strstr(head, "PUBLIC KEY-----") != NULL) {
    return "a public key";
  }
  return len == 0 ? "an empty file" : "another file";
}

static enum gs_status refuse(enum gsh_kind kind, const char *path, const char *what,
                             struct gsh_error *err) {
  char shown[SHOWN_PATH_MAX];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  gsh_fail(err, GS_E_USAGE, "%s is there already, %s, and is not written over", shown, what);
  gsh_next_step(err, "name a file that is not there yet, or %s to take the place of",
                kinds[kind].name);
  return GS_E_USAGE;
}

static enum gs_status unknown(const char *path, struct gsh_error *err) {
  const char *why = strerror(errno);
  char shown[SHOWN_PATH_MAX];
  gsh_text_escape(path, strlen(path), 0, shown, sizeof shown);
  return gsh_fail(err, GS_E_DISK, "%s: it cannot be told what is there: %s", shown, why);
}

enum gs_status gsh_kind_replaces(enum gsh_kind kind, const char *path, struct gsh_error *err) {
  char head[HEAD_MAX + 1];
  int fd = -1;
  uint64_t size = 0;
  switch (gsh_file_form(path)) {
    case GSH_FORM_NOTHING:
      return GS_OK;
    case GSH_FORM_FILE:
      break;
    case GSH_FORM_DIRECTORY:
      return refuse(kind, path, "a directory", err);
    case GSH_FORM_DANGLING:
      return refuse(kind, path, "a symbolic link to what is not there", err);
    case GSH_FORM_OTHER:
      return refuse(kind, path, "not a regular file", err);
    case GSH_FORM_UNKNOWN:
      return unknown(path, err);
  }
  enum gs_status status = gsh_file_open(path, &fd, &size, err);
  size_t len = size < HEAD_MAX ? (size_t)size : HEAD_MAX;
  if (status == GS_OK) {
    status = gsh_file_read_at(fd, 0, head, len, err);
    gsh_file_close(fd);
  }
  if (status != GS_OK) {
    return gsh_context(err, "looking at what an output would take the place of");
  }
  head[len] = '\0';
  if (len >= GSH_KIND_BYTES && memcmp(head, kinds[kind].magic, GSH_KIND_BYTES) == 0) {
    return GS_OK;
  }
  const char *what = name_of(head, len);
  gs_wipe(head, sizeof head); /* it may have been a private key */
  return refuse(kind, path, what, err);
}
