# DuckDB's official libduckdb.so with the C++ headers of the same version. The target's name is upstream's.
get_filename_component(_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(DuckDB_VERSION "1.5.5")
if(NOT TARGET duckdb)
  add_library(duckdb SHARED IMPORTED)
  set_target_properties(duckdb PROPERTIES
    IMPORTED_LOCATION "${_prefix}/lib/libduckdb.so"
    IMPORTED_SONAME "libduckdb.so"
    INTERFACE_INCLUDE_DIRECTORIES "${_prefix}/include")
endif()
