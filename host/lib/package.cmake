# Package files, texts and errors; shared by the host library and gapseal-sign.
find_package(cJSON REQUIRED)
add_library(gsh_package STATIC
  error.c text.c json.c platform_posix.c kind.c keyring_file.c
  package.c package_open.c package_about.c package_judge.c package_data.c)
target_include_directories(gsh_package PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_definitions(gsh_package PRIVATE _XOPEN_SOURCE=700 _FILE_OFFSET_BITS=64)
target_link_libraries(gsh_package PUBLIC gs_proto gs_crypto gs_policy gs_status_text cJSON::cJSON)
gapseal_warnings(gsh_package)
