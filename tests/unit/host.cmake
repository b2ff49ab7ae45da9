# The host library: what it makes of bytes, files and a device's answers.
set(host_libs gsh gsh_package gs_policy gs_crypto gs_proto gs_status_text gsh_pem)
set(host_dirs "${PROJECT_SOURCE_DIR}/host/lib")
foreach(name client transfer ident journal trust link install decide)
  gapseal_unit_test(test_host_${name} SOURCES test_host_${name}.c LIBS ${host_libs}
    INCLUDES ${host_dirs} DEFINES _DEFAULT_SOURCE _XOPEN_SOURCE=700)
endforeach()
