# Every library is found the same way, in CMAKE_PREFIX_PATH or the system: .deps (filled by tools/bootstrap) or a distribution's packages.
find_package(Arrow CONFIG REQUIRED)
find_package(ArrowCompute CONFIG REQUIRED)
find_package(Parquet CONFIG REQUIRED)
find_package(ArrowFlight CONFIG REQUIRED)
find_package(DuckDB CONFIG REQUIRED)
find_package(Threads REQUIRED)
# Linked statically, so that no other protobuf of the process can take its place.
set(Protobuf_USE_STATIC_LIBS ON)
find_package(Protobuf 3.21 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(fmt CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(yaml-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)

include(ArrowportSystemLibrary)
# Line editing and history.
arrowport_system_library(LibEdit::LibEdit histedit.h edit)
# HTTP/2. Linked statically, so that a package of the program needs no other; it is small.
arrowport_system_library(Nghttp2::nghttp2 nghttp2/nghttp2.h libnghttp2.a)
target_compile_definitions(Nghttp2::nghttp2 INTERFACE NGHTTP2_STATICLIB)
# malloc and operator new of whatever program it is linked into; nothing under a sanitizer, which brings its own. A
# shared library, so that another malloc can be put before it (LD_PRELOAD): that of a tool, or glibc's for tools that
# jemalloc's start is too early for.
if(ARROWPORT_SANITIZE)
  add_library(Jemalloc::jemalloc INTERFACE IMPORTED)
else()
  arrowport_system_library(Jemalloc::jemalloc jemalloc/jemalloc.h jemalloc)
endif()
