/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "files.h"
#include "mark.h"
#include "text.h"

#define FOLDER "unfinished"
#define MARK_BYTES 16u
#define NAME_DIGITS 16

/* Both are hex: no byte from outside gets into the name. */
static enum gs_status find(const struct gsh_device *d, const struct gsh_package *p, char *path,
                           struct gsh_error *err) {
  char folder[GSH_PATH_MAX];
  char device[2 * GS_DIGEST_BYTES + 1];
  char package[2 * GS_DIGEST_BYTES + 1];
  char name[2 * NAME_DIGITS + 2];
  (void)gsh_hex(d->ident.device_id, GS_DIGEST_BYTES, device);
  (void)gsh_hex(gsh_package_digest(p), GS_DIGEST_BYTES, package);
  (void)snprintf(name, sizeof name, "%.*s-%.*s", NAME_DIGITS, device, NAME_DIGITS, package);
  enum gs_status status = gsh_path_join(folder, sizeof folder, d->h->state_dir, FOLDER, err);
  if (status == GS_OK) {
    status = gsh_dir_make(folder, err);
  }
  return status == GS_OK ? gsh_path_join(path, GSH_PATH_MAX, folder, name, err) : status;
}

void gsh_mark_open(struct gsh_mark *m, const struct gsh_device *d, const struct gsh_package *p) {
  struct gsh_error ignored;
  uint8_t kept[MARK_BYTES];
  memset(m, 0, sizeof *m);
  m->fd = -1;
  if (find(d, p, m->path, &ignored) != GS_OK) {
    return;
  }
  m->fd = open(m->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (m->fd >= 0 && pread(m->fd, kept, sizeof kept, 0) == (ssize_t)sizeof kept) {
    struct gs_reader r = gs_reader_init(kept, sizeof kept);
    m->given[0] = gs_read_u64(&r);
    m->given[1] = gs_read_u64(&r);
  }
}

void gsh_mark_put(struct gsh_mark *m, const uint64_t given[2]) {
  uint8_t kept[MARK_BYTES];
  if (m->fd < 0 || (m->given[0] == given[0] && m->given[1] == given[1])) {
    return;
  }
  struct gs_writer w = gs_writer_init(kept, sizeof kept);
  gs_write_u64(&w, given[0]);
  gs_write_u64(&w, given[1]);
  if (pwrite(m->fd, kept, sizeof kept, 0) == (ssize_t)sizeof kept) {
    memcpy(m->given, given, sizeof m->given);
  }
}

void gsh_mark_close(struct gsh_mark *m, bool finished) {
  if (m->fd < 0) {
    return;
  }
  (void)close(m->fd);
  m->fd = -1;
  if (finished) {
    (void)unlink(m->path);
  }
}

void gsh_mark_forget(const struct gsh_device *d, const struct gsh_package *p) {
  struct gsh_error ignored;
  char path[GSH_PATH_MAX];
  if (find(d, p, path, &ignored) == GS_OK) {
    (void)unlink(path);
  }
}
