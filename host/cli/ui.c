/* SPDX-License-Identifier: Apache-2.0 */
#include "ui.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BRACKET_COLUMN 75
#define PROGRESS_WIDTH 78
#define PIECE_MAX 256u
#define TEXT_MAX 2048
#define REDRAW_S 0.1

void gsc_ui_start(struct gsc_ui *ui) {
  memset(ui, 0, sizeof *ui);
  ui->terminal = isatty(STDERR_FILENO) != 0;
  ui->percent = -1;
  gsc_json_start();
}

static double now_s(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The last guard before a terminal: one line's text, and nothing in it that could move a cursor,
 * start a line or turn the writing round, wherever it came from. */
static void put_line(FILE *out, const char *text, size_t len) {
  char piece[PIECE_MAX + 1];
  char safe[4 * PIECE_MAX + 1];
  while (len > 0) {
    size_t n = len < PIECE_MAX ? len : PIECE_MAX;
    while (n < len && n > PIECE_MAX - 4 && ((unsigned char)text[n] & 0xC0u) == 0x80u) {
      n--; /* a character stays in one piece */
    }
    memcpy(piece, text, n);
    piece[n] = '\0';
    (void)fputs(gsh_escape(piece, safe, sizeof safe), out);
    text += n;
    len -= n;
  }
}

/* Several lines of ours; what came from outside was made safe before it got into them. */
static void put(FILE *out, const char *text) {
  for (;;) {
    size_t len = strcspn(text, "\n");
    put_line(out, text, len);
    if (text[len] == '\0') {
      return;
    }
    (void)fputc('\n', out);
    text += len + 1;
  }
}

/* Have it reach the one who asked, and keep why it did not. */
static void flush_output(struct gsc_ui *ui) {
  bool failed = fflush(stdout) != 0 || ferror(stdout) != 0;
  if (failed && ui->output_errno == 0) {
    ui->output_errno = errno != 0 ? errno : EIO;
  }
}

static void end_progress(struct gsc_ui *ui) {
  if (ui->line_open) {
    (void)fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH, "");
    ui->line_open = false;
  }
}

static void line_for_people(struct gsc_ui *ui, const char *before, const char *text) {
  end_progress(ui);
  put_line(stderr, before, strlen(before));
  put_line(stderr, text, strlen(text));
  (void)fputc('\n', stderr);
  (void)fflush(stderr);
}

void gsc_ui_first(struct gsc_ui *ui, const char *text, ...) {
  char line[TEXT_MAX];
  va_list args;
  va_start(args, text);
  (void)vsnprintf(line, sizeof line, text, args);
  va_end(args);
  if (!ui->quiet) {
    line_for_people(ui, "", line);
  }
}

void gsc_ui_say(struct gsc_ui *ui, const char *text, ...) {
  char line[TEXT_MAX];
  va_list args;
  va_start(args, text);
  (void)vsnprintf(line, sizeof line, text, args);
  va_end(args);
  if (!ui->quiet) {
    line_for_people(ui, "  ", line);
  }
}

void gsc_ui_data(struct gsc_ui *ui, const char *text, ...) {
  char line[GSH_PATH_MAX + TEXT_MAX];
  va_list args;
  va_start(args, text);
  (void)vsnprintf(line, sizeof line, text, args);
  va_end(args);
  if (ui->format == GSC_PLAIN) {
    end_progress(ui);
    errno = 0;
    put(stdout, line);
    (void)fputc('\n', stdout);
    flush_output(ui);
  }
}

/* False: there was no memory for it, and nothing was printed. */
static bool print_json(struct gsc_ui *ui, const cJSON *o, bool pretty) {
  char *text = pretty ? cJSON_Print(o) : cJSON_PrintUnformatted(o);
  if (text == NULL) {
    return false;
  }
  errno = 0;
  (void)fputs(text, stdout);
  (void)fputc('\n', stdout);
  flush_output(ui);
  cJSON_free(text);
  return true;
}

void gsc_ui_item(struct gsc_ui *ui, const char *event, const cJSON *item) {
  if (ui->format != GSC_JSON_LINES) {
    return;
  }
  cJSON *line = cJSON_Duplicate(item, 1);
  if (line != NULL) {
    cJSON_AddStringToObject(line, "event", event);
    (void)print_json(ui, line, false);
    cJSON_Delete(line);
  }
}

