/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign pack: facts and firmware into an unsigned package.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "command.h"
#include "platform.h"
#include "text.h"

#define BLOCK_SIZE_DEFAULT 4096u

struct pack_options {
  uint32_t block_size;
  enum image_format format;
  struct image_window window;
};

static enum gs_status read_region(const char *text, struct image_window *w, struct gsh_error *err) {
  char start[32];
  char shown[GSS_SHOWN];
  const char *colon = strchr(text, ':');
  size_t len = colon != NULL ? (size_t)(colon - text) : 0;
  if (len > 0 && len < sizeof start) {
    memcpy(start, text, len);
    start[len] = '\0';
    w->given = gss_number(start, true, UINT64_MAX / 2, &w->start) &&
               gss_number(colon + 1, true, UINT64_MAX / 2, &w->len) && w->len > 0;
  }
  return w->given
             ? GS_OK
             : gss_usage(err, "--region takes START:LENGTH, for example 0x8000:240k, not \"%s\"",
                         gss_shown(text, shown));
}

static enum gs_status read_format(const char *text, enum image_format *out, struct gsh_error *err) {
  static const struct {
    const char *name;
    enum image_format format;
  } formats[] = {{"raw", IMAGE_RAW}, {"hex", IMAGE_HEX}, {"elf", IMAGE_ELF}};
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
    if (strcmp(text, formats[i].name) == 0) {
      *out = formats[i].format;
      return GS_OK;
    }
  }
  return gss_usage(err, "--format takes raw, hex or elf");
}

static enum gs_status read_options(const struct gss_args *args, struct pack_options *o,
                                   struct gsh_error *err) {
  const char *block_size = gss_option(args, "block-size");
  const char *region = gss_option(args, "region");
  const char *format = gss_option(args, "format");
  size_t images = gss_count(args, "image");
  uint64_t value = BLOCK_SIZE_DEFAULT;
  memset(o, 0, sizeof *o);
  if (images < 1 || images > BUILD_VARIANTS_MAX || !gss_has(args, "output")) {
    return gss_usage(err, "pack needs one or two --image and --output");
  }
  if (block_size != NULL && (!gss_number(block_size, true, GS_BLOCK_SIZE_MAX, &value) ||
                             value < GS_BLOCK_SIZE_MIN || (value & (value - 1)) != 0)) {
    return gss_usage(err, "--block-size takes a power of two from %u to %u", GS_BLOCK_SIZE_MIN,
                     GS_BLOCK_SIZE_MAX);
  }
  o->block_size = (uint32_t)value;
  if (gss_count(args, "region") > 1) {
    return gss_usage(err, "--region is given once");
  }
  enum gs_status status = region != NULL ? read_region(region, &o->window, err) : GS_OK;
  if (status == GS_OK && format != NULL) {
    status = read_format(format, &o->format, err);
  }
  o->window.drop_outside = gss_has(args, "drop-outside");
  if (status == GS_OK && o->window.drop_outside && !o->window.given) {
    status = gss_usage(err, "--drop-outside goes with --region");
  }
  return status;
}

/* The output takes the place of a package of that name, and of nothing else: least of all of what
 * is read. */
static enum gs_status check_output(const struct gss_args *args, const struct image *images,
                                   struct gsh_error *err) {
  static const char *const inputs[] = {NULL, "changelog", "sbom", "attach"}; /* NULL: the facts */
  const char *output = gss_option(args, "output");
  bool same = false;
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    for (size_t k = 0; k < gss_count(args, inputs[i]); k++) {
      same = same || gsh_file_same(output, gss_nth(args, inputs[i], k));
    }
  }
  for (size_t i = 0; i < gss_count(args, "image"); i++) {
    same = same || gsh_file_same(output, images[i].path);
  }
  if (same) {
    char shown[GSS_SHOWN];
    (void)gss_usage(err, "the output %s is one of the inputs", gss_shown(output, shown));
    gsh_next_step(err, "choose another name with --output");
  }
  return same ? GS_E_USAGE : gsh_kind_replaces(GSH_KIND_PACKAGE, output, err);
}

