# Language, warnings, sanitizers and the compiler cache, for all of our own targets.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

add_library(arrowport_options INTERFACE)
target_compile_options(arrowport_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  # Paths in messages and debug information are relative, so that clones share the compiler cache.
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")
if(ARROWPORT_SANITIZE)
  target_compile_options(arrowport_options INTERFACE "-fsanitize=${ARROWPORT_SANITIZE}" -fno-omit-frame-pointer)
  target_link_options(arrowport_options INTERFACE "-fsanitize=${ARROWPORT_SANITIZE}")
  if(ARROWPORT_SANITIZE MATCHES "undefined")
    # vptr checks need type information that the libraries keep to themselves; the rest ends the program, as asan does.
    target_compile_options(arrowport_options INTERFACE -fno-sanitize=vptr -fno-sanitize-recover=all)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 sees uninitialised and overflowing accesses in inlined standard code once it is instrumented.
    target_compile_options(arrowport_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
  endif()
  if(ARROWPORT_SANITIZE MATCHES "thread")
    target_compile_options(arrowport_options INTERFACE -Wno-tsan)
  endif()
endif()
if(ARROWPORT_FUZZ)
  target_compile_options(arrowport_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(ARROWPORT_CCACHE ccache)
if(ARROWPORT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for with precompiled headers.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_NOHASHDIR=true "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
    "${ARROWPORT_CCACHE}")
endif()
