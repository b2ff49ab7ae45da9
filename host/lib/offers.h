/* SPDX-License-Identifier: Apache-2.0
 * Inside of struct gsh_offers, shared by offers.c and offers_choose.c.
 */
#ifndef GSH_OFFERS_H
#define GSH_OFFERS_H

#include "host_internal.h"

struct gsh_offer_item {
  struct gsh_offer offer;
  struct gsh_why file; /* 0, or why the file is of no use to any device */
  char path[GSH_PATH_MAX];
};

struct gsh_offers {
  struct gsh *h;
  char shown[GSH_TEXT_MAX]; /* the directory, safe to print */
  struct gsh_offer_item **items;
  size_t count;
  struct gsh_package *loaded; /* the one chosen last, verified whole */
  size_t loaded_at;
};

/*
 * Open a file again that was looked at before, to judge its manifest.
 *
 * On GS_OK to be closed. On anything else *out is NULL; *spoilt as below.
 */
enum gs_status gsh_offers_look(struct gsh_offers *o, size_t i, struct gsh_package **out,
                               bool *spoilt, struct gsh_why *why);

/*
 * Load and verify the whole of an item, unless it is the one that is loaded.
 *
 * On anything but GS_OK nothing is loaded. *spoilt: it is of no use, its reason was written, and
 * another one may be; false: this computer failed.
 */
enum gs_status gsh_offers_load(struct gsh_offers *o, size_t i, bool *spoilt, struct gsh_why *why);

#endif
