/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

void gsc_source_say_trust(struct gsc_cli *cli, const struct gsc_source *s) {
  if (!s->info.by_trusted_keyring) {
    gsc_ui_say(&cli->ui,
               "no keyring is trusted here: the signature was judged by the package's own keyring"
               " only (gapseal trust add)");
  }
}

static bool fits(const struct gsh_offer *offer) {
  return offer->why.status == GSH_OK || offer->why.status == GSH_E_ALREADY;
}

/* Why an offer was passed over, in the words a refusal of it would have. */
static void describe_reason(const struct gsh_offer *offer, const struct gsh_device_info *device,
                            char what[GSH_TEXT_MAX]) {
  char ignored[GSH_TEXT_MAX];
  struct gsc_ending e;
  gsc_ending_start(&e);
  e.why = offer->why;
  e.package = &offer->package;
  e.device = device;
  gsc_text_refusal(&e, what, ignored);
  /* The line names the file already, and a reason that begins with its path names it twice. */
  size_t n = strlen(offer->package.path);
  if (strncmp(what, offer->package.path, n) == 0 && strncmp(what + n, ": ", 2) == 0) {
    memmove(what, what + n + 2, strlen(what + n + 2) + 1);
  }
}

/* best: the newest that fits; NULL: there is none. */
static void describe_offer(const struct gsh_offer *offer, const struct gsh_offer *best,
                           const struct gsh_device_info *device, char what[GSH_TEXT_MAX]) {
  const struct gsh_package_info *p = &offer->package;
  if (!fits(offer)) {
    describe_reason(offer, device, what);
  } else if (best == NULL) {
    (void)snprintf(what, GSH_TEXT_MAX, "its head and signatures hold; the rest was not read");
  } else if (p != &best->package && strcmp(p->digest, best->package.digest) == 0) {
    (void)snprintf(what, GSH_TEXT_MAX, "the same package as %.200s", best->package.file);
  } else if (p->release != best->package.release) {
    (void)snprintf(what, GSH_TEXT_MAX, "older: release %lu, and %lu fits as well",
                   (unsigned long)p->release, (unsigned long)best->package.release);
  } else if (p->security_version != best->package.security_version) {
    (void)snprintf(what, GSH_TEXT_MAX, "older: security version %lu, and %lu fits as well",
                   (unsigned long)p->security_version,
                   (unsigned long)best->package.security_version);
  } else {
    (void)snprintf(what, GSH_TEXT_MAX, "release %lu, security version %lu, digest %.16s",
                   (unsigned long)p->release, (unsigned long)p->security_version, p->digest);
  }
}

static cJSON *json_offer(const struct gsh_offer *offer, bool chosen, const char *what) {
  const struct gsh_package_info *p = &offer->package;
  cJSON *o = cJSON_CreateObject();
  gsc_json_text(o, "file", p->file);
  gsc_json_text(o, "digest", p->digest);
  gsc_json_text(o, "name", p->name);
  gsc_json_text(o, "version", p->version);
  gsc_json_text(o, "product", p->product);
  cJSON_AddNumberToObject(o, "release", p->release);
  cJSON_AddNumberToObject(o, "security_version", p->security_version);
  if (fits(offer) && !offer->judged) {
    cJSON_AddNullToObject(o, "fits"); /* only a device can say */
  } else {
    cJSON_AddBoolToObject(o, "fits", fits(offer));
  }
  cJSON_AddBoolToObject(o, "chosen", chosen);
  cJSON_AddNumberToObject(o, "exit", gsh_status_exit(offer->why.status));
  cJSON_AddStringToObject(o, "code", gsh_status_name(offer->why.status));
  gsc_json_text(o, "what", what);
  return o;
}

