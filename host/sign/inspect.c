/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign inspect: verify a package or keyring file and say what is in it.
 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json_out.h"
#include "keyring_edit.h"
#include "package.h"
#include "package_format.h"
#include "platform.h"
#include "text.h"

struct findings {
  struct gsh_package *package;
  struct gs_signed envelope;
  struct gsh_judgement judgement; /* where there are signatures */
};

static const char *slots_text(uint32_t slots) {
  return slots == 3 ? "A or B" : slots == 1 ? "A" : "B";
}

static const char *confirm_text(gapseal_v1_Confirm confirm) {
  return confirm == gapseal_v1_Confirm_CONFIRM_BY_DEVICE ? "device" : "host";
}

static void print_text(const char *label, const char *text) {
  char shown[GSS_SHOWN];
  if (text[0] != '\0') {
    (void)printf("  %-17s %s\n", label, gss_shown(text, shown));
  }
}

static void print_number(const char *label, uint32_t value) {
  (void)printf("  %-17s %lu\n", label, (unsigned long)value);
}

/* Each line is escaped by itself and indented, so that no line can pass for one of ours. */
static void print_changelog(const char *text) {
  char shown[1024];
  if (text[0] == '\0') {
    return;
  }
  (void)printf("  changelog\n");
  while (*text != '\0') {
    size_t len = strcspn(text, "\n");
    (void)printf("    %s\n", gsh_text_escape(text, len, 0, shown, sizeof shown));
    text += len + (text[len] == '\n');
  }
}

static void print_hardware(const gapseal_v1_Manifest *m) {
  char hex[2 * GS_ID_BYTES + 1];
  for (pb_size_t i = 0; i < m->hardware_count; i++) {
    const gapseal_v1_Hardware *h = &m->hardware[i];
    (void)printf("  %-17s %s, ", "hardware", gsh_hex(h->id, GS_ID_BYTES, hex));
    if (h->first_revision == 0 && h->last_revision == UINT32_MAX) {
      (void)printf("every revision\n");
    } else {
      (void)printf("revisions %lu to %lu\n", (unsigned long)h->first_revision,
                   (unsigned long)h->last_revision);
    }
  }
}

static void print_variants(const struct gs_manifest *m) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    const gapseal_v1_Variant *v = &m->fields.variants[i];
    struct gs_table_shape shape = gs_manifest_table(m, i);
    (void)printf("  %-17s slot %s: %lu bytes, %lu blocks of %lu, ", "image", slots_text(v->slots),
                 (unsigned long)v->size, (unsigned long)shape.blocks, (unsigned long)v->block_size);
    if (v->has_load_address) {
      (void)printf("loaded at 0x%lX\n", (unsigned long)v->load_address);
    } else {
      (void)printf("no load address\n");
    }
    (void)printf("  %-17s sha256 %s\n", "", gsh_hex(v->sha256, sizeof v->sha256, hex));
  }
}

static void print_signatures(const struct findings *f) {
  char hex[2 * GS_KEY_ID_BYTES + 1];
  if (f->envelope.signature_count == 0) {
    (void)printf("  %-17s none; devices will refuse it\n", "signed by");
    return;
  }
  for (size_t i = 0; i < f->envelope.signature_count; i++) {
    (void)printf("  %-17s %s\n", "signed by",
                 gsh_hex(f->envelope.signatures[i].key_id, GS_KEY_ID_BYTES, hex));
  }
  (void)printf("  %-17s %lu, the package's own%s; whether to trust it is not judged here\n",
               "keyring", (unsigned long)f->judgement.keyring_version,
               f->judgement.recovery ? "; a recovery key signed" : "");
}

static void print_package(const struct findings *f) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  char text[3][GSS_SHOWN];
  const struct gsh_about *a = gsh_package_about(f->package);
  const struct gs_manifest *m = gsh_package_manifest(f->package);
  (void)printf("%s %s for %s\n", gss_shown(a->name, text[0]), gss_shown(a->version, text[1]),
               gss_shown(a->product, text[2]));
  (void)printf("  %-17s %s\n", "package",
               gsh_hex(gsh_package_digest(f->package), GS_DIGEST_BYTES, hex));
  print_number("release", m->fields.release);
  print_number("security version", m->fields.security_version);
  print_number("raises floor to", m->fields.raises_floor_to);
  print_number("requires release", m->fields.requires_release);
  print_number("least stub", m->fields.min_stub);
  print_text("confirmed by", confirm_text(m->fields.confirm));
  (void)printf("  %-17s %s\n", "product", gsh_hex(m->fields.product, GS_ID_BYTES, hex));
  print_hardware(&m->fields);
  print_variants(m);
  print_signatures(f);
  print_text("severity", a->severity);
  print_text("supported until", a->support_until);
  for (size_t i = 0; i < gsh_package_attachment_count(f->package); i++) {
    const char *name;
    const char *type;
    uint64_t size;
    gsh_package_attachment(f->package, i, &name, &type, &size);
    (void)printf("  %-17s %s, %s, %llu bytes\n", "attachment", name, gss_shown(type, text[0]),
                 (unsigned long long)size);
  }
  print_changelog(a->changelog);
}

