/* SPDX-License-Identifier: Apache-2.0
 * gapseal-sign keygen: a P-256 key pair in two PEM files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "gapseal/crypto.h"
#include "pem.h"
#include "platform.h"
#include "text.h"

#define WHY_MAX 256u

/* root.pem -> root.pub.pem; root -> root.pub.pem. NULL: no memory. */
static char *public_name(const char *path) {
  size_t len = strlen(path);
  if (len > 4 && strcmp(path + len - 4, ".pem") == 0) {
    len -= 4;
  }
  static const char suffix[] = ".pub.pem";
  char *name = malloc(len + sizeof suffix);
  if (name != NULL) {
    memcpy(name, path, len);
    memcpy(name + len, suffix, sizeof suffix);
  }
  return name;
}

static enum gs_status write_pair(const char *path, const char *public_path,
                                 const uint8_t private_key[GS_PRIVATE_KEY_BYTES],
                                 const uint8_t public_key[GS_PUBLIC_KEY_BYTES],
                                 struct gsh_error *err) {
  char why[WHY_MAX] = "";
  char shown[WHY_MAX];
  enum gs_status status = gsh_pem_write_private(path, private_key, why, sizeof why);
  if (status == GS_OK) {
    status = gsh_pem_write_public(public_path, public_key, why, sizeof why);
    if (status != GS_OK) {
      gsh_file_remove(path); /* made a moment ago, and used for nothing */
    }
  }
  return status == GS_OK ? GS_OK
                         : gsh_fail(err, status, "%s",
                                    gsh_text_escape(why, strlen(why), 0, shown, sizeof shown));
}

static enum gs_status make_pair(const char *path, const char *public_path, struct gsh_error *err) {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES];
  uint8_t public_key[GS_PUBLIC_KEY_BYTES];
  uint8_t id[GS_KEY_ID_BYTES];
  enum gs_status status = gs_ecdsa_generate(private_key);
  if (status == GS_OK) {
    status = gs_ecdsa_public(private_key, public_key);
  }
  if (status == GS_OK) {
    status = gs_key_id(public_key, id);
  }
  status = status == GS_OK ? write_pair(path, public_path, private_key, public_key, err)
                           : gsh_fail(err, GS_E_INTERNAL, "the cryptographic library made no key");
  gs_wipe(private_key, sizeof private_key);
  if (status == GS_OK) {
    char hex[2 * GS_KEY_ID_BYTES + 1];
    char shown[GSS_SHOWN];
    char public_shown[GSS_SHOWN];
    (void)printf("%s\n", gsh_hex(id, sizeof id, hex));
    (void)fprintf(stderr, "wrote %s (keep it secret) and %s; the key id is above\n",
                  gss_shown(path, shown), gss_shown(public_path, public_shown));
  }
  return status;
}

enum gs_status gss_run_keygen(const struct gss_args *args, struct gsh_error *err) {
  const char *path = gss_nth(args, NULL, 0);
  char *public_path = public_name(path);
  if (public_path == NULL) {
    return gsh_fail(err, GS_E_NO_MEMORY, "no memory for a file name");
  }
  enum gs_status status = gss_refuse_existing(path, "key", err);
  if (status == GS_OK) {
    status = gss_refuse_existing(public_path, "key", err);
  }
  if (status == GS_OK) {
    status = make_pair(path, public_path, err);
  }
  free(public_path);
  return status;
}
