/* SPDX-License-Identifier: Apache-2.0
 * Texts and errors, and reading a file from front to back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify.h"

static const char digits[] = "0123456789abcdef";

char *gsv_escape(const char *text, char *out, size_t cap) {
  size_t used = 0;
  for (; *text != '\0' && cap - used > 4; text++) {
    unsigned char c = (unsigned char)*text;
    if (c >= ' ' && c < 0x7F) {
      out[used++] = (char)c;
      continue;
    }
    out[used++] = '\\';
    out[used++] = 'x';
    out[used++] = digits[c >> 4];
    out[used++] = digits[c & 15];
  }
  out[used] = '\0';
  return out;
}

char *gsv_hex(const uint8_t *data, size_t len, char *out) {
  for (size_t i = 0; i < len; i++) {
    out[2 * i] = digits[data[i] >> 4];
    out[2 * i + 1] = digits[data[i] & 15];
  }
  out[2 * len] = '\0';
  return out;
}

void gsv_note(struct gsv_error *e, enum gs_status status, const char *what, ...) {
  va_list args;
  va_start(args, what);
  e->status = status;
  e->next_step = NULL;
  (void)vsnprintf(e->what, sizeof e->what, what, args);
  va_end(args);
}

enum gs_status gsv_fail_as(struct gsv_error *e, enum gs_status status, const char *what) {
  if (status == GS_E_CRYPTO) {
    /* The status' own sentence would blame a device. */
    return gsv_fail(e, GS_E_NO_MEMORY,
                    "%s: cryptography failed on this computer, as it does where memory runs out",
                    what);
  }
  return gsv_fail(e, status, "%s: %s", what, gs_status_info(status)->sentence);
}

/* NULL: *why tells the reason, errno where it is one of the system's. */
static FILE *open_regular(const char *path, const char **why) {
  struct stat st;
  /* O_NONBLOCK: opening a named pipe must not wait for a writer. */
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  errno = fd < 0 ? errno : 0;
  if (fd < 0 || fstat(fd, &st) != 0) {
    *why = strerror(errno);
  } else if (!S_ISREG(st.st_mode)) {
    *why = "not a regular file";
  } else {
    FILE *file = fdopen(fd, "rb");
    if (file != NULL) {
      return file;
    }
    *why = strerror(errno);
  }
  int number = errno;
  if (fd >= 0) {
    (void)close(fd);
  }
  errno = number;
  return NULL;
}

enum gs_status gsv_open(struct gsv_file *f, const char *path, struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  f->path = path;
  const char *why = "";
  f->file = open_regular(path, &why);
  return f->file != NULL ? GS_OK
                         : gsv_fail(e, errno == ENOMEM ? GS_E_NO_MEMORY : GS_E_FILE_READ, "%s: %s",
                                    gsv_escape(path, shown, sizeof shown), why);
}

void gsv_close(struct gsv_file *f) {
  if (f->file != NULL) {
    (void)fclose(f->file);
    f->file = NULL;
  }
}

static enum gs_status cannot_read(const struct gsv_file *f, struct gsv_error *e) {
  const char *why = strerror(errno);
  char shown[GSV_TEXT_MAX / 2];
  return gsv_fail(e, GS_E_FILE_READ, "%s: %s", gsv_escape(f->path, shown, sizeof shown), why);
}

enum gs_status gsv_read(struct gsv_file *f, void *buf, size_t len, struct gsv_error *e) {
  if (fread(buf, 1, len, f->file) == len) {
    return GS_OK;
  }
  char shown[GSV_TEXT_MAX / 2];
  return ferror(f->file) ? cannot_read(f, e)
                         : gsv_fail(e, GS_E_FILE_MALFORMED, "%s: ends too early",
                                    gsv_escape(f->path, shown, sizeof shown));
}

enum gs_status gsv_at_end(struct gsv_file *f, bool *end, struct gsv_error *e) {
  int c = fgetc(f->file);
  if (c == EOF && ferror(f->file)) {
    return cannot_read(f, e);
  }
  *end = c == EOF;
  return c == EOF || ungetc(c, f->file) == c ? GS_OK : cannot_read(f, e);
}

enum gs_status gsv_expect_magic(struct gsv_file *f, const char magic[8], const char *kind,
                                struct gsv_error *e) {
  char found[8];
  char shown[GSV_TEXT_MAX / 2];
  enum gs_status status = gsv_read(f, found, sizeof found, e);
  if (status == GS_OK && memcmp(found, magic, sizeof found) != 0) {
    status = gsv_fail(e, GS_E_FILE_MALFORMED, "%s: not a %s file",
                      gsv_escape(f->path, shown, sizeof shown), kind);
  }
  return status;
}

enum gs_status gsv_expect_end(struct gsv_file *f, struct gsv_error *e) {
  char shown[GSV_TEXT_MAX / 2];
  bool end = false;
  enum gs_status status = gsv_at_end(f, &end, e);
  if (status == GS_OK && !end) {
    status = gsv_fail(e, GS_E_FILE_MALFORMED, "%s: bytes after the end",
                      gsv_escape(f->path, shown, sizeof shown));
  }
  return status;
}

enum gs_status gsv_read_item(struct gsv_file *f, uint8_t *buf, size_t cap, size_t *len,
                             struct gsv_error *e) {
  uint8_t head[4];
  enum gs_status status = gsv_read(f, head, sizeof head, e);
  if (status != GS_OK) {
    return status;
  }
  uint32_t n = (uint32_t)head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 |
               (uint32_t)head[3] << 24;
  if (n == 0 || n > cap) {
    return gsv_fail(e, GS_E_FILE_MALFORMED,
                    "a signed object of %lu bytes, where 1 to %zu are taken", (unsigned long)n,
                    cap);
  }
  *len = n;
  return gsv_read(f, buf, n, e);
}
