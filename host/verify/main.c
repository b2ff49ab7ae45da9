/* SPDX-License-Identifier: Apache-2.0
 * gapseal-verify: an independent reader of packages, receipts and logs.
 */
#include <cjson/cJSON.h>
#include <pb.h>
#include <signal.h>
#include <string.h>

#include "options.h"

static enum gs_status run(const struct gsv_request *q, struct gsv_report *r, struct gsv_error *e) {
  const struct gsv_options o = {.keyring = q->value[GSV_OPT_KEYRING],
                                .maker = q->value[GSV_OPT_MAKER],
                                .package = q->value[GSV_OPT_PACKAGE]};
  if (gs_crypto_init() != GS_OK) {
    return gsv_fail(e, GS_E_INTERNAL, "the cryptographic library failed its self-test");
  }
  r->json = cJSON_CreateObject();
  if (r->json == NULL) {
    return gsv_fail(e, GS_E_NO_MEMORY, "no memory for what is found");
  }
  return q->command->run(q->path, &o, r, e);
}

int main(int argc, char **argv) {
  struct gsv_request q;
  struct gsv_report r = {.json = NULL};
  struct gsv_error e = {.status = GS_OK};
  memset(&q, 0, sizeof q);
  (void)signal(SIGXFSZ, SIG_IGN); /* output that may not grow further is told, as a full disk is */
  enum gs_status status = gsv_options_read(argc, argv, &q, &e);
  r.as_json = q.value[GSV_OPT_JSON] != NULL;
  if (status == GS_OK && q.value[GSV_OPT_HELP] != NULL) {
    gsv_help(q.command);
    return gsv_finish(&(struct gsv_report){.json = NULL}, "", &e);
  }
  if (status == GS_OK && q.value[GSV_OPT_VERSION] != NULL) {
    (void)printf("gapseal-verify %s\nbuilt with %s, %s, cJSON %s\n", GAPSEAL_VERSION,
                 gs_crypto_library(), NANOPB_VERSION, cJSON_Version());
    return gsv_finish(&(struct gsv_report){.json = NULL}, "", &e);
  }
  if (status == GS_OK) {
    status = run(&q, &r, &e);
  }
  e.status = status;
  int exit_code = gsv_finish(&r, q.command != NULL ? q.command->name : "", &e);
  cJSON_Delete(r.json);
  return exit_code;
}
