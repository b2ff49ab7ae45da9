/* SPDX-License-Identifier: Apache-2.0
 * The package files of a directory. Any of them may be hostile, and there may be many: their heads
 * are looked at one after the other, none stays in memory, and of the keyrings in them those links
 * alone are verified that a trusted keyring leads to. What is chosen is read whole when it was
 * chosen.
 */
#include "offers.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "platform.h"
#include "text.h"

#define SUFFIX ".gsp"

bool gsh_is_directory(const char *path) {
  return gsh_file_is_dir(path);
}

static enum gs_status read_head(struct gsh_offer_item *item, const struct gsh_trust *trust,
                                struct gsh_error *err) {
  struct gsh_package *p = NULL;
  enum gs_status status = gsh_package_look(item->path, &p, err);
  if (status == GS_OK) {
    gsh_describe_package(p, &item->offer.package);
    status = gsh_judge_package(trust, p, &item->offer.package, err);
  }
  gsh_package_close(p);
  return status;
}

static enum gs_status add_item(struct gsh_offers *o, const char *dir, const char *name,
                               const struct gsh_trust *trust, struct gsh_error *err) {
  struct gsh_offer_item *item = calloc(1, sizeof *item);
  if (item == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for the packages of a directory");
  }
  o->items[o->count++] = item;
  enum gs_status status = gsh_path_join(item->path, sizeof item->path, dir, name, err);
  if (status != GS_OK) {
    return status;
  }
  gsh_describe_path(item->path, &item->offer.package);
  status = read_head(item, trust, err);
  if (status == GS_E_NO_MEMORY || status == GS_E_INTERNAL) {
    return status;
  }
  (void)gsh_why_fill(&item->file, status, err, false);
  item->offer.why = item->file;
  return GS_OK;
}

static enum gs_status add_all(struct gsh_offers *o, const char *dir, const struct gsh_names *names,
                              struct gsh_error *err) {
  struct gsh_trust *trust = NULL;
  enum gs_status status = gsh_trust_load(o->h->trust_dir, &trust, err);
  if (status != GS_OK) {
    return status;
  }
  o->items = calloc(names->count, sizeof *o->items);
  if (o->items == NULL) {
    status = gsh_fail(err, GS_E_NO_MEMORY, "no memory for the packages of a directory");
  }
  for (size_t i = 0; status == GS_OK && i < names->count; i++) {
    status = gsh_stopped(o->h) ? gsh_fail(err, GS_E_INTERRUPTED, "stopped")
                               : add_item(o, dir, names->items[i], trust, err);
  }
  gsh_trust_free(trust);
  return status;
}

static enum gs_status read_names(const struct gsh_offers *o, const char *dir,
                                 struct gsh_names *names, struct gsh_error *err) {
  enum gs_status status = gsh_names_read(dir, SUFFIX, GSH_OFFERS_MAX, names, err);
  if (status != GS_OK) {
    return status;
  }
  if (names->more) {
    /* The newest of a part would be a guess. */
    gsh_fail(err, GS_E_USAGE, "%.200s holds more than %u package files", o->shown, GSH_OFFERS_MAX);
    gsh_next_step(err, "name the file, or a directory with fewer of them");
    status = GS_E_USAGE;
  } else if (names->count == 0) {
    gsh_fail(err, GS_E_FILE_READ, "%.200s holds no package file (*" SUFFIX ")", o->shown);
    gsh_next_step(err, "check the path and the medium; directories in it are not entered");
    status = GS_E_FILE_READ;
  }
  if (status != GS_OK) {
    gsh_names_free(names);
  }
  return status;
}

unsigned gsh_offers_open(struct gsh *h, const char *dir, struct gsh_offers **out,
                         struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_names names = {0};
  *out = NULL;
  struct gsh_offers *o = calloc(1, sizeof *o);
  if (o == NULL) {
    return gsh_why_fill(why, GS_E_NO_MEMORY, NULL, false);
  }
  o->h = h;
  gsh_text_escape(dir, strlen(dir), 0, o->shown, sizeof o->shown);
  enum gs_status status = read_names(o, dir, &names, &err);
  if (status == GS_OK) {
    status = add_all(o, dir, &names, &err);
  }
  gsh_names_free(&names);
  if (status != GS_OK) {
    gsh_offers_close(o);
  } else {
    *out = o;
  }
  return gsh_why_fill(why, status, &err, false);
}

void gsh_offers_close(struct gsh_offers *o) {
  if (o == NULL) {
    return;
  }
  gsh_package_close(o->loaded);
  for (size_t i = 0; i < o->count; i++) {
    free(o->items[i]);
  }
  free(o->items);
  free(o);
}

size_t gsh_offers_count(const struct gsh_offers *o) {
  return o->count;
}

const struct gsh_offer *gsh_offers_get(const struct gsh_offers *o, size_t i) {
  return &o->items[i]->offer;
}

/* A file that was of use is not any more. Returns whether it is the file, and not this computer or
 * a person: its reason is then kept. */
static bool give_up(struct gsh_offer_item *item, const struct gsh_why *why) {
  bool spoilt = why->status != GS_E_NO_MEMORY && why->status != GS_E_INTERNAL &&
                why->status != GS_E_INTERRUPTED;
  if (spoilt) {
    item->file = *why;
    item->offer.why = *why;
  }
  return spoilt;
}

enum gs_status gsh_offers_look(struct gsh_offers *o, size_t i, struct gsh_package **out,
                               bool *spoilt, struct gsh_why *why) {
  struct gsh_offer_item *item = o->items[i];
  struct gsh_error err = {0};
  char digest[GSH_HEX_MAX];
  *spoilt = false;
  enum gs_status status = gsh_package_look(item->path, out, &err);
  if (status == GS_OK && strcmp(gsh_hex(gsh_package_digest(*out), GS_DIGEST_BYTES, digest),
                                item->offer.package.digest) != 0) {
    status = gsh_fail(&err, GS_E_FILE_CHANGED, "%s", gs_status_info(GS_E_FILE_CHANGED)->sentence);
    gsh_package_close(*out);
    *out = NULL;
  }
  (void)gsh_why_fill(why, status, &err, false);
  *spoilt = status != GS_OK && give_up(item, why);
  return status;
}

enum gs_status gsh_offers_load(struct gsh_offers *o, size_t i, bool *spoilt, struct gsh_why *why) {
  struct gsh_offer_item *item = o->items[i];
  struct gsh_package_info now;
  struct gsh_package *p = NULL;
  *spoilt = false;
  if (o->loaded != NULL && o->loaded_at == i) {
    return (enum gs_status)gsh_why_fill(why, GS_OK, NULL, false);
  }
  gsh_package_close(o->loaded);
  o->loaded = NULL;
  enum gs_status status =
      (enum gs_status)gsh_package_load(o->h, item->path, true, NULL, &p, &now, why);
  if (status == GS_OK && strcmp(now.digest, item->offer.package.digest) != 0) {
    gsh_package_close(p);
    status = (enum gs_status)gsh_why_fill(why, GS_E_FILE_CHANGED, NULL, false);
  }
  if (status == GS_OK) {
    o->loaded = p;
    o->loaded_at = i;
    return GS_OK;
  }
  *spoilt = give_up(item, why);
  return status;
}

unsigned gsh_offers_verify(struct gsh_offers *o, size_t i, struct gsh_why *why) {
  bool spoilt = false;
  *why = o->items[i]->file;
  return why->status == GS_OK ? gsh_offers_load(o, i, &spoilt, why) : why->status;
}
