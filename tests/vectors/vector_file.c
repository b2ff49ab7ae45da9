/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vector_facts.h"

#define HEX_BYTES_A_LINE 32u

static const char *const object_names[] = {
    [VECTOR_MANIFEST] = "manifest",
    [VECTOR_KEYRING] = "keyring",
    [VECTOR_KEYRING_LINK] = "keyring-link",
    [VECTOR_IDENTITY] = "identity",
    [VECTOR_IDENT] = "ident",
    [VECTOR_RECEIPT] = "receipt",
    [VECTOR_LOG] = "log",
};

static bool fail(char *why, size_t cap, const char *what, const char *name) {
  (void)snprintf(why, cap, "%.60s: %.60s", what, name);
  return false;
}

static int hex_digit(char c) {
  const char *digits = "0123456789abcdef";
  const char *at = c == '\0' ? NULL : strchr(digits, c);
  return at == NULL ? -1 : (int)(at - digits);
}

/* Hex until the text ends, blanks and line ends between bytes ignored. */
static bool read_hex(const char *text, uint8_t *out, size_t cap, size_t *len) {
  size_t used = 0;
  while (*text != '\0') {
    if (*text == '\n' || *text == ' ') {
      text++;
      continue;
    }
    int high = hex_digit(text[0]);
    int low = high < 0 ? -1 : hex_digit(text[1]);
    if (low < 0 || used == cap) {
      return false;
    }
    out[used++] = (uint8_t)(high * 16 + low);
    text += 2;
  }
  *len = used;
  return true;
}

static bool read_exact(const char *text, uint8_t *out, size_t want) {
  size_t len = 0;
  return read_hex(text, out, want, &len) && len == want;
}

static bool read_number(const char *text, uint32_t *out) {
  char *end = NULL;
  unsigned long v = strtoul(text, &end, 10);
  *out = (uint32_t)v;
  return *text >= '0' && *text <= '9' && *end == '\0' && v <= 0xFFFFFFFFul;
}

static bool read_flag(const char *text, bool *out) {
  *out = strcmp(text, "yes") == 0;
  return *out || strcmp(text, "no") == 0;
}

static bool read_fact(struct gs_policy_device *d, const char *name, const char *value) {
#define NUMBER(member, text)               \
  if (strcmp(name, text) == 0) {           \
    return read_number(value, &d->member); \
  }
#define FLAG(member, text)               \
  if (strcmp(name, text) == 0) {         \
    return read_flag(value, &d->member); \
  }
#define BYTES(member, text)                                \
  if (strcmp(name, text) == 0) {                           \
    return read_exact(value, d->member, sizeof d->member); \
  }
  VECTOR_FACTS(NUMBER, FLAG, BYTES, BYTES)
#undef NUMBER
#undef FLAG
#undef BYTES
  return false;
}

static bool read_text(const char *value, char *out, size_t cap) {
  size_t len = strlen(value);
  if (len >= cap) {
    return false;
  }
  memcpy(out, value, len + 1);
  return true;
}

static bool read_status(const char *value, enum gs_status *out) {
  for (uint32_t n = 0; n < 512; n++) {
    const struct gs_status_info *row = gs_status_info(n);
    if ((uint32_t)row->number == n && strcmp(row->name, value) == 0) {
      *out = row->number;
      return true;
    }
  }
  return false;
}

/* "STATUS - why" */
static bool read_word(const char *value, struct vector_door_word *out) {
  char name[40];
  const char *dash = strstr(value, " - ");
  size_t len = dash == NULL ? 0 : (size_t)(dash - value);
  if (len == 0 || len >= sizeof name) {
    return false;
  }
  memcpy(name, value, len);
  name[len] = '\0';
  out->differs = true;
  return read_status(name, &out->status) && read_text(dash + 3, out->why, sizeof out->why);
}

static bool read_object(const char *value, enum vector_object *out) {
  for (size_t i = 0; i < sizeof object_names / sizeof object_names[0]; i++) {
    if (strcmp(object_names[i], value) == 0) {
      *out = (enum vector_object)i;
      return true;
    }
  }
  return false;
}

static bool read_key(struct vector *v, const char *key, const char *value) {
  const struct {
    const char *key;
    char *out;
    size_t cap;
  } texts[] = {
      {"name", v->name, sizeof v->name},
      {"rows", v->rows, sizeof v->rows},
      {"story", v->story, sizeof v->story},
      {"keyring", v->keyring_file, sizeof v->keyring_file},
      {"identity", v->identity_file, sizeof v->identity_file},
  };
  const struct {
    const char *key;
    struct vector_door_word *out;
  } words[] = {{"wire", &v->wire}, {"host", &v->host}, {"verifier", &v->verifier}};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (strcmp(key, texts[i].key) == 0) {
      return read_text(value, texts[i].out, texts[i].cap);
    }
  }
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    if (strcmp(key, words[i].key) == 0) {
      return read_word(value, words[i].out);
    }
  }
  if (strcmp(key, "object") == 0) {
    return read_object(value, &v->object);
  }
  if (strcmp(key, "expect") == 0) {
    return read_status(value, &v->expect);
  }
  if (strcmp(key, "nonce") == 0) {
    return read_exact(value, v->nonce, sizeof v->nonce);
  }
  if (strcmp(key, "hello") == 0) {
    return read_exact(value, v->hello, sizeof v->hello);
  }
  if (strncmp(key, "device.", 7) == 0) {
    v->has_device = true;
    return read_fact(&v->device, key + 7, value);
  }
  return false;
}

