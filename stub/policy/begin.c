/* SPDX-License-Identifier: Apache-2.0
 * May this manifest be begun now? Rules 6 to 10 of docs/spec/policy.md, with the choice of a slot
 * where both are free.
 */
#include <string.h>

#include "gapseal/policy.h"
#include "log_entry.h"

bool gs_update_exists(int state) {
  return state == gapseal_v1_State_STATE_WRITING || state == gapseal_v1_State_STATE_CANDIDATE ||
         state == gapseal_v1_State_STATE_STAGED;
}

/* Rules 6 to 9. A device that runs nothing, and writes nothing, takes an image for either slot. */
static enum gs_status judge_device(const struct gs_manifest *manifest,
                                   const uint8_t digest[GS_DIGEST_BYTES],
                                   const struct gs_policy_device *device, bool free_choice,
                                   struct gs_policy_result *out) {
  struct gs_policy_device other = *device;
  enum gs_status status = gs_policy_judge(manifest, digest, device, out);
  if (status != GS_E_NO_VARIANT || !free_choice) {
    return status;
  }
  other.staging_slot = 1u - device->staging_slot;
  return gs_policy_judge(manifest, digest, &other, out);
}

/* Rule 10. A rejected image executes until the reset: its slot may not be written before. */
static enum gs_status judge_state(const uint8_t digest[GS_DIGEST_BYTES],
                                  const struct gs_policy_state *now, int door, bool *continues) {
  if (now->state == gapseal_v1_State_STATE_TRIAL) {
    return GS_E_IN_TRIAL;
  }
  if (!gs_update_exists(now->state)) {
    return now->unconfirmed_runs ? GS_E_STATE : GS_OK;
  }
  if (now->door == GS_DOOR_NONE) { /* the way back to last-good */
    return GS_E_BUSY_OTHER;
  }
  if (now->door != door) {
    return GS_E_BUSY_DOOR;
  }
  if (memcmp(now->package, digest, GS_DIGEST_BYTES) != 0) {
    return GS_E_BUSY_OTHER;
  }
  *continues = true;
  return GS_OK;
}

enum gs_status gs_policy_begin(const struct gs_manifest *manifest,
                               const uint8_t digest[GS_DIGEST_BYTES],
                               const struct gs_policy_device *device,
                               const struct gs_policy_state *now, int door,
                               struct gs_policy_result *out) {
  bool free_choice = !device->has_running && !gs_update_exists(now->state);
  enum gs_status status = judge_device(manifest, digest, device, free_choice, out);
  if (status != GS_OK && status != GS_E_ALREADY) {
    return status;
  }
  /* "Already installed" is an end, and nothing else may be under way at an end. */
  enum gs_status state = judge_state(digest, now, door, &out->continues);
  return state != GS_OK || out->continues ? state : status;
}
