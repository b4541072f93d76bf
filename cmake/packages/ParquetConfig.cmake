# Parquet of the pyarrow wheel. Target names are upstream's.
include(CMakeFindDependencyMacro)
find_dependency(Arrow CONFIG)
get_filename_component(_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET Parquet::parquet_shared)
  add_library(Parquet::parquet_shared SHARED IMPORTED)
  set_target_properties(Parquet::parquet_shared PROPERTIES
    IMPORTED_LOCATION "${_prefix}/lib/libparquet.so.2600"
    IMPORTED_SONAME "libparquet.so.2600"
    INTERFACE_LINK_LIBRARIES "Arrow::arrow_shared"
    INTERFACE_INCLUDE_DIRECTORIES "${_prefix}/include")
endif()
