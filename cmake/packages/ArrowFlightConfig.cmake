# Arrow Flight of the pyarrow wheel. Target names are upstream's.
include(CMakeFindDependencyMacro)
find_dependency(Arrow CONFIG)
get_filename_component(_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET ArrowFlight::arrow_flight_shared)
  add_library(ArrowFlight::arrow_flight_shared SHARED IMPORTED)
  set_target_properties(ArrowFlight::arrow_flight_shared PROPERTIES
    IMPORTED_LOCATION "${_prefix}/lib/libarrow_flight.so.2600"
    IMPORTED_SONAME "libarrow_flight.so.2600"
    INTERFACE_LINK_LIBRARIES "Arrow::arrow_shared"
    INTERFACE_INCLUDE_DIRECTORIES "${_prefix}/include")
endif()
