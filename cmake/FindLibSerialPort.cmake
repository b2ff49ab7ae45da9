# libserialport, from Debian's libserialport-dev, found by pkg-config where that is there.
# Defines LibSerialPort::libserialport.
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_LibSerialPort QUIET libserialport)
endif()
find_path(LibSerialPort_INCLUDE_DIR libserialport.h HINTS ${PC_LibSerialPort_INCLUDE_DIRS})
find_library(LibSerialPort_LIBRARY serialport HINTS ${PC_LibSerialPort_LIBRARY_DIRS})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibSerialPort
  REQUIRED_VARS LibSerialPort_LIBRARY LibSerialPort_INCLUDE_DIR
  VERSION_VAR PC_LibSerialPort_VERSION)
if(LibSerialPort_FOUND AND NOT TARGET LibSerialPort::libserialport)
  add_library(LibSerialPort::libserialport UNKNOWN IMPORTED)
  set_target_properties(LibSerialPort::libserialport PROPERTIES
    IMPORTED_LOCATION "${LibSerialPort_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibSerialPort_INCLUDE_DIR}")
endif()
mark_as_advanced(LibSerialPort_INCLUDE_DIR LibSerialPort_LIBRARY)
