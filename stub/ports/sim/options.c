/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <pb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gapseal/crypto.h"
#include "help.h"
#include "objects.h"
#include "say.h"

#define LINUX_SLOT_BYTES (4u * 1024u * 1024u)
#define MCU_SLOT_BYTES (256u * 1024u)

enum option_code {
  OPT_BEFORE = 255, /* above every letter */
#define SIM_OPTION(NAME, name, value, text) OPT_##NAME,
#define SIM_TEST_OPTION(NAME, name, value, text) OPT_##NAME,
#include "options.def"
};

static const struct option table[] = {
#define SIM_OPTION(NAME, name, value, text) \
  {(name), (value) != NULL ? required_argument : no_argument, NULL, OPT_##NAME},
#define SIM_TEST_OPTION(NAME, name, value, text) SIM_OPTION(NAME, name, value, text)
#include "options.def"
    {NULL, 0, NULL, 0},
};

static bool mistake(const char *what, const char *value) {
  (void)fprintf(stderr, "gapseal-sim: %s: %s (see --help)\n", what, value);
  return false;
}

static bool read_number(const char *text, uint64_t max, uint64_t *out) {
  char *end;
  errno = 0;
  uint64_t v = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || v > max) {
    return mistake("not a number in range", text);
  }
  *out = v;
  return true;
}

static bool read_u32(const char *text, uint32_t *out) {
  uint64_t v;
  if (!read_number(text, UINT32_MAX, &v)) {
    return false;
  }
  *out = (uint32_t)v;
  return true;
}

static bool read_name(const char *text, char *out, size_t cap) {
  size_t len = strlen(text);
  if (len == 0 || len >= cap || !gs_text_ok(text, len)) {
    return mistake("not a name this device can have", text);
  }
  memcpy(out, text, len + 1);
  return true;
}

static bool read_choice(const char *text, const char *const *names, size_t count, size_t *out) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(text, names[i]) == 0) {
      *out = i;
      return true;
    }
  }
  return mistake("not one of the choices", text);
}

static bool read_torn(const char *text, struct sim_options *o) {
  static const char *const names[] = {"none", "complete", "prefix", "wrong-bits", "unstable"};
  char name[16];
  const char *colon = strchr(text, ':');
  size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
  size_t mode;
  if (len >= sizeof name) {
    return mistake("not one of the choices", text);
  }
  memcpy(name, text, len);
  name[len] = '\0';
  if (!read_choice(name, names, sizeof names / sizeof names[0], &mode)) {
    return false;
  }
  o->torn = (enum gs_cut_mode)mode;
  return colon == NULL || read_u32(colon + 1, &o->torn_seed);
}

/* Options that say what the device is. */
static bool take_identity(int option, const char *value, struct sim_options *o) {
  static const char *const profiles[] = {"linux", "mcu"};
  static const char *const lifecycles[] = {"development", "production"};
  struct sim_identity *id = &o->identity;
  size_t choice = 0;
  switch (option) {
    case OPT_PROFILE:
      o->given |= SIM_GIVEN_PROFILE;
      if (!read_choice(value, profiles, 2, &choice)) {
        return false;
      }
      id->profile = choice == 1 ? SIM_PROFILE_MCU : SIM_PROFILE_LINUX;
      return true;
    case OPT_SERIAL:
      o->given |= SIM_GIVEN_SERIAL;
      return read_name(value, id->serial, sizeof id->serial);
    case OPT_PRODUCT:
      o->given |= SIM_GIVEN_PRODUCT;
      return read_name(value, id->product, sizeof id->product);
    case OPT_HARDWARE:
      o->given |= SIM_GIVEN_HARDWARE;
      return read_name(value, id->hardware, sizeof id->hardware);
    case OPT_REVISION:
      o->given |= SIM_GIVEN_REVISION;
      return read_u32(value, &id->revision);
    case OPT_SLOT_BYTES:
      o->given |= SIM_GIVEN_SLOT_BYTES;
      return read_u32(value, &id->slot_bytes);
    case OPT_LIFECYCLE:
      o->given |= SIM_GIVEN_LIFECYCLE;
      if (!read_choice(value, lifecycles, 2, &choice)) {
        return false;
      }
      id->production = choice == 1;
      return true;
    default:
      o->given |= SIM_GIVEN_HW_COUNTER;
      id->hw_counter = true;
      return true;
  }
}

