/* SPDX-License-Identifier: Apache-2.0 */
#include "provision.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "gapseal/policy.h"
#include "identity.h"
#include "package_layout.h"
#include "say.h"
#include "signed.h"

#define FILE_MAX (8u + GS_KEYRING_CHAIN_BYTES_MAX)
#define FIRST_FLOOR 0u

static const uint8_t magic[8] = {0x67, 0x61, 0x70, 0x6b, 0x65, 0x79, 0x73, 0x01};

static bool fault(const char *path, const char *why, enum gs_status status) {
  sim_say("%s: %s (status %d)", path, why, (int)status);
  return false;
}

/* The last keyring of the chain read so far. */
struct chain {
  struct gs_keyring ring;
  struct gs_signed envelope;
  const uint8_t *data; /* NULL: none yet */
  size_t len;
};

static enum gs_status add_link(struct chain *c, const uint8_t *data, size_t len) {
  struct gs_keyring next;
  enum gs_status status = c->data == NULL
                              ? gs_verify_keyring(data, len, &next)
                              : gs_verify_keyring_link(&c->ring, c->envelope.body,
                                                       c->envelope.body_len, data, len, &next);
  if (status == GS_OK) {
    status = gs_signed_parse(data, len, &c->envelope);
  }
  if (status == GS_OK) {
    c->ring = next;
    c->data = data;
    c->len = len;
  }
  return status;
}

static enum gs_status read_chain(const uint8_t *file, size_t file_len, struct chain *c) {
  struct gs_reader r = gs_reader_init(file, file_len);
  const uint8_t *head = gs_read_view(&r, sizeof magic);
  if (head == NULL || memcmp(head, magic, sizeof magic) != 0) {
    return GS_E_FILE_MALFORMED;
  }
  while (r.left > 0) {
    const uint8_t *data;
    size_t len;
    enum gs_status status = gs_keyring_item_read(&r, &data, &len);
    if (status == GS_OK) {
      status = add_link(c, data, len);
    }
    if (status != GS_OK) {
      return status;
    }
  }
  return c->data != NULL ? GS_OK : GS_E_FILE_MALFORMED;
}

static bool put_in(struct gs_engine *engine, const struct gs_port *port,
                   const struct gs_engine_memory *memory, const struct chain *c, const char *path) {
  enum gs_status status = gs_engine_init(engine, port, memory);
  if (status != GS_OK) {
    return fault(path, "the engine refuses this geometry", status);
  }
  status = gs_engine_start(engine);
  if (status != GS_OK && status != GS_E_STORE_LOST) {
    return fault(path, "the engine does not start", status);
  }
  status = gs_engine_provision(engine, c->data, c->len, FIRST_FLOOR);
  return status == GS_OK || fault(path, "the device does not take this keyring", status);
}

bool sim_provision(struct gs_engine *engine, const struct gs_port *port,
                   const struct gs_engine_memory *memory, const char *path) {
  struct chain chain = {.data = NULL};
  size_t len;
  uint8_t *file = malloc(FILE_MAX);
  if (file == NULL) {
    return fault(path, "out of memory", GS_E_NO_MEMORY);
  }
  bool ok = sim_read_file(path, file, FILE_MAX, &len);
  if (ok) {
    enum gs_status status = read_chain(file, len, &chain);
    ok = status == GS_OK || fault(path, "is not a valid chain of keyrings", status);
  }
  ok = ok && put_in(engine, port, memory, &chain, path);
  free(file);
  return ok;
}
