# Arrow C++ as the pyarrow wheel ships it: headers and shared libraries, without CMake files of its own.
# Target and variable names are upstream's.
get_filename_component(_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(ARROW_VERSION "26.0.1")
set(ARROW_SO_VERSION "2600")
if(NOT TARGET Arrow::arrow_shared)
  add_library(Arrow::arrow_shared SHARED IMPORTED)
  set_target_properties(Arrow::arrow_shared PROPERTIES
    IMPORTED_LOCATION "${_prefix}/lib/libarrow.so.2600"
    IMPORTED_SONAME "libarrow.so.2600"
    INTERFACE_INCLUDE_DIRECTORIES "${_prefix}/include")
endif()
