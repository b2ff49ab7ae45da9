/* SPDX-License-Identifier: Apache-2.0
 * The newest package of a directory that a device would take.
 */
#include <stdint.h>
#include <string.h>

#include "offers.h"

/* What is asked for, on what the device said of itself. */
struct wish {
  const struct gsh_device *d; /* NULL: the files alone are judged */
  bool older, reinstall;
  const char *expect; /* NULL, or the beginning of a digest */
};

static bool fits(const struct gsh_offer_item *item) {
  return item->offer.why.status == GS_OK || item->offer.why.status == GS_E_ALREADY;
}

static enum gs_status judge_expected(struct gsh_offer_item *item, const char *expect) {
  struct gsh_error err = {0};
  enum gs_status status = gsh_expect_judge(expect, &item->offer.package, &err);
  if (status != GS_OK) {
    (void)gsh_why_fill(&item->offer.why, status, &err, false);
  }
  return GS_OK;
}

/* By what the device said of itself. On anything but GS_OK this computer failed. */
static enum gs_status judge_for_device(struct gsh_offers *o, size_t i, const struct wish *w,
                                       struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_package *p = NULL;
  bool spoilt = false;
  enum gs_status status = gsh_offers_look(o, i, &p, &spoilt, why);
  if (status == GS_OK) {
    status = gsh_preflight_fits(w->d, p, w->older, w->reinstall, &err);
    (void)gsh_why_fill(&o->items[i]->offer.why, status, &err, false);
    o->items[i]->offer.judged = true;
    gsh_package_close(p);
    return GS_OK;
  }
  return spoilt ? GS_OK : status;
}

static enum gs_status judge_item(struct gsh_offers *o, size_t i, const struct wish *w,
                                 struct gsh_why *why) {
  struct gsh_offer_item *item = o->items[i];
  item->offer.why = item->file;
  item->offer.judged = false;
  if (w->expect != NULL && item->offer.package.digest[0] != '\0') {
    return judge_expected(item, w->expect);
  }
  return w->d != NULL && item->file.status == GS_OK ? judge_for_device(o, i, w, why) : GS_OK;
}

static enum gs_status judge_all(struct gsh_offers *o, const struct wish *w, struct gsh_why *why) {
  enum gs_status status = GS_OK;
  for (size_t i = 0; status == GS_OK && i < o->count; i++) {
    status = gsh_stopped(o->h) ? (enum gs_status)gsh_why_fill(why, GS_E_INTERRUPTED, NULL, false)
                               : judge_item(o, i, w, why);
  }
  return status;
}

/* Above 0: a is newer. */
static int compare(const struct gsh_offer_item *a, const struct gsh_offer_item *b) {
  const struct gsh_package_info *x = &a->offer.package;
  const struct gsh_package_info *y = &b->offer.package;
  if (x->release != y->release) {
    return x->release > y->release ? 1 : -1;
  }
  if (x->security_version != y->security_version) {
    return x->security_version > y->security_version ? 1 : -1;
  }
  return 0;
}

static bool same_package(const struct gsh_offer_item *a, const struct gsh_offer_item *b) {
  return strcmp(a->offer.package.digest, b->offer.package.digest) == 0;
}

/* The rule of docs/spec/policy.md that a status belongs to; 0: to none. */
static unsigned rule_of(unsigned status) {
  static const struct {
    unsigned from, to, rule;
  } rules[] = {
      {GS_E_EMPTY, GS_E_BAD_VALUE, 1},
      {GS_E_FILE_READ, GS_E_FILE_CHANGED, 1},
      {GS_E_SIG_MISSING, GS_E_KEY_ROLE, 2},
      {GS_E_KEY_SCOPE, GS_E_KEY_SCOPE, 4},
      {GS_E_KEY_TEST, GS_E_KEYRING_NONE, 2},
      {GS_E_REVOKED, GS_E_BELOW_MINIMUM, 5},
      {GS_E_PRODUCT, GS_E_STUB_OLD, 6},
      {GS_E_IMAGE_SIZE, GS_E_BLOCK_SIZE, 7},
      {GS_E_BELOW_FLOOR, GS_E_BELOW_FLOOR, 8},
      {GS_E_OLDER, GS_E_REQUIRES, 9},
      {GS_E_VERSION_JUMP, GS_E_FLOOR_EXHAUSTED, 8},
  };
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    if (status >= rules[i].from && status <= rules[i].to) {
      return rules[i].rule;
    }
  }
  return 0;
}

/* Which refusal comes nearest to a fit. */
static size_t nearest(const struct gsh_offers *o) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < o->count; i++) {
    if (best == SIZE_MAX) {
      best = i;
      continue;
    }
    unsigned rule = rule_of(o->items[i]->offer.why.status);
    unsigned so_far = rule_of(o->items[best]->offer.why.status);
    if (rule > so_far || (rule == so_far && compare(o->items[i], o->items[best]) > 0)) {
      best = i;
    }
  }
  return best;
}

static size_t newest(const struct gsh_offers *o) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < o->count; i++) {
    if (fits(o->items[i]) && (best == SIZE_MAX || compare(o->items[i], o->items[best]) > 0)) {
      best = i;
    }
  }
  return best;
}

