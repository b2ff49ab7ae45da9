/* SPDX-License-Identifier: Apache-2.0
 * The device's verdict on a package, with pre-flight's beside it. The device's stands above;
 * where it would take what pre-flight refuses, nothing is sent.
 */
#include <string.h>

#include "gapseal/policy.h"
#include "host_internal.h"

/* Rule 10: a device may have moved on since it said what it is doing. */
static bool of_the_moment(enum gs_status status) {
  return status == GS_E_IN_TRIAL || status == GS_E_STATE || status == GS_E_BUSY_DOOR ||
         status == GS_E_BUSY_OTHER;
}

enum gs_status gsh_device_check(struct gsh_device *d, struct gsh_package *p, bool older,
                                bool reinstall, gapseal_v1_CheckReply *out, bool *asked,
                                struct gsh_error *err) {
  struct gsh_error own_err = {0};
  enum gs_status own = gsh_preflight(d, p, older, reinstall, &own_err);
  *asked = false;
  memset(out, 0, sizeof *out);
  enum gs_status status = gsh_device_present(d, p, err);
  if (status != GS_OK) {
    *asked = d->conn->device_said;
    return status;
  }
  gapseal_v1_Request request = gapseal_v1_Request_init_zero;
  request.which_body = gapseal_v1_Request_check_tag;
  request.body.check.older = older;
  request.body.check.reinstall = reinstall;
  status = gsh_conn_call(d->conn, &request, NULL, 0, 0, err);
  *asked = status == GS_OK || d->conn->device_said;
  if (!*asked) {
    return status;
  }
  const gapseal_v1_Reply *reply = &d->conn->client.reply;
  if (reply->which_body == gapseal_v1_Reply_check_tag) {
    *out = reply->body.check;
  } else if (status == GS_OK) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device's answer is of another kind than the question");
  }
  if (status != GS_OK) {
    const struct gs_policy_result behind = {
        .staging_slot = out->staging_slot, .expected = out->expected, .got = out->got};
    gsh_say_behind(err, d, p, status, &behind);
    return status;
  }
  if (out->package.size != GS_DIGEST_BYTES ||
      memcmp(out->package.bytes, gsh_package_digest(p), GS_DIGEST_BYTES) != 0) {
    return gsh_fail(err, GS_E_PROTOCOL, "the device judged another package than it was shown");
  }
  if (own != GS_OK && own != GS_E_ALREADY && !of_the_moment(own)) {
    /* The device would take what its own rules, run here, refuse: something is not as it says. */
    *err = own_err;
    *asked = false;
    gsh_context(err, "the device would take it, but by what it says of itself");
    return own;
  }
  gsh_tell_keyring(d, p);
  return GS_OK;
}