static void json_variants(cJSON *root, const struct gs_manifest *m) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  cJSON *list = cJSON_AddArrayToObject(root, "images");
  for (uint32_t i = 0; i < m->fields.variants_count; i++) {
    const gapseal_v1_Variant *v = &m->fields.variants[i];
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "slots", v->slots == 3 ? "AB" : slots_text(v->slots));
    cJSON_AddNumberToObject(item, "size", v->size);
    cJSON_AddNumberToObject(item, "block_size", v->block_size);
    cJSON_AddNumberToObject(item, "blocks", gs_manifest_table(m, i).blocks);
    if (v->has_load_address) {
      cJSON_AddNumberToObject(item, "load_address", v->load_address);
    }
    cJSON_AddStringToObject(item, "sha256", gsh_hex(v->sha256, sizeof v->sha256, hex));
    gss_json_push(list, item);
  }
}

static void json_hardware(cJSON *root, const gapseal_v1_Manifest *m) {
  char hex[2 * GS_ID_BYTES + 1];
  cJSON *list = cJSON_AddArrayToObject(root, "hardware");
  for (pb_size_t i = 0; i < m->hardware_count; i++) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", gsh_hex(m->hardware[i].id, GS_ID_BYTES, hex));
    cJSON_AddNumberToObject(item, "first_revision", m->hardware[i].first_revision);
    cJSON_AddNumberToObject(item, "last_revision", m->hardware[i].last_revision);
    gss_json_push(list, item);
  }
}

static void json_signatures(cJSON *root, const struct findings *f) {
  char hex[2 * GS_KEY_ID_BYTES + 1];
  cJSON *list = cJSON_AddArrayToObject(root, "signatures");
  for (size_t i = 0; i < f->envelope.signature_count; i++) {
    (void)gsh_hex(f->envelope.signatures[i].key_id, GS_KEY_ID_BYTES, hex);
    gss_json_push(list, cJSON_CreateString(hex));
  }
  cJSON_AddNumberToObject(root, "keyring_version", f->judgement.keyring_version);
  cJSON_AddBoolToObject(root, "recovery", f->judgement.recovery);
}

static cJSON *json_package(const struct findings *f) {
  char hex[2 * GS_DIGEST_BYTES + 1];
  const struct gs_manifest *m = gsh_package_manifest(f->package);
  size_t about_len;
  const char *about = gsh_package_about_json(f->package, &about_len);
  cJSON *root = cJSON_CreateObject();
  cJSON_AddStringToObject(root, "schema", "gapseal-sign.inspect.1");
  cJSON_AddNumberToObject(root, "exit", 0);
  cJSON_AddStringToObject(root, "code", "ok");
  cJSON_AddStringToObject(root, "package",
                          gsh_hex(gsh_package_digest(f->package), GS_DIGEST_BYTES, hex));
  cJSON_AddNumberToObject(root, "release", m->fields.release);
  cJSON_AddNumberToObject(root, "security_version", m->fields.security_version);
  cJSON_AddNumberToObject(root, "raises_floor_to", m->fields.raises_floor_to);
  cJSON_AddNumberToObject(root, "requires_release", m->fields.requires_release);
  cJSON_AddNumberToObject(root, "min_stub", m->fields.min_stub);
  cJSON_AddStringToObject(root, "confirm", confirm_text(m->fields.confirm));
  cJSON_AddStringToObject(root, "product", gsh_hex(m->fields.product, GS_ID_BYTES, hex));
  json_hardware(root, &m->fields);
  json_variants(root, m);
  json_signatures(root, f);
  gss_json_put(root, "about", cJSON_ParseWithLength(about, about_len));
  return root;
}

static enum gs_status print_json(const struct findings *f, struct gsh_error *err) {
  return gss_json_print(json_package(f), err);
}

static int stop_when_interrupted(void *ctx, uint64_t done, uint64_t total) {
  (void)ctx;
  (void)done;
  (void)total;
  return gsh_interrupted();
}

static enum gs_status look(struct findings *f, const char *path, struct gsh_error *err) {
  enum gs_status status = gsh_package_open(path, &f->package, err);
  if (status != GS_OK) {
    return status;
  }
  status = gsh_package_verify(f->package, stop_when_interrupted, NULL, err);
  if (status != GS_OK) {
    return status;
  }
  size_t len;
  const uint8_t *envelope = gsh_package_envelope(f->package, &len);
  status = gs_signed_parse(envelope, len, &f->envelope);
  if (status == GS_OK && f->envelope.signature_count > 0) {
    status = gsh_package_judge(f->package, NULL, NULL, 0, &f->judgement, err);
  }
  return status;
}

static bool is_keyring_file(const char *path) {
  uint8_t magic[GS_PACKAGE_MAGIC_BYTES];
  struct gsh_error ignored;
  int fd;
  uint64_t size;
  if (gsh_file_open(path, &fd, &size, &ignored) != GS_OK) {
    return false; /* said again, and properly, by the package reader */
  }
  bool is = size >= sizeof magic &&
            gsh_file_read_at(fd, 0, magic, sizeof magic, &ignored) == GS_OK &&
            memcmp(magic, "gapkeys\x01", sizeof magic) == 0;
  gsh_file_close(fd);
  return is;
}

enum gs_status gss_run_inspect(const struct gss_args *args, struct gsh_error *err) {
  const char *path = gss_nth(args, NULL, 0);
  bool json = gss_has(args, "json");
  if (is_keyring_file(path)) {
    return gss_show_keyring_file(path, json, err);
  }
  struct findings f;
  memset(&f, 0, sizeof f);
  enum gs_status status = look(&f, path, err);
  if (status == GS_OK && json) {
    status = print_json(&f, err);
  } else if (status == GS_OK) {
    print_package(&f);
  }
  gsh_package_close(f.package);
  return status;
}
