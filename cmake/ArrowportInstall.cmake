# A relocatable tree in CMAKE_INSTALL_PREFIX:
#   bin/arrowport
#   lib/                     every shared library it needs, but for what the machine must bring: glibc and GCC's runtime
#                            (glibc can't be moved, and a newer libstdc++ than ours serves us, but not the reverse)
#   lib/duckdb-extensions/   signed DuckDB extensions, loaded from here without network
#   share/arrowport/         sample data, licences
# The program looks for libraries in $ORIGIN/../lib by RPATH, not RUNPATH: it then holds for libraries of libraries too.
if(NOT TARGET arrowport)
  return()
endif()

get_target_property(duckdb_library duckdb IMPORTED_LOCATION)
cmake_path(GET duckdb_library PARENT_PATH duckdb_folder)
set(ARROWPORT_EXTENSIONS "${duckdb_folder}/duckdb-extensions" CACHE PATH "DuckDB extensions to install")
cmake_path(GET duckdb_folder PARENT_PATH prefix)
set(ARROWPORT_SHARE "${prefix}/share" CACHE PATH "Sample data (arrowport/) and licences (licenses/) to install")

target_link_options(arrowport PRIVATE -Wl,--disable-new-dtags)
set_target_properties(arrowport PROPERTIES INSTALL_RPATH "$ORIGIN/../lib")
install(TARGETS arrowport RUNTIME_DEPENDENCY_SET libraries RUNTIME DESTINATION bin)
install(RUNTIME_DEPENDENCY_SET libraries
  PRE_EXCLUDE_REGEXES [[^ld-linux]] [[^lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s)\.so]]
  DIRECTORIES "${duckdb_folder}"
  LIBRARY DESTINATION lib)
install(DIRECTORY "${ARROWPORT_EXTENSIONS}/" DESTINATION lib/duckdb-extensions OPTIONAL)
install(DIRECTORY "${ARROWPORT_SHARE}/arrowport/" DESTINATION share/arrowport OPTIONAL)
install(DIRECTORY "${ARROWPORT_SHARE}/licenses/" DESTINATION share/arrowport/licenses OPTIONAL)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION share/arrowport)