static void say_chosen(struct gsc_cli *cli, const struct gsc_source *s,
                       const struct gsh_offer *chosen) {
  char of[64] = "the only one that fits";
  size_t fitting = 0;
  for (size_t i = 0; i < gsh_offers_count(s->offers); i++) {
    fitting += fits(gsh_offers_get(s->offers, i));
  }
  if (fitting > 1) {
    (void)snprintf(of, sizeof of, "newest of %zu that fit", fitting);
  }
  gsc_ui_say(&cli->ui, "chosen   %s: %s%s", chosen->package.file,
             cli->args.values[GSC_OPT_EXPECT] != NULL ? "named with --expect" : of,
             chosen->why.status == GSH_E_ALREADY ? ", and runs already" : "");
}

/* A line for each file, the chosen one first. best: which is the newest that fits; SIZE_MAX: none.
 * status: GSH_OK where it was chosen. */
static cJSON *tell_offers(struct gsc_cli *cli, const struct gsc_source *s,
                          const struct gsh_device_info *device, size_t best, unsigned status) {
  char what[GSH_TEXT_MAX];
  cJSON *list = cJSON_CreateArray();
  const struct gsh_offer *newest = best != SIZE_MAX ? gsh_offers_get(s->offers, best) : NULL;
  size_t chosen = status == GSH_OK ? best : SIZE_MAX;
  if (chosen != SIZE_MAX) {
    say_chosen(cli, s, newest);
  }
  for (size_t i = 0; i < gsh_offers_count(s->offers); i++) {
    const struct gsh_offer *offer = gsh_offers_get(s->offers, i);
    describe_offer(offer, newest, device, what);
    if (i != chosen) {
      gsc_ui_say(&cli->ui, "%s %s: %s", fits(offer) && chosen == SIZE_MAX ? "fits    " : "passed  ",
                 offer->package.file, what);
    }
    gsc_json_push(list, json_offer(offer, i == chosen, what));
  }
  return list;
}

/* The nearest refusal, with the file it is about. */
static void none_fits(const struct gsc_source *s, const struct gsh_device_info *device,
                      size_t index, struct gsh_why *why) {
  char what[GSH_TEXT_MAX];
  size_t count = gsh_offers_count(s->offers);
  const struct gsh_offer *offer = gsh_offers_get(s->offers, index);
  describe_reason(offer, device, what);
  if (count == 1) {
    (void)snprintf(why->what, sizeof why->what,
                   "the only package there does not fit; %.100s: %.300s", offer->package.file,
                   what);
  } else {
    (void)snprintf(why->what, sizeof why->what,
                   "none of the %zu packages fits; the nearest, %.100s: %.300s", count,
                   offer->package.file, what);
  }
}

unsigned gsc_source_open(struct gsc_cli *cli, const char *path, struct gsc_source *s,
                         struct gsc_ending *e) {
  struct gsh_package *none = NULL;
  size_t index = SIZE_MAX;
  const char *expect = cli->args.values[GSC_OPT_EXPECT];
  memset(s, 0, sizeof *s);
  s->path = path;
  if (!gsh_is_directory(path)) {
    e->package = &s->info;
    return gsh_package_load(cli->host, path, true, expect, &s->file, &s->info, &e->why);
  }
  unsigned status = gsh_offers_open(cli->host, path, &s->offers, &e->why);
  if (status != GSH_OK) {
    return status;
  }
  /* No device need be asked where no file is of any use. */
  status = gsh_offers_choose(s->offers, NULL, false, false, expect, &none, &index, &e->why);
  if (status != GSH_OK && index != SIZE_MAX) {
    e->members = cJSON_CreateObject();
    gsc_json_put(e->members, "candidates", tell_offers(cli, s, NULL, SIZE_MAX, status));
    none_fits(s, NULL, index, &e->why);
  }
  return status;
}

void gsc_source_close(struct gsc_source *s) {
  gsh_package_close(s->file);
  gsh_offers_close(s->offers);
  memset(s, 0, sizeof *s);
}

