/* SPDX-License-Identifier: Apache-2.0
 * From what a device says to what a person reads.
 */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "gapseal/crypto.h"
#include "host_internal.h"
#include "platform.h"
#include "text.h"

#define NAMES_MAX (256u * 1024u)

/* The word at a place of a list; numbers that this tool does not know stay visible as such. */
static const char *word(const char *const *words, size_t count, int number) {
  return number >= 0 && (size_t)number < count && words[number] != NULL ? words[number] : "unknown";
}
#define WORD(words, number) word(words, sizeof(words) / sizeof(words)[0], (int)(number))

static const char *const states[] = {[gapseal_v1_State_STATE_READY] = "ready",
                                     [gapseal_v1_State_STATE_WRITING] = "writing",
                                     [gapseal_v1_State_STATE_CANDIDATE] = "candidate",
                                     [gapseal_v1_State_STATE_STAGED] = "staged",
                                     [gapseal_v1_State_STATE_TRIAL] = "trial",
                                     [gapseal_v1_State_STATE_REJECTED] = "rejected",
                                     [gapseal_v1_State_STATE_FAILED] = "failed"};
static const char *const doors[] = {[gapseal_v1_Door_DOOR_NONE] = "none",
                                    [gapseal_v1_Door_DOOR_WIRE] = "wire",
                                    [gapseal_v1_Door_DOOR_OTA] = "ota",
                                    [gapseal_v1_Door_DOOR_BOOT] = "boot"};
static const char *const models[] = {
    [gapseal_v1_SlotModel_SLOT_MODEL_SAME_ADDRESS] = "same-address",
    [gapseal_v1_SlotModel_SLOT_MODEL_TWO_LINK] = "two-link"};
static const char *const lifecycles[] = {
    [gapseal_v1_Lifecycle_LIFECYCLE_DEVELOPMENT] = "development",
    [gapseal_v1_Lifecycle_LIFECYCLE_PRODUCTION] = "production"};
static const char *const protections[] = {
    [gapseal_v1_KeyProtection_KEY_PROTECTION_FLASH] = "flash",
    [gapseal_v1_KeyProtection_KEY_PROTECTION_ISOLATED] = "isolated",
    [gapseal_v1_KeyProtection_KEY_PROTECTION_ELEMENT] = "element"};
static const char *const policies[] = {[gapseal_v1_Policy_POLICY_OPEN] = "open",
                                       [gapseal_v1_Policy_POLICY_ORDERED] = "ordered",
                                       [gapseal_v1_Policy_POLICY_DUAL] = "dual"};
static const char *const kinds[] = {[gapseal_v1_ReceiptKind_RECEIPT_KIND_DELIVERED] = "delivered",
                                    [gapseal_v1_ReceiptKind_RECEIPT_KIND_OUTCOME] = "outcome",
                                    [gapseal_v1_ReceiptKind_RECEIPT_KIND_REFUSED] = "refused",
                                    [gapseal_v1_ReceiptKind_RECEIPT_KIND_STATE] = "state"};
static const char *const operations[] = {
    [gapseal_v1_Operation_OPERATION_UNSPECIFIED] = "none",
    [gapseal_v1_Operation_OPERATION_CHECK] = "check",
    [gapseal_v1_Operation_OPERATION_INSTALL] = "install",
    [gapseal_v1_Operation_OPERATION_CONFIRM] = "confirm",
    [gapseal_v1_Operation_OPERATION_REJECT] = "reject",
    [gapseal_v1_Operation_OPERATION_ROLLBACK] = "rollback",
    [gapseal_v1_Operation_OPERATION_OLDER] = "older",
    [gapseal_v1_Operation_OPERATION_KEYRING] = "keyring",
    [gapseal_v1_Operation_OPERATION_SITE_KEYS] = "site-keys",
    [gapseal_v1_Operation_OPERATION_POLICY] = "policy",
    [gapseal_v1_Operation_OPERATION_DECOMMISSION] = "decommission",
    [gapseal_v1_Operation_OPERATION_CANCEL] = "cancel",
    [gapseal_v1_Operation_OPERATION_REBOOT] = "reboot"};

/* The device's link, if it is one word in a shell. */
static const char *link_word(const struct gsh_device *d) {
  const char *link = d->info.link;
  bool one_word = link[0] != '\0' && strlen(link) < 128 && strpbrk(link, " \\'\"$`") == NULL;
  return one_word ? link : NULL;
}

void gsh_say_decide(const struct gsh_device *d, struct gsh_error *err) {
  const char *link = link_word(d);
  const char *scheme = link != NULL ? "port:" : "";
  const char *name = link != NULL ? link : "DEV";
  gsh_next_step(err, "run: gapseal confirm %s%s, or: gapseal reject %s%s", scheme, name, scheme,
                name);
}

void gsh_say_catch(const struct gsh_device *d, struct gsh_error *err) {
  const char *link = link_word(d);
  gsh_next_step(err,
                "run: gapseal receipt fetch --port %s --timeout 60, and switch the machine off and "
                "on while it waits",
                link != NULL ? link : "LINK");
}

const char *gsh_operation_name(int operation) {
  return WORD(operations, operation);
}

const char *gsh_door_name(int door) {
  return WORD(doors, door);
}

const char *gsh_receipt_kind_name(int kind) {
  return WORD(kinds, kind);
}

const gapseal_v1_SlotInfo *gsh_confirmed_slot(const gapseal_v1_DeviceState *state) {
  const gapseal_v1_SlotInfo *slot = state->staging_slot == 0 ? &state->slot_b : &state->slot_a;
  return state->confirmed ? slot : NULL;
}

