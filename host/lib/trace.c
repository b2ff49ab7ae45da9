/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "clock.h"
#include "platform.h"
#include "text.h"

#define SHOWN_MAX 200u
#define MEMBERS_MAX 2048u

struct gsh_trace {
  struct gsh_lines file;
  bool on;
  uint64_t start_ms;
  uint32_t conns;
  char shown[SHOWN_MAX]; /* its path, safe to print */
  gsh_trace_ended_fn ended;
  void *ctx;
  char *line; /* grows */
  size_t cap;
  /* Tries to open a link that failed as the one in the last line did, and are in no line yet. */
  char missing[GSH_ERROR_TEXT_MAX]; /* "": the last line was something else */
  uint32_t missing_times;
  uint64_t missing_ms;
};

uint64_t gsh_trace_ms(const struct gsh_trace *t) {
  return gsh_clock_ms() - t->start_ms;
}

bool gsh_trace_on(const struct gsh_trace *t) {
  return t->on;
}

uint32_t gsh_trace_next_conn(struct gsh_trace *t) {
  return ++t->conns;
}

void gsh_trace_end(struct gsh_trace *t, const char *why) {
  char text[SHOWN_MAX + GSH_ERROR_TEXT_MAX + 32];
  t->on = false;
  (void)snprintf(text, sizeof text, "the trace %s ends here: %s", t->shown, why);
  if (t->ended != NULL) {
    t->ended(t->ctx, text);
  }
}

char *gsh_trace_string(const char *text, char *out, size_t cap) {
  size_t used = 0;
  out[used++] = '"';
  for (; *text != '\0' && used + 4 < cap; text++) {
    if (*text == '"' || *text == '\\') {
      out[used++] = '\\';
    }
    out[used++] = *text;
  }
  out[used++] = '"';
  out[used] = '\0';
  return out;
}

static bool make_room(struct gsh_trace *t, size_t want) {
  if (want > t->cap) {
    char *more = realloc(t->line, want);
    if (more == NULL) {
      gsh_trace_end(t, "no memory");
      return false;
    }
    t->line = more;
    t->cap = want;
  }
  return true;
}

/* line_len bytes are there; its end is not. */
static void put(struct gsh_trace *t, size_t line_len) {
  struct gsh_error err = {0};
  t->line[line_len] = '\n';
  if (gsh_lines_add(&t->file, t->line, line_len + 1, &err) != GS_OK) {
    gsh_trace_end(t, err.what);
  }
}

static void put_line(struct gsh_trace *t, uint64_t ms, uint32_t conn, const char *what,
                     const uint8_t *data, size_t len) {
  if (!t->on || !make_room(t, MEMBERS_MAX + 2 * len)) {
    return;
  }
  int n = snprintf(t->line, MEMBERS_MAX, "{\"ms\": %llu", (unsigned long long)ms);
  size_t used = (size_t)n;
  if (conn != 0) {
    used += (size_t)snprintf(t->line + used, MEMBERS_MAX - used, ", \"conn\": %lu",
                             (unsigned long)conn);
  }
  size_t more = strlen(what);
  memcpy(t->line + used, what, more);
  used += more;
  if (data != NULL) {
    memcpy(t->line + used, ", \"hex\": \"", 10);
    gsh_hex(data, len, t->line + used + 10);
    used += 10 + 2 * len;
    t->line[used++] = '"';
  }
  t->line[used++] = '}';
  put(t, used);
}

/* times 0: the first one. */
static void put_missing(struct gsh_trace *t, uint64_t ms, uint32_t times) {
  char quoted[2 * GSH_ERROR_TEXT_MAX + 8];
  char what[sizeof quoted + 96];
  int n = snprintf(what, sizeof what, ", \"event\": \"not-opened\", \"why\": %s",
                   gsh_trace_string(t->missing, quoted, sizeof quoted));
  if (times > 0) {
    (void)snprintf(what + n, sizeof what - (size_t)n, ", \"times\": %lu", (unsigned long)times);
  }
  put_line(t, ms, 0, what, NULL, 0);
}

/* The tries that are in no line yet. */
static void tell_missing(struct gsh_trace *t) {
  if (t->missing_times > 0) {
    put_missing(t, t->missing_ms, t->missing_times);
  }
  t->missing_times = 0;
}

void gsh_trace_missing(struct gsh_trace *t, const char *why) {
  if (t->missing[0] != '\0' && strncmp(t->missing, why, sizeof t->missing - 1) == 0) {
    t->missing_times++;
    t->missing_ms = gsh_trace_ms(t);
    return;
  }
  tell_missing(t);
  (void)snprintf(t->missing, sizeof t->missing, "%s", why);
  put_missing(t, gsh_trace_ms(t), 0);
}

void gsh_trace_line(struct gsh_trace *t, uint64_t ms, uint32_t conn, const char *what,
                    const uint8_t *data, size_t len) {
  tell_missing(t);
  t->missing[0] = '\0';
  put_line(t, ms, conn, what, data, len);
}

/* What a reader has to know first. */
static void put_head(struct gsh_trace *t) {
  char now[32];
  gsh_clock_text(now);
  if (make_room(t, MEMBERS_MAX)) {
    int n = snprintf(t->line, MEMBERS_MAX,
                     "{\"schema\": \"gapseal.trace.1\", \"software\": \"gapseal %s\", "
                     "\"wire_version\": %u, \"started\": \"%s\", "
                     "\"ms\": \"since started, by a clock that never goes back\"}",
                     GAPSEAL_VERSION, GSH_CLIENT_VERSION, now);
    put(t, (size_t)n);
  }
}

enum gs_status gsh_trace_open(const char *path, gsh_trace_ended_fn ended, void *ctx,
                              struct gsh_trace **out, struct gsh_error *err) {
  *out = NULL;
  struct gsh_trace *t = calloc(1, sizeof *t);
  if (t == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a trace");
  }
  enum gs_status status = gsh_lines_open(&t->file, path, err);
  if (status != GS_OK) {
    free(t);
    return gsh_context(err, "the trace");
  }
  t->on = true;
  t->start_ms = gsh_clock_ms();
  t->ended = ended;
  t->ctx = ctx;
  gsh_text_escape(path, strlen(path), 0, t->shown, sizeof t->shown);
  put_head(t);
  *out = t;
  return GS_OK;
}

void gsh_trace_close(struct gsh_trace *t) {
  if (t != NULL) {
    gsh_trace_line(t, gsh_trace_ms(t), 0, ", \"event\": \"end\"", NULL, 0);
    gsh_lines_close(&t->file);
    free(t->line);
    free(t);
  }
}
