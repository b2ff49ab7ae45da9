/* SPDX-License-Identifier: Apache-2.0
 * Power cuts at every flash operation of every story, in every torn mode, and storms of them.
 *
 *   test_powercut                 every single cut, and storms: under a minute
 *   test_powercut --long          pairs of cuts as well: the second one hits the recovery; the
 *                                 same as GAPSEAL_LONG=1, which tests/run.sh --long sets
 *   test_powercut ID              one case again; ID is what a failure prints:
 *                                 geometry/story/op/mode, one op/mode a cut
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "powercut.h"

#define ROUNDS_MAX 1100u
#define CUTS_MAX 60u /* of one case that is printed as an id */
#define STORM_CUTS 1000u

static const char *const geometry_names[FAKE_GEOMETRIES] = {"small", "middle", "large"};

struct cut {
  uint32_t op; /* 0: none */
  enum gs_cut_mode mode;
};

struct run {
  const struct world *world;
  struct fake_device *device;
  const struct scenario *scenario;
  const struct gs_flash_model *start; /* flash where the story starts */
  struct oracle first;                /* what was seen of it there */
};

static unsigned long cuts_made;

static void make_package(struct world *w, enum world_package which, enum fake_geometry g,
                         uint32_t security_version, uint32_t raises) {
  struct fake_wish wish = {.release = (uint32_t)which + 1u,
                           .security_version = security_version,
                           .raises_floor_to = raises,
                           .size = fake_image_size(g),
                           .block_size = fake_block_size(g),
                           .seed = (uint32_t)which + 1u,
                           .share = fake_block_size(g) * 2u};
  fake_package_make(&w->package[which], &w->maker, &wish);
  w->security_version[which] = security_version;
}

static void make_world(struct world *w, enum fake_geometry g) {
  fake_maker_init(&w->maker);
  make_package(w, WORLD_ONE, g, 2, 1);
  make_package(w, WORLD_TWO, g, 3, 2); /* confirmed, it raises the floor to what ONE has */
  make_package(w, WORLD_BAD, g, 4, 4);
  struct fake_keyring second = {.version = 2, .minimum = 1};
  w->keyring_len = fake_keyring_make(&w->maker, &second, w->keyring, sizeof(w->keyring));
}

static void free_world(struct world *w) {
  for (int i = 0; i < WORLD_PACKAGES; i++) {
    fake_package_free(&w->package[i]);
  }
}

/* Start, check, act, until the story is over. cuts: one a start. "" or what is broken. */
static const char *tell(struct run *r, const struct cut *cuts, unsigned count, uint32_t *ops) {
  struct fake_device *d = r->device;
  struct oracle seen = r->first;
  enum gs_reset_cause cause = GS_RESET_REQUESTED;
  gs_flash_model_copy(d->flash, r->start);
  gs_flash_model_power_on(d->flash);
  uint32_t before = gs_flash_model_ops(d->flash);
  uint32_t violations = gs_flash_model_violations(d->flash);
  unsigned used = 0;
  bool armed = false;
  for (unsigned round = 0; round < ROUNDS_MAX; round++) {
    struct gs_boot_output boot;
    enum gs_reset_cause next = GS_RESET_POWER;
    bool over = false;
    if (!armed && used < count) {
      gs_flash_model_cut_at(d->flash, cuts[used].op, cuts[used].mode,
                            cuts[used].op * 31u + (uint32_t)cuts[used].mode);
      armed = true;
    }
    enum gs_status status = fake_device_restart(d, cause, &boot);
    bool can_tell = status == GS_OK;
    if (can_tell && !gs_flash_model_is_cut(d->flash)) {
      const char *broken = oracle_check(&seen, d, &boot);
      if (broken[0] != '\0') {
        return broken;
      }
    }
    if (!gs_flash_model_is_cut(d->flash) && (can_tell || r->scenario->starts_unprovisioned)) {
      over = r->scenario->act(d, r->world, &boot, &next);
    }
    if (gs_flash_model_violations(d->flash) != violations) {
      return gs_flash_model_violation(d->flash);
    }
    cause = next;
    if (gs_flash_model_is_cut(d->flash)) {
      gs_flash_model_power_on(d->flash);
      cause = GS_RESET_POWER;
      over = false;
      armed = false;
      used++;
      cuts_made++;
    }
    if (over) {
      *ops = gs_flash_model_ops(d->flash) - before;
      if (used < count && !(used == 1 && count == 2)) {
        return "the cut did not happen";
      }
      return used < count ? "done" : "";
    }
  }
  return "the story does not end";
}

