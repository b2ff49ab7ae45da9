/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "files.h"
#include "gapseal/crypto.h"
#include "json.h"
#include "platform.h"
#include "text.h"

#define SEQ_MAX 9007199254740992ull /* whole numbers that JSON keeps */

/* Where the chain stands. */
struct chain {
  uint64_t lines;
  char prev[65]; /* what the next line's prev must be */
};

static void chain_start(struct chain *c) {
  c->lines = 0;
  memset(c->prev, '0', 64);
  c->prev[64] = '\0';
}

static enum gs_status chain_advance(struct chain *c, const char *line, size_t len) {
  uint8_t digest[GS_DIGEST_BYTES];
  enum gs_status status = gs_sha256(line, len, digest);
  if (status == GS_OK) {
    gsh_hex(digest, sizeof digest, c->prev);
    c->lines++;
  }
  return status;
}

static void copy_text(const cJSON *object, const char *name, char *out, size_t cap) {
  const char *text = gsh_json_string(object, name);
  text = text != NULL ? text : "";
  gsh_text_escape(text, strlen(text), 0, out, cap);
}

static enum gs_status judge_line(struct chain *c, const char *line, size_t len, gsh_journal_fn fn,
                                 void *ctx, struct gsh_error *err) {
  unsigned long long number = (unsigned long long)c->lines + 1;
  cJSON *o = gsh_json_parse(line, len, GS_E_JOURNAL, err);
  if (o == NULL) {
    return gsh_context(err, "journal, line %llu", number);
  }
  uint64_t seq = 0;
  uint64_t status_number = 0;
  const char *prev = gsh_json_string(o, "prev");
  bool holds =
      gsh_json_number(cJSON_GetObjectItemCaseSensitive(o, "seq"), SEQ_MAX, &seq) &&
      seq == c->lines + 1 && prev != NULL && strcmp(prev, c->prev) == 0 &&
      gsh_json_number(cJSON_GetObjectItemCaseSensitive(o, "status"), UINT32_MAX, &status_number);
  if (holds && fn != NULL) {
    struct gsh_journal_line l = {.seq = seq, .status = (uint32_t)status_number};
    copy_text(o, "time", l.time, sizeof l.time);
    copy_text(o, "event", l.event, sizeof l.event);
    copy_text(o, "device", l.device, sizeof l.device);
    copy_text(o, "serial", l.serial, sizeof l.serial);
    copy_text(o, "package", l.package, sizeof l.package);
    copy_text(o, "receipt", l.receipt, sizeof l.receipt);
    fn(ctx, &l);
  }
  cJSON_Delete(o);
  if (!holds) {
    return gsh_fail(err, GS_E_JOURNAL, "journal, line %llu: the chain breaks here", number);
  }
  return chain_advance(c, line, len);
}

/* *whole: bytes up to the end of the last whole line. */
static enum gs_status judge(const char *data, size_t len, struct chain *c, size_t *whole,
                            gsh_journal_fn fn, void *ctx, struct gsh_error *err) {
  chain_start(c);
  *whole = 0;
  while (*whole < len) {
    const char *line = data + *whole;
    const char *end = memchr(line, '\n', len - *whole);
    if (end == NULL) {
      return GS_OK;
    }
    enum gs_status status = judge_line(c, line, (size_t)(end - line), fn, ctx, err);
    if (status != GS_OK) {
      return status;
    }
    *whole = (size_t)(end - data) + 1;
  }
  return GS_OK;
}

static enum gs_status open_locked(const char *dir, int *fd, struct gsh_error *err) {
  char path[GSH_PATH_MAX];
  *fd = -1;
  enum gs_status status = gsh_dir_make(dir, err);
  if (status == GS_OK) {
    status = gsh_path_join(path, sizeof path, dir, "journal.jsonl", err);
  }
  return status == GS_OK ? gsh_grow_open(path, fd, err) : status;
}

/* Verify what is there. *whole: up to where; *torn: there is more, the beginning of a line. */
static enum gs_status verify_open(int fd, struct chain *c, size_t *whole, bool *torn,
                                  struct gsh_error *err) {
  char *data = NULL;
  size_t len = 0;
  *torn = false;
  enum gs_status status = gsh_grow_read(fd, GSH_JOURNAL_MAX, &data, &len, err);
  if (status == GS_OK) {
    status = judge(data, len, c, whole, NULL, NULL, err);
    *torn = status == GS_OK && *whole < len;
  }
  free(data);
  return status;
}