unsigned gsc_source_choose(struct gsc_cli *cli, struct gsc_source *s, const struct gsh_device *d,
                           struct gsh_package **out, cJSON **candidates, struct gsh_why *why) {
  size_t index = SIZE_MAX;
  *candidates = NULL;
  *out = s->file;
  if (s->offers == NULL) {
    return GSH_OK;
  }
  const struct gsh_device_info *device = gsh_device_info(d);
  unsigned status = gsh_offers_choose(s->offers, d, gsc_has(&cli->args, GSC_BIT(OLDER)),
                                      gsc_has(&cli->args, GSC_BIT(REINSTALL)),
                                      cli->args.values[GSC_OPT_EXPECT], out, &index, why);
  bool several = status == GSH_E_SEVERAL_PACKAGES;
  *candidates = tell_offers(cli, s, device, status == GSH_OK || several ? index : SIZE_MAX, status);
  if (status == GSH_OK) {
    s->info = gsh_offers_get(s->offers, index)->package;
  } else if (index != SIZE_MAX && !several) {
    none_fits(s, device, index, why);
  }
  return status;
}

/* With --expect the others are nobody's business; what no digest could be read of is another. */
static bool wanted(const struct gsc_cli *cli, const struct gsh_offer *offer) {
  return cli->args.values[GSC_OPT_EXPECT] == NULL ||
         (offer->why.status != GSH_E_EXPECT && offer->package.digest[0] != '\0');
}

/* What verifying the files of a directory came to. */
struct tally {
  size_t count, bad;
  cJSON *list;
};

/* Every byte of it was read, or why not. */
static void describe_verified(const struct gsh_offer *offer, unsigned status,
                              const struct gsh_why *why, char what[GSH_TEXT_MAX]) {
  if (status == GSH_OK) {
    (void)snprintf(what, GSH_TEXT_MAX, "format and signatures hold");
  } else if (fits(offer)) {
    (void)snprintf(what, GSH_TEXT_MAX, "%s", why->what); /* no fault of the file */
  } else {
    describe_reason(offer, NULL, what);
  }
}

/* False: a person stopped it. */
static bool verify_offer(struct gsc_cli *cli, struct gsc_source *s, size_t i, struct tally *t,
                         struct gsc_ending *e) {
  char what[GSH_TEXT_MAX];
  struct gsh_why why;
  const struct gsh_offer *offer = gsh_offers_get(s->offers, i);
  if (!wanted(cli, offer)) {
    describe_offer(offer, NULL, NULL, what);
    gsc_ui_say(&cli->ui, "passed   %s: %s", offer->package.file, what);
    gsc_json_push(t->list, json_offer(offer, false, what));
    return true;
  }
  unsigned status = gsh_offers_verify(s->offers, i, &why);
  if (status == GSH_E_INTERRUPTED) {
    e->why = why;
    return false;
  }
  describe_verified(offer, status, &why, what);
  gsc_ui_data(&cli->ui, "%-32s %3d %-18s %s", offer->package.file, gsh_status_exit(status),
              gsh_status_name(status), status == GSH_OK ? offer->package.digest : what);
  gsc_json_push(t->list, json_offer(offer, false, what));
  t->count++;
  if (status != GSH_OK && t->bad++ == 0) {
    e->why = why;
  }
  return true;
}

int gsc_source_verify(struct gsc_cli *cli, struct gsc_source *s, struct gsc_ending *e) {
  struct tally t = {.list = cJSON_CreateArray()};
  bool on = true;
  for (size_t i = 0; on && i < gsh_offers_count(s->offers); i++) {
    on = verify_offer(cli, s, i, &t, e);
  }
  e->members = cJSON_CreateObject();
  gsc_json_put(e->members, "candidates", t.list);
  if (t.bad > 0 && on) {
    (void)snprintf(e->why.what, sizeof e->why.what, "%zu of %zu packages %s not hold", t.bad,
                   t.count, t.bad == 1 ? "does" : "do");
    (void)snprintf(e->why.next_step, sizeof e->why.next_step, "see each file's line");
  }
  (void)snprintf(e->done, sizeof e->done,
                 "%zu package%s: format and signatures hold; whether a device takes one only the "
                 "device can say",
                 t.count, t.count == 1 ? "" : "s");
  return gsc_ui_end(&cli->ui, e);
}