/* Lines up to "hex:"; text is cut into strings. Returns what follows, or NULL. */
static char *read_lines(struct vector *v, char *text) {
  while (*text != '\0') {
    char *end = strchr(text, '\n');
    if (end == NULL) {
      return NULL;
    }
    *end = '\0';
    if (strcmp(text, "hex:") == 0) {
      return end + 1;
    }
    if (*text != '#' && *text != '\0') {
      char *colon = strstr(text, ": ");
      if (colon == NULL) {
        return NULL;
      }
      *colon = '\0';
      if (!read_key(v, text, colon + 2)) {
        return NULL;
      }
    }
    text = end + 1;
  }
  return NULL;
}

static bool read_one(const char *dir, const char *file, struct vector *v, char *why,
                     size_t why_cap) {
  char path[512];
  static char text[VECTOR_TEXT_MAX];
  int n = snprintf(path, sizeof path, "%s/%s", dir, file);
  FILE *f = n > 0 && (size_t)n < sizeof path ? fopen(path, "rb") : NULL;
  if (f == NULL) {
    return fail(why, why_cap, "cannot be opened", file);
  }
  size_t len = fread(text, 1, sizeof text - 1, f);
  bool whole = feof(f) != 0 && ferror(f) == 0;
  (void)fclose(f);
  text[len] = '\0';
  memset(v, 0, sizeof *v);
  v->expect = GS_E_INTERNAL;
  const char *hex = whole ? read_lines(v, text) : NULL;
  if (hex == NULL || !read_hex(hex, v->bytes, sizeof v->bytes, &v->len)) {
    return fail(why, why_cap, "is not a vector", file);
  }
  return true;
}

/* The object of another vector of the directory, where one is named. */
static bool read_other(const char *dir, const char *file, uint8_t *out, size_t *len, char *why,
                       size_t why_cap) {
  static struct vector other;
  if (file[0] == '\0') {
    return true;
  }
  if (!read_one(dir, file, &other, why, why_cap)) {
    return false;
  }
  memcpy(out, other.bytes, other.len);
  *len = other.len;
  return true;
}

bool vector_read(const char *dir, const char *file, struct vector *v, char *why, size_t why_cap) {
  return read_one(dir, file, v, why, why_cap) &&
         read_other(dir, v->keyring_file, v->keyring, &v->keyring_len, why, why_cap) &&
         read_other(dir, v->identity_file, v->identity, &v->identity_len, why, why_cap);
}

struct text {
  char *out;
  size_t used, cap;
};

static void put(struct text *t, const char *a, const char *b, const char *c) {
  int n = t->used < t->cap ? snprintf(t->out + t->used, t->cap - t->used, "%s%s%s", a, b, c) : 0;
  t->used += n > 0 ? (size_t)n : t->cap;
}

static void put_hex(struct text *t, const uint8_t *data, size_t len) {
  for (size_t i = 0; i < len; i++) {
    char byte[3];
    (void)snprintf(byte, sizeof byte, "%02x", data[i]);
    bool last = (i + 1) % HEX_BYTES_A_LINE == 0 || i + 1 == len;
    put(t, byte, last ? "\n" : "", "");
  }
}

static void put_number(struct text *t, const char *name, uint32_t v) {
  char number[16];
  (void)snprintf(number, sizeof number, "%lu\n", (unsigned long)v);
  put(t, "device.", name, ": ");
  put(t, number, "", "");
}

static void put_device(struct text *t, const struct gs_policy_device *d) {
#define NUMBER(member, name) put_number(t, name, d->member);
#define FLAG(member, name)       \
  put(t, "device.", name, ": "); \
  put(t, d->member ? "yes" : "no", "\n", "");
#define BYTES(member, name)      \
  put(t, "device.", name, ": "); \
  put_hex(t, d->member, sizeof d->member);
  VECTOR_FACTS(NUMBER, FLAG, BYTES, BYTES)
#undef NUMBER
#undef FLAG
#undef BYTES
}

static void put_word(struct text *t, const char *door, const struct vector_door_word *word) {
  if (word->differs) {
    put(t, door, ": ", gs_status_info((uint32_t)word->status)->name);
    put(t, " - ", word->why, "\n");
  }
}

size_t vector_print(const struct vector *v, char *out, size_t cap) {
  struct text t = {.out = out, .used = 0, .cap = cap};
  put(&t, "name: ", v->name, "\n");
  put(&t, "rows: ", v->rows, "\n");
  put(&t, "story: ", v->story, "\n");
  put(&t, "object: ", object_names[v->object], "\n");
  if (v->keyring_file[0] != '\0') {
    put(&t, "keyring: ", v->keyring_file, "\n");
  }
  if (v->identity_file[0] != '\0') {
    put(&t, "identity: ", v->identity_file, "\n");
    put(&t, "nonce: ", "", "");
    put_hex(&t, v->nonce, sizeof v->nonce);
  }
  if (v->object == VECTOR_IDENT) {
    put(&t, "hello: ", "", "");
    put_hex(&t, v->hello, sizeof v->hello);
  }
  if (v->has_device) {
    put_device(&t, &v->device);
  }
  put(&t, "expect: ", gs_status_info((uint32_t)v->expect)->name, "\n");
  put_word(&t, "wire", &v->wire);
  put_word(&t, "host", &v->host);
  put_word(&t, "verifier", &v->verifier);
  put(&t, "hex:\n", "", "");
  put_hex(&t, v->bytes, v->len);
  return t.used < t.cap ? t.used : 0;
}
