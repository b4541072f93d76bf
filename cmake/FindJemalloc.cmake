# Jemalloc::jemalloc: malloc and operator new of whatever program it is linked into; nothing under a sanitizer, which
# brings its own. Its packages bring nothing for CMake. A shared library, so that another malloc can be put before it
# (LD_PRELOAD): that of a tool, or glibc's for tools that jemalloc's start is too early for.
find_path(Jemalloc_INCLUDE_DIR jemalloc/jemalloc.h)
find_library(Jemalloc_LIBRARY NAMES jemalloc)
mark_as_advanced(Jemalloc_INCLUDE_DIR Jemalloc_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Jemalloc REQUIRED_VARS Jemalloc_LIBRARY Jemalloc_INCLUDE_DIR)

if(ARROWPORT_SANITIZE)
  add_library(Jemalloc::jemalloc INTERFACE IMPORTED)
elseif(Jemalloc_FOUND AND NOT TARGET Jemalloc::jemalloc)
  add_library(Jemalloc::jemalloc SHARED IMPORTED)
  set_target_properties(Jemalloc::jemalloc PROPERTIES
    IMPORTED_LOCATION "${Jemalloc_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${Jemalloc_INCLUDE_DIR}")
endif()