static bool failed(const struct run *r, enum fake_geometry g, const struct cut *cuts,
                   unsigned count, const char *broken) {
  if (broken[0] == '\0' || strcmp(broken, "done") == 0) {
    return false;
  }
  printf("not ok - %s/%s", geometry_names[g], r->scenario->name);
  for (unsigned i = 0; i < count && count <= CUTS_MAX; i++) {
    printf("/%u/%u", (unsigned)cuts[i].op, (unsigned)cuts[i].mode);
  }
  if (count > CUTS_MAX) {
    printf(", a storm of %u cuts", count);
  }
  printf(": %s\n", broken);
  return true;
}

/* The flash where a story starts, and what is known of the device there. */
static void set_the_stage(struct run *r, struct gs_flash_model *start) {
  struct fake_device *d = r->device;
  struct gs_boot_output boot;
  gs_flash_model_copy(d->flash, start); /* blank */
  if (!r->scenario->starts_unprovisioned) {
    fake_device_provision(d, &r->world->maker, 1);
    r->scenario->prepare(d, r->world);
    r->first = (struct oracle){.world = r->world,
                               .floor = d->engine.state.floor,
                               .boot_count = d->engine.state.boot_count,
                               .had_running = d->engine.state.has_running};
  } else {
    r->first = (struct oracle){.world = r->world};
    enum gs_status status = fake_device_boot(d, GS_RESET_POWER, &boot);
    (void)status; /* nothing is there yet */
  }
  gs_flash_model_copy(start, d->flash);
  r->start = start;
}

static unsigned singles(struct run *r, enum fake_geometry g, uint32_t *ops) {
  unsigned bad = 0;
  const char *broken = tell(r, NULL, 0, ops);
  bad += failed(r, g, NULL, 0, broken);
  for (uint32_t op = 1; op <= *ops && bad == 0; op++) {
    for (unsigned mode = 0; mode < GS_CUT_MODES; mode++) {
      struct cut cut = {op, (enum gs_cut_mode)mode};
      uint32_t unused;
      bad += failed(r, g, &cut, 1, tell(r, &cut, 1, &unused));
    }
  }
  return bad;
}

/* The second cut hits the recovery from the first: every operation until it comes too late. */
static unsigned pairs(struct run *r, enum fake_geometry g, uint32_t ops) {
  unsigned bad = 0;
  for (uint32_t op = 1; op <= ops && bad == 0; op++) {
    for (unsigned mode = 0; mode < GS_CUT_MODES && bad == 0; mode++) {
      bool late = false;
      for (uint32_t second = 1; !late && bad == 0; second++) {
        struct cut cuts[2] = {{op, (enum gs_cut_mode)mode},
                              {second, (enum gs_cut_mode)((mode + second) % GS_CUT_MODES)}};
        uint32_t unused;
        const char *broken = tell(r, cuts, 2, &unused);
        late = strcmp(broken, "done") == 0;
        bad += failed(r, g, cuts, 2, broken);
      }
    }
  }
  return bad;
}

static const char *storm_of(struct run *r, struct cut *cuts, unsigned count, unsigned gap,
                            uint32_t seed) {
  uint32_t unused;
  for (unsigned i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    cuts[i].op = 1u + (seed >> 16) % gap;
    cuts[i].mode = (enum gs_cut_mode)((seed >> 8) % GS_CUT_MODES);
  }
  const char *broken = tell(r, cuts, count, &unused);
  return strcmp(broken, "the cut did not happen") == 0 ? "" : broken; /* it was over before */
}

/* Short storms with room to get on; for an update (E09) also one that hardly leaves any. */
static unsigned storm(struct run *r, enum fake_geometry g) {
  static struct cut cuts[STORM_CUTS];
  unsigned bad = 0;
  for (unsigned length = 3; length <= CUTS_MAX && bad == 0; length += 3) {
    bad += failed(r, g, cuts, length, storm_of(r, cuts, length, 12, length * 7u + (unsigned)g));
  }
  if (bad == 0 && strcmp(r->scenario->name, "update") == 0) {
    bad += failed(r, g, cuts, STORM_CUTS, storm_of(r, cuts, STORM_CUTS, 2, (unsigned)g));
  }
  return bad;
}

