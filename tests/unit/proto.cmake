# The wire's bytes, signed objects, cryptography, verdicts and key files.
gapseal_unit_test(test_bytes SOURCES test_bytes.c LIBS gs_proto)
gapseal_unit_test(test_crc32 SOURCES test_crc32.c LIBS gs_proto)
gapseal_unit_test(test_frame SOURCES test_frame.c LIBS gs_proto)
gapseal_unit_test(test_text SOURCES test_text.c LIBS gs_proto)
gapseal_unit_test(test_strict SOURCES test_strict.c LIBS gs_proto)
gapseal_unit_test(test_log_entry SOURCES test_log_entry.c LIBS gs_proto)
gapseal_unit_test(test_status SOURCES test_status.c LIBS gs_status_text)
gapseal_unit_test(test_signed SOURCES test_signed.c LIBS gs_fixture)
gapseal_unit_test(test_objects SOURCES test_objects.c LIBS gs_fixture)
gapseal_unit_test(test_policy SOURCES test_policy.c LIBS gs_fixture)
gapseal_unit_test(test_policy_rows SOURCES test_policy_rows.c LIBS gs_fixture)
gapseal_unit_test(test_pem SOURCES test_pem.c LIBS gsh_pem gs_fixture)

# Their calls of the library are wrapped, so that each can be made to fail.
gapseal_unit_test(test_verify SOURCES test_verify.c LIBS gs_fixture MbedTLS::crypto)
foreach(call hash_setup hash_update hash_finish verify_hash destroy_key)
  target_link_options(test_verify PRIVATE "-Wl,--wrap=psa_${call}")
endforeach()
gapseal_unit_test(test_crypto SOURCES test_crypto.c LIBS gs_fixture MbedTLS::crypto)
foreach(call crypto_init hash_setup hash_update hash_finish import_key verify_hash sign_hash
        destroy_key generate_random generate_key export_public_key)
  target_link_options(test_crypto PRIVATE "-Wl,--wrap=psa_${call}")
endforeach()