static void event_as_json(struct gsc_ui *ui, const struct gsh_event *event) {
  static const char *const kinds[] = {
      [GSH_EVENT_STEP] = "step", [GSH_EVENT_PROGRESS] = "progress", [GSH_EVENT_NOTE] = "note"};
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "event", kinds[event->kind]);
  cJSON_AddStringToObject(o, "step", event->name);
  if (event->kind == GSH_EVENT_PROGRESS) {
    cJSON_AddNumberToObject(o, "done", (double)event->done);
    cJSON_AddNumberToObject(o, "total", (double)event->total);
    cJSON_AddNumberToObject(o, "rate", event->rate);
    if (event->left_s >= 0) {
      cJSON_AddNumberToObject(o, "left_s", event->left_s);
    } else {
      cJSON_AddNullToObject(o, "left_s");
    }
  } else {
    cJSON_AddStringToObject(o, "text", event->text);
  }
  (void)print_json(ui, o, false);
  cJSON_Delete(o);
}

static void describe_progress(const struct gsh_event *e, int percent, char *line, size_t cap) {
  char done[32];
  char total[32];
  char rate[40] = "";
  char left[32] = "";
  gsc_text_count(e->done, done);
  gsc_text_count(e->total, total);
  if (e->rate > 0) {
    char number[32];
    gsc_text_rate(e->rate, number);
    (void)snprintf(rate, sizeof rate, ", %s", number);
  }
  if (e->left_s >= 0 && e->left_s < 360000) {
    (void)snprintf(left, sizeof left, ", %.0f s left", e->left_s + 0.4);
  }
  (void)snprintf(line, cap, "%3d %%  %s of %s bytes%s%s", percent, done, total, rate, left);
}

static void draw(struct gsc_ui *ui, const char *line) {
  char cut[PROGRESS_WIDTH + 1];
  (void)snprintf(cut, sizeof cut, "%.*s", PROGRESS_WIDTH, line);
  (void)fputc('\r', stderr);
  (void)fprintf(stderr, "%-*s", PROGRESS_WIDTH, cut);
  (void)fflush(stderr);
  ui->line_open = true;
  ui->drawn_s = now_s();
}

static void show_progress(struct gsc_ui *ui, const struct gsh_event *e) {
  char line[160];
  int percent = e->total > 0 ? (int)(e->done * 100 / e->total) : 100;
  describe_progress(e, percent, line, sizeof line);
  if (ui->terminal) {
    if (percent == 100 || now_s() - ui->drawn_s >= REDRAW_S) {
      draw(ui, line);
    }
    return;
  }
  /* A line for each 10 %, whatever jumps lie between. */
  if (percent / 10 > ui->percent / 10 || ui->percent < 0) {
    int tens = percent / 10 * 10;
    ui->percent = percent;
    if (tens > 0) {
      describe_progress(e, tens, line, sizeof line);
      gsc_ui_say(ui, "%s", line);
    }
  }
}

/* Steps that pass in a moment are not worth a line. */
static bool worth_a_line(const char *name) {
  static const char *const quick[] = {"look",    "begin", "delivered", "stage",
                                      "outcome", "ended", "refused",   "acknowledge"};
  for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
    if (strcmp(quick[i], name) == 0) {
      return false;
    }
  }
  return true;
}

void gsc_ui_event(void *ctx, const struct gsh_event *event) {
  struct gsc_ui *ui = ctx;
  if (ui->format == GSC_JSON_LINES) {
    event_as_json(ui, event);
  }
  if (ui->quiet) {
    return;
  }
  switch (event->kind) {
    case GSH_EVENT_PROGRESS:
      show_progress(ui, event);
      break;
    case GSH_EVENT_STEP:
      ui->percent = -1;
      if (ui->terminal) {
        char line[GSH_TEXT_MAX + 4];
        (void)snprintf(line, sizeof line, "  %s", event->text);
        draw(ui, line);
      } else if (worth_a_line(event->name)) {
        gsc_ui_say(ui, "%s", event->text);
      }
      break;
    case GSH_EVENT_NOTE:
      gsc_ui_say(ui, "%s", event->text);
      break;
  }
}

/* -- the end -------------------------------------------------------------------------------------
 */

static const char *headline(const struct gsc_ending *e) {
  int code = gsh_status_exit(e->why.status);
  if (code == 130) {
    return "stopped";
  }
  if (code == 40) {
    return "waiting";
  }
  bool refusal =
      !e->no_device && (e->why.decided_by == GSH_BY_DEVICE || (code >= 10 && code <= 18));
  return refusal && code < 20 ? "refused" : "failed";
}

static const char *decided_line(const struct gsc_ending *e) {
  switch (e->why.decided_by) {
    case GSH_BY_DEVICE:
      return e->written ? "decided by the device" : "decided by the device; nothing was written";
    case GSH_BY_COMPUTER:
      return e->written ? "decided by this computer"
                        : "decided by this computer; nothing was written to a device";
    case GSH_BY_PERSON:
      return e->written ? "decided by a person; what the device took so far is kept"
                        : "decided by a person; nothing was written";
    case GSH_BY_NOBODY:
      break;
  }
  return e->written ? "what the device took so far is kept" : "nothing was written";
}