static char *format_line(const struct gsh_journal_entry *e, const struct chain *c) {
  char now[32];
  gsh_clock_text(now);
  cJSON *o = cJSON_CreateObject();
  char *text = NULL;
  if (o != NULL && cJSON_AddNumberToObject(o, "seq", (double)(c->lines + 1)) != NULL &&
      cJSON_AddStringToObject(o, "time", now) != NULL &&
      cJSON_AddStringToObject(o, "event", e->event) != NULL &&
      cJSON_AddStringToObject(o, "device", e->device != NULL ? e->device : "") != NULL &&
      cJSON_AddStringToObject(o, "serial", e->serial != NULL ? e->serial : "") != NULL &&
      cJSON_AddStringToObject(o, "package", e->package != NULL ? e->package : "") != NULL &&
      cJSON_AddNumberToObject(o, "status", (double)e->status) != NULL &&
      cJSON_AddStringToObject(o, "receipt", e->receipt != NULL ? e->receipt : "") != NULL &&
      cJSON_AddStringToObject(o, "prev", c->prev) != NULL) {
    text = cJSON_PrintUnformatted(o);
  }
  cJSON_Delete(o);
  return text;
}

enum gs_status gsh_journal_append(const char *dir, const struct gsh_journal_entry *entry,
                                  bool *dropped, struct gsh_error *err) {
  int fd = -1;
  struct chain c;
  size_t whole = 0;
  bool torn = false;
  *dropped = false;
  enum gs_status status = open_locked(dir, &fd, err);
  if (status != GS_OK) {
    return gsh_state_failed(status, err);
  }
  status = verify_open(fd, &c, &whole, &torn, err);
  if (status == GS_OK && torn) {
    status = gsh_grow_cut(fd, whole, err);
    *dropped = status == GS_OK;
  }
  if (status == GS_OK) {
    char *line = format_line(entry, &c);
    size_t len = line != NULL ? strlen(line) : 0;
    if (line == NULL || len >= GSH_JOURNAL_LINE_MAX) {
      status = gsh_fail(err, GS_E_NO_MEMORY, "a journal line cannot be made");
    } else {
      line[len] = '\n'; /* in place of the zero; the length travels beside it */
      status = gsh_grow_append(fd, line, len + 1, err);
    }
    cJSON_free(line);
  }
  gsh_grow_close(fd);
  return gsh_state_failed(status, err);
}

enum gs_status gsh_journal_ready(const char *dir, struct gsh_error *err) {
  char path[GSH_PATH_MAX];
  int fd = -1;
  struct chain c;
  size_t whole = 0;
  bool torn = false;
  enum gs_status status = open_locked(dir, &fd, err);
  if (status == GS_OK) {
    status = verify_open(fd, &c, &whole, &torn, err);
    gsh_grow_close(fd);
  }
  if (status == GS_OK) {
    status = gsh_path_join(path, sizeof path, dir, "receipts", err);
  }
  if (status == GS_OK) {
    status = gsh_dir_make(path, err);
  }
  if (status == GS_OK) {
    status = gsh_dir_room(path, GSH_STATE_ROOM_BYTES, err);
  }
  return gsh_state_failed(status, err);
}

enum gs_status gsh_journal_read(const char *dir, gsh_journal_fn fn, void *ctx, bool *there,
                                uint64_t *lines, struct gsh_error *err) {
  char path[GSH_PATH_MAX];
  *lines = 0;
  *there = false;
  enum gs_status status = gsh_path_join(path, sizeof path, dir, "journal.jsonl", err);
  if (status == GS_OK) {
    status = gsh_file_look(path, there, err);
  }
  if (status != GS_OK || !*there) {
    return gsh_state_failed(status, err);
  }
  uint8_t *data = NULL;
  size_t len = 0;
  size_t whole = 0;
  struct chain c;
  status = gsh_file_read_all(path, GSH_JOURNAL_MAX, &data, &len, err);
  if (status == GS_E_FILE_MALFORMED) {
    return gsh_fail(err, GS_E_JOURNAL, "the journal is longer than %u bytes", GSH_JOURNAL_MAX);
  }
  if (status != GS_OK) {
    return status;
  }
  status = judge((const char *)data, len, &c, &whole, fn, ctx, err);
  *lines = c.lines;
  if (status == GS_OK && whole < len) {
    status = gsh_fail(err, GS_E_JOURNAL, "journal: the last line is cut short");
    gsh_next_step(err,
                  "a power loss does that, and nothing was done on its word: go on; the next"
                  " command that writes drops it, and says so");
  }
  free(data);
  return status;
}
