# Manual pages are printed by the program itself, so they are made when it is installed (it must run on
# the building machine; a cross build has none).
if(NOT CMAKE_CROSSCOMPILING)
  install(CODE "execute_process(COMMAND \"$<TARGET_FILE:paii>\" __man \"${CMAKE_BINARY_DIR}/man\"
                                COMMAND_ERROR_IS_FATAL ANY)")
  install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
