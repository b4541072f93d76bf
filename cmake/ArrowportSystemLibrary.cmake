# arrowport_system_library(TARGET HEADER FILE): makes the imported TARGET of a library of the system whose packages bring
# nothing for CMake. FILE is its name, as for find_library: that of a .a links it statically.
function(arrowport_system_library target header file)
  string(REGEX REPLACE ":.*" "" name "${target}")
  find_path(${name}_INCLUDE_DIR "${header}" REQUIRED)
  find_library(${name}_LIBRARY NAMES "${file}" REQUIRED)
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${name}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE_DIR}")
endfunction()
