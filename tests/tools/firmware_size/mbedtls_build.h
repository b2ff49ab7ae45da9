/* mbedTLS 3.6 for crypto_p256m.c and ecdsa_p256m.c: SHA-256 alone, and p256-m beside it. */
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PSA_P256M_DRIVER_ENABLED
