# The host library: what it makes of bytes, files and a device's answers.
set(host_libs gsh gsh_package gs_policy gs_crypto gs_proto gs_status_text gsh_pem)
set(host_dirs "${PROJECT_SOURCE_DIR}/host/lib")
foreach(name client conn transfer ident journal trace trust link tty serial install decide)
  gapseal_unit_test(test_host_${name} SOURCES test_host_${name}.c LIBS ${host_libs}
    INCLUDES ${host_dirs} DEFINES _DEFAULT_SOURCE _XOPEN_SOURCE=700)
endforeach()
foreach(name conn trace)
  target_link_options(test_host_${name} PRIVATE "-Wl,--wrap=gsh_clock_ms")
endforeach()
# It preloads the library into itself.
add_dependencies(test_host_serial serial_shim)
gapseal_unit_test(test_host_pace SOURCES test_host_pace.c LIBS ${host_libs} INCLUDES ${host_dirs})
# Both ends of a flow, the session over a fake engine.
gapseal_unit_test(test_flow_line SOURCES test_flow_line.c ../fakes/flow_line.c
  ../fakes/session_host.c ../fakes/fake_engine.c
  LIBS gsh gs_session m INCLUDES ${host_dirs} DEFINES _DEFAULT_SOURCE)
