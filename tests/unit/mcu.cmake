# Parts of the microcontroller ports that need no chip. The port's gs_random stands beside the
# library's here, under another name.
set(mcu "${PROJECT_SOURCE_DIR}/stub/ports/mcu")
gapseal_unit_test(test_mcu SOURCES test_mcu.c "${mcu}/random.c" "${mcu}/gs_app.c" "${mcu}/mailbox.c"
  LIBS gs_crypto gs_proto)
target_include_directories(test_mcu PRIVATE "${mcu}")
target_compile_definitions(test_mcu PRIVATE gs_random=port_random)
