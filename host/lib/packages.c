/* SPDX-License-Identifier: Apache-2.0
 * Package files and trust, for callers of host.h.
 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "host_internal.h"
#include "journal.h"
#include "text.h"

static void escape(const char *text, char *out, size_t cap) {
  gsh_text_escape(text, strlen(text), 0, out, cap);
}

void gsh_describe_path(const char *path, struct gsh_package_info *out) {
  const char *slash = strrchr(path, '/');
  escape(path, out->path, sizeof out->path);
  escape(slash != NULL ? slash + 1 : path, out->file, sizeof out->file);
}

static void describe_boards(const struct gsh_package *p, struct gsh_package_info *out) {
  const gapseal_v1_Manifest *m = &gsh_package_manifest(p)->fields;
  for (pb_size_t i = 0; i < m->hardware_count && i < GSH_BOARDS_MAX; i++) {
    struct gsh_board *b = &out->board[out->boards++];
    escape(gsh_package_board(p, i), b->name, sizeof b->name);
    gsh_hex(m->hardware[i].id, GS_ID_BYTES, b->id);
    b->first_revision = m->hardware[i].first_revision;
    b->last_revision = m->hardware[i].last_revision;
  }
}

void gsh_describe_package(const struct gsh_package *p, struct gsh_package_info *out) {
  const gapseal_v1_Manifest *m = &gsh_package_manifest(p)->fields;
  const struct gsh_about *about = gsh_package_about(p);
  gsh_hex(gsh_package_digest(p), GS_DIGEST_BYTES, out->digest);
  escape(about->name, out->name, sizeof out->name);
  escape(about->version, out->version, sizeof out->version);
  escape(about->product, out->product, sizeof out->product);
  escape(about->severity, out->severity, sizeof out->severity);
  escape(about->support_until, out->support_until, sizeof out->support_until);
  gsh_hex(m->product, GS_ID_BYTES, out->product_id);
  out->boards = 0;
  describe_boards(p, out);
  out->release = m->release;
  out->security_version = m->security_version;
  out->raises_floor_to = m->raises_floor_to;
  out->requires_release = m->requires_release;
  out->min_stub = m->min_stub;
  out->confirm_by_device = m->confirm == gapseal_v1_Confirm_CONFIRM_BY_DEVICE;
  out->variants = m->variants_count;
  for (pb_size_t i = 0; i < m->variants_count && i < 2; i++) {
    out->image_bytes[i] = m->variants[i].size;
    out->block_size[i] = m->variants[i].block_size;
  }
  out->keyrings = (uint32_t)gsh_package_keyring_count(p);
  out->attachments = (uint32_t)gsh_package_attachment_count(p);
  size_t len = 0;
  const uint8_t *envelope = gsh_package_envelope(p, &len);
  struct gs_signed sealed;
  if (gs_signed_parse(envelope, len, &sealed) == GS_OK) {
    out->signatures = (uint32_t)sealed.signature_count;
  }
}

enum gs_status gsh_judge_package(const struct gsh_trust *trust, struct gsh_package *p,
                                 struct gsh_package_info *out, struct gsh_error *err) {
  struct gsh_judgement judgement = {0};
  const uint8_t *envelopes[GSH_TRUST_MAX];
  size_t lens[GSH_TRUST_MAX];
  size_t count = gsh_trust_newest(trust, envelopes, lens);
  enum gs_status status = gsh_package_judge(p, envelopes, lens, count, &judgement, err);
  if (status == GS_OK) {
    out->judged = true;
    out->by_trusted_keyring = judgement.by_trusted_keyring;
    out->recovery = judgement.recovery;
    out->keyring_version = judgement.keyring_version;
    gsh_hex(judgement.key_id, GS_KEY_ID_BYTES, out->key_id);
  }
  return status;
}

static enum gs_status judge(struct gsh *h, struct gsh_package *p, struct gsh_package_info *out,
                            struct gsh_error *err) {
  struct gsh_trust *trust = NULL;
  enum gs_status status = gsh_trust_load(h->trust_dir, &trust, err);
  if (status == GS_OK) {
    status = gsh_judge_package(trust, p, out, err);
  }
  gsh_trust_free(trust);
  return status;
}

enum gs_status gsh_expect_ready(const char *expect, struct gsh_error *err) {
  size_t n = strlen(expect);
  if (n >= 8 && n <= 64 && strspn(expect, "0123456789abcdefABCDEF") == n) {
    return GS_OK;
  }
  gsh_fail(err, GS_E_USAGE, "--expect wants a package digest: 8 to 64 hex digits");
  gsh_next_step(err, "gapseal show FILE prints a package's digest");
  return GS_E_USAGE;
}

enum gs_status gsh_expect_judge(const char *expect, const struct gsh_package_info *info,
                                struct gsh_error *err) {
  size_t n = strlen(expect);
  for (size_t i = 0; i < n; i++) {
    char c = expect[i];
    c = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    if (c != info->digest[i]) {
      gsh_fail(err, GS_E_EXPECT, "the file is not the package that was named with --expect");
      memcpy(err->expected, expect, n + 1);
      memcpy(err->got, info->digest, sizeof info->digest);
      return GS_E_EXPECT;
    }
  }
  return GS_OK;
}

static int keep_on(void *ctx, uint64_t done, uint64_t total) {
  const struct gsh *h = ctx;
  (void)done;
  (void)total;
  return gsh_stopped(h);
}

unsigned gsh_package_load(struct gsh *h, const char *path, bool verify_all, const char *expect,
                          struct gsh_package **out, struct gsh_package_info *info,
                          struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_package *p = NULL;
  memset(info, 0, sizeof *info);
  *out = NULL;
  gsh_describe_path(path, info);
  enum gs_status status = gsh_package_open(path, &p, &err);
  if (status == GS_OK) {
    gsh_describe_package(p, info);
    status = expect != NULL ? gsh_expect_ready(expect, &err) : GS_OK;
  }
  if (status == GS_OK && expect != NULL) {
    status = gsh_expect_judge(expect, info, &err);
  }
  if (status == GS_OK) {
    status = judge(h, p, info, &err);
  }
  if (status == GS_OK && verify_all) {
    status = gsh_package_verify(p, keep_on, h, &err);
  }
  if (status != GS_OK) {
    gsh_package_close(p);
  } else {
    *out = p;
  }
  return gsh_why_fill(why, status, &err, false);
}

size_t gsh_package_changelog(const struct gsh_package *p, char *out, size_t cap) {
  const char *text = gsh_package_about(p)->changelog;
  size_t used = 0;
  out[0] = '\0';
  while (*text != '\0' && used + 2 < cap) {
    size_t line = strcspn(text, "\n");
    gsh_text_escape(text, line, 0, out + used, cap - used - 1);
    used += strlen(out + used);
    text += line;
    if (*text == '\n') {
      out[used++] = '\n';
      out[used] = '\0';
      text++;
    }
  }
  return used;
}

bool gsh_package_attached(const struct gsh_package *p, size_t i, char name[128], char type[64],
                          uint64_t *size) {
  const char *raw_name = NULL;
  const char *raw_type = NULL;
  if (i >= gsh_package_attachment_count(p)) {
    return false;
  }
  gsh_package_attachment(p, i, &raw_name, &raw_type, size);
  escape(raw_name, name, 128);
  escape(raw_type, type, 64);
  return true;
}

unsigned gsh_trust_add(struct gsh *h, const char *path, struct gsh_trust_item *item, bool *fresh,
                       struct gsh_why *why) {
  struct gsh_error err = {0};
  memset(item, 0, sizeof *item);
  enum gs_status status = gsh_trust_put(h->trust_dir, path, item, fresh, &err);
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_trust_list(struct gsh *h, gsh_trust_fn fn, void *ctx, struct gsh_why *why) {
  struct gsh_error err = {0};
  struct gsh_trust *t = NULL;
  enum gs_status status = gsh_trust_load(h->trust_dir, &t, &err);
  struct gsh_trust_item item;
  for (size_t i = 0; status == GS_OK && i < t->maker_count; i++) {
    gsh_trust_describe_maker(t, i, &item);
    fn(ctx, &item);
  }
  for (size_t i = 0; status == GS_OK && i < t->keyring_count; i++) {
    status = gsh_trust_describe_keyring(t, i, &item, &err);
    if (status == GS_OK) {
      fn(ctx, &item);
    }
  }
  gsh_trust_free(t);
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_trust_remove(struct gsh *h, const char *id, struct gsh_trust_item *item,
                          struct gsh_why *why) {
  struct gsh_error err = {0};
  memset(item, 0, sizeof *item);
  enum gs_status status = gsh_trust_drop(h->trust_dir, id, item, &err);
  return gsh_why_fill(why, status, &err, false);
}

unsigned gsh_journal(struct gsh *h, gsh_journal_fn fn, void *ctx, bool *there, uint64_t *lines,
                     char path[GSH_PATH_MAX], struct gsh_why *why) {
  struct gsh_error err = {0};
  enum gs_status status = gsh_path_join(path, GSH_PATH_MAX, h->state_dir, "journal.jsonl", &err);
  if (status == GS_OK) {
    status = gsh_journal_read(h->state_dir, fn, ctx, there, lines, &err);
  }
  return gsh_why_fill(why, status, &err, false);
}
