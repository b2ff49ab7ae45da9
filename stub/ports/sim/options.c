/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define LINUX_SLOT_BYTES (4u * 1024u * 1024u)
#define MCU_SLOT_BYTES (256u * 1024u)

enum option_code {
  OPT_DIR = 256,
  OPT_LISTEN,
  OPT_PROFILE,
  OPT_SERIAL,
  OPT_SLOT_BYTES,
  OPT_PROVISION,
  OPT_MAKER_KEY,
  OPT_POWER_CUT_AT,
  OPT_DIE_AFTER_BYTES,
  OPT_TORN,
  OPT_PRODUCT,
  OPT_HARDWARE,
  OPT_REVISION,
  OPT_LIFECYCLE,
  OPT_DROP_RECEIPTS,
  OPT_HW_COUNTER,
  OPT_APP_SILENT,
  OPT_FORCE_REMOTE,
  OPT_VERBOSE,
  OPT_HELP,
  OPT_VERSION,
};

static const struct option table[] = {
    {"dir", required_argument, NULL, OPT_DIR},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"slot-bytes", required_argument, NULL, OPT_SLOT_BYTES},
    {"provision", required_argument, NULL, OPT_PROVISION},
    {"maker-key", required_argument, NULL, OPT_MAKER_KEY},
    {"power-cut-at", required_argument, NULL, OPT_POWER_CUT_AT},
    {"die-after-bytes", required_argument, NULL, OPT_DIE_AFTER_BYTES},
    {"torn", required_argument, NULL, OPT_TORN},
    {"product", required_argument, NULL, OPT_PRODUCT},
    {"hardware", required_argument, NULL, OPT_HARDWARE},
    {"revision", required_argument, NULL, OPT_REVISION},
    {"lifecycle", required_argument, NULL, OPT_LIFECYCLE},
    {"drop-receipts", required_argument, NULL, OPT_DROP_RECEIPTS},
    {"hw-counter", no_argument, NULL, OPT_HW_COUNTER},
    {"app-silent", no_argument, NULL, OPT_APP_SILENT},
    {"force-remote", no_argument, NULL, OPT_FORCE_REMOTE},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: gapseal-sim --dir DIR --listen LINK [options]\n"
    "\n"
    "A device of software: the same engine and session as on a real one, flash in a file.\n"
    "\n"
    "  --dir DIR              where the device is kept; made at its first start\n"
    "  --listen LINK          unix:PATH, tcp:HOST:PORT, pty:PATH or stdio\n"
    "  --provision FILE.gsk   keyring put in at the first start\n"
    "  --maker-key FILE.pem   the maker's identity key, signs the device's key at the first start\n"
    "  --profile P            linux (default) or mcu\n"
    "  --serial S             serial number (0000-0001)\n"
    "  --slot-bytes N         size of each slot (linux 4194304, mcu 262144)\n"
    "  --product NAME         com.acme.ctrl\n"
    "  --hardware NAME        com.acme.ctrl.board-a\n"
    "  --revision N           of the board (1)\n"
    "  --lifecycle L          development (default) or production\n"
    "  --hw-counter           the floor is also kept in a counter that cannot go back\n"
    "  --app-silent           as on a chip: after a reset the stub listens for 300 ms, a hello "
    "makes\n"
    "                         it stay; otherwise the application runs, and nobody answers\n"
    "  --force-remote         let tcp: listen on other addresses than this computer's own\n"
    "  --verbose              say what happens\n"
    "  --help, --version\n"
    "\n"
    "An image that is started reports healthy, unless the text in its last 64 bytes, filled up\n"
    "with zeros, is one of these:\n"
    "  gapseal-sim:crash          faults after its start\n"
    "  gapseal-sim:hang           hangs until the watchdog resets\n"
    "  gapseal-sim:never-healthy  runs and never reports healthy\n"
    "Append one: printf gapseal-sim:crash | dd bs=64 conv=sync >>fw.bin\n"
    "\n"
    "For tests; where the power is cut the process ends with exit code 9:\n"
    "  --power-cut-at N       cut the power at the N-th flash operation\n"
    "  --torn MODE[:SEED]     what the cut leaves of it: none (default), complete, prefix,\n"
    "                         wrong-bits, unstable\n"
    "  --die-after-bytes N    cut the power after N bytes from the link\n"
    "  --drop-receipts N      swallow the next N receipts, or all of this start. A host asks\n"
    "                         several times: with all, an install ends with 32\n";

static bool mistake(const char *what, const char *value) {
  fprintf(stderr, "gapseal-sim: %s: %s (see --help)\n", what, value);
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

bool sim_options_read(int argc, char **argv, struct sim_options *out, int *exit_code) {
  defaults(out);
  *exit_code = SIM_EXIT_USAGE;
  int option;
  while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
    if (option == OPT_HELP || option == OPT_VERSION) {
      fputs(option == OPT_HELP ? help : "gapseal-sim " GAPSEAL_VERSION "\n", stdout);
      *exit_code = SIM_EXIT_OK;
      return false;
    }
    if (option == '?' || !take(option, optarg, out)) {
      return false;
    }
  }
  if (optind < argc) {
    return mistake("not an option", argv[optind]);
  }
  return complete(out);
}
