# arrowport_room(NAME [LINKS room...] [LIBS target...] [PCH header...] [PROTOS file...] [DEFINES name=value...]
#                [TEST_ENVIRONMENT name=value...])
#
# Makes a room of the folder it is called in:
#   arrowport_NAME   a static library of its *.cc, with its headers as a file set (included as "NAME/header.h")
#   NAME_test        an executable of its *_test.cc on GoogleTest, known to ctest
# LINKS are the rooms directly below it, LIBS the libraries it owns (src/LAYERS holds it to both), and PCH the large
# headers to compile once. PROTOS are compiled by protoc to "NAME/file.pb.h". New files are picked up by themselves; a folder without sources yet makes an interface library.
function(arrowport_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "LINKS;LIBS;PCH;PROTOS;DEFINES;TEST_ENVIRONMENT")
  if(room_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "arrowport_room(${name}): unknown arguments: ${room_UNPARSED_ARGUMENTS}")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "*.cc")
  file(GLOB tests CONFIGURE_DEPENDS "*_test.cc")
  file(GLOB headers CONFIGURE_DEPENDS "*.h")
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cc$")
  list(TRANSFORM room_LINKS PREPEND arrowport_)

  set(target arrowport_${name})
  if(sources)
    set(scope PUBLIC)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE arrowport_options)
    if(room_PCH)
      list(TRANSFORM room_PCH REPLACE "(.+)" "<\\1>")
      target_precompile_headers(${target} PRIVATE ${room_PCH})
    endif()
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()
  target_link_libraries(${target} ${scope} ${room_LINKS} ${room_LIBS})
  foreach(proto IN LISTS room_PROTOS)
    arrowport_proto(${target} ${name} ${proto})
  endforeach()
  target_compile_definitions(${target} ${scope} ${room_DEFINES})
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}/src")
  if(headers)
    target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" FILES ${headers})
    # Linking the options into the interface would spread them; the check of the headers only asks that each compiles.
    set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ${ARROWPORT_VERIFY_HEADERS})
  endif()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE arrowport_options ${target} GTest::gmock_main)
    if(sources AND room_PCH)
      target_precompile_headers(${name}_test REUSE_FROM ${target})
      # g++ takes a precompiled header only with the flags that it was made with, and the library's are -fPIC.
      set_target_properties(${name}_test PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${name}_test PRIVATE -fPIC)
    endif()
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
    include(GoogleTest)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120 ENVIRONMENT "${room_TEST_ENVIRONMENT}")
  endif()
endfunction()

# arrowport_proto(TARGET ROOM FILE): adds the messages of ROOM's FILE to TARGET. Their code is not ours, so they have a
# library of their own, without our warnings; nor do they meet the protobuf within libarrow_flight: see
# src/flight/flight_sql.proto.
function(arrowport_proto target room file)
  cmake_path(GET file STEM stem)
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/generated")
  set(made "${folder}/${room}/${stem}.pb")
  add_custom_command(OUTPUT "${made}.cc" "${made}.h"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${folder}/${room}"
    COMMAND protobuf::protoc "--cpp_out=${folder}" "--proto_path=${PROJECT_SOURCE_DIR}/src" "${room}/${file}"
    DEPENDS "${file}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}/src" VERBATIM)
  add_library(${target}_${stem} STATIC "${made}.cc" "${made}.h")
  target_include_directories(${target}_${stem} SYSTEM PUBLIC "${folder}")
  target_compile_options(${target}_${stem} PRIVATE -fvisibility=hidden -fvisibility-inlines-hidden)
  target_link_libraries(${target}_${stem} PUBLIC protobuf::libprotobuf-lite)
  target_link_libraries(${target} PUBLIC ${target}_${stem})
endfunction()

# arrowport_program(NAME SOURCE): the executable of the room it is called in, once its SOURCE is there.
function(arrowport_program name source)
  if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
    return()
  endif()
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME room)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE arrowport_options arrowport_${room})
endfunction()