/* The one with the digest that was asked for. */
static size_t named(const struct gsh_offers *o) {
  for (size_t i = 0; i < o->count; i++) {
    const struct gsh_offer *offer = &o->items[i]->offer;
    if (offer->package.digest[0] != '\0' && offer->why.status != GS_E_EXPECT) {
      return i;
    }
  }
  return SIZE_MAX;
}

static enum gs_status none_fits(const struct gsh_offers *o, const struct wish *w, size_t *index,
                                struct gsh_why *why) {
  struct gsh_error err = {0};
  *index = w->expect != NULL ? named(o) : nearest(o);
  if (*index == SIZE_MAX) {
    gsh_fail(&err, GS_E_EXPECT, "no package in %.200s is the one that was named with --expect",
             o->shown);
    gsh_next_step(&err, "run: gapseal check %.200s, and compare the digests", o->shown);
    return (enum gs_status)gsh_why_fill(why, GS_E_EXPECT, &err, false);
  }
  *why = o->items[*index]->offer.why;
  return (enum gs_status)why->status;
}

/* Two packages that nothing but their digests tells apart: which is meant only a person knows. */
static enum gs_status several(const struct gsh_offers *o, size_t a, size_t b, const struct wish *w,
                              struct gsh_why *why) {
  struct gsh_error err = {0};
  const struct gsh_package_info *x = &o->items[a]->offer.package;
  const struct gsh_package_info *y = &o->items[b]->offer.package;
  if (w->expect != NULL) {
    gsh_fail(&err, GS_E_SEVERAL_PACKAGES, "%.100s and %.100s both have a digest that begins so",
             x->file, y->file);
    gsh_next_step(&err, "write more digits of the digest");
  } else {
    gsh_fail(&err, GS_E_SEVERAL_PACKAGES,
             "%.100s and %.100s are different packages, both of release %lu and security version "
             "%lu",
             x->file, y->file, (unsigned long)x->release, (unsigned long)x->security_version);
    gsh_next_step(&err, "name one of the files, or its digest: --expect %.16s or --expect %.16s",
                  x->digest, y->digest);
  }
  return (enum gs_status)gsh_why_fill(why, GS_E_SEVERAL_PACKAGES, &err, false);
}

static enum gs_status pick(const struct gsh_offers *o, const struct wish *w, size_t *index,
                           struct gsh_why *why) {
  *index = newest(o);
  if (*index == SIZE_MAX) {
    return none_fits(o, w, index, why);
  }
  for (size_t i = 0; w->d != NULL && i < o->count; i++) {
    bool equal = w->expect != NULL || compare(o->items[i], o->items[*index]) == 0;
    if (i != *index && fits(o->items[i]) && equal && !same_package(o->items[i], o->items[*index])) {
      return several(o, *index, i, w, why);
    }
  }
  return (enum gs_status)gsh_why_fill(why, GS_OK, NULL, false);
}

/* Many that fit and do not hold are no accident: to read on would be to do the work that somebody
 * made up. why: of the last one. */
static enum gs_status too_many_spoilt(const struct gsh_offers *o, size_t index,
                                      struct gsh_why *why) {
  struct gsh_error err = {0};
  const struct gsh_package_info *last = &o->items[index]->offer.package;
  const char *reason = why->what;
  size_t n = strlen(last->path);
  if (strncmp(reason, last->path, n) == 0 && strncmp(reason + n, ": ", 2) == 0) {
    reason += n + 2; /* the line names the file already */
  }
  size_t left = 0;
  for (size_t i = 0; i < o->count; i++) {
    left += fits(o->items[i]);
  }
  gsh_fail(&err, (enum gs_status)why->status,
           "%u packages that fit do not hold, the last one %.100s: %.200s; the other %zu that fit "
           "were not read",
           GSH_OFFERS_SPOILT_MAX, last->file, reason, left);
  gsh_next_step(&err, "fetch the packages again, or name one of the files");
  return (enum gs_status)gsh_why_fill(why, err.status, &err, false);
}

/* Read the newest that fits, and the one after it where that does not hold. */
static enum gs_status read_chosen(struct gsh_offers *o, const struct wish *w, size_t *index,
                                  struct gsh_why *why) {
  for (unsigned read = 0;; read++) {
    bool spoilt = false;
    enum gs_status status = pick(o, w, index, why);
    if (status != GS_OK || w->d == NULL) {
      return status;
    }
    status = gsh_offers_load(o, *index, &spoilt, why);
    if (status == GS_OK || !spoilt) {
      return status;
    }
    if (read + 1 == GSH_OFFERS_SPOILT_MAX && newest(o) != SIZE_MAX) {
      status = too_many_spoilt(o, *index, why);
      *index = SIZE_MAX;
      return status;
    }
  }
}

unsigned gsh_offers_choose(struct gsh_offers *o, const struct gsh_device *d, bool older,
                           bool reinstall, const char *expect, struct gsh_package **out,
                           size_t *index, struct gsh_why *why) {
  struct gsh_error err = {0};
  struct wish w = {.d = d, .older = older, .reinstall = reinstall, .expect = expect};
  *out = NULL;
  *index = SIZE_MAX;
  if (expect != NULL && gsh_expect_ready(expect, &err) != GS_OK) {
    return gsh_why_fill(why, err.status, &err, false);
  }
  enum gs_status status = judge_all(o, &w, why);
  if (status == GS_OK) {
    status = read_chosen(o, &w, index, why);
  }
  if (status == GS_OK && d != NULL) {
    *out = o->loaded;
  }
  return status;
}