/* Which geometry and story, then op/mode as often as there are. 0: not an id. */
static unsigned parse_id(const char *id, unsigned *g, unsigned *s, struct cut *cuts) {
  char geometry[16];
  char name[16];
  int used = 0;
  if (sscanf(id, "%15[^/]/%15[^/]%n", geometry, name, &used) != 2) {
    return 0;
  }
  for (*g = 0; *g < FAKE_GEOMETRIES && strcmp(geometry_names[*g], geometry) != 0;) {
    (*g)++;
  }
  for (*s = 0; *s < scenario_count && strcmp(scenarios[*s].name, name) != 0;) {
    (*s)++;
  }
  unsigned count = 0;
  unsigned op;
  unsigned mode;
  for (id += used; count < CUTS_MAX && sscanf(id, "/%u/%u%n", &op, &mode, &used) == 2; count++) {
    cuts[count] = (struct cut){op, (enum gs_cut_mode)(mode % GS_CUT_MODES)};
    id += used;
  }
  return *g < FAKE_GEOMETRIES && *s < scenario_count && *id == '\0' ? count : 0;
}

struct wanted {
  bool pairs;
  unsigned cuts; /* of one case; 0: all cases */
  unsigned geometry, scenario;
  struct cut cut[CUTS_MAX];
};

static unsigned one_scenario(struct run *r, enum fake_geometry g, const struct wanted *wanted) {
  uint32_t ops = 0;
  if (wanted->cuts != 0) {
    return failed(r, g, wanted->cut, wanted->cuts, tell(r, wanted->cut, wanted->cuts, &ops));
  }
  unsigned long before = cuts_made;
  unsigned bad = singles(r, g, &ops);
  if (bad == 0) {
    bad += storm(r, g);
  }
  if (bad == 0 && wanted->pairs) {
    bad += pairs(r, g, ops);
  }
  if (bad == 0) {
    printf("ok - %s/%s: %u operations, %lu cuts\n", geometry_names[g], r->scenario->name,
           (unsigned)ops, cuts_made - before);
  }
  return bad;
}

static unsigned one_geometry(enum fake_geometry g, const struct wanted *wanted) {
  static struct world world;
  static struct fake_device device;
  unsigned bad = 0;
  make_world(&world, g);
  fake_device_init(&device, g, &world.maker, g == FAKE_MIDDLE);
  struct gs_flash_model *blank = gs_flash_model_new(device.port.geometry);
  struct gs_flash_model *start = gs_flash_model_new(device.port.geometry);
  for (unsigned i = 0; i < scenario_count && blank != NULL && start != NULL; i++) {
    if (wanted->cuts != 0 && i != wanted->scenario) {
      continue;
    }
    struct run r = {.world = &world, .device = &device, .scenario = &scenarios[i]};
    gs_flash_model_copy(start, blank);
    set_the_stage(&r, start);
    bad += one_scenario(&r, g, wanted);
    (void)fflush(stdout);
  }
  gs_flash_model_free(blank);
  gs_flash_model_free(start);
  fake_device_free(&device);
  free_world(&world);
  return bad;
}

int main(int argc, char **argv) {
  static struct wanted wanted;
  bool asked = argc > 1 && strcmp(argv[1], "--long") == 0;
  const char *campaign = getenv("GAPSEAL_LONG");
  wanted.pairs = asked || (argc == 1 && campaign != NULL && *campaign != '\0');
  if (argc > 1 && !asked) {
    wanted.cuts = parse_id(argv[1], &wanted.geometry, &wanted.scenario, wanted.cut);
    if (wanted.cuts == 0) {
      (void)fprintf(stderr,
                    "usage: test_powercut [--long | geometry/story/op/mode[/op/mode...]]\n");
      return 2;
    }
  }
  unsigned bad = 0;
  for (unsigned g = 0; g < FAKE_GEOMETRIES; g++) {
    if (wanted.cuts == 0 || g == wanted.geometry) {
      bad += one_geometry((enum fake_geometry)g, &wanted);
    }
  }
  printf("%lu cuts, %u broken, %.1f s of processor time\n", cuts_made, bad,
         (double)clock() / CLOCKS_PER_SEC);
  return bad == 0 && cuts_made != 0 ? 0 : 1;
}
