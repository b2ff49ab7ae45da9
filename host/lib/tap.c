/* SPDX-License-Identifier: Apache-2.0
 * One connection of a trace. Bytes are cut into frames as a reader of the wire would, so that a
 * line is a frame; what is none is written as the bytes it was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "frame.h"
#include "text.h"
#include "trace.h"

/* The longest frame that this host sends, on the line; whatever is longer comes in pieces. */
#define CONTENT_MAX 131072u
#define RAW_MAX GS_FRAME_ENCODED_MAX(CONTENT_MAX)
#define RAW_IN_MAX GS_FRAME_ENCODED_MAX(GSH_CLIENT_FRAME_MAX)
#define LINK_MAX 256u
/* What is no frame comes in lines of up to so many bytes, or of so long. */
#define STRAY_MAX 4096u
#define STRAY_MS 1000u
/* What began as a frame and does not go on for so long is none. */
#define HALF_MS 10000u

struct side {
  const char *to;
  uint8_t *raw; /* since the last 0x00, what may become a frame */
  size_t raw_max, len;
  uint64_t raw_to_ms;
  bool torn;                /* what came before raw, since the last 0x00, is no frame */
  uint8_t stray[STRAY_MAX]; /* no frame, and in no line yet; before what is in raw */
  size_t stray_len;
  uint64_t stray_from_ms, stray_to_ms;
};

struct gsh_tap {
  struct gsh_trace *trace;
  uint32_t conn;
  struct side out, in;
  uint8_t *content, *again; /* CONTENT_MAX + 4 and RAW_MAX: of the frame at hand */
  uint8_t memory[];
};

static void put_bytes(struct gsh_tap *tap, const struct side *s, const uint8_t *data, size_t len,
                      uint64_t ms) {
  char what[64];
  (void)snprintf(what, sizeof what, ", \"to\": \"%s\", \"type\": \"bytes\", \"len\": %zu", s->to,
                 len);
  gsh_trace_line(tap->trace, ms, tap->conn, what, data, len);
}

static void put_stray(struct gsh_tap *tap, struct side *s) {
  if (s->stray_len > 0) {
    put_bytes(tap, s, s->stray, s->stray_len, s->stray_to_ms);
    s->stray_len = 0;
  }
}

/* Lines are in the order in which their last bytes went by, whichever way. */
static void put_stray_of_both(struct gsh_tap *tap) {
  bool out_first = tap->out.stray_to_ms <= tap->in.stray_to_ms;
  put_stray(tap, out_first ? &tap->out : &tap->in);
  put_stray(tap, out_first ? &tap->in : &tap->out);
}

/* What is in raw is no frame. Many of them, such as single 0x00, are one line. */
static void keep_stray(struct gsh_tap *tap, struct side *s) {
  uint64_t now = gsh_trace_ms(tap->trace);
  struct side *other = s == &tap->out ? &tap->in : &tap->out;
  put_stray(tap, other);
  if (s->stray_len > 0 && now - s->stray_from_ms >= STRAY_MS) {
    put_stray(tap, s);
  }
  for (size_t at = 0; at < s->len;) {
    size_t room = STRAY_MAX - s->stray_len;
    size_t n = s->len - at < room ? s->len - at : room;
    if (s->stray_len == 0) {
      s->stray_from_ms = now;
    }
    memcpy(s->stray + s->stray_len, s->raw + at, n);
    s->stray_len += n;
    s->stray_to_ms = now;
    at += n;
    if (s->stray_len == STRAY_MAX) {
      put_stray(tap, s);
    }
  }
  s->len = 0;
}

/* Can what is in raw be the beginning of a frame? Its second byte is then the type, and a message
 * has a zero behind that; the text of a console has no such bytes. */
static bool may_be_frame(const struct side *s) {
  if (s->torn || s->len < 2) {
    return !s->torn;
  }
  switch (s->raw[1]) {
    case GS_FRAME_REQUEST:
    case GS_FRAME_REPLY:
      return s->raw[0] == 2;
    case GS_FRAME_BLOCK:
    case GS_FRAME_ACK:
    case GS_FRAME_BUSY:
      return s->raw[0] >= 2;
    default:
      return false;
  }
}

/* The content, where encoding it again gives these very bytes: then nothing is lost by writing it
 * alone. 0: it is no frame. */
static size_t read_frame(struct gsh_tap *tap, const struct side *s) {
  struct gs_deframer d;
  size_t taken = 0;
  size_t len = 0;
  gs_deframer_init(&d, tap->content, CONTENT_MAX + 4u);
  if (!gs_deframer_push(&d, s->raw, s->len, &taken, &len) || taken != s->len ||
      gs_frame_encode(tap->content, len, tap->again, RAW_MAX) != s->len ||
      memcmp(tap->again, s->raw, s->len) != 0) {
    return 0;
  }
  return len;
}