/* Devices with slots at two addresses pick an image by its address. */
static void warn_of_missing_addresses(const struct build *b) {
  if (b->image_count < 2 || !b->state_address) {
    return;
  }
  if (!b->images[0].has_address && !b->images[1].has_address) {
    (void)fprintf(stderr,
                  "note: two images without an address: the device cannot check which slot they "
                  "are linked for\n");
  } else if (!b->images[0].has_address || !b->images[1].has_address) {
    (void)fprintf(stderr,
                  "note: the image for slot %s has no address: the device cannot check that it is "
                  "linked for it\n",
                  b->images[0].has_address ? "B" : "A");
  }
}

static void say_packed(const struct build *b, const char *path, bool replaced) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  char shown[GSS_SHOWN];
  char name[GSS_SHOWN];
  char version[GSS_SHOWN];
  (void)printf("%s\n", gsh_hex(b->digest, sizeof b->digest, hex));
  (void)fprintf(stderr, "%s %s: %s %s, release %lu, security version %lu, not signed yet\n",
                replaced ? "replaced" : "wrote", gss_shown(path, shown),
                gss_shown(b->facts->name, name), gss_shown(b->facts->version, version),
                (unsigned long)b->facts->release, (unsigned long)b->facts->security_version);
  for (uint32_t i = 0; i < b->image_count; i++) {
    const gapseal_v1_Variant *v = &b->manifest.fields.variants[i];
    struct gs_table_shape shape = gs_manifest_table(&b->manifest, i);
    (void)fprintf(stderr, "  slot %s: %lu bytes in %lu blocks of %lu",
                  v->slots == 3   ? "A or B"
                  : v->slots == 1 ? "A"
                                  : "B",
                  (unsigned long)v->size, (unsigned long)shape.blocks,
                  (unsigned long)v->block_size);
    if (v->has_load_address) {
      (void)fprintf(stderr, ", loaded at 0x%lX", (unsigned long)v->load_address);
    }
    (void)fprintf(stderr, "\n");
  }
}

static enum gs_status pack(const struct gss_args *args, const struct pack_options *o,
                           const struct facts *f, struct image *images, struct gsh_error *err) {
  struct attachments attachments;
  char *about = NULL;
  size_t count = gss_count(args, "image");
  enum gs_status status = GS_OK;
  for (size_t i = 0; status == GS_OK && i < count; i++) {
    status = image_open(&images[i], gss_nth(args, "image", i), o->format, err);
    if (status == GS_OK) {
      status = image_cut(&images[i], &o->window, err);
    }
  }
  if (status == GS_OK) {
    status = check_output(args, images, err);
  }
  if (status == GS_OK) {
    status = attachments_read(args, &attachments, err);
  }
  if (status == GS_OK) {
    status = about_build(f, &attachments, gss_option(args, "changelog"), &about, err);
  }
  if (status != GS_OK) {
    return status;
  }
  struct build b = {.facts = f,
                    .attachments = &attachments,
                    .about = about,
                    .images = images,
                    .image_count = count,
                    .block_size = o->block_size,
                    .state_address = !gss_has(args, "no-load-address")};
  const char *output = gss_option(args, "output");
  bool replaced = gsh_file_exists(output);
  status = build_package(&b, output, err);
  if (status == GS_OK) {
    say_packed(&b, output, replaced);
    warn_of_missing_addresses(&b);
  }
  cJSON_free(about);
  return status;
}

enum gs_status gss_run_pack(const struct gss_args *args, struct gsh_error *err) {
  struct pack_options o;
  struct facts facts;
  struct image images[BUILD_VARIANTS_MAX];
  enum gs_status status = read_options(args, &o, err);
  if (status != GS_OK) {
    return status;
  }
  memset(images, 0, sizeof images);
  for (size_t i = 0; i < BUILD_VARIANTS_MAX; i++) {
    images[i].fd = -1;
  }
  status = facts_open(gss_nth(args, NULL, 0), &facts, err);
  if (status == GS_OK) {
    status = pack(args, &o, &facts, images, err);
  }
  for (size_t i = 0; i < BUILD_VARIANTS_MAX; i++) {
    image_close(&images[i]);
  }
  facts_close(&facts);
  return status;
}