static bool take(int option, const char *value, struct sim_options *o) {
  switch (option) {
    case OPT_DIR:
      o->dir = value;
      return true;
    case OPT_LISTEN:
      o->listen = value;
      return true;
    case OPT_PROVISION:
      o->provision = value;
      return true;
    case OPT_MAKER_KEY:
      o->maker_key = value;
      return true;
    case OPT_POWER_CUT_AT:
      return read_u32(value, &o->power_cut_at);
    case OPT_DIE_AFTER_BYTES:
      return read_number(value, UINT64_MAX, &o->die_after_bytes);
    case OPT_TORN:
      return read_torn(value, o);
    case OPT_DROP_RECEIPTS:
      if (strcmp(value, "all") == 0) {
        o->drop_receipts = SIM_DROP_ALL;
        return true;
      }
      return read_u32(value, &o->drop_receipts);
    case OPT_APP_SILENT:
      o->app_silent = true;
      return true;
    case OPT_FORCE_REMOTE:
      o->force_remote = true;
      return true;
    case OPT_VERBOSE:
      o->verbose = true;
      return true;
    default:
      return take_identity(option, value, o);
  }
}

static void defaults(struct sim_options *o) {
  *o = (struct sim_options){.torn = GS_CUT_NOT_STARTED, .torn_seed = 1};
  o->identity = (struct sim_identity){.serial = "0000-0001",
                                      .product = "com.acme.ctrl",
                                      .hardware = "com.acme.ctrl.board-a",
                                      .revision = 1};
}

/* Before a device is made for it. */
static bool is_link(const char *spec) {
  return strncmp(spec, "unix:", 5) == 0 || strncmp(spec, "tcp:", 4) == 0 ||
         strncmp(spec, "pty:", 4) == 0 || strcmp(spec, "stdio") == 0 || strcmp(spec, "stdio:") == 0;
}

static bool complete(struct sim_options *o) {
  if (o->dir == NULL || o->listen == NULL) {
    return mistake("missing", o->dir == NULL ? "--dir" : "--listen");
  }
  if (!is_link(o->listen)) {
    return mistake("not unix:PATH, tcp:HOST:PORT, pty:PATH or stdio", o->listen);
  }
  if ((o->given & SIM_GIVEN_SLOT_BYTES) == 0) {
    o->identity.slot_bytes =
        o->identity.profile == SIM_PROFILE_MCU ? MCU_SLOT_BYTES : LINUX_SLOT_BYTES;
  }
  return true;
}

static void tell(int option) {
  if (option == OPT_HELP) {
    sim_help();
  } else {
    (void)printf("gapseal-sim %s\nbuilt with %s, %s\n", GAPSEAL_VERSION, gs_crypto_library(),
                 NANOPB_VERSION);
  }
}

bool sim_options_read(int argc, char **argv, struct sim_options *out, int *exit_code) {
  defaults(out);
  *exit_code = SIM_EXIT_USAGE;
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
    if (option == OPT_HELP || option == OPT_VERSION) {
      tell(option);
      *exit_code = sim_printed() ? SIM_EXIT_OK : SIM_EXIT_FAILED;
      return false;
    }
    if (option == ':') {
      return mistake("a value is missing after", argv[optind - 1]);
    }
    if (option == '?') {
      (void)fprintf(stderr, "gapseal-sim: no such option: %s (%s)\n", argv[optind - 1],
                    sim_near_option(argv[optind - 1]));
      return false;
    }
    if (!take(option, optarg, out)) {
      return false;
    }
  }
  if (optind < argc) {
    return mistake("not an option", argv[optind]);
  }
  return complete(out);
}
