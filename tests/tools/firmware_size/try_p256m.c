/* SPDX-License-Identifier: Apache-2.0
 * crypto_p256m.c and ecdsa_p256m.c on this computer: known answers, a key of its own, and what must
 * be refused. Prints what failed; 0 when nothing did.
 */
#include <stdio.h>
#include <string.h>

#include "gapseal/crypto.h"

static int failures;
static bool random_fails;

#define CHECK(what)            \
  do {                         \
    if (!(what)) {             \
      puts("not ok - " #what); \
      failures++;              \
    }                          \
  } while (0)

enum gs_status gs_random(void *out, size_t len) {
  static uint8_t count;
  memset(out, ++count, len);
  return random_fails ? GS_E_NO_RANDOM : GS_OK;
}

static void keys_and_signatures(void) {
  uint8_t private_key[GS_PRIVATE_KEY_BYTES], key[GS_PUBLIC_KEY_BYTES], hash[GS_DIGEST_BYTES];
  uint8_t sig[GS_SIGNATURE_BYTES], blank[GS_SIGNATURE_BYTES] = {0};
  CHECK(gs_ecdsa_generate(private_key) == GS_OK);
  CHECK(gs_ecdsa_public(private_key, key) == GS_OK);
  CHECK(gs_ecdsa_check_public(key) == GS_OK);
  CHECK(gs_sha256("abc", 3, hash) == GS_OK);
  CHECK(hash[0] == 0xba && hash[31] == 0xad); /* FIPS 180-4, example B.1 */
  CHECK(gs_ecdsa_sign(private_key, hash, sig) == GS_OK);
  CHECK(gs_ecdsa_verify(key, hash, sig, sizeof sig) == GS_OK);
  CHECK(gs_ecdsa_verify(key, hash, sig, sizeof sig - 1) == GS_E_SIG_FORMAT);
  CHECK(gs_ecdsa_verify(key, hash, blank, sizeof blank) == GS_E_SIG_BAD);
  for (size_t i = 0; i < sizeof sig; i++) {
    sig[i] ^= 1;
    CHECK(gs_ecdsa_verify(key, hash, sig, sizeof sig) == GS_E_SIG_BAD);
    sig[i] ^= 1;
  }
  hash[5] ^= 1;
  CHECK(gs_ecdsa_verify(key, hash, sig, sizeof sig) == GS_E_SIG_BAD);
  key[63] ^= 1;
  CHECK(gs_ecdsa_check_public(key) == GS_E_KEYRING_BAD);
  CHECK(gs_ecdsa_verify(key, hash, sig, sizeof sig) == GS_E_KEYRING_BAD);
  memset(key, 0, sizeof key);
  CHECK(gs_ecdsa_check_public(key) == GS_E_KEYRING_BAD);
  random_fails = true;
  CHECK(gs_ecdsa_generate(private_key) == GS_E_NO_RANDOM);
  CHECK(gs_ecdsa_sign(private_key, hash, sig) == GS_E_CRYPTO);
  CHECK(memcmp(sig, blank, sizeof sig) == 0);
}

int main(void) {
  CHECK(gs_crypto_init() == GS_OK);
  keys_and_signatures();
  return failures != 0;
}
