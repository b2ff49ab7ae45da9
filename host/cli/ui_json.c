/* SPDX-License-Identifier: Apache-2.0
 * The JSON that gapseal prints. A member that has nothing to say is null, never absent.
 */
#include <stdlib.h>
#include <string.h>

#include "ui.h"

static const char *const deciders[] = {[GSH_BY_NOBODY] = NULL,
                                       [GSH_BY_COMPUTER] = "computer",
                                       [GSH_BY_DEVICE] = "device",
                                       [GSH_BY_PERSON] = "person"};

/* cJSON's hooks are given no context (docs/deviations.md). */
static bool out_of_memory;

static void *allocate(size_t bytes) {
  void *p = malloc(bytes);
  out_of_memory = out_of_memory || p == NULL;
  return p;
}

void gsc_json_start(void) {
  cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = allocate, .free_fn = free});
}

bool gsc_json_failed(void) {
  return out_of_memory;
}

void gsc_json_put(cJSON *object, const char *name, cJSON *item) {
  if (!cJSON_AddItemToObject(object, name, item)) {
    cJSON_Delete(item);
  }
}

void gsc_json_push(cJSON *array, cJSON *item) {
  if (!cJSON_AddItemToArray(array, item)) {
    cJSON_Delete(item);
  }
}

void gsc_json_replace(cJSON *object, const char *name, cJSON *item) {
  if (!cJSON_ReplaceItemInObject(object, name, item)) {
    cJSON_Delete(item);
  }
}

void gsc_json_text(cJSON *object, const char *name, const char *text) {
  if (text == NULL || text[0] == '\0') {
    cJSON_AddNullToObject(object, name);
  } else {
    char safe[4 * GSH_PATH_MAX + 1];
    cJSON_AddStringToObject(object, name, gsh_escape(text, safe, sizeof safe));
  }
}

static cJSON *json_slot(const struct gsh_device_info *d, size_t i) {
  const struct gsh_slot_info *s = &d->slot[i];
  if (!s->present) {
    return cJSON_CreateNull();
  }
  cJSON *o = cJSON_CreateObject();
  gsc_json_text(o, "package", s->package);
  gsc_json_text(o, "version", s->version);
  cJSON_AddNumberToObject(o, "release", s->release);
  cJSON_AddNumberToObject(o, "security_version", s->security_version);
  cJSON_AddNumberToObject(o, "size", s->size);
  return o;
}

static void add_state(cJSON *o, const struct gsh_device_info *d) {
  cJSON_AddStringToObject(o, "state", d->state);
  gsc_json_text(o, "reason", d->reason != 0 ? gsh_status_name(d->reason) : NULL);
  cJSON_AddBoolToObject(o, "runs_application", d->runs_application);
  cJSON_AddBoolToObject(o, "held_in_stub", d->held_in_stub);
  if (d->runs_application) {
    cJSON_AddStringToObject(o, "running_slot", d->running_slot == 0 ? "A" : "B");
    gsc_json_put(o, "running", json_slot(d, d->running_slot));
  } else {
    cJSON_AddNullToObject(o, "running_slot");
    cJSON_AddNullToObject(o, "running");
  }
  gsc_json_put(o, "slot_a", json_slot(d, 0));
  gsc_json_put(o, "slot_b", json_slot(d, 1));
  gsc_json_text(o, "staged", d->staged);
  gsc_json_text(o, "door", d->door);
  cJSON_AddBoolToObject(o, "healthy", d->healthy);
  cJSON_AddNumberToObject(o, "attempts_left", d->attempts_left);
  cJSON_AddBoolToObject(o, "rollback_promised", d->rollback_promised);
  cJSON_AddNumberToObject(o, "floor", d->floor);
  cJSON_AddStringToObject(o, "policy", d->policy);
  cJSON_AddNumberToObject(o, "keyring_version", d->keyring_version);
  gsc_json_text(o, "keyring_sha256", d->keyring_sha256);
  cJSON_AddNumberToObject(o, "log_sequence", d->log_sequence);
  gsc_json_text(o, "log_head", d->log_head);
  cJSON_AddNumberToObject(o, "boot_count", d->boot_count);
  cJSON_AddNumberToObject(o, "wear", d->wear);
  cJSON_AddNumberToObject(o, "refused_unauthenticated", d->refused);
}

cJSON *gsc_json_device(const struct gsh_device_info *d) {
  cJSON *o = cJSON_CreateObject();
  gsc_json_text(o, "link", d->link);
  gsc_json_text(o, "name", d->name);
  gsc_json_text(o, "serial", d->serial);
  cJSON_AddBoolToObject(o, "genuine", d->genuine);
  if (!d->genuine) {
    return o;
  }
  gsc_json_text(o, "device_id", d->device_id);
  gsc_json_text(o, "maker_id", d->maker_id);
  gsc_json_text(o, "product_id", d->product_id);
  gsc_json_text(o, "hardware_id", d->hardware_id);
  cJSON_AddNumberToObject(o, "revision", d->revision);
  cJSON_AddNumberToObject(o, "stub_version", d->stub_version);
  cJSON_AddStringToObject(o, "slot_model", d->slot_model);
  cJSON_AddStringToObject(o, "lifecycle", d->lifecycle);
  cJSON_AddStringToObject(o, "key_protection", d->key_protection);
  cJSON_AddNumberToObject(o, "slot_size", d->slot_size);
  cJSON_AddNumberToObject(o, "erase_size", d->erase_size);
  cJSON_AddNumberToObject(o, "slot_address_a", d->slot_address[0]);
  cJSON_AddNumberToObject(o, "slot_address_b", d->slot_address[1]);
  cJSON_AddNumberToObject(o, "block_max", d->block_max);
  cJSON_AddNumberToObject(o, "frame_max", d->frame_max);
  cJSON_AddNumberToObject(o, "window_bytes", d->window_bytes);
  add_state(o, d);
  return o;
}