const gapseal_v1_SlotInfo *gsh_running_slot(const gapseal_v1_DeviceState *state) {
  if (state->running != gapseal_v1_Running_RUNNING_APPLICATION) {
    return NULL;
  }
  const gapseal_v1_SlotInfo *slot = state->running_slot == 0 ? &state->slot_a : &state->slot_b;
  return state->running_slot <= 1 && slot->present ? slot : NULL;
}

const gapseal_v1_SlotInfo *gsh_starting_slot(const gapseal_v1_DeviceState *state) {
  return state->running == gapseal_v1_Running_RUNNING_STUB ? gsh_confirmed_slot(state)
                                                           : gsh_running_slot(state);
}

bool gsh_runs(const gapseal_v1_DeviceState *s, const uint8_t package[GS_DIGEST_BYTES]) {
  const gapseal_v1_SlotInfo *slot = gsh_running_slot(s);
  if (s->state != gapseal_v1_State_STATE_READY) {
    return false;
  }
  if (s->running == gapseal_v1_Running_RUNNING_STUB) {
    const gapseal_v1_SlotInfo *confirmed = gsh_confirmed_slot(s);
    return confirmed != NULL && gs_equal(confirmed->package, package, GS_DIGEST_BYTES);
  }
  return slot != NULL && gs_equal(slot->package, package, GS_DIGEST_BYTES);
}

static void hex_or_nothing(const uint8_t *digest, char out[GSH_HEX_MAX]) {
  static const uint8_t zeros[GS_DIGEST_BYTES];
  out[0] = '\0';
  if (memcmp(digest, zeros, sizeof zeros) != 0) {
    gsh_hex(digest, GS_DIGEST_BYTES, out);
  }
}

static void describe_slot(const struct gsh *h, const gapseal_v1_SlotInfo *slot,
                          struct gsh_slot_info *out) {
  memset(out, 0, sizeof *out);
  out->present = slot->present;
  if (slot->present) {
    hex_or_nothing(slot->package, out->package);
    gsh_recall_version(h, slot->package, out->version, sizeof out->version);
    out->release = slot->release;
    out->security_version = slot->security_version;
    out->size = slot->size;
  }
}

/* names, beside the trust store: "SERIAL NAME" a line, what the site calls its machines. */
static void find_name(const struct gsh *h, const char *serial, char *out, size_t cap) {
  char path[GSH_PATH_MAX];
  struct gsh_error ignored;
  uint8_t *data = NULL;
  size_t len = 0;
  size_t n = strlen(serial);
  out[0] = '\0';
  if (n == 0 || gsh_path_join(path, sizeof path, h->config_dir, "names", &ignored) != GS_OK ||
      !gsh_file_exists(path) ||
      gsh_file_read_all(path, NAMES_MAX, &data, &len, &ignored) != GS_OK) {
    return;
  }
  const char *end = (const char *)data + len;
  for (const char *at = (const char *)data; at < end;) {
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    stop = stop != NULL ? stop : end;
    size_t line = (size_t)(stop - at);
    if (line > n + 1 && memcmp(at, serial, n) == 0 && (at[n] == ' ' || at[n] == '\t')) {
      gsh_text_escape(at + n + 1, line - n - 1, 0, out, cap);
    }
    at = stop + 1;
  }
  free(data);
}

/* Nothing runs, and yet an image would: somebody asked the stub to stay. */
static bool held_in_stub(const gapseal_v1_DeviceState *s) {
  return s->running == gapseal_v1_Running_RUNNING_STUB &&
         (s->confirmed || s->state == gapseal_v1_State_STATE_STAGED ||
          s->state == gapseal_v1_State_STATE_TRIAL);
}

void gsh_describe(const struct gsh *h, const gapseal_v1_DeviceFacts *facts,
                  const gapseal_v1_DeviceState *state, struct gsh_device_info *out) {
  gsh_text_escape(facts->serial, strlen(facts->serial), 0, out->serial, sizeof out->serial);
  find_name(h, facts->serial, out->name, sizeof out->name);
  gsh_hex(facts->product, GS_ID_BYTES, out->product_id);
  gsh_hex(facts->hardware, GS_ID_BYTES, out->hardware_id);
  out->revision = facts->revision;
  out->stub_version = facts->stub_version;
  out->slot_model = WORD(models, facts->slot_model);
  out->lifecycle = WORD(lifecycles, facts->lifecycle);
  out->key_protection = WORD(protections, facts->key_protection);
  out->slot_size = facts->slot_size;
  out->erase_size = facts->erase_size;
  out->slot_address[0] = facts->slot_address_a;
  out->slot_address[1] = facts->slot_address_b;
  out->policy = WORD(policies, state->policy);
  out->state = WORD(states, state->state);
  out->reason = state->reason;
  out->runs_application = state->running == gapseal_v1_Running_RUNNING_APPLICATION;
  out->running_slot = state->running_slot <= 1 ? state->running_slot : 0;
  out->held_in_stub = held_in_stub(state);
  out->starts = false;
  describe_slot(h, &state->slot_a, &out->slot[0]);
  describe_slot(h, &state->slot_b, &out->slot[1]);
  hex_or_nothing(state->staged_package, out->staged);
  out->door = state->door != gapseal_v1_Door_DOOR_NONE ? gsh_door_name((int)state->door) : "";
  out->healthy = state->healthy;
  out->rollback_promised = state->rollback_promised;
  out->attempts_left = state->attempts_left;
  out->floor = state->floor;
  out->keyring_version = state->keyring_version;
  hex_or_nothing(state->keyring_sha256, out->keyring_sha256);
  out->log_sequence = state->log_sequence;
  hex_or_nothing(state->log_head, out->log_head);
  out->boot_count = state->boot_count;
  out->wear = state->wear;
  out->refused = state->refused_unauthenticated;
}