static void put_frame(struct gsh_tap *tap, struct side *s) {
  char what[512];
  size_t len = s->torn ? 0 : read_frame(tap, s);
  s->torn = false;
  if (len == 0) {
    keep_stray(tap, s);
    return;
  }
  put_stray_of_both(tap);
  int n = snprintf(what, sizeof what, ", \"to\": \"%s\"", s->to);
  gsh_trace_describe(tap->content, len, what + n, sizeof what - (size_t)n - 32);
  size_t used = strlen(what);
  (void)snprintf(what + used, sizeof what - used, ", \"len\": %zu", len);
  gsh_trace_line(tap->trace, gsh_trace_ms(tap->trace), tap->conn, what, tap->content, len);
  s->len = 0;
}

static void tear(struct gsh_tap *tap, struct side *s) {
  keep_stray(tap, s);
  s->torn = true;
}

static void take(struct gsh_tap *tap, struct side *s, const uint8_t *data, size_t len) {
  s->raw_to_ms = len > 0 ? gsh_trace_ms(tap->trace) : s->raw_to_ms;
  while (len > 0) {
    size_t room = s->raw_max - s->len;
    size_t most = len < room ? len : room;
    const uint8_t *end = memchr(data, 0, most);
    size_t n = end != NULL ? (size_t)(end - data) + 1 : most;
    memcpy(s->raw + s->len, data, n);
    s->len += n;
    data += n;
    len -= n;
    if (end != NULL) {
      put_frame(tap, s);
    } else if (s->len == s->raw_max || !may_be_frame(s)) {
      tear(tap, s);
    }
  }
}

void gsh_tap_out(struct gsh_tap *tap, const uint8_t *data, size_t len) {
  if (tap != NULL && gsh_trace_on(tap->trace)) {
    take(tap, &tap->out, data, len);
  }
}

void gsh_tap_in(struct gsh_tap *tap, const uint8_t *data, size_t len) {
  if (tap != NULL && gsh_trace_on(tap->trace)) {
    take(tap, &tap->in, data, len);
  }
}

static void put_event(struct gsh_trace *t, uint32_t conn, const char *event, const char *name,
                      const char *text) {
  char quoted[2 * GSH_ERROR_TEXT_MAX + 8];
  char what[sizeof quoted + 64];
  int n = snprintf(what, sizeof what, ", \"event\": \"%s\"", event);
  if (text != NULL) {
    (void)snprintf(what + n, sizeof what - (size_t)n, ", \"%s\": %s", name,
                   gsh_trace_string(text, quoted, sizeof quoted));
  }
  gsh_trace_line(t, gsh_trace_ms(t), conn, what, NULL, 0);
}

/* What came since the last 0x00, before something else is said. */
static void flush(struct gsh_tap *tap) {
  struct side *sides[] = {&tap->out, &tap->in};
  for (size_t i = 0; i < 2; i++) {
    if (sides[i]->len > 0) {
      tear(tap, sides[i]);
    }
  }
  put_stray_of_both(tap);
}

void gsh_tap_look(struct gsh_tap *tap) {
  if (tap == NULL || !gsh_trace_on(tap->trace)) {
    return;
  }
  uint64_t now = gsh_trace_ms(tap->trace);
  struct side *sides[] = {&tap->out, &tap->in};
  bool late = false;
  for (size_t i = 0; i < 2; i++) {
    struct side *s = sides[i];
    if (s->len > 0 && now - s->raw_to_ms >= HALF_MS) {
      tear(tap, s);
      late = true;
    }
    late = late || (s->stray_len > 0 && now - s->stray_from_ms >= STRAY_MS);
  }
  if (late) {
    put_stray_of_both(tap);
  }
}

void gsh_tap_event(struct gsh_tap *tap, const char *event, const char *why) {
  if (tap != NULL && gsh_trace_on(tap->trace)) {
    flush(tap);
    put_event(tap->trace, tap->conn, event, "why", why);
  }
}

struct gsh_tap *gsh_tap_open(struct gsh_trace *t, const char *link, const char *why) {
  char shown[LINK_MAX];
  if (t == NULL || !gsh_trace_on(t)) {
    return NULL;
  }
  if (why != NULL) {
    gsh_trace_missing(t, why);
    return NULL;
  }
  struct gsh_tap *tap = calloc(1, sizeof *tap + 3u * RAW_MAX + CONTENT_MAX + 4u);
  if (tap == NULL) {
    gsh_trace_end(t, "no memory");
    return NULL;
  }
  tap->trace = t;
  tap->conn = gsh_trace_next_conn(t);
  tap->out.to = "device";
  tap->out.raw = tap->memory;
  tap->out.raw_max = RAW_MAX;
  tap->in.to = "host";
  tap->in.raw = tap->memory + RAW_MAX;
  tap->in.raw_max = RAW_IN_MAX;
  tap->again = tap->memory + 2u * RAW_MAX;
  tap->content = tap->memory + 3u * RAW_MAX;
  gsh_text_escape(link, strlen(link), 0, shown, sizeof shown);
  put_event(t, tap->conn, "opened", "link", shown);
  return tap;
}

void gsh_tap_close(struct gsh_tap *tap) {
  if (tap != NULL) {
    gsh_tap_event(tap, "closed", NULL);
    free(tap);
  }
}
