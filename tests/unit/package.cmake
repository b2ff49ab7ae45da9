# Package files, the maker's image formats, facts, and texts for people.
add_library(package_fixture STATIC package_fixture.c)
target_include_directories(package_fixture PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_definitions(package_fixture PRIVATE _XOPEN_SOURCE=700)
target_link_libraries(package_fixture PUBLIC gss_sign Cmocka::cmocka)
gapseal_warnings(package_fixture)

gapseal_unit_test(test_escape SOURCES test_escape.c LIBS gsh_package)
gapseal_unit_test(test_json SOURCES test_json.c LIBS gsh_package)
gapseal_unit_test(test_image_hex SOURCES test_image_hex.c LIBS package_fixture)
gapseal_unit_test(test_image_elf SOURCES test_image_elf.c LIBS package_fixture)
gapseal_unit_test(test_facts SOURCES test_facts.c LIBS package_fixture)
gapseal_unit_test(test_command SOURCES test_command.c LIBS package_fixture)
gapseal_unit_test(test_package SOURCES test_package.c LIBS package_fixture)
gapseal_unit_test(test_platform SOURCES test_platform.c LIBS package_fixture DEFINES _XOPEN_SOURCE=700)
gapseal_unit_test(test_keyring_file SOURCES test_keyring_file.c LIBS package_fixture)
gapseal_unit_test(test_evidence SOURCES test_evidence.c LIBS package_fixture gsv_verify
  DEFINES _XOPEN_SOURCE=700)
