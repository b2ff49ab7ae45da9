/* SPDX-License-Identifier: Apache-2.0
 * gapseal-ota: the OTA client on a simulated device. It is the device for as long as it runs: it
 * starts it, as a power-on does, and then is the application that fetches an update. gapseal-sim
 * starts the same device afterwards, and with it what was staged.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "ota_client.h"
#include "ota_source.h"
#include "package_layout.h"
#include "say.h"

struct program {
  const char *dir;
  const char *package;
  bool older, reinstall;
  struct sim_device device;
  struct ota_client client;
};

static const char help[] =
    "usage: gapseal-ota --dir DIR [--older] [--reinstall] PACKAGE\n"
    "\n"
    "An example of an over-the-air client, on a device that gapseal-sim made: reads a package "
    "from\n"
    "front to back and hands it to the device's engine. The next start of gapseal-sim tries it.\n"
    "\n"
    "  PACKAGE      a .gsp file, - for standard input, or tcp:HOST:PORT of this computer\n"
    "  --dir DIR    where the device is kept\n"
    "  --older      the server has the authority to go back to an older release\n"
    "  --reinstall  also where this package runs already\n"
    "  --help, --version\n"
    "\n"
    "An update that broke off is continued by the same command. Exit codes are gapseal's.\n";

static bool mistake(const char *what) {
  (void)fprintf(stderr, "gapseal-ota: %s (see --help)\n", what);
  return false;
}

/* False: exit with *code. */
static bool read_options(int argc, char **argv, struct program *p, int *code) {
  static const struct option table[] = {
      {"dir", required_argument, NULL, 'd'}, {"older", no_argument, NULL, 'o'},
      {"reinstall", no_argument, NULL, 'r'}, {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'v'},   {NULL, 0, NULL, 0},
  };
  *code = SIM_EXIT_USAGE;
  for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    switch (option) {
      case 'd':
        p->dir = optarg;
        break;
      case 'o':
        p->older = true;
        break;
      case 'r':
        p->reinstall = true;
        break;
      case 'h':
      case 'v':
        (void)fputs(option == 'h' ? help : "gapseal-ota " GAPSEAL_VERSION "\n", stdout);
        *code = sim_printed() ? SIM_EXIT_OK : SIM_EXIT_FAILED;
        return false;
      default:
        return false;
    }
  }
  if (p->dir == NULL || optind + 1 != argc) {
    return mistake(p->dir == NULL ? "missing: --dir" : "one package is needed");
  }
  p->package = argv[optind];
  return true;
}

/* Sizes are the engine's own: a client that had less could not take what the device takes. */
static bool make_client(struct program *p) {
  const struct gs_engine_memory *m = gs_engine_memory(&p->device.engine);
  struct ota_memory *to = &p->client.memory;
  *to = (struct ota_memory){
      .manifest = malloc(m->manifest_cap),
      .manifest_cap = m->manifest_cap,
      .keyring = malloc(m->keyring_cap),
      .keyring_cap = m->keyring_cap,
      .block = malloc(m->block_max),
      .block_max = m->block_max,
  };
  p->client.engine = &p->device.engine;
  return (to->manifest != NULL && to->keyring != NULL && to->block != NULL) ||
         sim_fault(p->dir, "out of memory");
}

static void free_client(struct program *p) {
  free(p->client.memory.manifest);
  free(p->client.memory.keyring);
  free(p->client.memory.block);
}

static void show_package(const struct gs_verdict *v) {
  static const uint8_t none[GS_DIGEST_BYTES];
  if (memcmp(v->package, none, sizeof none) != 0) {
    (void)fprintf(stderr,
                  "  package  %02x%02x..%02x, release %" PRIu32 ", security version %" PRIu32 "\n",
                  v->package[0], v->package[1], v->package[GS_DIGEST_BYTES - 1u], v->release,
                  v->security_version);
  }
}

static void show_work(const struct program *p) {
  const struct gs_engine_progress *w = gs_engine_progress(&p->device.engine);
  (void)fprintf(stderr,
                "  image    %" PRIu32 " bytes: %" PRIu64 " taken, %" PRIu32 " copied, %" PRIu32
                " found; %" PRIu32 " of %" PRIu32 " blocks missing\n",
                w->total_bytes, p->client.taken_bytes, w->copied_bytes, w->kept_bytes,
                w->blocks_needed, w->blocks);
}

/* Returns the exit code. */
static int tell(const struct program *p, enum gs_status status) {
  const struct gs_status_info *info = gs_status_info((uint32_t)status);
  const struct gs_verdict *v = &p->client.verdict;
  bool begun = p->client.begun;
  show_package(v);
  if (begun) {
    show_work(p);
  }
  if (status == GS_OK) {
    (void)fprintf(stderr, "done: release %" PRIu32 " is in slot %c; the next start tries it\n",
                  v->release, v->staging_slot == 0 ? 'A' : 'B');
  } else if (status == GS_E_ALREADY) {
    (void)fprintf(stderr, "done: release %" PRIu32 " runs already\n", v->release);
  } else {
    (void)fprintf(stderr, "%s: %s [%u %s]\n", begun ? "failed" : "refused", info->sentence,
                  (unsigned)info->exit_code, info->name);
    if (v->expected != 0 || v->got != 0) {
      (void)fprintf(stderr, "  why      expected %" PRIu32 ", got %" PRIu32 "\n", v->expected,
                    v->got);
    }
    (void)fprintf(stderr, "  do: %s\n", begun ? "run the same command again" : info->next_step);
  }
  return info->exit_code;
}

static int update(struct program *p) {
  struct ota_input input;
  bool usage;
  if (!ota_input_open(&input, p->package, &usage)) {
    ota_input_close(&input);
    return usage ? SIM_EXIT_USAGE : gs_status_info(GS_E_FILE_READ)->exit_code;
  }
  p->client.source = &input.source;
  enum gs_status status = ota_update(&p->client, p->older, p->reinstall);
  ota_input_close(&input);
  return tell(p, status);
}

static int run(struct program *p) {
  const struct sim_options options = {.dir = p->dir};
  struct gs_boot_output boot = {.action = GS_BOOT_STUB};
  enum sim_exit opened = sim_device_open(&p->device, &options);
  if (opened != SIM_EXIT_OK) {
    return (int)opened;
  }
  if (!sim_device_start(&p->device, GS_RESET_POWER, false, &boot) || !make_client(p)) {
    return SIM_EXIT_FAILED;
  }
  (void)fprintf(stderr, "gapseal-ota: %s, %s\n", p->device.identity.serial,
                boot.action == GS_BOOT_RUN   ? "a confirmed image runs"
                : boot.action == GS_BOOT_TRY ? "an image on trial runs"
                                             : "nothing runs but the stub");
  return update(p);
}

int main(int argc, char **argv) {
  static struct program program;
  int code;
  if (!read_options(argc, argv, &program, &code)) {
    return code;
  }
  code = run(&program);
  free_client(&program);
  sim_device_close(&program.device);
  return code;
}
