# Finds Z3 and defines z3::z3. Z3's own package file is preferred where a distribution ships one in
# pkg-config form; Debian 12 (Z3 4.8.12) has only that.
#
#   Z3_FOUND, Z3_VERSION

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_Z3 QUIET z3)
endif()

find_path(Z3_INCLUDE_DIR z3.h HINTS ${PC_Z3_INCLUDEDIR} ${PC_Z3_INCLUDE_DIRS} PATH_SUFFIXES z3)
find_library(Z3_LIBRARY NAMES z3 libz3 HINTS ${PC_Z3_LIBDIR} ${PC_Z3_LIBRARY_DIRS})

set(Z3_VERSION ${PC_Z3_VERSION})
if(NOT Z3_VERSION AND Z3_INCLUDE_DIR AND EXISTS ${Z3_INCLUDE_DIR}/z3_version.h)
  file(STRINGS ${Z3_INCLUDE_DIR}/z3_version.h _z3_numbers
    REGEX "#define Z3_(MAJOR|MINOR|BUILD)_(VERSION|NUMBER)")
  string(REGEX REPLACE "[^0-9;]*3_[A-Z_]*[ \t]*([0-9]+)[^;]*" "\\1" _z3_numbers "${_z3_numbers}")
  string(REPLACE ";" "." Z3_VERSION "${_z3_numbers}")
  unset(_z3_numbers)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Z3
  REQUIRED_VARS Z3_LIBRARY Z3_INCLUDE_DIR
  VERSION_VAR Z3_VERSION)

if(Z3_FOUND AND NOT TARGET z3::z3)
  add_library(z3::z3 UNKNOWN IMPORTED)
  set_target_properties(z3::z3 PROPERTIES
    IMPORTED_LOCATION ${Z3_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${Z3_INCLUDE_DIR})
endif()
mark_as_advanced(Z3_INCLUDE_DIR Z3_LIBRARY)
