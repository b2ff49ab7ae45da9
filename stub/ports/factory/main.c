/* SPDX-License-Identifier: Apache-2.0
 * gapseal-factory-BOARD: makes what the flash of a new device holds: its identity, its key and
 * seed, the maker's statement, and a provisioned record store. One program per board, which differ
 * in the layout that they are linked with.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "board.h"
#include "crc32.h"
#include "factory.h"
#include "flash_model.h"
#include "identity.h"
#include "profile_mcu.h"
#include "provision.h"
#include "say.h"

struct bench {
  struct gs_flash_model *flash; /* first: the model's port functions look for it here */
  struct sim_options options;
  struct sim_keys keys;
  struct gs_device_facts facts;
  struct gs_port port;
  struct gs_mcu_memory memory;
  struct gs_engine engine;
  struct gs_factory factory;
};

static int usage(const char *name) {
  fprintf(stderr,
          "usage: %s --dir DIR --serial S --product NAME --hardware NAME\n"
          "       --provision KEYRING.gsk --maker-key KEY.pem\n"
          "Makes DIR with the device's key, its identity statement, and flash.bin, the content of\n"
          "all of its flash.\n",
          name);
  return 2;
}

static bool copy_text(char *out, size_t cap, const char *text) {
  size_t len = strlen(text);
  if (len == 0 || len >= cap) {
    return false;
  }
  memcpy(out, text, len + 1);
  return true;
}

static bool take(struct sim_options *o, const char *name, const char *value) {
  struct sim_identity *id = &o->identity;
  if (strcmp(name, "--serial") == 0) {
    return copy_text(id->serial, sizeof id->serial, value);
  }
  if (strcmp(name, "--product") == 0) {
    return copy_text(id->product, sizeof id->product, value);
  }
  if (strcmp(name, "--hardware") == 0) {
    return copy_text(id->hardware, sizeof id->hardware, value);
  }
  const char **where = strcmp(name, "--dir") == 0         ? &o->dir
                       : strcmp(name, "--provision") == 0 ? &o->provision
                       : strcmp(name, "--maker-key") == 0 ? &o->maker_key
                                                          : NULL;
  if (where != NULL) {
    *where = value;
  }
  return where != NULL;
}

static bool read_options(int argc, char **argv, struct sim_options *o) {
  o->identity.production = true;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!take(o, argv[i], argv[i + 1])) {
      return false;
    }
  }
  return argc % 2 == 1 && o->dir != NULL && o->provision != NULL && o->maker_key != NULL &&
         o->identity.serial[0] != '\0' && o->identity.product[0] != '\0' &&
         o->identity.hardware[0] != '\0';
}

/* The records that provisioning makes name the device by its key; nothing else of it is asked. */
static bool provision(struct bench *b) {
  struct gs_engine_memory memory = gs_mcu_engine_memory(&b->memory);
  memcpy(b->facts.device_key, b->keys.public_key, sizeof b->facts.device_key);
  b->facts.lifecycle = GS_PRODUCTION;
  b->port = (struct gs_port){.ctx = b, .facts = &b->facts};
  b->flash = gs_flash_model_new(gs_board.geometry);
  if (b->flash == NULL) {
    return sim_fault(b->options.dir, "this layout of flash is not possible");
  }
  gs_flash_model_port_ops(b->flash, &b->port, false);
  return sim_provision(&b->engine, &b->port, &memory, b->options.provision);
}

static bool fill_factory(struct bench *b) {
  const struct sim_identity *id = &b->options.identity;
  struct gs_factory *f = &b->factory;
  f->magic = GS_FACTORY_MAGIC;
  f->revision = id->revision;
  f->lifecycle = id->production ? GS_PRODUCTION : GS_DEVELOPMENT;
  if (b->keys.statement_len > sizeof f->statement) {
    return sim_fault(b->options.dir, "the statement is too long");
  }
  f->statement_len = (uint32_t)b->keys.statement_len;
  memcpy(f->statement, b->keys.statement, b->keys.statement_len);
  memcpy(f->private_key, b->keys.private_key, sizeof f->private_key);
  memcpy(f->device_key, b->keys.public_key, sizeof f->device_key);
  memcpy(f->serial, id->serial, sizeof id->serial);
  if (gs_id_from_name(id->product, f->product) != GS_OK ||
      gs_id_from_name(id->hardware, f->hardware) != GS_OK ||
      gs_random(f->seed, sizeof f->seed) != GS_OK) {
    return sim_fault(b->options.dir, "the cryptographic library does not work");
  }
  f->crc = gs_crc32(0, &f->revision, sizeof *f - offsetof(struct gs_factory, revision));
  return true;
}

static bool write_flash(struct bench *b) {
  char path[SIM_PATH_MAX];
  if (!sim_path(&b->options, "flash.bin", path)) {
    return false;
  }
  uint8_t *all = malloc(gs_board.flash_bytes);
  if (all == NULL) {
    return sim_fault(path, "out of memory");
  }
  memset(all, 0xff, gs_board.flash_bytes);
  for (int i = 0; i < GS_AREA_COUNT; i++) {
    memcpy(all + (gs_board.address[i] - gs_board.flash),
           gs_flash_model_bytes(b->flash, (enum gs_area)i), gs_board.geometry[i].size);
  }
  memcpy(all + (gs_board.factory - gs_board.flash), &b->factory, sizeof b->factory);
  FILE *f = fopen(path, "wb");
  bool ok = f != NULL && fwrite(all, 1, gs_board.flash_bytes, f) == gs_board.flash_bytes;
  ok = f != NULL && fclose(f) == 0 && ok;
  gs_wipe(all, gs_board.flash_bytes);
  free(all);
  return ok || sim_fault(path, strerror(errno));
}

int main(int argc, char **argv) {
  static struct bench b;
  if (!read_options(argc, argv, &b.options)) {
    return usage(argv[0]);
  }
  if (gs_crypto_init() != GS_OK) {
    return sim_fault(b.options.dir, "the cryptographic library does not work") ? 0 : 1;
  }
  bool ok = mkdir(b.options.dir, 0700) == 0 || sim_fault(b.options.dir, strerror(errno));
  ok = ok && sim_keys_make(&b.options, &b.keys) && provision(&b) && fill_factory(&b) &&
       write_flash(&b);
  gs_flash_model_free(b.flash);
  gs_wipe(&b, sizeof b);
  return ok ? 0 : 1;
}