static void block_line(struct gsc_ui *ui, const char *label, const char *text) {
  char line[GSH_PATH_MAX + 64];
  (void)snprintf(line, sizeof line, "%-8s %s", label, text);
  line_for_people(ui, "  ", line);
}

void gsc_ui_block(struct gsc_ui *ui, const struct gsc_ending *e) {
  char what[GSH_TEXT_MAX];
  char next_step[GSH_TEXT_MAX];
  char line[GSH_TEXT_MAX + 128];
  gsc_text_refusal(e, what, next_step);
  bool said = strncmp(what, "stopped", 7) == 0; /* it says by itself what became of it */
  int n = snprintf(line, sizeof line, "%s%s%s", said ? "" : headline(e), said ? "" : ": ", what);
  int pad = n < BRACKET_COLUMN ? BRACKET_COLUMN - n : 1;
  (void)snprintf(line + n, sizeof line - (size_t)n, "%*s[%d %s]", pad, "",
                 gsh_status_exit(e->why.status), gsh_status_name(e->why.status));
  line_for_people(ui, "", line);
  if (e->device != NULL && e->device->link[0] != '\0') {
    gsc_text_device(e->device, line, sizeof line);
    block_line(ui, "device", line);
  }
  if (e->package != NULL && e->package->digest[0] != '\0') {
    gsc_text_package(e->package, line, sizeof line);
    block_line(ui, "offered", line);
  }
  gsc_text_numbers(e, line, sizeof line);
  if (line[0] != '\0') {
    block_line(ui, "why", line);
  }
  if (e->receipt != NULL && e->receipt[0] != '\0') {
    block_line(ui, "receipt", e->receipt);
  }
  if (e->why.status != GSH_E_USAGE && e->why.status != GSH_E_SOME_FAILED && !e->no_device) {
    line_for_people(ui, "  ", decided_line(e));
  }
}

bool gsc_ui_output_ok(struct gsc_ui *ui) {
  char line[128];
  errno = 0;
  flush_output(ui);
  if (ui->output_errno == 0 || ui->output_errno == EPIPE) {
    return true;
  }
  (void)snprintf(line, sizeof line, "%-*s[1 disk]", BRACKET_COLUMN,
                 "failed: the output could not be written; what was done is done");
  line_for_people(ui, "", line);
  line_for_people(ui, "  do: ", "see where the output goes, then ask again for what is missing");
  return false;
}

/* What was to be printed cannot all be. */
static void lack_memory(struct gsc_ending *e) {
  if (gsh_status_exit(e->why.status) != 0) {
    return; /* there is worse to tell */
  }
  memset(&e->why, 0, sizeof e->why);
  e->why.status = GSH_E_NO_MEMORY;
  e->why.decided_by = GSH_BY_COMPUTER;
  (void)snprintf(e->why.what, sizeof e->why.what,
                 "no memory for all of the output; what was done is done: %.300s", e->done);
  (void)snprintf(e->why.next_step, sizeof e->why.next_step,
                 "close other programs, then ask again for what is missing");
}

/* Half of it must not say that all is well. */
static void print_result(struct gsc_ui *ui, struct gsc_ending *e) {
  bool lacked = gsc_json_failed();
  if (lacked) {
    lack_memory(e);
  }
  cJSON *o = gsc_json_result(ui, e);
  if (ui->format == GSC_JSON_LINES) {
    cJSON_AddStringToObject(o, "event", "result");
  }
  bool whole = lacked || !gsc_json_failed();
  if (!whole || !print_json(ui, o, ui->format == GSC_JSON)) {
    lack_memory(e);
  }
  cJSON_Delete(o);
}

static void drop_result(struct gsc_ending *e) {
  cJSON_Delete(e->members);
  cJSON_Delete(e->devices);
  e->members = NULL;
  e->devices = NULL;
}

int gsc_ui_end(struct gsc_ui *ui, struct gsc_ending *e) {
  char what[GSH_TEXT_MAX];
  char next_step[GSH_TEXT_MAX];
  end_progress(ui);
  if (ui->format != GSC_PLAIN) {
    print_result(ui, e);
  } else {
    drop_result(e);
  }
  int code = gsh_status_exit(e->why.status);
  gsc_text_refusal(e, what, next_step);
  if (code == 0) {
    if (!ui->quiet) {
      line_for_people(ui, "", e->done);
    }
    return gsc_ui_output_ok(ui) ? 0 : 1;
  }
  if (!e->told) {
    gsc_ui_block(ui, e);
  }
  line_for_people(ui, "  do: ", next_step);
  return code;
}

void gsc_ui_print(const char *text) {
  put(stdout, text);
}
