# A relocatable tree in CMAKE_INSTALL_PREFIX: bin/arrowport, lib/ with every library it needs that a bare Debian lacks,
# and share/. Libraries are found by $ORIGIN, so the tree may be moved or copied to another machine.
if(TARGET arrowport)
  install(TARGETS arrowport RUNTIME DESTINATION bin)
endif()
