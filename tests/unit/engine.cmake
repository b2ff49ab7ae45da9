# The engine on a device in memory.
add_library(gs_fake_device STATIC "${PROJECT_SOURCE_DIR}/tests/fakes/device.c")
target_include_directories(gs_fake_device PUBLIC "${PROJECT_SOURCE_DIR}/tests/fakes")
target_link_libraries(gs_fake_device PUBLIC gs_engine gs_flash_model)
gapseal_warnings(gs_fake_device)

gapseal_unit_test(test_boot SOURCES test_boot.c LIBS gs_engine)
gapseal_unit_test(test_boot_rows SOURCES test_boot_rows.c LIBS gs_engine)
foreach(name engine engine_init engine_keyring start rollback)
  gapseal_unit_test(test_${name} SOURCES test_${name}.c LIBS gs_fake_device)
endforeach()
gapseal_unit_test(test_floor SOURCES test_floor.c LIBS gs_fake_device
  INCLUDES "${PROJECT_SOURCE_DIR}/stub/engine")
gapseal_unit_test(test_store SOURCES test_store.c LIBS gs_fake_device)
gapseal_unit_test(test_log SOURCES test_log.c LIBS gs_fake_device
  INCLUDES "${PROJECT_SOURCE_DIR}/stub/engine")
# Its hashing is wrapped, so that each call can be made to fail.
foreach(call start add finish)
  target_link_options(test_log PRIVATE "-Wl,--wrap=gs_sha256_${call}")
endforeach()
gapseal_unit_test(test_transfer SOURCES test_transfer.c LIBS gs_fake_device)
gapseal_unit_test(test_flash_spec SOURCES test_flash_spec.c LIBS gs_fake_device
  INCLUDES "${PROJECT_SOURCE_DIR}/stub/engine")
gapseal_unit_test(test_flash_model SOURCES test_flash_model.c LIBS gs_flash_model)

# What the OTA example reads from; names are wrapped, so that each address can be chosen.
gapseal_unit_test(test_ota_source
  SOURCES test_ota_source.c "${PROJECT_SOURCE_DIR}/stub/examples/ota_source.c"
    "${PROJECT_SOURCE_DIR}/stub/ports/sim/say.c"
  LIBS gs_ota_client INCLUDES "${PROJECT_SOURCE_DIR}/stub/ports/sim" DEFINES _GNU_SOURCE)
target_link_options(test_ota_source PRIVATE "-Wl,--wrap=getaddrinfo" "-Wl,--wrap=freeaddrinfo")
