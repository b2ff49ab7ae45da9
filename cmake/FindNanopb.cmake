# nanopb's runtime and its protoc plugin, from Debian's libnanopb-dev and nanopb.
# Defines Nanopb::nanopb, PROTOC and PROTOC_GEN_NANOPB.
find_path(Nanopb_INCLUDE_DIR pb.h PATH_SUFFIXES nanopb)
find_library(Nanopb_LIBRARY protobuf-nanopb)
find_program(PROTOC protoc)
find_program(PROTOC_GEN_NANOPB protoc-gen-nanopb)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Nanopb
  REQUIRED_VARS Nanopb_LIBRARY Nanopb_INCLUDE_DIR PROTOC PROTOC_GEN_NANOPB)
if(Nanopb_FOUND AND NOT TARGET Nanopb::nanopb)
  add_library(Nanopb::nanopb UNKNOWN IMPORTED)
  set_target_properties(Nanopb::nanopb PROPERTIES
    IMPORTED_LOCATION "${Nanopb_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Nanopb_INCLUDE_DIR}")
endif()
mark_as_advanced(Nanopb_INCLUDE_DIR Nanopb_LIBRARY PROTOC PROTOC_GEN_NANOPB)
