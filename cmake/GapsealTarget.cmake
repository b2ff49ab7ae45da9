# gapseal_warnings(target): the language rules of the project, for code written by hand.
# gapseal_freestanding(target): also no floating point and no library calls beyond memcpy's kin.
add_library(gapseal_flags INTERFACE)
target_compile_options(gapseal_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Wundef -Wcast-align -Wcast-qual -Wwrite-strings -Wformat=2
  -Wimplicit-fallthrough -Wswitch-enum
  # gcc's sanitizers rewrite shifts and comparisons before these two look, and then they misjudge them.
  $<$<BOOL:${GAPSEAL_SANITIZE}>:-Wno-conversion> $<$<BOOL:${GAPSEAL_SANITIZE}>:-Wno-sign-conversion>
  $<$<BOOL:${GAPSEAL_WERROR}>:-Werror>)

# Applies to generated code and libraries of ours alike: a sanitizer must see every object.
if(GAPSEAL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O2 -gline-tables-only)
  add_link_options(-fsanitize=address,undefined)
elseif(GAPSEAL_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()
if(GAPSEAL_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
  add_compile_options(-fstack-protector-strong)
endif()

function(gapseal_warnings target)
  target_link_libraries(${target} PRIVATE gapseal_flags)
endfunction()

function(gapseal_freestanding target)
  target_link_libraries(${target} PRIVATE gapseal_flags)
  target_compile_options(${target} PRIVATE -ffreestanding -fno-math-errno)
  set_property(GLOBAL APPEND PROPERTY GAPSEAL_FREESTANDING ${target})
endfunction()
