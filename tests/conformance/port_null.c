/* SPDX-License-Identifier: Apache-2.0
 * The port without hardware. To try a port of your own, copy this file and name its table.
 */
#include "port_null.h"

#include "under_test.h"

#define BLOCK_MAX 1024u

static struct gs_engine engine;
static uint8_t manifest[1024];
static uint8_t keyring[1024];
static uint8_t candidate[1024];
static uint8_t block[BLOCK_MAX];
static uint8_t page[BLOCK_MAX];
static struct gs_keyring ring[2];
static uint8_t bitmap[BLOCK_MAX / 8u];

bool under_test_on(int argc, char **argv, struct gs_conformance *out) {
  (void)argc, (void)argv;
  out->port = &gs_port_null;
  out->engine = &engine;
  out->memory = (struct gs_engine_memory){
      .manifest = manifest,
      .manifest_cap = sizeof manifest,
      .keyring = keyring,
      .keyring_cap = sizeof keyring,
      .candidate = candidate,
      .block = block,
      .page = page,
      .ring = &ring[0],
      .successor = &ring[1],
      .block_max = BLOCK_MAX,
      .bitmap = bitmap,
  };
  out->may_raise_counter = true;
  return true;
}

void under_test_off(void) {
}
