# Arrow's compute kernels of the pyarrow wheel. Target names are upstream's.
include(CMakeFindDependencyMacro)
find_dependency(Arrow CONFIG)
get_filename_component(_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET ArrowCompute::arrow_compute_shared)
  add_library(ArrowCompute::arrow_compute_shared SHARED IMPORTED)
  set_target_properties(ArrowCompute::arrow_compute_shared PROPERTIES
    IMPORTED_LOCATION "${_prefix}/lib/libarrow_compute.so.2600"
    IMPORTED_SONAME "libarrow_compute.so.2600"
    INTERFACE_LINK_LIBRARIES "Arrow::arrow_shared"
    INTERFACE_INCLUDE_DIRECTORIES "${_prefix}/include")
endif()