cJSON *gsc_json_package(const struct gsh_package_info *p) {
  cJSON *o = cJSON_CreateObject();
  gsc_json_text(o, "file", p->path);
  gsc_json_text(o, "digest", p->digest);
  gsc_json_text(o, "name", p->name);
  gsc_json_text(o, "version", p->version);
  gsc_json_text(o, "product", p->product);
  gsc_json_text(o, "product_id", p->product_id);
  cJSON *boards = cJSON_AddArrayToObject(o, "hardware");
  for (uint32_t i = 0; i < p->boards; i++) {
    cJSON *b = cJSON_CreateObject();
    gsc_json_text(b, "name", p->board[i].name);
    gsc_json_text(b, "id", p->board[i].id);
    cJSON_AddNumberToObject(b, "first_revision", p->board[i].first_revision);
    cJSON_AddNumberToObject(b, "last_revision", p->board[i].last_revision);
    gsc_json_push(boards, b);
  }
  gsc_json_text(o, "severity", p->severity);
  gsc_json_text(o, "support_until", p->support_until);
  cJSON_AddNumberToObject(o, "release", p->release);
  cJSON_AddNumberToObject(o, "security_version", p->security_version);
  cJSON_AddNumberToObject(o, "raises_floor_to", p->raises_floor_to);
  cJSON_AddNumberToObject(o, "requires_release", p->requires_release);
  cJSON_AddNumberToObject(o, "min_stub", p->min_stub);
  cJSON_AddStringToObject(o, "confirm", p->confirm_by_device ? "device" : "host");
  cJSON *variants = cJSON_AddArrayToObject(o, "variants");
  for (uint32_t i = 0; i < p->variants && i < 2; i++) {
    cJSON *v = cJSON_CreateObject();
    cJSON_AddNumberToObject(v, "size", p->image_bytes[i]);
    cJSON_AddNumberToObject(v, "block_size", p->block_size[i]);
    gsc_json_push(variants, v);
  }
  cJSON_AddNumberToObject(o, "signatures", p->signatures);
  cJSON_AddNumberToObject(o, "keyrings", p->keyrings);
  gsc_json_text(o, "key_id", p->key_id);
  cJSON_AddBoolToObject(o, "judged", p->judged);
  cJSON_AddBoolToObject(o, "by_trusted_keyring", p->by_trusted_keyring);
  cJSON_AddBoolToObject(o, "recovery", p->recovery);
  return o;
}

static void add_members(cJSON *to, cJSON *from) {
  while (from != NULL && from->child != NULL) {
    cJSON *member = cJSON_DetachItemViaPointer(from, from->child);
    gsc_json_put(to, member->string, member);
  }
  cJSON_Delete(from);
}

cJSON *gsc_json_result(const struct gsc_ui *ui, struct gsc_ending *e) {
  char what[GSH_TEXT_MAX];
  char next_step[GSH_TEXT_MAX];
  unsigned status = e->why.status;
  bool failed = gsh_status_exit(status) != 0;
  gsc_text_refusal(e, what, next_step);
  cJSON *o = cJSON_CreateObject();
  cJSON_AddStringToObject(o, "schema", "gapseal.result.1");
  gsc_json_text(o, "command", ui->command);
  cJSON_AddNumberToObject(o, "exit", gsh_status_exit(status));
  cJSON_AddStringToObject(o, "code", gsh_status_name(status));
  gsc_json_text(o, "decided_by", failed ? deciders[e->why.decided_by] : NULL);
  cJSON_AddBoolToObject(o, "written", e->written);
  gsc_json_text(o, "state", e->device != NULL && e->device->genuine ? e->device->state : NULL);
  gsc_json_text(o, "what", failed ? what : e->done);
  gsc_json_text(o, "do", failed ? next_step : NULL);
  gsc_json_text(o, "expected", e->why.expected);
  gsc_json_text(o, "got", e->why.got);
  if (e->package != NULL && e->package->digest[0] != '\0') {
    gsc_json_put(o, "package", gsc_json_package(e->package));
  }
  if (e->receipt != NULL) {
    gsc_json_text(o, "receipt", e->receipt);
  }
  add_members(o, e->members);
  e->members = NULL;
  if (e->devices == NULL) {
    e->devices = cJSON_CreateArray();
    if (e->device != NULL && e->device->link[0] != '\0') {
      cJSON *d = gsc_json_device(e->device);
      cJSON_AddNumberToObject(d, "exit", gsh_status_exit(status));
      cJSON_AddStringToObject(d, "code", gsh_status_name(status));
      gsc_json_push(e->devices, d);
    }
  }
  gsc_json_put(o, "devices", e->devices);
  e->devices = NULL;
  return o;
}
