#!/bin/sh
# The cryptography of small chips, compiled for this computer: p256-m and SHA-256 without PSA Crypto.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/sources.inc"
firmware_sources
source=$MBEDTLS_SOURCE
p256m=$source/3rdparty/p256-m/p256-m
must "${CC:-cc}" -std=c11 -O1 '-DMBEDTLS_CONFIG_FILE="gs_mcu_mbedtls.h"' \
  -I"$TOP/stub/ports/mcu/crypto" -I"$TOP/stub/include" -I"$TOP/stub/crypto" -I"$TOP/proto" \
  -I"$source/include" -I"$source/library" -I"$p256m" \
  "$TOP/tests/tools/firmware_size/try_p256m.c" "$TOP/stub/crypto/crypto_p256m.c" \
  "$TOP/stub/crypto/ecdsa_p256m.c" "$TOP/stub/crypto/hash.c" "$TOP/stub/crypto/self_test.c" \
  "$TOP/proto/signed.c" "$TOP/proto/varint.c" "$TOP/proto/bytes.c" \
  "$p256m/p256-m.c" "$source/library/sha256.c" "$source/library/platform_util.c" \
  "$source/library/constant_time.c" -o "$T/try_p256m"
expect_exit 0 "$T/try_p256m"
finish
